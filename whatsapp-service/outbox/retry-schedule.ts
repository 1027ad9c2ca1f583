import type { Random } from '../shared/clock.js';

const JITTER = 0.2;

/**
 * Milliseconds to wait after the failure of this number (from 1), ±20 %, so that deliveries that failed together do not come back together;
 * null when the schedule is used up: a dead letter.
 *
 * @example with [5_000, 30_000]: about 5 s after the first failure, about 30 s after the second, a dead letter after the third.
 */
export function waitAfter(failure: number, schedule: readonly number[], random: Random): number | null {
  const wait = schedule[Math.max(1, failure) - 1];
  return wait === undefined ? null : Math.round(wait * (1 - JITTER + 2 * JITTER * random()));
}
