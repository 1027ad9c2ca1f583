import type { ChatPayload } from '../../../contracts/payloads.js';
import { iso } from '../../../shared/clock.js';
import { phoneFromJid } from '../../../shared/phone.js';
import type { PageChat } from '../page-script.js';
import { messageType } from './message.js';
import { decodeParticipants } from './people.js';

export function decodeChat(chat: PageChat, withParticipants: boolean): ChatPayload {
  const isGroup = chat.participants !== null;
  return {
    chat_id: chat.id,
    chat_type: isGroup ? 'group' : 'private',
    provider_type: 'webjs',
    name: chat.name,
    phone: isGroup ? null : phoneFromJid(chat.id),
    lid: chat.lid,
    unread_count: Math.max(0, chat.unread),
    last_message_at: chat.t === null ? null : iso(chat.t * 1000),
    archived: chat.archived,
    pinned: chat.pinned,
    muted: chat.muted,
    ...(chat.last && {
      last_message: {
        message_id: chat.last.id,
        type: messageType(chat.last.type),
        body: chat.last.body,
        from_me: chat.last.fromMe,
        timestamp: iso(chat.last.t * 1000),
      },
    }),
    ...(chat.participants && {
      group: {
        group_jid: chat.id,
        subject: chat.subject,
        ...(withParticipants && { participants: decodeParticipants(chat.participants) }),
        participants_count: chat.count ?? chat.participants.length,
      },
    }),
  };
}
