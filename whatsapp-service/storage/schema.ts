import type { Insertable, Kysely, Selectable, Updateable } from 'kysely';
import type { MessageReason, MessageState, SessionReason, SessionState, SyncState } from '../contracts/states.js';
import type { Fixed } from './columns.js';
import type { BlastTables } from './schema-blast.js';
import type { ContactTables } from './schema-contacts.js';
import type { InboundMediaTables } from './schema-inbound-media.js';
import type { OutboxTables } from './schema-outbox.js';

/**
 * The tables. Times are milliseconds since the Unix epoch; JSON is text; a flag is 0 or 1,
 * so that the same rows read alike on SQLite and on PostgreSQL.
 */
export interface Database extends BlastTables, ContactTables, InboundMediaTables, OutboxTables {
  api_key: ApiKeyTable;
  session: SessionTable;
  message: MessageTable;
  send_pace: SendPaceTable;
  idempotency_key: IdempotencyKeyTable;
  group_request: GroupRequestTable;
  media: MediaTable;
  chat_sync: ChatSyncTable;
  chat_sync_batch: ChatSyncBatchTable;
  number_check: NumberCheckTable;
}

/** Queries run on `Db`; inside `transaction` the same type means "part of this transaction". */
export type Db = Kysely<Database>;

export interface ApiKeyTable {
  id: Fixed<string>;
  name: string;
  /** SHA-256 (hex) of the key; the key itself is shown once and never stored. */
  hash: Fixed<string>;
  scopes: string;
  /** JSON array of session ids, or null: all. */
  sessions: string | null;
  /** JSON array of workspace ids as text, or null: all. */
  workspaces: string | null;
  created_at: Fixed<number>;
  revoked_at: number | null;
}

export interface SessionTable {
  id: Fixed<string>;
  /** JSON of the id as the caller wrote it (`12` or `"sales"`). */
  echo_id: Fixed<string>;
  /** JSON of the workspace's id, or null. */
  workspace_id: string | null;
  /** What the operator wants; a restart of the service brings `running` sessions back. */
  desired: 'running' | 'stopped';
  state: SessionState;
  reason: SessionReason;
  detail: string | null;
  /** 1 once a phone was paired and not logged out. */
  paired: number;
  phone: string | null;
  lid: string | null;
  pushname: string | null;
  /** JSON: `{server, credentials}`, the credentials sealed; null: none. */
  proxy: string | null;
  /** What the phone shows; null: the setting's. */
  device_name: string | null;
  last_sequence: number;
  /** The catch-up looks back a margin from here: from the newest message that is committed, but never behind the pairing. */
  inbound_mark: number | null;
  created_at: Fixed<number>;
  updated_at: number;
}

export interface MessageTable {
  id: Fixed<string>;
  session_id: Fixed<string>;
  chat_id: Fixed<string>;
  phone: Fixed<string | null>;
  type: Fixed<string>;
  content: Fixed<string>;
  /** The WhatsApp message id, committed before the send. */
  wa_key: Fixed<string>;
  /** WhatsApp's serialised id, known after the send. */
  wa_message_id: string | null;
  state: MessageState;
  reason: MessageReason | null;
  detail: string | null;
  ack: number | null;
  attempts: number;
  next_attempt_at: number;
  created_at: Fixed<number>;
  updated_at: number;
  sent_at: number | null;
  delivered_at: number | null;
  read_at: number | null;
  played_at: number | null;
  /** When it failed, was cancelled, or became unknown. */
  ended_at: number | null;
  /** Higher goes first. */
  priority: Fixed<number>;
  /** Not sent after this. */
  expires_at: Fixed<number>;
  media_id: Fixed<string | null>;
  /** The recipient of a blast that it is for; null: it is a message by itself. */
  recipient_id: Fixed<number | null>;
  /** Attempts, and milliseconds between them; null: as the settings say. */
  max_attempts: Fixed<number | null>;
  retry_ms: Fixed<number | null>;
}

/** What is left of a session's pace in one span of time. */
export interface SendPaceTable {
  session_id: Fixed<string>;
  span: Fixed<string>;
  tokens: number;
  at: number;
}

export interface IdempotencyKeyTable {
  api_key_id: Fixed<string>;
  key: Fixed<string>;
  request_hash: Fixed<string>;
  message_id: Fixed<string>;
  created_at: Fixed<number>;
}

/** A new group that was asked for with an Idempotency-Key. */
export interface GroupRequestTable {
  api_key_id: Fixed<string>;
  key: Fixed<string>;
  session_id: Fixed<string>;
  request_hash: Fixed<string>;
  /** JSON; null while it is under way, and for good when it is not known whether WhatsApp made it. */
  answer: string | null;
  created_at: Fixed<number>;
}

/** A file of `<DATA_DIR>/media/`, which has the id for its name. */
export interface MediaTable {
  id: Fixed<string>;
  mimetype: Fixed<string>;
  /** Bytes. */
  size: Fixed<number>;
  /** Hexadecimal. */
  sha256: Fixed<string>;
  /** What its receiver sees. */
  filename: Fixed<string>;
  created_at: Fixed<number>;
}

export interface ChatSyncTable {
  id: Fixed<string>;
  session_id: Fixed<string>;
  state: SyncState;
  /** JSON: `{max_chats, sync_window}` as this run uses them. */
  options: Fixed<string>;
  total: number;
  synced: number;
  gone: number;
  dead: number;
  batches: number;
  private: number;
  groups: number;
  error_code: string | null;
  error: string | null;
  created_at: Fixed<number>;
  started_at: number | null;
  finished_at: number | null;
}

export interface ChatSyncBatchTable {
  sync_id: Fixed<string>;
  number: Fixed<number>;
  delivery_id: Fixed<string>;
  /** JSON array of chat ids. */
  chat_ids: Fixed<string>;
  state: 'pending' | 'delivered' | 'dead';
  attempts: number;
  last_status: number | null;
  last_error: string | null;
}

/** What WhatsApp last said of a number. One row a session, so that nobody learns whom another session asked about. */
export interface NumberCheckTable {
  session_id: Fixed<string>;
  /** The JID that was asked for. */
  jid: Fixed<string>;
  /** 0 or 1. */
  on_whatsapp: number;
  /** The id under which WhatsApp knows the person; null when it knows nobody. */
  canonical_jid: string | null;
  checked_at: number;
}

export type SessionRow = Selectable<SessionTable>;
export type MessageRow = Selectable<MessageTable>;
export type MessageChange = Updateable<MessageTable>;
export type NewMessageRow = Insertable<MessageTable>;
export type MediaRow = Selectable<MediaTable>;
export type ChatSyncRow = Selectable<ChatSyncTable>;
export type ChatSyncBatchRow = Selectable<ChatSyncBatchTable>;
export type NumberCheckRow = Selectable<NumberCheckTable>;
