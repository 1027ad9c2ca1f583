import type { EventData } from '../../../contracts/payloads.js';
import { iso } from '../../../shared/clock.js';
import { phoneFromJid } from '../../../shared/phone.js';
import type { PageGroup, PageMessage } from '../page-script.js';
import { decodeGroupPeople, decodePerson } from './people.js';

/** WhatsApp Web's words for what a message is, and ours. Any other word goes out as it is. */
const TYPES: Record<string, string> = {
  chat: 'text',
  ptt: 'voice',
  vcard: 'contact',
  multi_vcard: 'contacts',
  poll_creation: 'poll',
};

/**
 * Kinds that are no message of a person's: WhatsApp Web's own notices, and what another event says.
 * Everything that is not listed here goes out, known or not.
 */
export const IGNORED_TYPES: ReadonlySet<string> = new Set([
  'e2e_notification',
  'notification',
  'notification_template',
  'broadcast_notification',
  'protocol',
  'debug',
  'reaction',
  'call_log',
]);

/** What a chat's history leaves out besides: changes of a group, and messages that this device could not read (yet). */
export const NOT_LISTED: readonly string[] = [...IGNORED_TYPES, 'gp2', 'ciphertext'];

export const messageType = (raw: string): string => TYPES[raw] ?? raw;

export function decodeMessage(msg: PageMessage, group: PageGroup | undefined, withParticipants: boolean): EventData<'message'> {
  const isGroup = msg.group !== undefined;
  const sender = isGroup ? null : msg.name;
  return {
    message_id: msg.id,
    chat_id: msg.chat[0],
    chat_type: isGroup ? 'group' : 'private',
    group_jid: msg.group ?? null,
    ...(group && { group_name: group.name, ...decodeGroupPeople(group.participants, withParticipants) }),
    from: decodePerson(msg.chat, msg.fromMe ? null : sender),
    author: isGroup && msg.author ? decodePerson(msg.author, msg.name) : null,
    to: msg.to,
    from_me: msg.fromMe,
    type: messageType(msg.type),
    raw_type: msg.type,
    body: msg.body,
    timestamp: iso(msg.t * 1000),
    ...(msg.quoted && {
      quoted: { message_id: msg.quoted.id, author: msg.quoted.author, type: msg.quoted.type && messageType(msg.quoted.type), body: msg.quoted.body },
    }),
    ...(msg.media && { media: msg.media }),
    mentions: msg.mentions.map((jid) => ({ jid, phone: phoneFromJid(jid) })),
    ...(msg.location && { location: msg.location }),
    ...(msg.contacts && { contacts: msg.contacts }),
    forwarded: msg.forwarded,
  };
}
