import type { ChatPayload } from '../../../contracts/payloads.js';
import { iso } from '../../../shared/clock.js';
import { asChatId } from '../../../shared/ids.js';
import { phoneFromJid } from '../../../shared/phone.js';
import type { ChatRef } from '../../provider.js';
import type { PageChat } from '../page-script.js';
import { messageType } from './message.js';
import { decodeGroupPeople } from './people.js';

export const ARCHIVED = 1;
export const PINNED = 2;
export const MUTED = 4;

/** `id seconds id seconds …`, as the page lists its chats; `-` for a time that is not known. */
export function decodeChatList(list: string): ChatRef[] {
  const parts = list === '' ? [] : list.split(' ');
  const refs: ChatRef[] = [];
  for (let i = 0; i + 1 < parts.length; i += 2) refs.push({ id: asChatId(parts[i] ?? ''), lastMessageAt: parts[i + 1] === '-' ? null : Number(parts[i + 1]) * 1000 });
  return refs;
}

export function decodeChat(chat: PageChat, withParticipants: boolean): ChatPayload {
  const [id, lid, name, unread, t, flags, last, subject, people, count] = chat;
  const isGroup = people !== null;
  const payload: ChatPayload = {
    chat_id: id,
    chat_type: isGroup ? 'group' : 'private',
    provider_type: 'webjs',
    name,
    phone: isGroup ? null : phoneFromJid(id),
    lid,
    unread_count: Math.max(0, unread),
    last_message_at: t === null ? null : iso(t * 1000),
    archived: (flags & ARCHIVED) !== 0,
    pinned: (flags & PINNED) !== 0,
    muted: (flags & MUTED) !== 0,
  };
  if (last) payload.last_message = decodeLast(last);
  if (isGroup) payload.group = { group_jid: id, subject, ...decodeGroupPeople(people, withParticipants), ...(count !== undefined && { participants_count: count }) };
  return payload;
}

function decodeLast([id, type, body, fromMe, t]: NonNullable<PageChat[6]>): NonNullable<ChatPayload['last_message']> {
  return { message_id: id, type: messageType(type), body, from_me: fromMe === 1, timestamp: iso(t * 1000) };
}
