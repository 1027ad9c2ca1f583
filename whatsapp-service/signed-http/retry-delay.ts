import type { Random } from '../shared/clock.js';

/** Beyond the quick retries each wait is this many times the one before: an outage of minutes is then met by few requests, one of hours by very few. */
const SLOW_FACTOR = 4;
const JITTER = 0.2;

export interface RetrySchedule {
  /** How often this delivery has failed so far, from 1. */
  attempt: number;
  /** How many retries double; the later ones grow faster, towards the cap. */
  quickRetries: number;
  /** Milliseconds before the first retry. */
  baseMs: number;
  /** Milliseconds; no wait is longer. */
  capMs: number;
}

/**
 * Milliseconds to wait before the next attempt: `base × 1, 2, 4 …` for the quick retries, then four times more each, up
 * to the cap; each ±20 %, so that deliveries that failed together do not come back together.
 *
 * @example with 3 quick retries, a base of 1 s and a cap of 1 h: 1 s, 2 s, 4 s, 16 s, 64 s, 4 min, 17 min, 1 h, 1 h …
 */
export function retryDelay(schedule: RetrySchedule, random: Random): number {
  const attempt = Math.max(1, schedule.attempt);
  const doublings = Math.min(attempt, Math.max(1, schedule.quickRetries)) - 1;
  const leaps = attempt - 1 - doublings;
  const grown = Math.min(schedule.capMs, schedule.baseMs * 2 ** doublings * SLOW_FACTOR ** leaps);
  const jittered = grown * (1 - JITTER + 2 * JITTER * random());
  return Math.round(Math.min(schedule.capMs, jittered));
}
