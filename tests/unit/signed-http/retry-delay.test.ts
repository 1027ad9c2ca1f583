import { describe, expect, test } from '@jest/globals';
import { retryDelay, type RetrySchedule } from '../../../whatsapp-service/signed-http/retry-delay.js';

const HOUR = 3_600_000;
const middle = (): number => 0.5;
const schedule = (attempt: number, changes: Partial<RetrySchedule> = {}): RetrySchedule => ({ attempt, quickRetries: 3, baseMs: 1_000, capMs: HOUR, ...changes });

describe('retryDelay', () => {
  test.each([
    [1, 1_000],
    [2, 2_000],
    [3, 4_000],
    [4, 16_000],
    [5, 64_000],
    [6, 256_000],
    [7, 1_024_000],
    [8, HOUR],
    [9, HOUR],
    [100_000, HOUR],
  ])('after failure %i: %i ms', (attempt, expected) => {
    expect(retryDelay(schedule(attempt), middle)).toBe(expected);
  });

  test.each([
    ['no quick retries', schedule(1, { quickRetries: 0 }), 1_000],
    ['no quick retries, the second', schedule(2, { quickRetries: 0 }), 4_000],
    ['more quick retries', schedule(5, { quickRetries: 5 }), 16_000],
    ['a cap below the base', schedule(1, { capMs: 300 }), 300],
    ['an attempt that was never counted', schedule(0), 1_000],
    ['a base of 0, as tests have it', schedule(9, { baseMs: 0 }), 0],
  ])('%s', (_, one, expected) => {
    expect(retryDelay(one, middle)).toBe(expected);
  });

  test('is spread over ±20 %, and never above the cap', () => {
    expect(retryDelay(schedule(1), () => 0)).toBe(800);
    expect(retryDelay(schedule(1), () => 0.999999)).toBe(1_200);
    expect(retryDelay(schedule(50), () => 0)).toBe(0.8 * HOUR);
    expect(retryDelay(schedule(50), () => 0.999999)).toBe(HOUR);
  });
});
