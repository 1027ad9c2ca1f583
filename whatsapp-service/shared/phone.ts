import { getCountryCallingCode, parsePhoneNumberFromString } from 'libphonenumber-js/max';
import type { CountryCode } from 'libphonenumber-js/max';
import { asChatId } from './ids.js';
import type { ChatId } from './ids.js';
import { plainMobile } from './plain-phone.js';

/**
 * Phone numbers and the WhatsApp ids made from them. The full metadata is used, because the smaller one takes almost
 * any run of digits for a number. Where the metadata is behind a country's newest ranges, a JID is the way past it:
 * its digits are taken as they are.
 */

declare const brand: unique symbol;
/** `+628123456789`: the one form that numbers have inside the service and in payloads. */
export type E164 = string & { readonly [brand]: 'E164' };

export type Recipient =
  | { kind: 'user'; chatId: ChatId; phone: E164 }
  | { kind: 'group'; chatId: ChatId }
  /** A person whose number WhatsApp does not show. */
  | { kind: 'lid'; chatId: ChatId };

/** Longer than any number with its separators, and any JID. */
const MAX_INPUT = 64;

/** What comes along when a number is copied: marks of direction, joiners, soft hyphens, a byte order mark. */
const INVISIBLE = /[\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g;
const DASHES_AND_SPACES = /[\s\u2010-\u2015\u2212\u30fc._/-]/g;
const DIALLED = /^\+?\d{5,20}$/;

/** The country code is followed by 1 in old spellings of Mexican mobile numbers, and WhatsApp still uses that spelling. */
const OLD_MEXICAN_MOBILE = /^\+521(\d{10})$/;

/**
 * Any spelling that a person types, as E.164; null when it is no number that can be dialled.
 * Without a country code it is read as a number of `defaultCountry`.
 *
 * @example normalisePhone('0812-3456-789', 'ID') // '+628123456789'
 */
export function normalisePhone(input: string, defaultCountry: CountryCode): E164 | null {
  return (plainMobile(input, defaultCountry) as E164 | null) ?? normaliseTyped(input, defaultCountry);
}

/** The same by the library's parser alone, whatever the spelling: some 20,000 numbers a second. */
export function normaliseTyped(input: string, defaultCountry: CountryCode): E164 | null {
  if (input.length > MAX_INPUT) return null;
  const dialled = withoutSeparators(input);
  if (!DIALLED.test(dialled)) return null;
  if (dialled.startsWith('+')) return valid(dialled);
  if (dialled.startsWith('00')) return valid(`+${dialled.slice(2)}`) ?? valid(dialled, defaultCountry);
  return dialled.startsWith('0') ? valid(dialled, defaultCountry) : withoutPrefix(dialled, defaultCountry);
}

/** Digits, with a `+` where one was written; what is neither a digit nor a separator stays and is refused later. */
function withoutSeparators(input: string): string {
  const plain = toAsciiDigits(input.normalize('NFKC').replaceAll(INVISIBLE, '').trim());
  // A spreadsheet's apostrophe, and the scheme of a link on a web page.
  const bare = plain.replace(/^'/, '').replace(/^tel:/i, '');
  // `+62 (0)812…`: the trunk prefix is written for readers at home and never dialled after a country code.
  const international = /^\(?(\+|00)/.test(bare) ? bare.replace('(0)', '') : bare;
  return international.replaceAll(/[()]/g, '').replaceAll(DASHES_AND_SPACES, '');
}

/** Arabic, Devanagari, Bengali, … digits: every script's ten digits stand in a row that starts at a zero. */
function toAsciiDigits(text: string): string {
  return text.replaceAll(/\p{Nd}/gu, (digit) => {
    const code = digit.codePointAt(0) ?? 0;
    let zero = code;
    while (code - zero < 9 && /\p{Nd}/u.test(String.fromCodePoint(zero - 1))) zero--;
    return String((code - zero) % 10);
  });
}

/** `62812…` and `812…`: with or without the country's code. Which of the two is meant is told by what is a number. */
function withoutPrefix(digits: string, country: CountryCode): E164 | null {
  const asWritten = parsePhoneNumberFromString(`+${digits}`);
  const international = asWritten?.isValid() === true || OLD_MEXICAN_MOBILE.test(`+${digits}`) ? valid(`+${digits}`) : null;
  if (international !== null && countryCodeLeads(international, country)) return international;
  const national = parsePhoneNumberFromString(digits, country);
  if (national?.isValid() !== true) return international;
  // Nobody writes a landline of home without its 0, so that those digits are rather a number of abroad.
  const mobile = national.getType() !== 'FIXED_LINE';
  return mobile || international === null ? (national.number as E164) : international;
}

function countryCodeLeads(number: E164, country: CountryCode): boolean {
  return parsePhoneNumberFromString(number)?.countryCallingCode === getCountryCallingCode(country);
}

function valid(number: string, country?: CountryCode): E164 | null {
  const parsed = parsePhoneNumberFromString(withoutOldMexicanOne(number), country);
  return parsed?.isValid() === true ? (parsed.number as E164) : null;
}

const withoutOldMexicanOne = (number: string): string => (number.startsWith('+521') ? number.replace(OLD_MEXICAN_MOBILE, '+52$1') : number);

/** `+628123456789` → `628123456789@c.us`. WhatsApp may know the same person under another id: ask it before you rely on this. */
export function jidFromPhone(phone: E164): ChatId {
  return asChatId(`${phone.slice(1)}@c.us`);
}

/** A person's JID, with or without the number of a device: `62812…@c.us`, `62812…:7@s.whatsapp.net`. */
const USER_JID = /^([1-9]\d{6,14})(?:[.:]\d{1,3}){0,2}@(?:c\.us|s\.whatsapp\.net)$/;
const LID_JID = /^([1-9]\d{4,19})(?:[.:]\d{1,3}){0,2}@lid$/;
/** New groups have one number; old ones the founder's phone and the second of their making. */
const GROUP_JID = /^(?:\d{10,24}|\d{5,15}-\d{8,14})@g\.us$/;

/** The number of a person's JID; null for every other kind of JID, LIDs among them. */
export function phoneFromJid(jid: string): E164 | null {
  const digits = USER_JID.exec(jid)?.[1];
  return digits === undefined ? null : (withoutOldMexicanOne(`+${digits}`) as E164);
}

/**
 * Whom a message is for: any spelling of a phone number, or a JID of a person or a group.
 * null for anything else; broadcast lists, channels and the status are nobody's address.
 */
export function parseRecipient(to: string, defaultCountry: CountryCode): Recipient | null {
  if (to.length > MAX_INPUT) return null;
  if (!to.includes('@')) {
    const phone = normalisePhone(to, defaultCountry);
    return phone === null ? null : { kind: 'user', chatId: jidFromPhone(phone), phone };
  }
  const jid = to.replaceAll(INVISIBLE, '').trim().toLowerCase();
  if (GROUP_JID.test(jid)) return { kind: 'group', chatId: asChatId(jid) };
  const lid = LID_JID.exec(jid)?.[1];
  if (lid !== undefined) return { kind: 'lid', chatId: asChatId(`${lid}@lid`) };
  const user = USER_JID.exec(jid)?.[1];
  const phone = phoneFromJid(jid);
  return user === undefined || phone === null ? null : { kind: 'user', chatId: asChatId(`${user}@c.us`), phone };
}
