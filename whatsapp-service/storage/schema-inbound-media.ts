import type { Selectable } from 'kysely';
import type { Fixed } from './columns.js';

export interface InboundMediaTables {
  inbound_media: InboundMediaTable;
}

/** The file of a message: `wanted` until it is fetched, `kept` while it is on disk under `id`, `failed` when it cannot be had. */
export interface InboundMediaTable {
  /** The name of its file. */
  id: Fixed<string>;
  session_id: Fixed<string>;
  /** WhatsApp's serialised id. */
  message_id: Fixed<string>;
  state: 'wanted' | 'kept' | 'failed';
  mimetype: string | null;
  filename: string | null;
  /** Bytes. */
  size: number | null;
  /** Hexadecimal. */
  sha256: string | null;
  attempts: number;
  next_attempt_at: number;
  error: string | null;
  created_at: Fixed<number>;
  kept_at: number | null;
}

export type InboundMediaRow = Selectable<InboundMediaTable>;
