import pLimit from 'p-limit';
import { endsWithin, sleep } from '../../shared/clock.js';

export interface RestoreOptions {
  /** Starts under way at once. */
  concurrency: number;
  /** Milliseconds between the beginnings of two starts. */
  staggerMs: number;
  /** After this many milliseconds a start no longer keeps the others waiting, whatever becomes of it. */
  deadlineMs: number;
}

/** Runs every start, a few at a time and none with another. A start that fails is its own to tell. */
export async function startInTurn(starts: readonly (() => Promise<void>)[], { concurrency, staggerMs, deadlineMs }: RestoreOptions): Promise<void> {
  const limit = pLimit(concurrency);
  let turn: Promise<void> = Promise.resolve();
  const next = (): Promise<void> => {
    const mine = turn;
    turn = mine.then(() => sleep(staggerMs));
    return mine;
  };
  await Promise.all(
    starts.map((start) =>
      limit(async () => {
        await next();
        await endsWithin(deadlineMs, start());
      }),
    ),
  );
}
