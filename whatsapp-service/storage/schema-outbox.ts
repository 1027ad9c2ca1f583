import type { Generated, Insertable, Selectable } from 'kysely';
import type { Fixed } from './columns.js';

/** What happened, the deliveries of it, and where they go. */
export interface OutboxTables {
  event: EventTable;
  outbox: OutboxTable;
  outbox_lane: OutboxLaneTable;
  delivery_attempt: DeliveryAttemptTable;
  webhook_endpoint: WebhookEndpointTable;
  redelivery: RedeliveryTable;
}

export interface EventTable {
  id: Fixed<string>;
  session_id: Fixed<string>;
  session_echo: Fixed<string>;
  workspace_echo: Fixed<string | null>;
  sequence: Fixed<number>;
  name: Fixed<string>;
  chat_id: Fixed<string | null>;
  dedupe_key: Fixed<string>;
  data: Fixed<string>;
  happened_at: Fixed<number>;
  created_at: Fixed<number>;
}

export type DeliveryState = 'pending' | 'delivered' | 'dead';

/** One row for each event and endpoint. */
export interface OutboxTable {
  /** Order of insertion. */
  seq: Generated<number>;
  /** The delivery's id. */
  id: Fixed<string>;
  event_id: Fixed<string>;
  session_id: Fixed<string>;
  endpoint: Fixed<string>;
  lane: Fixed<string>;
  state: DeliveryState;
  /** Requests that were made. */
  attempts: number;
  /** Of these, how many used a step of the schedule. */
  failures: number;
  last_status: number | null;
  last_error: string | null;
  created_at: Fixed<number>;
  finished_at: number | null;
}

/** One row a lane that has something pending; only a lane's first delivery is ever due. */
export interface OutboxLaneTable {
  lane: Fixed<string>;
  endpoint: Fixed<string>;
  /** When the first delivery may be tried. */
  next_attempt_at: number;
  /** When the schedule says that it is tried; an attempt before that uses no step of it. */
  scheduled_at: number;
  /** 1: the endpoint itself has named the time. */
  told: number;
}

/** The attempts that the schedule asked for, and the last one. */
export interface DeliveryAttemptTable {
  id: Generated<number>;
  delivery_id: Fixed<string>;
  /** From 1, as in `X-Webhook-Attempt`. */
  attempt: Fixed<number>;
  at: Fixed<number>;
  duration_ms: Fixed<number>;
  /** Null: no status line came. */
  status: Fixed<number | null>;
  error: Fixed<string | null>;
  /** The first bytes of the answer. */
  answer: Fixed<string | null>;
}

export interface WebhookEndpointTable {
  id: Fixed<string>;
  /** Null: every session. */
  session_id: Fixed<string | null>;
  url: string;
  /** The first signs; it is needed in clear for that. */
  secret: string;
  previous_secret: string | null;
  /** The previous secret signs, too, until then. */
  previous_until: number | null;
  /** JSON array of patterns. */
  events: string;
  /** JSON object. */
  headers: string;
  created_at: Fixed<number>;
  updated_at: number;
}

/** Deliveries that are to be sent again, in one go. */
export interface RedeliveryTable {
  id: Fixed<string>;
  /** JSON. */
  filter: Fixed<string>;
  state: 'running' | 'completed';
  /** `outbox.seq` of the newest delivery that belongs to it. */
  last_seq: Fixed<number>;
  /** How far it is. */
  done_seq: number;
  redelivered: number;
  created_at: Fixed<number>;
  finished_at: number | null;
}

export type EventRow = Selectable<EventTable>;
export type OutboxRow = Selectable<OutboxTable>;
export type DeliveryAttemptRow = Selectable<DeliveryAttemptTable>;
export type NewDeliveryAttempt = Insertable<DeliveryAttemptTable>;
export type WebhookEndpointRow = Selectable<WebhookEndpointTable>;
export type RedeliveryRow = Selectable<RedeliveryTable>;
