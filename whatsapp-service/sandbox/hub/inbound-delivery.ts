import { SandboxError, type InboundResult, type InboundSpec } from '../hub-contract.js';
import { meOf, type Account } from './account-store.js';
import { isGroupJid, personJid, UNMAPPABLE_PREFIX } from './identity.js';
import { inboundMessage, isMediaType, mediaOf } from './inbound-message.js';
import type { HubParts } from './parts.js';
import { groupJid } from './seeding.js';
import type { WireChat, WireMessage } from './wire.js';

const MAX_COUNT = 10_000;
const DEFAULT_SENDER = '6281200000001';

/** Brings messages to the account: into one chat, or spread over several. */
export function receiveInbound(parts: HubParts, account: Account, spec: InboundSpec): InboundResult {
  const count = spec.count ?? 1;
  if (!Number.isInteger(count) || count < 1 || count > MAX_COUNT) throw new SandboxError('invalid', `count is 1 to ${MAX_COUNT}.`);
  const chats = targetChats(parts, account, spec);
  const t = Math.floor((spec.at ?? Date.now()) / 1000);
  const quoted = spec.quoted === undefined ? null : parts.mailbox.message(account, spec.quoted);
  const messages = Array.from({ length: count }, (_, index) => {
    const chat = chats[index % chats.length];
    if (!chat) throw new SandboxError('chat_not_found', 'There is no chat to bring the message to.');
    const participant = writerOf(chat, account, { spec, index });
    const base = spec.body ?? 'Halo dari sandbox';
    return inboundMessage(spec, {
      chat: chat.jid, participant, fromMe: spec.fromMe ?? false, t, body: count > 1 ? `${base} #${index + 1}` : base, quoted,
      pushname: spec.fromMe ? account.pushname : (spec.pushname ?? (chat.group ? '' : chat.name)), media: mediaFor(parts, spec),
      mentions: (spec.mentions ?? []).map((person) => personJid(person, account.lidMode)), quotedAuthor: quoted && authorOf(quoted, account),
    });
  });
  parts.mailbox.receive(account, messages, spec.offline);
  return { message_ids: messages.map((message) => message.key), chats: chats.map((chat) => chat.jid) };
}

const authorOf = (message: WireMessage, account: Account): string => message.participant ?? (message.from_me ? meOf(account) : message.chat);

function mediaFor(parts: HubParts, spec: InboundSpec): ReturnType<HubParts['media']['generate']> | null {
  const type = spec.type ?? 'text';
  if (!isMediaType(type) && !spec.media) return null;
  const { mimetype, size, missing } = mediaOf(type, spec.media);
  return parts.media.generate(mimetype, size, missing);
}

function targetChats(parts: HubParts, account: Account, spec: InboundSpec): WireChat[] {
  const jids = spec.spread === undefined ? [targetJid(parts, account, spec)]
    : parts.chats.newest(account.phone, spec.spread, spec.group === undefined ? 'any' : spec.group ? 'group' : 'private');
  return jids.map((jid) => chatFor(parts, account, { jid, spec }));
}

/** The chat as it is, or as it will be once its first message is there. A new group begins with the account and the sender. */
function chatFor(parts: HubParts, account: Account, { jid, spec }: { jid: string; spec: InboundSpec }): WireChat {
  const known = parts.chats.get(account.phone, jid);
  if (known) return known;
  const made = parts.mailbox.ensureChat(account, jid, spec.pushname);
  if (!made.group) return made;
  const sender = personJid(spec.from ?? DEFAULT_SENDER, account.lidMode);
  const group = { ...made.group, participants: [...made.group.participants, { id: sender }] };
  parts.chats.setGroup(account.phone, jid, group);
  return { ...made, name: group.subject, group };
}

function targetJid(parts: HubParts, account: Account, spec: InboundSpec): string {
  if (spec.chat !== undefined) return personJid(spec.chat, account.lidMode);
  if (typeof spec.group === 'string') return spec.group;
  if (spec.group) return parts.chats.newest(account.phone, 1, 'group')[0] ?? groupJid(900_000_000);
  if (spec.unmappable) return personJid(`${UNMAPPABLE_PREFIX}${(spec.from ?? DEFAULT_SENDER).replace(/\D/g, '').slice(-9)}`, account.lidMode);
  if (spec.from !== undefined) return personJid(spec.from, account.lidMode);
  return parts.chats.newest(account.phone, 1, 'private')[0] ?? personJid(DEFAULT_SENDER, account.lidMode);
}

/** Null in a private chat. In a group the participants write in turn. */
function writerOf(chat: WireChat, account: Account, { spec, index }: { spec: InboundSpec; index: number }): string | null {
  if (!isGroupJid(chat.jid)) return null;
  if (spec.fromMe) return meOf(account);
  if (spec.from !== undefined) return personJid(spec.from, account.lidMode);
  const others = (chat.group?.participants ?? []).filter(({ id }) => id !== meOf(account));
  return others[index % Math.max(1, others.length)]?.id ?? personJid(DEFAULT_SENDER, account.lidMode);
}
