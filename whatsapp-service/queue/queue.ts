/**
 * The port to the job queue. A job is a name and an id, never a body: the database alone says what is to be done,
 * so that a queue may lose everything and a look at the database finds it again.
 */
export interface Queue {
  /**
   * Runs `handler(id)` for each id that is added under `name`: the same id never twice at once,
   * and once more when it was added while it ran.
   */
  consume(name: string, handler: (id: string) => Promise<void>, options: { concurrency: number }): void;
  /** At most one entry per name and id waits; an earlier time wins. */
  add(name: string, id: string, delayMs?: number): void;
  start(): void;
  /** Starts nothing new, and waits at most `graceMs` for what runs. */
  stop(graceMs: number): Promise<void>;
}
