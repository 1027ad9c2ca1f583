import type { BlastBatches, BlastPace } from '../../contracts/blast-api.js';
import { spansOf } from '../../shared/token-bucket.js';
import { dayOf, quietWait, warmUpLimit } from './blast-pace.js';

export interface EstimateInput {
  messages: number;
  pace: BlastPace;
  batches: BlastBatches | null;
  /** When each session was made, milliseconds since the epoch. */
  sessionsSince: readonly number[];
  /** The limits that each session has of its own; gaps in milliseconds. */
  session: { perSecond: number; perMinute: number; perDay: number; gapMinMs: number; gapMaxMs: number };
  /** When it begins. */
  from: number;
}

/** Longer is not told: who would wait for it. */
const YEAR_MS = 366 * 86_400_000;
/** What a message takes when nothing else limits it, in milliseconds. */
const BARE_MS = 50;

/** Milliseconds between two messages of one session, in the long run. */
function spacingMs({ pace, session }: Pick<EstimateInput, 'pace' | 'session'>): number {
  const own = spansOf({ perSecond: pace.per_second, perMinute: pace.per_minute, perDay: pace.per_day });
  const gap = (pace.gap_min_ms + Math.max(pace.gap_min_ms, pace.gap_max_ms)) / 2;
  const sessionGap = (session.gapMinMs + Math.max(session.gapMinMs, session.gapMaxMs)) / 2;
  return Math.max(BARE_MS, gap, sessionGap, ...[...own, ...spansOf(session)].map(({ limit, spanMs }) => spanMs / limit));
}

/**
 * How long a blast takes, in milliseconds: its pace and the sessions' own, quiet hours, warm-up, and the pauses between batches.
 * null: more than a year. WhatsApp's own time is not known, and small beside the rest.
 */
export function estimateMs(input: EstimateInput): number | null {
  const { pace, batches, sessionsSince, from } = input;
  const spacing = spacingMs(input) / Math.max(1, sessionsSince.length);
  let left = input.messages;
  let now = from;
  let inBatch = 0;
  while (left > 0) {
    if (now - from > YEAR_MS) return null;
    now += quietWait(pace, now);
    const { nextAt } = dayOf(now, pace.time_zone);
    const allowed = sessionsSince.reduce((sum, since) => sum + (warmUpLimit(pace, since, now) ?? Number.POSITIVE_INFINITY), 0);
    const day = Math.min(left, allowed);
    const end = runDay({ now, until: Math.min(nextAt, nextQuiet(pace, now, nextAt)), messages: day, spacing, batches, inBatch });
    left -= end.sent;
    inBatch = end.inBatch;
    now = left > 0 && end.sent >= allowed ? nextAt : end.now;
  }
  return now - from;
}

/** When the quiet hours of this day begin, or `nextAt`. */
function nextQuiet(pace: BlastPace, now: number, nextAt: number): number {
  if (!pace.quiet_hours) return nextAt;
  // By the minute: quiet hours are told in minutes.
  const minute = 60_000;
  for (let at = now - (now % minute) + minute; at < nextAt; at += minute) if (quietWait(pace, at) > 0) return at;
  return nextAt;
}

interface Stretch {
  now: number;
  until: number;
  messages: number;
  spacing: number;
  batches: BlastBatches | null;
  inBatch: number;
}

/** Messages of one stretch of time without quiet hours; a batch at a time. */
function runDay({ now, until, messages, spacing, batches, inBatch }: Stretch): { now: number; sent: number; inBatch: number } {
  let sent = 0;
  while (sent < messages && now < until) {
    const room = batches ? batches.size - inBatch : messages - sent;
    const fits = Math.max(1, Math.floor((until - now) / spacing));
    const count = Math.min(messages - sent, room, fits);
    sent += count;
    now += count * spacing;
    inBatch += count;
    if (batches && inBatch >= batches.size) {
      inBatch = 0;
      if (sent < messages) now += batches.pause_seconds * 1_000;
    }
  }
  return { now, sent, inBatch };
}
