import type { MessageId, SessionId } from '../../shared/ids.js';
import type { Db } from '../../storage/database.js';

/** What one recipient gets. A file is named by its id. */
export type BlastMessage =
  | { type: 'text'; text: string; mentions: readonly string[]; linkPreview: boolean }
  | { type: BlastMediaKind; mediaId: string; mimetype: string; filename: string | null; size: number; caption: string | null; viewOnce: boolean };
export type BlastMediaKind = 'image' | 'video' | 'document' | 'audio' | 'voice';

export interface LinedUp {
  id: MessageId;
  sessionId: SessionId;
  chatId: string;
  phone: string;
  /** The WhatsApp message id. */
  key: string;
  content: BlastMessage;
  recipientId: number;
  /** Below that of every message by itself. */
  priority: number;
  /** Attempts that were made before. */
  attempts: number;
  maxAttempts: number;
  /** Milliseconds between two attempts. */
  retryMs: number;
}

/** What the engine needs of the messages that a session sends one after the other. All of it inside the caller's transaction. */
export interface MessageLine {
  add(trx: Db, messages: readonly LinedUp[], now: number): Promise<void>;
  /** Takes those out that have not begun to go out, and tells which, and how often each was tried. */
  takeBack(trx: Db, ids: readonly string[]): Promise<{ id: string; attempts: number }[]>;
  /** Those that have not begun do not before this time (milliseconds since the epoch). */
  putOff(trx: Db, ids: readonly string[], until: number): Promise<void>;
}
