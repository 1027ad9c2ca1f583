import type { Random } from '../../shared/clock.js';

/**
 * Milliseconds before a failed session is started again: doubling from `baseMs` to `capMs`, ±20 %,
 * so that many sessions that failed together do not come back together.
 */
export function restartDelay(failures: number, { baseMs, capMs }: { baseMs: number; capMs: number }, random: Random): number {
  const grown = Math.min(capMs, baseMs * 2 ** Math.min(30, Math.max(0, failures - 1)));
  return Math.round(grown * (0.8 + 0.4 * random()));
}
