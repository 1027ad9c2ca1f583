import { describe, expect, jest, test, beforeEach, afterEach } from '@jest/globals';
import { ChatRate } from '../../../whatsapp-service/features/chat-sync/chat-rate.js';

describe('chats a second', () => {
  beforeEach(() => void jest.useFakeTimers({ now: 1_000_000 }));
  afterEach(() => void jest.useRealTimers());
  const clock = { now: () => Date.now() };
  const never = new AbortController().signal;

  async function times(perSecond: number, batches: number): Promise<number[]> {
    const rate = new ChatRate(perSecond, clock);
    const at: number[] = [];
    const all = (async () => {
      for (let i = 0; i < batches; i++) {
        await rate.take(50, never);
        at.push(Date.now() - 1_000_000);
      }
    })();
    await jest.advanceTimersByTimeAsync(60_000);
    await all;
    return at;
  }

  test('10 chats/s: a batch of 50 every 5 s, the first at once', async () => expect(await times(10, 4)).toEqual([0, 5_000, 10_000, 15_000]));
  test('0 is no limit', async () => expect(await times(0, 3)).toEqual([0, 0, 0]));

  test('a wait ends when the run is stopped', async () => {
    const rate = new ChatRate(1, clock);
    const stop = new AbortController();
    await rate.take(50, stop.signal);
    const waiting = rate.take(50, stop.signal);
    stop.abort();
    await expect(waiting).resolves.toBeUndefined();
  });
});
