import { describe, expect, test } from '@jest/globals';
import { restartDelay } from '../../../whatsapp-service/features/session/restart-delay.js';

const settings = { baseMs: 1_000, capMs: 60_000 };

describe('the delay before a session is started again', () => {
  test.each([
    [1, 1_000],
    [2, 2_000],
    [3, 4_000],
    [6, 32_000],
    [7, 60_000],
    [1_000, 60_000],
  ])('after failure %d: %d ms in the middle', (failures, expected) => {
    expect(restartDelay(failures, settings, () => 0.5)).toBe(expected);
  });

  test('is never at once, and spread by a fifth to either side', () => {
    expect(restartDelay(1, settings, () => 0)).toBe(800);
    expect(restartDelay(1, settings, () => 0.9999)).toBe(1200);
  });
});
