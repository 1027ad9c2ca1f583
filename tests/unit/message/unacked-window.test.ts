import { describe, expect, test } from '@jest/globals';
import { UnackedWindow } from '../../../whatsapp-service/features/message/unacked-window.js';
import { asSessionId } from '../../../whatsapp-service/shared/ids.js';

const SHOP = asSessionId('shop');
const TIMEOUT_MS = 1_000;

function windowAt(start = 0): { window: UnackedWindow; pass(ms: number): void; begin(...keys: string[]): void; hasRoom(): Promise<boolean> } {
  let now = start;
  const window = new UnackedWindow(TIMEOUT_MS, { now: () => now });
  return {
    window,
    pass: (ms) => void (now += ms),
    begin: (...keys) => keys.forEach((key) => window.begin(SHOP, key)),
    hasRoom: () => Promise.race([window.room(SHOP).then(() => true), new Promise<false>((resolve) => setImmediate(() => setImmediate(() => resolve(false))))]),
  };
}

/** Acks so many messages, one after the other. */
function acks(count: number, { window, begin }: Pick<ReturnType<typeof windowAt>, 'window' | 'begin'>): void {
  for (let number = 0; number < count; number++) {
    begin(`early-${number}`);
    expect(window.acked(SHOP, `early-${number}`)).toBe(true);
  }
}

describe('how many messages WhatsApp has not acknowledged', () => {
  test('is one at first', async () => {
    const { window, begin, hasRoom } = windowAt();
    expect(await hasRoom()).toBe(true);
    begin('a');
    expect(await hasRoom()).toBe(false);
    window.acked(SHOP, 'a');
    expect(await hasRoom()).toBe(true);
  });

  test('grows by one with each ack, to eight', async () => {
    const all = windowAt();
    acks(2, all);
    all.begin('a', 'b');
    expect(await all.hasRoom()).toBe(true);
    all.begin('c');
    expect(await all.hasRoom()).toBe(false);
    for (const key of ['a', 'b', 'c']) all.window.acked(SHOP, key);
    acks(20, all);
    all.begin('1', '2', '3', '4', '5', '6', '7');
    expect(await all.hasRoom()).toBe(true);
    all.begin('8');
    expect(await all.hasRoom()).toBe(false);
  });

  test('is one again after a refusal, which whoever waits hears of at once, and once', async () => {
    const all = windowAt();
    acks(1, all);
    all.begin('a', 'b');
    const waiting = all.window.room(SHOP);
    all.window.refused(SHOP, 'a');
    await waiting;
    expect(all.window.takeUnsettled(SHOP)).toBe(true);
    expect(all.window.takeUnsettled(SHOP)).toBe(false);
    expect(await all.hasRoom()).toBe(false);
    all.window.acked(SHOP, 'b');
    expect(await all.hasRoom()).toBe(true);
  });

  test('does not grow by an ack that nobody waited for', async () => {
    const { window, begin, hasRoom } = windowAt();
    begin('a');
    expect(window.acked(SHOP, 'another')).toBe(false);
    window.acked(SHOP, 'a');
    expect(window.acked(SHOP, 'a')).toBe(false);
    begin('b', 'c');
    expect(await hasRoom()).toBe(false);
  });
});

test('an ack that does not come in time is not waited for, and asked about once', async () => {
  const { window, begin, pass, hasRoom } = windowAt();
  begin('a');
  expect([window.waitsFor(SHOP, 'a'), window.overdueIn(SHOP)]).toEqual([true, TIMEOUT_MS]);
  pass(TIMEOUT_MS);
  expect([window.overdueIn(SHOP), window.takeUnsettled(SHOP)]).toEqual([0, false]);
  window.dropOverdue(SHOP);
  expect([window.waitsFor(SHOP, 'a'), window.overdueIn(SHOP)]).toEqual([false, null]);
  expect([window.takeUnsettled(SHOP), window.takeUnsettled(SHOP)]).toEqual([true, false]);
  expect(await hasRoom()).toBe(true);
});

test('whoever waits for room goes on when the ack has not come in time, and is told to ask', async () => {
  const { window, begin, pass } = windowAt();
  begin('a');
  pass(TIMEOUT_MS - 1);
  const waiting = window.room(SHOP);
  pass(1);
  await waiting;
  expect([window.overdueIn(SHOP), window.takeUnsettled(SHOP)]).toEqual([null, true]);
});

describe('a message that WhatsApp has and does not acknowledge', () => {
  /** The pauses between the questions that are asked within so many milliseconds. */
  const pausesWithin = (ms: number): number[] => {
    const { window, pass } = windowAt();
    const pauses: number[] = [];
    for (let now = TIMEOUT_MS; now < ms; now += pauses.at(-1) ?? 0) {
      pass(pauses.at(-1) ?? TIMEOUT_MS);
      window.dropOverdue(SHOP);
      window.askLater(SHOP, 'a', 0);
      pauses.push(window.overdueIn(SHOP) ?? 0);
    }
    return pauses;
  };

  test('is asked about after pauses that double, to an hour', () => {
    const day = pausesWithin(86_400_000);
    expect(day.slice(0, 5)).toEqual([1, 2, 4, 8, 16].map((times) => times * TIMEOUT_MS));
    expect([day.length, day.at(-1), Math.max(...day)]).toEqual([35, 3_600_000, 3_600_000]);
  });

  test('takes up no room, and its ack is still heard', async () => {
    const { window, begin, pass, hasRoom } = windowAt();
    window.askLater(SHOP, 'a', 0);
    expect([await hasRoom(), window.waitsFor(SHOP, 'a')]).toEqual([true, true]);
    // Whoever waits for the ack of another asks when it is time.
    begin('b');
    pass(TIMEOUT_MS - 1);
    const waiting = window.room(SHOP);
    pass(1);
    await waiting;
    expect([window.waitsFor(SHOP, 'a'), window.takeUnsettled(SHOP)]).toEqual([false, true]);
    window.askLater(SHOP, 'a', 0);
    expect([window.acked(SHOP, 'a'), window.overdueIn(SHOP)]).toEqual([true, null]);
  });
});

test('a page that is gone tells no ack: nothing of it is waited for', async () => {
  const { window, begin, hasRoom } = windowAt();
  begin('a');
  const waiting = window.room(SHOP);
  window.forget(SHOP);
  await waiting;
  expect(window.waitsFor(SHOP, 'a')).toBe(false);
  expect(await hasRoom()).toBe(true);
});
