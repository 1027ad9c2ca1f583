/** Time and chance are handed in, so that a test can hold both still. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
}

export const systemClock: Clock = { now: () => Date.now() };

/** A number in [0, 1), as `Math.random`. */
export type Random = () => number;

/** Resolves after `ms` milliseconds, or at once when `signal` aborts. Never rejects. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener('abort', done, { once: true });
  });
}

/** `iso(clock.now())` is how every time leaves the service: ISO 8601, UTC, milliseconds. */
export const iso = (ms: number): string => new Date(ms).toISOString();

/** Waits for `work`, but at most `ms` milliseconds. True: it has ended, well or badly. */
export async function endsWithin(ms: number, work: Promise<unknown>): Promise<boolean> {
  const ended = new AbortController();
  const done = work.then(
    () => true,
    () => true,
  );
  const inTime = await Promise.race([done, sleep(ms, ended.signal).then(() => false)]);
  ended.abort();
  return inTime;
}
