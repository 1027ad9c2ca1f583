import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { PageWatchdog } from '../../../whatsapp-service/features/session/page-watchdog.js';

const MIB = 1_048_576;
const health = { socketState: 'CONNECTED', hasSynced: true, backlog: 0 };
const usage = (mib: number) => ({ processes: 5, memoryBytes: mib * MIB, rssBytes: mib * MIB, cpuPercent: null, cpuSeconds: 0 });

/** `answers`: what each look finds, in turn: MiB, or an error; the last one stays. */
function watched(answers: (number | 'silent')[], limitMib = 100): { faults: string[]; looks: () => number; watchdog: PageWatchdog } {
  const faults: string[] = [];
  let looks = 0;
  const current = (): number | 'silent' => answers[Math.min(looks, answers.length) - 1] ?? 0;
  const watchdog = new PageWatchdog({
    page: {
      probe: () => {
        looks++;
        return current() === 'silent' ? Promise.reject(new Error('no answer')) : Promise.resolve(health);
      },
      usage: () => Promise.resolve(usage(Number(current()))),
    },
    intervalMs: 1_000,
    timeoutMs: 500,
    memoryLimitBytes: limitMib * MIB,
    onHealth: () => Promise.resolve(),
    onFault: (reason, detail) => {
      faults.push(`${reason}: ${detail}`);
      watchdog.stop();
      return Promise.resolve();
    },
  });
  watchdog.start();
  return { faults, looks: () => looks, watchdog };
}

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

describe('the watchdog', () => {
  test('leaves a page alone that answers and takes little', async () => {
    const { faults, looks } = watched([50, 99, 100, 20]);
    await jest.advanceTimersByTimeAsync(10_000);
    expect([faults, looks()]).toEqual([[], 10]);
  });

  test('takes one late answer for a busy machine, and a second one at once for a page that hangs', async () => {
    const { faults, looks } = watched([50, 'silent', 50, 'silent', 'silent']);
    await jest.advanceTimersByTimeAsync(2_500);
    expect([faults, looks()]).toEqual([[], 3]);
    await jest.advanceTimersByTimeAsync(1_000);
    expect([faults, looks()]).toEqual([['page_hung: no answer'], 5]);
  });

  test('ends a browser that stays above its memory, not one that was above it once', async () => {
    const { faults } = watched([150, 50, 150, 160]);
    await jest.advanceTimersByTimeAsync(3_500);
    expect(faults).toEqual([]);
    await jest.advanceTimersByTimeAsync(1_000);
    expect(faults).toEqual(['memory_limit: the browser takes 160 MiB; SESSION_MEMORY_LIMIT_MB is 100']);
  });

  test('0 is no limit', async () => {
    const { faults } = watched([100_000], 0);
    await jest.advanceTimersByTimeAsync(5_000);
    expect(faults).toEqual([]);
  });

  test('does nothing once it is stopped', async () => {
    const { watchdog, looks } = watched([50]);
    watchdog.stop();
    await watchdog.look();
    await jest.advanceTimersByTimeAsync(5_000);
    expect(looks()).toBe(0);
  });
});
