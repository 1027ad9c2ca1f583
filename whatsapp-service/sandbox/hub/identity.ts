import { createHash } from 'node:crypto';

/**
 * People of the simulated WhatsApp. A LID is computed from the phone number and back, so that neither the hub nor the page
 * needs a table for it; the page has the same arithmetic in `page/lid.js`, and a test holds the two together.
 */
const LID_SPACE = 1_000_000_000_000_000n;
const LID_FACTOR = 387_420_489_000_001n;
const LID_OFFSET = 271_828_182_845_904n;

/** No phone number begins so: the LID of such a "number" belongs to a person whose phone number cannot be known. */
export const UNMAPPABLE_PREFIX = '999';

function inverse(value: bigint, modulus: bigint): bigint {
  let [r0, r1, s0, s1] = [value, modulus, 1n, 0n];
  while (r1 !== 0n) {
    const q = r0 / r1;
    [r0, r1, s0, s1] = [r1, r0 - q * r1, s1, s0 - q * s1];
  }
  return ((s0 % modulus) + modulus) % modulus;
}

const LID_INVERSE = inverse(LID_FACTOR, LID_SPACE);

/** Digits of a phone → the 15 digits of its LID. */
export function lidOfPhone(phone: string): string {
  return ((BigInt(phone) * LID_FACTOR + LID_OFFSET) % LID_SPACE).toString().padStart(15, '0');
}

/** Digits of a LID → digits of the phone, or null if it cannot be known. */
export function phoneOfLid(lid: string): string | null {
  const shifted = (((BigInt(lid) - LID_OFFSET) % LID_SPACE) + LID_SPACE) % LID_SPACE;
  const phone = ((shifted * LID_INVERSE) % LID_SPACE).toString();
  return phone.startsWith(UNMAPPABLE_PREFIX) ? null : phone;
}

const digitsOf = (value: string): string => value.replace(/\D/g, '');

export const isGroupJid = (jid: string): boolean => jid.endsWith('@g.us');

/** A phone or a JID as written by a person → the JID under which the account knows it. */
export function personJid(value: string, lidMode: boolean): string {
  if (isGroupJid(value)) return value;
  const [user = '', server = 'c.us'] = value.split('@');
  const digits = digitsOf(user);
  if (server === 'lid') return lidMode ? `${digits}@lid` : `${phoneOfLid(digits) ?? digits}@c.us`;
  return lidMode ? `${lidOfPhone(digits)}@lid` : `${digits}@c.us`;
}

/** The phone JID of a person where it can be known, otherwise the JID itself. Groups stay. */
export function recipientOf(jid: string): string {
  if (!jid.endsWith('@lid')) return jid;
  const phone = phoneOfLid(jid.slice(0, -'@lid'.length));
  return phone === null ? jid : `${phone}@c.us`;
}

/** Digits of the phone behind a JID, or null for a group or an unmappable LID. */
export function phoneOf(jid: string): string | null {
  const recipient = recipientOf(jid);
  return recipient.endsWith('@c.us') ? recipient.slice(0, -'@c.us'.length) : null;
}

/** A session's own phone number, the same every time. */
export function phoneOfSession(sessionId: string): string {
  const number = createHash('sha256').update(sessionId).digest().readUInt32BE(0) % 100_000_000;
  return `62811${number.toString().padStart(8, '0')}`;
}

/** The serialised form of a message key, as WhatsApp Web writes it. */
export function serializeKey(key: { fromMe: boolean; chat: string; id: string; participant?: string | null }): string {
  const base = `${key.fromMe}_${key.chat}_${key.id}`;
  return key.participant ? `${base}_${key.participant}` : base;
}
