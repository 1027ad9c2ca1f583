import { types } from 'node:util';

/**
 * What may not stand in a log in clear: phone numbers, message texts, secrets. Everything that is logged goes through
 * here, so nobody has to think of it where a line is written. Times, our own ids, durations, ports and counts stay readable.
 */

const MAX_DEPTH = 6;
const MAX_ITEMS = 50;
/** Characters of one text; a stack or a page's answer may be very long. */
const MAX_TEXT = 8_000;
const SHOWN_DIGITS = 3;

/** Whatever a person wrote: only its length is told. Compared without case, `_` and `-`. */
const CONTENT_KEYS = new Set(['body', 'text', 'caption', 'vcard', 'messagebody', 'previousbody', 'rawbody', 'quotedbody']);
/** A key that ends like this holds a credential. */
const SECRET_KEYS = /(secret|secrets|token|authorization|apikey|password|passphrase|cookie|qr|pairingcode)$/;
/** A large number under such a key is a measure and not a phone number. */
const MEASURE_KEYS = /(?:^|_)(?:ms|at|ts|time|timestamp|until|since|bytes|size|length|count|total|seconds|rss|sequence)$|(?:Ms|At|Ts|Time|Timestamp|Until|Since|Bytes|Size|Length|Count|Seconds)$/;

const plainKey = (key: string): string => key.toLowerCase().replaceAll(/[_-]/g, '');

/**
 * One pass over a text; the alternatives are tried in this order at each place.
 * 1 a credential · 2 what looks like a number and is none (UUIDs, ISO times) · 3 a JID · 4 a number written with `+` ·
 * 5 a number in its national form with separators · 6 a bare run of 8 to 15 digits, unless a unit follows.
 * A run that touches a letter is part of an id (`msg_…`, hexadecimal digests) and stays.
 */
const SEPARATOR = String.raw`[ .\u00a0\u2010-\u2015-]`;
const SENSITIVE = new RegExp(
  [
    String.raw`(?<credential>\bBearer\s+[^\s"',]+|\bwhsec_[A-Za-z0-9+/=]+)`,
    String.raw`(?<harmless>\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b|\b\d{4}-\d\d-\d\dT\d\d:\d\d[\d:.]*(?:Z|[+-]\d\d:?\d\d)?)`,
    String.raw`(?<jid>\d[\d.:-]{3,40}(?=@(?:c\.us|s\.whatsapp\.net|lid|g\.us|broadcast|newsletter)\b))`,
    String.raw`(?<plus>(?<![\w+])\+\d{1,3}${SEPARATOR}?(?:\(\d{1,4}\)${SEPARATOR}?)?\d(?:${SEPARATOR}?\d){3,11}(?!\d))`,
    String.raw`(?<national>(?<![\w.+-])\(?0[1-9]\d{1,3}\)?(?:${SEPARATOR}\d{2,5}){1,3}(?![\w-]))`,
    String.raw`(?<bare>(?<![A-Za-z0-9])\d{8,15}(?![A-Za-z0-9])(?!(?:\.\d+)?\s?(?:[µmn]?s|sec|seconds|[kKMG]?i?B|bytes)\b))`,
  ].join('|'),
  'gi',
);

/** Keeps the last three digits, and whatever is no digit: `+*********789`. */
export function maskDigits(text: string): string {
  let digits = 0;
  for (const char of text) if (isDigit(char)) digits++;
  let seen = 0;
  return text.replaceAll(/\d/g, (digit) => (++seen > digits - SHOWN_DIGITS ? digit : '*'));
}

const isDigit = (char: string): boolean => char >= '0' && char <= '9';

/** A phone number loses its separators, so that each is masked to the same form however it was written. */
const maskPhone = (text: string): string => maskDigits(text.replaceAll(/[^\d+]/g, ''));

/** Masks what is sensitive inside a text that is otherwise for people. */
export function redactText(text: string): string {
  const cut = text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}… [${text.length} chars]` : text;
  return cut.replaceAll(SENSITIVE, (match: string, ...rest: unknown[]) => {
    const groups = rest.at(-1) as Record<string, string | undefined>;
    if (groups.credential !== undefined) return match.startsWith('whsec_') ? 'whsec_[redacted]' : 'Bearer [redacted]';
    if (groups.harmless !== undefined) return match;
    if (groups.jid !== undefined) return maskDigits(match);
    return countDigits(match) < 8 ? match : maskPhone(match);
  });
}

const countDigits = (text: string): number => text.replaceAll(/\D/g, '').length;

/** A copy of `fields` that may be logged. */
export function redactFields(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return redactObject(fields, []);
}

function redactValue(key: string, value: unknown, parents: readonly object[]): unknown {
  if (value === null || value === undefined || typeof value === 'boolean') return value;
  const plain = plainKey(key);
  if (SECRET_KEYS.test(plain)) return '[redacted]';
  if (CONTENT_KEYS.has(plain)) return sizeOf(value);
  if (typeof value === 'string') return redactText(value);
  if (typeof value === 'number' || typeof value === 'bigint') return redactNumber(key, value);
  if (typeof value === 'object') return redactComposite(value, parents);
  return typeof value === 'symbol' ? value.toString() : '[function]';
}

function redactNumber(key: string, value: number | bigint): number | string {
  const digits = String(value);
  // Laravel's PHP turns numeric strings into integers on the way, phone numbers among them.
  return /^\d{10,15}$/.test(digits) && !MEASURE_KEYS.test(key) ? maskDigits(digits) : typeof value === 'bigint' ? digits : value;
}

function redactComposite(value: object, parents: readonly object[]): unknown {
  if (parents.includes(value)) return '[circular]';
  if (parents.length >= MAX_DEPTH) return '[deeper]';
  const path = [...parents, value];
  if (types.isNativeError(value) || value instanceof Error) return redactError(value, path);
  if (types.isDate(value)) return Number.isNaN(value.getTime()) ? 'invalid date' : value.toISOString();
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (value instanceof URL) return redactText(value.href.replace(/\/\/[^/@]*@/, '//[redacted]@'));
  if (types.isMap(value)) return redactObject(Object.fromEntries(value) as Record<string, unknown>, path);
  if (Array.isArray(value) || types.isSet(value)) return redactItems([...(value as Iterable<unknown>)], path);
  return redactObject(value as Record<string, unknown>, path);
}

function redactItems(items: readonly unknown[], parents: readonly object[]): unknown[] {
  const shown = items.slice(0, MAX_ITEMS).map((item) => redactValue('', item, parents));
  return items.length > MAX_ITEMS ? [...shown, `[${items.length - MAX_ITEMS} more]`] : shown;
}

function redactObject(fields: Readonly<Record<string, unknown>>, parents: readonly object[]): Record<string, unknown> {
  const safe: Record<string, unknown> = {};
  // A chat's or a person's id may be a key as well as a value.
  for (const key of Object.keys(fields)) safe[redactText(key)] = redactValue(key, fields[key], parents);
  return safe;
}

/** Only these parts: a library's error may carry a whole request, with its headers and its body. */
function redactError(error: Error, parents: readonly object[]): Record<string, unknown> {
  const { code, status, cause } = error as { code?: unknown; status?: unknown; cause?: unknown };
  return {
    name: error.name,
    message: redactText(error.message),
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    ...(typeof status === 'number' ? { status } : {}),
    ...(error.stack === undefined ? {} : { stack: redactText(error.stack) }),
    ...(cause === undefined ? {} : { cause: redactValue('cause', cause, parents) }),
  };
}

function sizeOf(value: unknown): string {
  if (typeof value === 'string') return `[${value.length} chars]`;
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  return '[content]';
}
