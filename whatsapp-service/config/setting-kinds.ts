import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isSupportedCountry } from 'libphonenumber-js/max';
import type { CountryCode } from 'libphonenumber-js/max';
import { z } from 'zod';
import { plainWords } from '../shared/plain-words.js';
import { secretProblem } from '../shared/secret-rules.js';

/** The kinds of settings: text in, a typed value out. An issue's message completes the sentence that begins with the setting's name, and ends with what to write instead. */

type Check<T> = (raw: string) => { value: T } | { problem: string };

/** A schema from one plain function, so that every message is a whole thought and not a type name. */
function setting<T>(what: string, check: Check<T>): z.ZodType<T, string> {
  return z
    .string()
    .transform((raw, context): T => {
      const result = check(raw.trim());
      if ('value' in result) return result.value;
      context.addIssue({ code: 'custom', message: result.problem });
      return z.NEVER;
    })
    .describe(what);
}

/** Both bounds are inclusive. */
export function wholeNumber(what: string, min: number, max: number): z.ZodType<number, string> {
  return setting<number>(what, (raw) => {
    const value = /^\d{1,12}$/.test(raw) ? Number(raw) : Number.NaN;
    const write = `Write a whole number from ${min} to ${max}`;
    if (Number.isNaN(value)) return { problem: `is not a whole number. ${write}.` };
    if (value < min) return { problem: `is too small. ${write}.` };
    if (value > max) return { problem: `is too large. ${write}.` };
    return { value };
  });
}

export function oneOf<const V extends string>(what: string, values: readonly V[]): z.ZodType<V, string> {
  return setting<V>(what, (raw) => {
    const value = values.find((candidate) => candidate === raw.toLowerCase());
    return value === undefined ? { problem: `is not one of its values. Write ${values.join(', ')}.` } : { value };
  });
}

const FLAGS: Readonly<Record<string, boolean>> = { true: true, false: false, yes: true, no: false, on: true, off: false, '1': true, '0': false };

export function flag(what: string): z.ZodType<boolean, string> {
  return setting<boolean>(what, (raw) => {
    const value = FLAGS[raw.toLowerCase()];
    return value === undefined ? { problem: 'is neither yes nor no. Write true or false.' } : { value };
  });
}

/** `auto` lets the service decide from where it runs. */
export function autoFlag(what: string): z.ZodType<boolean | 'auto', string> {
  return setting<boolean | 'auto'>(what, (raw) => {
    if (raw.toLowerCase() === 'auto') return { value: 'auto' };
    const value = FLAGS[raw.toLowerCase()];
    return value === undefined ? { problem: 'is not one of its values. Write auto, true or false.' } : { value };
  });
}

export function requiredText(what: string, write: string): z.ZodType<string, string> {
  return setting<string>(what, (raw) => (raw === '' ? { problem: `is empty. Write ${write}.` } : { value: raw }));
}

export function optionalText(what: string): z.ZodType<string | null, string> {
  return setting<string | null>(what, (raw) => ({ value: raw === '' ? null : raw }));
}

export function signingSecret(what: string): z.ZodType<string | null, string> {
  return setting<string | null>(what, (raw) => {
    if (raw === '') return { value: null };
    const problem = secretProblem(raw);
    return problem === null ? { value: raw } : { problem: `cannot be used. ${problem}` };
  });
}

/** A token that goes into an HTTP header: one visible line. */
export function headerToken(what: string, minLength: number): z.ZodType<string | null, string> {
  return setting<string | null>(what, (raw) => {
    if (raw === '') return { value: null };
    if (!/^[\x21-\x7e]+$/.test(raw)) return { problem: 'has a space or a character that cannot stand in an HTTP header. Write letters, digits and signs only.' };
    if (raw.length < minLength) return { problem: `has ${raw.length} characters and can be guessed. Write at least ${minLength}, or leave it empty.` };
    return { value: raw };
  });
}

