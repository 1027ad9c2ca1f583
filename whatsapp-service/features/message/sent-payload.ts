import type { EventData } from '../../contracts/payloads.js';
import { iso } from '../../shared/clock.js';
import { phoneFromJid } from '../../shared/phone.js';
import type { MessageRow } from '../../storage/schema.js';
import type { StoredContent } from './message-content.js';

type SentData = EventData<'message.sent'>;
type Said = Pick<SentData, 'body' | 'media' | 'location' | 'contacts' | 'mentions'>;

/** `message.sent` of a message that came over the API; the page is not asked again for what we gave it. */
export function sentPayload(row: MessageRow, messageId: string, at: number): SentData {
  const isGroup = row.chat_id.endsWith('@g.us');
  const stored = JSON.parse(row.content) as StoredContent;
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
    raw_type: row.type,
    timestamp: iso(at),
    ...(stored.quotedMessageId !== null && { quoted: { message_id: stored.quotedMessageId, author: null, type: null, body: null } }),
    forwarded: false,
    ...said(stored.content),
  };
}

function said(content: StoredContent['content']): Said {
  switch (content.type) {
    case 'text':
      return { body: content.text, mentions: content.mentions.map((jid) => ({ jid, phone: phoneFromJid(jid) })) };
    case 'edit':
      return { body: content.text, mentions: [] };
    case 'reaction':
      return { body: content.emoji, mentions: [] };
    case 'poll':
      return { body: content.question, mentions: [] };
    case 'location': {
      const { latitude, longitude, name, address, url } = content;
      return { body: null, mentions: [], location: { latitude, longitude, description: [name, address].filter(Boolean).join('\n') || null, url } };
    }
    case 'contact':
      return { body: null, mentions: [], contacts: content.contacts.map(({ name, vcard }) => ({ name, vcard })) };
    case 'delete':
      return { body: null, mentions: [] };
    default: {
      const { mimetype, size, filename, caption } = content;
      return { body: caption, mentions: [], media: { mimetype, size, filename, caption, duration: null, width: null, height: null, sha256: null } };
    }
  }
}
