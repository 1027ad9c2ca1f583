import type { MessageRow } from '../../storage/schema.js';
import { asChatId } from '../../shared/ids.js';
import type { Outbound } from '../../whatsapp/provider.js';
import type { StoredContent } from './message-content.js';

/** A stored message as the provider takes it. `path` is where its file is; null: it has none, or it is gone. */
export function outboundOf(row: MessageRow, path: string | null): Outbound | null {
  const { content, quotedMessageId, seen, typing } = JSON.parse(row.content) as StoredContent;
  const base = {
    chatId: asChatId(row.chat_id),
    key: row.wa_key,
    quotedMessageId,
    seen,
    typingMs: typing ? typingMs('text' in content ? content.text : '') : 0,
    repeat: row.attempts > 1,
  };
  if (!('mediaId' in content)) return { ...base, content };
  if (path === null) return null;
  const { type, mimetype, filename, caption, viewOnce } = content;
  return { ...base, content: { type, path, mimetype, filename, caption, viewOnce } };
}

/** How long a person would type this text: 40 ms a character, between 0.8 and 6 seconds. */
export const typingMs = (text: string): number => Math.min(6_000, Math.max(800, text.length * 40));
