import { describe, expect, test } from '@jest/globals';
import { filled, spansOf, waitFor, type Bucket, type Span } from '../../../whatsapp-service/shared/token-bucket.js';

const perMinute: Span = { name: 'minute', limit: 30, spanMs: 60_000 };

describe('a pace as token buckets', () => {
  test('0 is no limit', () => expect(spansOf({ perSecond: 0, perMinute: 30, perDay: 0 })).toEqual([perMinute]));

  test('one that was never used is a whole span at once', () => expect(filled(null, perMinute, 5)).toEqual({ tokens: 30, at: 5 }));

  test.each([
    ['fills evenly', { tokens: 0, at: 0 }, 2_000, 1],
    ['never above its limit', { tokens: 29, at: 0 }, 3_600_000, 30],
    ['loses nothing when the clock is set back', { tokens: 3, at: 10_000 }, 0, 3],
  ])('a bucket %s', (_name, bucket, now, tokens) => expect(filled(bucket, perMinute, now).tokens).toBe(tokens));

  test.each([
    [1, 0],
    [0, 2_000],
    [0.5, 1_000],
  ])('with %d tokens the wait is %d ms', (tokens, wait) => expect(waitFor({ tokens, at: 0 }, perMinute)).toBe(wait));

  test('in an hour there are never more than a span and what an hour fills', () => {
    let bucket: Bucket | null = null;
    let now = 0;
    let sent = 0;
    while (now < 3_600_000) {
      const current: Bucket = filled(bucket, perMinute, now);
      const wait = waitFor(current, perMinute);
      bucket = wait === 0 ? { tokens: current.tokens - 1, at: now } : current;
      if (wait === 0) sent++;
      now += wait;
    }
    expect(sent).toBeLessThanOrEqual(30 + 30 * 60);
    expect(sent).toBeGreaterThan(30 * 60);
  });
});
