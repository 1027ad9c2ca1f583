import type { EventData } from '../../contracts/payloads.js';
import { iso } from '../../shared/clock.js';
import { phoneFromJid } from '../../shared/phone.js';
import type { MessageRow } from '../../storage/schema.js';

/** `message.sent` of a message that came over the API; the page is not asked again for what we gave it. */
export function sentPayload(row: MessageRow, messageId: string, at: number): EventData<'message.sent'> {
  const isGroup = row.chat_id.endsWith('@g.us');
  const { text } = JSON.parse(row.content) as { text: string };
  return {
    id: row.id,
    message_id: messageId,
    chat_id: row.chat_id,
    chat_type: isGroup ? 'group' : 'private',
    group_jid: isGroup ? row.chat_id : null,
    from: { jid: row.chat_id, lid: null, phone: isGroup ? null : phoneFromJid(row.chat_id), name: null },
    author: null,
    to: row.chat_id,
    from_me: true,
    type: row.type,
    raw_type: 'chat',
    body: text,
    timestamp: iso(at),
    mentions: [],
    forwarded: false,
  };
}