/** Without a trailing slash; null when empty. */
export function httpUrl(what: string, example: string): z.ZodType<string | null, string> {
  return setting<string | null>(what, (raw) => {
    if (raw === '') return { value: null };
    const write = `Write it like ${example}`;
    if (!URL.canParse(raw)) return { problem: `is not a URL. ${write}.` };
    const url = new URL(raw);
    if (url.protocol !== 'http:' && url.protocol !== 'https:') return { problem: `is neither http nor https. ${write}.` };
    if (url.username !== '' || url.password !== '') return { problem: `has a user name or a password in it, which would end up in logs. ${write}; a token has a setting of its own.` };
    if (url.search !== '' || url.hash !== '' || /[?#]$/.test(raw)) return { problem: `has a query or a fragment. ${write}.` };
    if (/\/api\/whatsapp(\/|$)/.test(url.pathname)) return { problem: `has /api/whatsapp in it, which the bridge adds itself. ${write}.` };
    return { value: `${url.origin}${url.pathname}`.replace(/\/+$/, '') };
  });
}

/** `host` or `host:port`, separated by commas. */
export function hostList(what: string, example: string): z.ZodType<readonly string[], string> {
  return setting<readonly string[]>(what, (raw) => {
    const entries = raw.split(',').map((entry) => entry.trim().toLowerCase());
    const hosts = entries.filter((entry) => entry !== '');
    const isHost = (entry: string): boolean => /^(?:[a-z0-9_](?:[a-z0-9._-]*[a-z0-9_])?|\[[0-9a-f:.]+\])(?::\d{1,5})?$/.test(entry) && URL.canParse(`http://${entry}`);
    return hosts.every(isHost) ? { value: hosts } : { problem: `has an entry that is not a host. Write hosts separated by commas, each with its port where only that one is meant, like ${example}.` };
  });
}

/** `https://host`, separated by commas. */
export function originList(what: string): z.ZodType<readonly string[], string> {
  return setting<readonly string[]>(what, (raw) => {
    const origins = raw.split(',').map((entry) => entry.trim().toLowerCase()).filter((entry) => entry !== '');
    const isOrigin = (entry: string): boolean => /^https?:/.test(entry) && URL.canParse(entry) && new URL(entry).origin === entry;
    return origins.every(isOrigin) ? { value: origins } : { problem: 'has an entry that is not an origin. Write origins separated by commas, like https://app.example.com, without a path.' };
  });
}

/** Names of tables and columns: quoted wherever they are used, so that any name will do. A dot separates a schema from its table. */
export function sqlName(what: string, { optional }: { optional: boolean }): z.ZodType<string | null, string> {
  return setting<string | null>(what, (raw) => {
    if (raw === '') return optional ? { value: null } : { problem: 'is empty. Write the name of a column.' };
    return isSqlName(raw) ? { value: raw } : { problem: 'is no name of a table or a column. Write it as the database has it, such as customers or crm.customers.' };
  });
}

const isSqlName = (name: string): boolean => name.split('.').every((part) => /^[^\p{C}]{1,63}$/u.test(part));

export const requiredSqlName = (what: string): z.ZodType<string, string> => sqlName(what, { optional: false }) as z.ZodType<string, string>;

export function nameList(what: string): z.ZodType<readonly string[], string> {
  return setting<readonly string[]>(what, (raw) => {
    const names = listOf(raw);
    return names.every((name) => isSqlName(name) && !name.includes('.')) ? { value: names } : { problem: 'has an entry that is no name of a column. Write columns separated by commas, like city,points.' };
  });
}

/** Words of a whole message: letters and digits count, and nothing else does. */
export function wordList(what: string): z.ZodType<readonly string[], string> {
  return setting<readonly string[]>(what, (raw) => {
    const words = listOf(raw).map(plainWords);
    return words.every((word) => word !== '') ? { value: words } : { problem: 'has an entry without a letter. Write words separated by commas, like STOP,BERHENTI.' };
  });
}

const listOf = (raw: string): string[] => raw.split(',').map((entry) => entry.trim()).filter((entry) => entry !== '');

/** `mysql://` or `postgresql://`, with user, password and database. */
export function databaseUrl(what: string): z.ZodType<string | null, string> {
  return setting<string | null>(what, (raw) => {
    if (raw === '') return { value: null };
    const write = 'Write it like mysql://user:password@127.0.0.1:3306/shop or postgresql://user:password@127.0.0.1:5432/shop';
    if (!URL.canParse(raw)) return { problem: `is not a URL. ${write}; %-encode signs such as @ and / in the password.` };
    const url = new URL(raw);
    if (!['mysql:', 'mariadb:', 'postgres:', 'postgresql:'].includes(url.protocol)) return { problem: `names no database that can be read. ${write}.` };
    if (url.hostname === '' || url.username === '' || !/^\/[^/]+$/.test(url.pathname)) return { problem: `lacks its host, its user or its database. ${write}.` };
    return url.search === '' && url.hash === '' ? { value: raw } : { problem: `has a query or a fragment. ${write}; BACKEND_DB_TLS encrypts.` };
  });
}

/** A PEM file; its text. */
export function certificateFile(what: string): z.ZodType<string | null, string> {
  return setting<string | null>(what, (raw) => {
    if (raw === '') return { value: null };
    const write = 'Write the path of a PEM file, which begins with -----BEGIN CERTIFICATE-----';
    try {
      const pem = readFileSync(raw, 'utf8');
      new X509Certificate(pem);
      return { value: pem };
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      return { problem: code?.startsWith('E') && !code.startsWith('ERR_') ? `cannot be read (${code}). ${write}.` : `holds no certificate. ${write}.` };
    }
  });
}

export const country = setting<CountryCode>('the country of numbers that are written without one', (raw) => {
  const code = raw.toUpperCase();
  return isSupportedCountry(code) ? { value: code } : { problem: 'is no country. Write its two letters of ISO 3166-1, such as ID.' };
});

const WAIT_UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const MAX_WAITS = 1_000;

/** `5s,30s,24h*3` → milliseconds each. */
export function waits(what: string, example: string): z.ZodType<readonly number[], string> {
  return setting<readonly number[]>(what, (raw) => {
    const write = `Write times with a unit (ms, s, m, h, d) and commas between them, like ${example}`;
    const all: number[] = [];
    for (const entry of raw.split(',')) {
      const [, amount, unit = '', times = '1'] = /^(\d{1,9})(ms|s|m|h|d)(?:\*(\d{1,4}))?$/.exec(entry.trim().toLowerCase()) ?? [];
      if (amount === undefined) return { problem: `has a step that is not a time. ${write}.` };
      const wait = Number(amount) * (WAIT_UNITS[unit] ?? 0);
      if (wait < 10 || wait > 7 * 86_400_000) return { problem: `has a step below 10 ms or above 7 days. ${write}.` };
      if (all.length + Number(times) > MAX_WAITS || Number(times) === 0) return { problem: `has no step or more than ${MAX_WAITS}. ${write}.` };
      all.push(...Array.from({ length: Number(times) }, () => wait));
    }
    return { value: all };
  });
}

/** `https://key@host/project`: the key is public by design, and still no message repeats it. */
export function errorReportDsn(what: string): z.ZodType<string | null, string> {
  return setting<string | null>(what, (raw) => {
    if (raw === '') return { value: null };
    const url = URL.canParse(raw) ? new URL(raw) : null;
    const isDsn = url !== null && /^https?:$/.test(url.protocol) && url.username !== '' && /\/\d+$/.test(url.pathname);
    return isDsn ? { value: raw } : { problem: 'is no DSN. Copy it from the project in Sentry, like https://key@sentry.example.com/7.' };
  });
}
