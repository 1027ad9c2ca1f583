import { iso } from '../../../shared/clock.js';
import { toJson } from '../../../shared/json.js';
import { phoneFromJid } from '../../../shared/phone.js';
import type { PageChat } from '../page-script.js';
import { ARCHIVED, MUTED, PINNED } from './chat.js';
import { messageType } from './message.js';
import { jidOf } from './people.js';

/**
 * What `toJson(decodeChat(chat, …))` is, written at once: a sync of a large account would otherwise spend most of its time on objects that
 * live for one line. A test holds the two together.
 */
export function chatText([id, lid, name, unread, t, flags, last, subject, people, count]: PageChat, withParticipants: boolean): string {
  const isGroup = people !== null;
  const jid = quoted(id);
  return (
    `{"chat_id":${jid},"chat_type":"${isGroup ? 'group' : 'private'}","provider_type":"webjs","name":${textOrNull(name)},` +
    `"phone":${isGroup ? 'null' : textOrNull(phoneFromJid(id))},"lid":${textOrNull(lid)},"unread_count":${Math.max(0, unread)},` +
    `"last_message_at":${t === null ? 'null' : timeText(t)},"archived":${(flags & ARCHIVED) !== 0},"pinned":${(flags & PINNED) !== 0},"muted":${(flags & MUTED) !== 0}` +
    (last ? `,"last_message":${lastText(last)}` : '') +
    (isGroup ? `,"group":{"group_jid":${jid},"subject":${textOrNull(subject)},${peopleText(people, count, withParticipants)}}}` : '}')
  );
}

export const isGroupChat = (chat: PageChat): boolean => chat[8] !== null;

/** Text in which nothing has to be escaped, as nearly all of it is. */
const PLAIN_TEXT = /^[ !#-[\]-~]*$/;
const quoted = (text: string): string => (PLAIN_TEXT.test(text) ? `"${text}"` : toJson(text));

const textOrNull = (text: string | null): string => (text === null ? 'null' : quoted(text));

const lastText = ([id, type, body, fromMe, t]: NonNullable<PageChat[6]>): string =>
  `{"message_id":${quoted(id)},"type":${quoted(messageType(type))},"body":${textOrNull(body)},"from_me":${fromMe === 1},"timestamp":${timeText(t)}}`;

function peopleText(people: string, count: number | undefined, withParticipants: boolean): string {
  const rows = people === '' ? [] : people.split(' ');
  const counted = `"participants_count":${count ?? rows.length}`;
  if (!withParticipants) return counted;
  let list = '';
  for (const row of rows) list += `${list === '' ? '' : ','}${personText(row)}`;
  return `"participants":[${list}],${counted}`;
}

/** A phone's digits as nearly all participants are; what is anything else takes the long way. */
const PLAIN_PHONE = /^(?!521)[1-9]\d{6,14}$/;

function personText(row: string): string {
  const isAdmin = row.endsWith('*');
  const id = isAdmin ? row.slice(0, -1) : row;
  if (PLAIN_PHONE.test(id)) return `{"jid":"${id}@c.us","phone":"+${id}","is_admin":${isAdmin}}`;
  const jid = jidOf(id);
  return `{"jid":${quoted(jid)},"phone":${textOrNull(phoneFromJid(jid))},"is_admin":${isAdmin}}`;
}

const DAY_SECONDS = 86_400;
const TWO_DIGITS = Array.from({ length: 60 }, (_, number) => String(number).padStart(2, '0'));
const twoDigits = (number: number): string => TWO_DIGITS[number] ?? '';
let day = NaN;
let date = '';

/** Chats come newest first, so that many in a row are of one day: its name is made once. */
function timeText(t: number): string {
  if (!Number.isInteger(t)) return `"${iso(t * 1000)}"`;
  const today = Math.floor(t / DAY_SECONDS);
  if (today !== day) {
    date = iso(today * DAY_SECONDS * 1000).slice(0, -'00:00:00.000Z'.length);
    day = today;
  }
  const seconds = t - today * DAY_SECONDS;
  return `"${date}${twoDigits(Math.floor(seconds / 3600))}:${twoDigits(Math.floor(seconds / 60) % 60)}:${twoDigits(seconds % 60)}.000Z"`;
}
