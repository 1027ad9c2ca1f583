/** A pace as token buckets. Pure; times are milliseconds. */

/** It holds at most `limit`, and fills evenly, `limit` in `spanMs`. */
export interface Span {
  name: 'second' | 'minute' | 'day';
  limit: number;
  spanMs: number;
}

export interface Bucket {
  tokens: number;
  /** Milliseconds since the epoch at which `tokens` was true. */
  at: number;
}

/** The spans that are limited; 0 is no limit. */
export function spansOf(limits: { perSecond: number; perMinute: number; perDay: number }): Span[] {
  const spans: Span[] = [
    { name: 'second', limit: limits.perSecond, spanMs: 1_000 },
    { name: 'minute', limit: limits.perMinute, spanMs: 60_000 },
    { name: 'day', limit: limits.perDay, spanMs: 86_400_000 },
  ];
  return spans.filter((span) => span.limit > 0);
}

/** The bucket at `now`; one that was never used is full. A clock that was set back does not empty it. */
export function filled(bucket: Bucket | null, { limit, spanMs }: Span, now: number): Bucket {
  if (!bucket) return { tokens: limit, at: now };
  const gained = (Math.max(0, now - bucket.at) / spanMs) * limit;
  return { tokens: Math.min(limit, bucket.tokens + gained), at: now };
}

/** Milliseconds until there is a whole token; 0 when there is one. */
export function waitFor(bucket: Bucket, { limit, spanMs }: Span): number {
  return bucket.tokens >= 1 ? 0 : Math.ceil(((1 - bucket.tokens) / limit) * spanMs);
}
