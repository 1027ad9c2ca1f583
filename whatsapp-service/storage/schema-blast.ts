import type { Generated, Insertable, Selectable, Updateable } from 'kysely';
import type { BlastReason, BlastState, RecipientReason, RecipientState, SkipReason } from '../contracts/blast-states.js';
import type { Fixed } from './columns.js';

/** The tables of blasts; units as in `schema.ts`. */
export interface BlastTables {
  blast_job: BlastJobTable;
  blast_job_session: BlastJobSessionTable;
  blast_recipient: BlastRecipientTable;
  blast_pace: BlastPaceTable;
  blast_day: BlastDayTable;
}

/** How many recipients are in each state, and why rows were left out: kept with the job, never counted. */
export type BlastCounters = Record<`n_${RecipientState}`, Generated<number>> & Record<`skipped_${SkipReason}`, Generated<number>>;

export interface BlastJobTable extends BlastCounters {
  /** Short, because a million recipients carry it. */
  no: Generated<number>;
  id: Fixed<string>;
  /** JSON of the workspace's id, or null. */
  workspace_id: Fixed<string | null>;
  name: string | null;
  state: BlastState;
  reason: BlastReason | null;
  detail: string | null;
  /** 1, 0, or null in a row that is older than the flag: as 1. */
  skip_recipients_in_address: number | null;
  /** JSON. */
  content: string;
  /** The file of its content. */
  media_id: string | null;
  filters: string;
  pace: string;
  retry: string;
  batches: string | null;
  priority: number;
  scheduled_at: number | null;
  time_zone: string;
  price_per_message: number | null;
  total: Generated<number>;
  invalid: Generated<number>;
  /** Attempts that failed since one went out. */
  failures_in_row: Generated<number>;
  /** Messages since the last pause between batches, and when the one under way is over. */
  batch_sent: Generated<number>;
  batch_until: Generated<number>;
  /** 0 while recipients of a request are taken in: nothing is sent, and a DRAFT is not shown yet. */
  ready: number;
  /** Counts the edits: what was prepared under another number is prepared anew. */
  revision: Generated<number>;
  /** Milliseconds that it has been RUNNING for, up to `running_since`. */
  ran_ms: Generated<number>;
  running_since: number | null;
  created_at: Fixed<number>;
  updated_at: number;
  started_at: number | null;
  finished_at: number | null;
  /** Its recipients were cleared away: only the figures are left. */
  recipients_removed_at: number | null;
}

/** Who sends a job's messages. */
export interface BlastJobSessionTable {
  job: Fixed<number>;
  session_id: Fixed<string>;
  /** From 0. */
  position: Fixed<number>;
}

export interface BlastRecipientTable {
  /** Their order. */
  id: Generated<number>;
  job: Fixed<number>;
  /** E.164; once a job, which is seen to where recipients are added. */
  phone: Fixed<string>;
  /** Null: the one made from the phone. */
  jid: Fixed<string | null>;
  /** JSON object, or null: none. */
  variables: string | null;
  state: RecipientState;
  reason: RecipientReason | null;
  detail: string | null;
  attempts: number;
  session_id: string | null;
  /** The WhatsApp message id: committed before the send, and kept. */
  wa_key: string | null;
  message_id: string | null;
  wa_message_id: string | null;
  /** Until then nobody else takes up a recipient that is being prepared. */
  lease_until: number | null;
  updated_at: number;
  sent_at: number | null;
  delivered_at: number | null;
  read_at: number | null;
}

/** What is left of a job's pace for one session, as in `send_pace`; the span `gap` holds when its pause is over. */
export interface BlastPaceTable {
  job: Fixed<number>;
  session_id: Fixed<string>;
  span: Fixed<string>;
  tokens: number;
  at: number;
}

/** Messages of blasts that a session sent on one day, for its warm-up. */
export interface BlastDayTable {
  session_id: Fixed<string>;
  /** `2026-12-01`, in the job's time zone. */
  day: Fixed<string>;
  sent: number;
}

export type BlastJobRow = Selectable<BlastJobTable>;
export type NewBlastJobRow = Insertable<BlastJobTable>;
export type BlastJobChange = Updateable<BlastJobTable>;
export type BlastRecipientRow = Selectable<BlastRecipientTable>;
export type BlastRecipientChange = Updateable<BlastRecipientTable>;
