import { describe, expect, test } from '@jest/globals';
import { ConnectionWatch } from '../../../whatsapp-service/features/session/connection-watch.js';

const MINUTE = 60_000;
let now = 0;
const clock = { now: () => now };
const watch = (stuckAfterMs = 5 * MINUTE): ConnectionWatch => {
  now = 1_000_000;
  return new ConnectionWatch(stuckAfterMs, clock);
};

describe("what the page's own word on its connection means", () => {
  test('connected is nothing new', () => {
    expect(watch().see('CONNECTED', 'WORKING')).toBe('nothing');
  });

  test.each(['TIMEOUT', 'OPENING', 'PROXYBLOCK'])('%s twice in a row is a lost connection', (state) => {
    const seen = watch();
    expect([seen.see(state, 'WORKING'), seen.see('CONNECTED', 'WORKING'), seen.see(state, 'WORKING'), seen.see(state, 'WORKING')]).toEqual(['nothing', 'nothing', 'nothing', 'lost']);
  });

  test('a session that does not work yet has none to lose', () => {
    const seen = watch();
    expect([1, 2, 3].map(() => seen.see('UNPAIRED', 'SCAN_QR_CODE'))).toEqual(['nothing', 'nothing', 'nothing']);
  });

  test('a lost one comes back, or is stuck after its time', () => {
    const seen = watch();
    seen.lost();
    now += 5 * MINUTE - 1;
    // Told of again: what counts is the first time.
    seen.lost();
    expect(seen.see('TIMEOUT', 'STARTING')).toBe('nothing');
    expect(seen.see('CONNECTED', 'STARTING')).toBe('restored');
    now += 1;
    expect(seen.see('TIMEOUT', 'STARTING')).toBe('stuck');
    seen.restored();
    expect([seen.isLost, seen.see('CONNECTED', 'WORKING')]).toEqual([false, 'nothing']);
  });

  test('0 waits for ever', () => {
    const seen = watch(0);
    seen.lost();
    now += 1_000 * MINUTE;
    expect(seen.see('TIMEOUT', 'STARTING')).toBe('nothing');
  });
});

test('a connection is taken back five times in ten minutes, and not a sixth time', () => {
  const seen = watch();
  const first = [1, 2, 3, 4, 5].map(() => seen.takesOver());
  expect(first).toEqual([true, true, true, true, true]);
  seen.restart();
  expect(seen.takesOver()).toBe(false);
  now += 10 * MINUTE;
  expect(seen.takesOver()).toBe(true);
});
