import type { MessageId, SessionId } from '../../shared/ids.js';
import { slices } from '../../shared/slices.js';
import type { Db } from '../../storage/database.js';
import type { MessageRow } from '../../storage/schema.js';
import type { StoredContent } from './message-content.js';

/** Hears, inside the transaction that changes them, how messages fare that are part of something larger. */
export interface MessageWatcher {
  changed(trx: Db, row: MessageRow): Promise<void>;
}

/** Has a say in when such a message goes out. */
export interface SendGate {
  /** What goes with its going out, inside the same transaction; null: not now. The gate has then put it off, or taken it back. */
  admit(trx: Db, row: MessageRow): Promise<(() => Promise<void>) | null>;
}

/** Values of one statement. */
const SLICE = 100;

export interface LinedUp {
  id: MessageId;
  sessionId: SessionId;
  chatId: string;
  phone: string;
  key: string;
  content: StoredContent['content'];
  recipientId: number;
  priority: number;
  attempts: number;
  maxAttempts: number;
  retryMs: number;
}

/** Puts messages in line that are part of something larger: they wait for as long as it takes. */
export async function lineUp(trx: Db, messages: readonly LinedUp[], now: number): Promise<void> {
  for (const slice of slices(messages, SLICE)) {
    await trx
      .insertInto('message')
      .values(
        slice.map(({ content, ...message }) => ({
          id: message.id,
          session_id: message.sessionId,
          chat_id: message.chatId,
          phone: message.phone,
          type: content.type,
          content: JSON.stringify({ content, quotedMessageId: null, seen: false, typing: false } satisfies StoredContent),
          wa_key: message.key,
          state: 'queued' as const,
          attempts: message.attempts,
          next_attempt_at: now,
          priority: message.priority,
          expires_at: Number.MAX_SAFE_INTEGER,
          media_id: 'mediaId' in content ? content.mediaId : null,
          recipient_id: message.recipientId,
          max_attempts: message.maxAttempts,
          retry_ms: message.retryMs,
          created_at: now,
          updated_at: now,
        })),
      )
      .execute();
  }
}

/** Takes those out that have not begun to go out, and tells which, and how often each was tried. */
export async function takeBack(trx: Db, ids: readonly string[]): Promise<{ id: string; attempts: number }[]> {
  const taken: { id: string; attempts: number }[] = [];
  for (const slice of slices(ids, SLICE)) taken.push(...(await trx.deleteFrom('message').where('id', 'in', slice).where('state', '=', 'queued').returning(['id', 'attempts']).execute()));
  return taken;
}

/** Those that have not begun to go out do not before `until`. */
export async function putOff(trx: Db, ids: readonly string[], until: number): Promise<void> {
  for (const slice of slices(ids, SLICE)) {
    await trx.updateTable('message').set({ next_attempt_at: until }).where('id', 'in', slice).where('state', '=', 'queued').where('next_attempt_at', '<', until).execute();
  }
}
