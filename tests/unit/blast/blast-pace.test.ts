import { describe, expect, test } from '@jest/globals';
import { DEFAULT_BLAST_PACE, zEditBlast, type BlastPace } from '../../../whatsapp-service/contracts/blast-api.js';
import { estimateMs, type EstimateInput } from '../../../whatsapp-service/features/blast/blast-estimate.js';
import { dayOf, gapOf, quietWait, scheduledAt, warmUpLimit } from '../../../whatsapp-service/features/blast/blast-pace.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const at = (iso: string): number => Date.parse(iso);
const pace = (more: Partial<BlastPace> = {}): BlastPace => ({ ...DEFAULT_BLAST_PACE, ...more });
const night = { from: '21:00', to: '07:00' };

describe('quiet hours', () => {
  test.each([
    ['2026-11-26T20:59:59+07:00', 0],
    ['2026-11-26T21:00:00+07:00', 10 * HOUR],
    ['2026-11-26T23:59:00+07:00', 7 * HOUR + MINUTE],
    ['2026-11-27T00:00:00+07:00', 7 * HOUR],
    ['2026-11-27T06:59:30+07:00', 30_000],
    ['2026-11-27T07:00:00+07:00', 0],
  ])('of Jakarta over midnight, at %s', (now, wait) => expect(quietWait(pace({ quiet_hours: night }), at(now))).toBe(wait));

  test.each([
    ['2026-11-26T12:00:00+07:00', HOUR],
    ['2026-11-26T13:00:00+07:00', 0],
    ['2026-11-26T11:59:00+07:00', 0],
  ])('within a day, at %s', (now, wait) => expect(quietWait(pace({ quiet_hours: { from: '12:00', to: '13:00' } }), at(now))).toBe(wait));

  test('follow a zone that changes its clocks', () => {
    // In Berlin the night of 29 March 2026 has an hour less.
    expect(quietWait(pace({ quiet_hours: night, time_zone: 'Europe/Berlin' }), at('2026-03-28T22:00:00+01:00'))).toBe(8 * HOUR);
    expect(quietWait(pace({ quiet_hours: night, time_zone: 'Europe/Berlin' }), at('2026-03-27T22:00:00+01:00'))).toBe(9 * HOUR);
  });

  test('none are none', () => expect(quietWait(pace(), at('2026-11-26T23:00:00+07:00'))).toBe(0));
});

describe('the warm-up of a session', () => {
  const warm = pace({ warm_up: { first_day: 50, growth: 1.5, days: 3 } });
  const since = at('2026-11-26T23:50:00+07:00');
  test.each([
    ['2026-11-26T23:59:00+07:00', 50],
    ['2026-11-27T00:01:00+07:00', 75],
    ['2026-11-28T12:00:00+07:00', 112],
    ['2026-11-29T00:00:00+07:00', null],
    ['2026-11-25T00:00:00+07:00', 50],
  ])('at %s allows %j', (now, limit) => expect(warmUpLimit(warm, since, at(now))).toBe(limit));
  test('none is none', () => expect(warmUpLimit(pace(), since, since)).toBeNull());
});

test('a day ends when it ends in its zone', () => expect(dayOf(at('2026-11-26T20:00:00Z'), 'Asia/Jakarta')).toEqual({ day: '2026-11-27', nextAt: at('2026-11-28T00:00:00+07:00') }));

test.each([
  [0, 0, 0.5, 0],
  [1_000, 3_000, 0, 1_000],
  [1_000, 3_000, 1, 3_000],
  [2_000, 0, 0.7, 2_000],
])('a pause of %d to %d ms, chance %d, is %d', (min, max, chance, gap) => expect(gapOf(pace({ gap_min_ms: min, gap_max_ms: max }), () => chance)).toBe(gap));

test.each([
  ['2026-12-01T09:00', 'Asia/Jakarta', '2026-12-01T02:00:00Z'],
  ['2026-12-01 09:00:30', 'Asia/Makassar', '2026-12-01T01:00:30Z'],
  ['2026-12-01T09:00Z', 'Asia/Jakarta', '2026-12-01T09:00:00Z'],
  ['2026-12-01T09:00+02:00', 'Asia/Jakarta', '2026-12-01T07:00:00Z'],
  ['2026-02-30T09:00', 'Asia/Jakarta', null],
  ['2026-12-01T25:00', 'Asia/Jakarta', null],
])('the time %s in %s', (time, zone, moment) => expect(scheduledAt({ at: time, time_zone: zone })).toBe(moment === null ? null : at(moment)));

test.each([
  ['2026-12-01T09:00', true], ['2026-12-01 09:00', true], ['2026-12-01T09:00Z', true], ['2026-12-01T09:00-05:30', true], ['2026-12-01T09:00+14:00', true],
  ['2026-12-01T09:00+99:99', false], ['2026-12-01T09:00+07:60', false], ['2026-12-01', false], ['tomorrow', false],
])('a schedule may be at %s: %s', (time, may) => expect(zEditBlast.safeParse({ schedule: { at: time } }).success).toBe(may));

describe('how long a blast takes', () => {
  const from = at('2026-11-26T08:00:00+07:00');
  const estimate = (more: Partial<EstimateInput>): number | null =>
    estimateMs({ messages: 100, pace: pace(), batches: null, sessionsSince: [0], session: { perSecond: 0, perMinute: 0, perDay: 0, gapMinMs: 0, gapMaxMs: 0 }, from, ...more });

  test.each([
    ['nobody', { messages: 0 }, 0],
    ['the slower of its pace and the session\'s', { pace: pace({ per_minute: 30 }), session: { perSecond: 0, perMinute: 20, perDay: 0, gapMinMs: 0, gapMaxMs: 0 } }, 300_000],
    ['two sessions take half', { pace: pace({ per_minute: 20 }), sessionsSince: [0, 0] }, 150_000],
    ['the mean pause', { pace: pace({ gap_min_ms: 1_000, gap_max_ms: 3_000 }) }, 200_000],
    ['batches, without a pause after the last', { pace: pace({ per_second: 1 }), batches: { size: 50, pause_seconds: 600 } }, 700_000],
  ])('%s', (_name, input, ms) => expect(estimate(input)).toBe(ms));

  test('quiet hours stand in between', () => {
    // 13 hours a day, one a minute: 780 on the first day.
    expect(estimate({ messages: 781, pace: pace({ per_minute: 1, quiet_hours: night }) })).toBe(23 * HOUR + MINUTE);
    expect(estimate({ messages: 780, pace: pace({ per_minute: 1, quiet_hours: night }) })).toBe(13 * HOUR);
  });

  test('a warm-up stands in between', () => {
    const warm = pace({ warm_up: { first_day: 10, growth: 2, days: 10 }, per_second: 1 });
    // Ten today, twenty tomorrow from midnight on, the last ten the day after.
    expect(estimate({ messages: 40, pace: warm, sessionsSince: [from] })).toBe(40 * HOUR + 10_000);
  });

  test('longer than a year is not told', () => expect(estimate({ messages: 1_000_000, pace: pace({ per_day: 100 }) })).toBeNull());
});
