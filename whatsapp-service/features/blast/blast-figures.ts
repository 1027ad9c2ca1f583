import type { EventData } from '../../contracts/payloads.js';
import type { EchoedId } from '../../contracts/payloads.js';
import { BLAST_REASONS, RECIPIENT_STATES, SKIP_REASON_NAMES, type BlastProgress, type RecipientState, type SkipReason } from '../../contracts/blast-states.js';
import type { BlastJobRow } from '../../storage/schema-blast.js';
import { flagOf } from './recipient-filter.js';

/** Recipients whose turn comes by itself, or whose message is on its way. */
const goingIn = (row: BlastJobRow): number => row.n_queued + row.n_processing + row.n_retry;

/** The same, with those who are held back: while there is one, a job is not over. */
export const waitingIn = (row: BlastJobRow): number => goingIn(row) + row.n_paused;

/** Messages that went out. */
const reachedIn = (row: BlastJobRow): number => row.n_sent + row.n_delivered + row.n_read;

/** How long it has run, in milliseconds. */
const ranMs = (row: BlastJobRow, now: number): number => row.ran_ms + (row.running_since === null ? 0 : Math.max(0, now - row.running_since));

export function figuresOf(row: BlastJobRow, now: number): BlastProgress {
  const done = row.total - waitingIn(row);
  const seconds = ranMs(row, now) / 1_000;
  const rate = seconds > 0 ? reachedIn(row) / seconds : 0;
  return {
    total: row.total,
    done,
    percent: row.total === 0 ? 0 : Math.floor((done / row.total) * 1_000) / 10,
    states: Object.fromEntries(RECIPIENT_STATES.map((state) => [state, row[`n_${state}`]])) as Record<RecipientState, number>,
    skipped_by_reason: Object.fromEntries(SKIP_REASON_NAMES.map((reason) => [reason, row[`skipped_${reason}`]])) as Record<SkipReason, number>,
    invalid: row.invalid,
    messages_per_second: Math.round(rate * 1_000) / 1_000,
    seconds_left: goingIn(row) === 0 ? 0 : rate > 0 ? Math.ceil(goingIn(row) / rate) : null,
  };
}

export const reasonOf = ({ reason, detail }: Pick<BlastJobRow, 'reason' | 'detail'>): EventData<'blast.paused'>['reason'] => reason && { code: reason, message: BLAST_REASONS[reason], detail };

/** What a `blast.*` webhook says. */
export function eventDataOf(row: BlastJobRow, sessions: readonly EchoedId[], now: number): EventData<'blast.progress'> {
  return {
    blast_id: row.id,
    name: row.name,
    state: row.state,
    reason: reasonOf(row),
    session_ids: [...sessions],
    skipRecipientsInAddress: flagOf(row.skip_recipients_in_address),
    progress: figuresOf(row, now),
  };
}
