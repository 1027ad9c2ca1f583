import { createHash } from 'node:crypto';
import { personJid, serializeKey, UNMAPPABLE_PREFIX } from './identity.js';
import type { WireChat, WireGroup, WireMessage } from './wire.js';

const GIVEN = ['Budi', 'Siti', 'Agus', 'Dewi', 'Andi', 'Rina', 'Eko', 'Sri', 'Rizky', 'Putri', 'Joko', 'Ayu', 'Hendra', 'Wulan', 'Bayu', 'Ratna', 'Dimas', 'Lestari', 'Fajar', 'Indah'];
const FAMILY = ['Santoso', 'Wijaya', 'Saputra', 'Lestari', 'Nugroho', 'Hidayat', 'Pratama', 'Siregar', 'Kusuma', 'Rahayu', 'Setiawan', 'Harahap', 'Utami', 'Gunawan', 'Permata', 'Suharto'];
const GROUPS = ['Arisan', 'Keluarga', 'Alumni SMA', 'Reseller', 'Warga RT', 'Tim Penjualan', 'Pelanggan', 'Majelis', 'Futsal', 'Wali Murid'];
const OPERATORS = ['812', '813', '821', '852', '857', '878', '881', '895'];
const TEXTS = ['Halo kak, apakah masih ada?', 'Baik, terima kasih.', 'Pesanan saya sudah dikirim?', 'Besok jam 10 ya.', 'Siap.', 'Bisa COD?', 'Berapa ongkir ke Bandung?', 'Noted, makasih 🙏'];

const pick = (list: readonly string[], index: number): string => list[index % list.length] ?? '';

/** Name of the person with this number in the sandbox's telephone book. */
export const personName = (index: number): string => `${pick(GIVEN, index)} ${pick(FAMILY, Math.floor(index / GIVEN.length) + index)}`;

/** An Indonesian-looking mobile number, a different one for each index below 10⁸. */
export function personPhone(index: number): string {
  const line = ((index * 7919 + 12_345_678) % 100_000_000).toString().padStart(8, '0');
  return `62${pick(OPERATORS, index)}${line}`;
}

const hash = (text: string, length: number): string => createHash('sha1').update(text).digest('hex').toUpperCase().slice(0, length);

/** The id of a message that a phone wrote: longer than WhatsApp Web's own. */
export const phoneMessageId = (source: string): string => `AC${hash(source, 30)}`;

export interface SeedPlan {
  /** JID of the account in its own chats. */
  me: string;
  lidMode: boolean;
  /** Index of the first chat; chats seeded before keep theirs. */
  first: number;
  chats: number;
  groupShare: number;
  participants: number;
  messagesPerChat: number;
  /** Unix seconds of the newest message. */
  now: number;
  unmappableShare: number;
}

export interface SeededChat {
  chat: WireChat;
  /** Oldest first. */
  messages: WireMessage[];
}

const CHAT_SPACING_S = 60;
const MESSAGE_SPACING_S = 20;
/** People of groups come from this many, so that they meet in more than one group. */
const POOL = 5_003;

/** Group number `n` is spread evenly: 30 % means 3 of every 10. */
const isGroup = (index: number, share: number): boolean => Math.floor((index + 1) * share) > Math.floor(index * share);

/** Chats newest first, the same for the same plan. */
export function* seededChats(plan: SeedPlan): Generator<SeededChat> {
  for (let offset = 0; offset < plan.chats; offset++) {
    const index = plan.first + offset;
    const t = plan.now - offset * CHAT_SPACING_S;
    const group = isGroup(index, plan.groupShare) ? seededGroup(index, t, plan) : undefined;
    const jid = group ? groupJid(index) : seededPerson(index, plan);
    const name = group ? group.subject : personName(index);
    const messages = seededMessages({ jid, index, t, group }, plan);
    const last = messages.at(-1);
    yield { chat: { jid, name, saved: !group, t, unread: index % 5 === 0 ? 1 : 0, archived: index % 50 === 49, pinned: 0, mute: 0, group, ...(last ? { last } : {}) }, messages };
  }
}

export const groupJid = (index: number): string => `120363${index.toString().padStart(12, '0')}@g.us`;

function seededPerson(index: number, plan: SeedPlan): string {
  const phone = personPhone(index);
  const hidden = plan.lidMode && (index * 37) % 100 < plan.unmappableShare * 100;
  return personJid(hidden ? `${UNMAPPABLE_PREFIX}${phone.slice(2)}` : phone, plan.lidMode);
}

function seededGroup(index: number, t: number, plan: SeedPlan): WireGroup {
  const others = Array.from({ length: Math.max(0, plan.participants - 1) }, (_, k) => ({ id: seededPerson((index * 37 + k) % POOL, plan), admin: k === 0 }));
  return {
    subject: `${pick(GROUPS, index)} ${index + 1}`, owner: others[0]?.id ?? plan.me, creation: t - 86_400 * 30,
    participants: [{ id: plan.me, admin: index % 4 === 0 }, ...others],
  };
}

interface Place {
  jid: string;
  index: number;
  t: number;
  group: WireGroup | undefined;
}

function seededMessages({ jid, index, t, group }: Place, plan: SeedPlan): WireMessage[] {
  return Array.from({ length: plan.messagesPerChat }, (_, k) => {
    const age = plan.messagesPerChat - 1 - k;
    const fromMe = age % 3 === 2;
    const writer = group ? (group.participants[1 + (k % Math.max(1, group.participants.length - 1))]?.id ?? plan.me) : null;
    const participant = group ? (fromMe ? plan.me : writer) : null;
    const id = fromMe ? `3EB0${hash(`${plan.me}|${jid}|${k}`, 18)}` : phoneMessageId(`${plan.me}|${jid}|${k}`);
    return {
      key: serializeKey({ fromMe, chat: jid, id, participant }), id, chat: jid, participant, from_me: fromMe, ack: fromMe ? 3 : 1,
      t: t - age * MESSAGE_SPACING_S, type: 'chat', body: pick(TEXTS, index + k), data: { notifyName: fromMe ? '' : personName(index + (group ? k : 0)) },
    };
  });
}
