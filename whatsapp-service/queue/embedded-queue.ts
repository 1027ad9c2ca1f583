import pLimit, { type LimitFunction } from 'p-limit';
import { endsWithin } from '../shared/clock.js';
import type { Logger } from '../shared/logger.js';
import type { Queue } from './queue.js';

interface Consumer {
  handler: (id: string) => Promise<void>;
  limit: LimitFunction;
  waiting: Map<string, { timer: NodeJS.Timeout | null; at: number }>;
  /** Ids that run; true: once more afterwards. */
  running: Map<string, boolean>;
}

/** A failed job is looked at again after this long, unless its feature asks for it earlier. */
const RETRY_MS = 5_000;

/** The queue of a single process: in memory, because the database knows what is due. */
export class EmbeddedQueue implements Queue {
  private readonly consumers = new Map<string, Consumer>();
  private readonly early: [name: string, id: string][] = [];
  private readonly work = new Set<Promise<void>>();
  private started = false;

  constructor(private readonly logger: Logger) {}

  consume(name: string, handler: (id: string) => Promise<void>, { concurrency }: { concurrency: number }): void {
    this.consumers.set(name, { handler, limit: pLimit(concurrency), waiting: new Map(), running: new Map() });
  }

  add(name: string, id: string, delayMs = 0): void {
    if (!this.started) {
      this.early.push([name, id]);
      return;
    }
    const consumer = this.consumers.get(name);
    if (!consumer) throw new Error(`Nobody consumes ${name}.`);
    const at = Date.now() + delayMs;
    const known = consumer.waiting.get(id);
    if (known && known.at <= at) return;
    if (known?.timer) clearTimeout(known.timer);
    if (delayMs <= 0) {
      consumer.waiting.delete(id);
      this.run(name, consumer, id);
      return;
    }
    const timer = setTimeout(() => {
      consumer.waiting.delete(id);
      this.run(name, consumer, id);
    }, delayMs);
    consumer.waiting.set(id, { timer, at });
  }

  start(): void {
    this.started = true;
    for (const [name, id] of this.early.splice(0)) this.add(name, id);
  }

  async stop(graceMs: number): Promise<void> {
    this.started = false;
    for (const consumer of this.consumers.values()) {
      for (const { timer } of consumer.waiting.values()) if (timer) clearTimeout(timer);
      consumer.waiting.clear();
    }
    await endsWithin(graceMs, Promise.all(this.work));
    this.early.length = 0;
  }

  private run(name: string, consumer: Consumer, id: string): void {
    if (consumer.running.has(id)) {
      consumer.running.set(id, true);
      return;
    }
    consumer.running.set(id, false);
    const job = consumer
      .limit(async () => {
        if (!this.started) return;
        // Added again before it began: this run does for both.
        consumer.running.set(id, false);
        await consumer.handler(id);
      })
      .then(
        () => 0,
        (error: unknown) => {
          this.logger.error('A job failed; it is tried again', { job: name, id, error });
          return RETRY_MS;
        },
      )
      .then((delayMs) => {
        const again = consumer.running.get(id);
        consumer.running.delete(id);
        this.work.delete(job);
        if (this.started && (again || delayMs > 0)) this.add(name, id, delayMs);
      });
    this.work.add(job);
  }
}
