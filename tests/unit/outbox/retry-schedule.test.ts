import { describe, expect, test } from '@jest/globals';
import { loadConfig } from '../../../whatsapp-service/config/load-config.js';
import { eventMatcher } from '../../../whatsapp-service/outbox/event-pattern.js';
import { waitAfter } from '../../../whatsapp-service/outbox/retry-schedule.js';
import { RollingCount } from '../../../whatsapp-service/shared/rolling-count.js';

const [S, M, H] = [1_000, 60_000, 3_600_000];
const { retrySchedule } = loadConfig({ env: { ENGINE: 'sandbox' }, dotenvFile: null }).backend;
const middle = (): number => 0.5;

describe('the wait after a failure', () => {
  test.each([
    [1, 5 * S],
    [2, 30 * S],
    [3, 2 * M],
    [4, 10 * M],
    [5, 30 * M],
    [6, H],
    [7, 3 * H],
    [8, 6 * H],
    [9, 12 * H],
    [10, 24 * H],
    [13, 24 * H],
    [14, null],
    [1_000, null],
  ])('number %i by the default schedule: %s ms', (failure, expected) => {
    expect(waitAfter(failure, retrySchedule, middle)).toBe(expected);
  });

  test('varies by 20 %', () => {
    expect([0, 0.25, 0.999_999].map((chance) => waitAfter(1, [1_000], () => chance))).toEqual([800, 900, 1_200]);
  });
});

test.each<[string, string[], string[], string[]]>([
  ['everything', ['*'], ['message', 'session.qr'], []],
  ['a name', ['message'], ['message'], ['message.ack', 'messages']],
  ['a name and all below it', ['message.*'], ['message', 'message.ack', 'message.sent'], ['messages', 'session.status']],
  ['deeper', ['chats.sync.*'], ['chats.sync.completed', 'chats.sync'], ['chats']],
  ['several', ['call', 'group.*'], ['call', 'group.join'], ['message']],
])('patterns: %s', (_name, patterns, wanted, unwanted) => {
  const wants = eventMatcher(patterns);
  expect([wanted.filter(wants), unwanted.filter(wants)]).toEqual([wanted, []]);
});

test('a rolling count forgets what is older than its window', () => {
  const count = new RollingCount(60_000);
  count.add(5, 1_000_000);
  count.add(2, 1_030_000);
  expect([count.total(1_030_000), count.total(1_059_000), count.total(1_061_000), count.total(9_000_000)]).toEqual([7, 7, 2, 0]);
  count.add(1, 9_000_000);
  count.add(1, 8_000_000);
  expect(count.total(9_000_500)).toBe(2);
});
