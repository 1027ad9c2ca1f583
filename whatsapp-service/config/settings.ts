import { isSupportedCountry } from 'libphonenumber-js/max';
import type { CountryCode } from 'libphonenumber-js/max';
import { z } from 'zod';
import { secretProblem } from '../shared/secret-rules.js';

/**
 * One schema per setting: text in, a typed value out. An issue's message completes the sentence that begins with the
 * setting's name, and ends with what to write instead. `default.env` has the same names; a test compares the two.
 */

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
function wholeNumber(what: string, min: number, max: number): z.ZodType<number, string> {
  return setting<number>(what, (raw) => {
    const value = /^\d{1,12}$/.test(raw) ? Number(raw) : Number.NaN;
    const write = `Write a whole number from ${min} to ${max}`;
    if (Number.isNaN(value)) return { problem: `is not a whole number. ${write}.` };
    if (value < min) return { problem: `is too small. ${write}.` };
    if (value > max) return { problem: `is too large. ${write}.` };
    return { value };
  });
}

function oneOf<const V extends string>(what: string, values: readonly V[]): z.ZodType<V, string> {
  return setting<V>(what, (raw) => {
    const value = values.find((candidate) => candidate === raw.toLowerCase());
    return value === undefined ? { problem: `is not one of its values. Write ${values.join(', ')}.` } : { value };
  });
}

const FLAGS: Readonly<Record<string, boolean>> = { true: true, false: false, yes: true, no: false, on: true, off: false, '1': true, '0': false };

function flag(what: string): z.ZodType<boolean, string> {
  return setting<boolean>(what, (raw) => {
    const value = FLAGS[raw.toLowerCase()];
    return value === undefined ? { problem: 'is neither yes nor no. Write true or false.' } : { value };
  });
}

/** `auto` lets the service decide from where it runs. */
function autoFlag(what: string): z.ZodType<boolean | 'auto', string> {
  return setting<boolean | 'auto'>(what, (raw) => {
    if (raw.toLowerCase() === 'auto') return { value: 'auto' };
    const value = FLAGS[raw.toLowerCase()];
    return value === undefined ? { problem: 'is not one of its values. Write auto, true or false.' } : { value };
  });
}

function requiredText(what: string, write: string): z.ZodType<string, string> {
  return setting<string>(what, (raw) => (raw === '' ? { problem: `is empty. Write ${write}.` } : { value: raw }));
}

function optionalText(what: string): z.ZodType<string | null, string> {
  return setting<string | null>(what, (raw) => ({ value: raw === '' ? null : raw }));
}

function signingSecret(what: string): z.ZodType<string | null, string> {
  return setting<string | null>(what, (raw) => {
    if (raw === '') return { value: null };
    const problem = secretProblem(raw);
    return problem === null ? { value: raw } : { problem: `cannot be used. ${problem}` };
  });
}

/** A token that goes into an HTTP header: one visible line. */
function headerToken(what: string, minLength: number): z.ZodType<string | null, string> {
  return setting<string | null>(what, (raw) => {
    if (raw === '') return { value: null };
    if (!/^[\x21-\x7e]+$/.test(raw)) return { problem: 'has a space or a character that cannot stand in an HTTP header. Write letters, digits and signs only.' };
    if (raw.length < minLength) return { problem: `has ${raw.length} characters and can be guessed. Write at least ${minLength}, or leave it empty.` };
    return { value: raw };
  });
}

/** Without a trailing slash; null when empty. */
function httpUrl(what: string, example: string): z.ZodType<string | null, string> {
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
function hostList(what: string, example: string): z.ZodType<readonly string[], string> {
  return setting<readonly string[]>(what, (raw) => {
    const entries = raw.split(',').map((entry) => entry.trim().toLowerCase());
    const hosts = entries.filter((entry) => entry !== '');
    const isHost = (entry: string): boolean => /^(?:[a-z0-9_](?:[a-z0-9._-]*[a-z0-9_])?|\[[0-9a-f:.]+\])(?::\d{1,5})?$/.test(entry) && URL.canParse(`http://${entry}`);
    return hosts.every(isHost) ? { value: hosts } : { problem: `has an entry that is not a host. Write hosts separated by commas, each with its port where only that one is meant, like ${example}.` };
  });
}

const country = setting<CountryCode>('the country of numbers that are written without one', (raw) => {
  const code = raw.toUpperCase();
  return isSupportedCountry(code) ? { value: code } : { problem: 'is no country. Write its two letters of ISO 3166-1, such as ID.' };
});

/** A sentence for every place that asks for a signing secret. */
export const HOW_TO_MAKE_A_SECRET = 'Make one with `openssl rand -hex 32`';

const SECONDS = 1_000;
const MINUTES = 60 * SECONDS;
const HOURS = 60 * MINUTES;

export const SETTINGS = {
  ENGINE: oneOf('what the bridge talks to', ['webjs', 'sandbox']),
  BACKEND_URL: httpUrl('where the Laravel application answers', 'https://shop.example.com'),
  WEBHOOK_SECRET: signingSecret('signs what is sent to the backend'),
  WEBHOOK_PREVIOUS_SECRET: signingSecret('the secret before this one, during a change'),
  BACKEND_TOKEN: headerToken('the bearer token for the backend', 1),

  HOST: requiredText('the address to listen on', 'an address such as 127.0.0.1 or 0.0.0.0'),
  PORT: wholeNumber('the port to listen on', 0, 65_535),
  HTTP_BODY_LIMIT_KB: wholeNumber('the largest request body, in KiB', 1, 65_536),
  API_RATE_LIMIT_PER_MINUTE: wholeNumber('requests per API key and minute', 1, 1_000_000),
  TRUST_PROXY: flag('whether a reverse proxy names the caller'),
  ADMIN_API_KEY: headerToken('the first API key', 24),

  DATA_DIR: requiredText('the folder of the database', 'a folder such as ./data'),
  SESSIONS_DIR: requiredText('the folder of the browser profiles', 'a folder such as ./sessions'),
  LOG_DIR: requiredText('the folder of sync.log', 'a folder such as ./logs'),
  LOG_LEVEL: oneOf('how much is logged', ['error', 'warn', 'info', 'debug']),
  LOG_FORMAT: oneOf('how the log looks', ['auto', 'json', 'pretty']),

  DEFAULT_COUNTRY: country,
  GROUP_PARTICIPANTS: oneOf('how much of a group is sent', ['full', 'count']),

  WEBHOOK_TIMEOUT_MS: wholeNumber('how long the backend may take to answer, in milliseconds', 100, 2 * MINUTES),
  WEBHOOK_QUICK_RETRIES: wholeNumber('quick repetitions of a failed delivery', 0, 10),
  WEBHOOK_RETRY_BASE_MS: wholeNumber('the first wait before a delivery is repeated, in milliseconds', 10, HOURS),
  WEBHOOK_RETRY_CAP_MS: wholeNumber('the longest wait between deliveries, in milliseconds', 10, 24 * HOURS),
  WEBHOOK_PROBE_MS: wholeNumber('the wait between tries after a 401 or 403, in milliseconds', 100, 24 * HOURS),
  WEBHOOK_CONCURRENCY: wholeNumber('deliveries under way at once', 1, 100),

  SYNC_ON_READY: flag('whether chats are sent when a session becomes ready'),
  SYNC_CONCURRENT_REQUESTS: wholeNumber('chat batches under way at once', 1, 50),
  SYNC_CHATS_PER_SECOND: wholeNumber('chats per second and session; 0: no limit', 0, 10_000),
  SYNC_RETRY_DELAY_MS: wholeNumber('the first wait before a failed batch is sent again, in milliseconds', 10, 10 * MINUTES),
  SYNC_BATCH_SIZE: wholeNumber('chats in one request', 1, 50),
  SYNC_MAX_CHATS_IN_MEMORY: wholeNumber('chats held in memory at once', 1, 500),
  SYNC_MAX_CHATS: wholeNumber('the most chats of one sync; 0: all', 0, 10_000_000),
  SYNC_WINDOW_DAYS: wholeNumber('how many days back a sync looks; 0: all', 0, 36_500),

  BROWSER: oneOf('which browser is used', ['auto', 'headless-shell', 'chrome']),
  BROWSER_PATH: optionalText("the browser's file"),
  BROWSER_NO_SANDBOX: autoFlag("whether the browser's own sandbox is left out"),

  SESSION_START_TIMEOUT_MS: wholeNumber('how long a session may take to start, in milliseconds', SECONDS, 10 * MINUTES),
  SESSION_CALL_TIMEOUT_MS: wholeNumber('how long one call into a page may take, in milliseconds', SECONDS, 10 * MINUTES),
  SESSION_RESTORE_CONCURRENCY: wholeNumber('sessions brought back at once', 1, 50),
  SESSION_WATCHDOG_INTERVAL_MS: wholeNumber('how often a page is asked whether it lives, in milliseconds', 500, 10 * MINUTES),
  SESSION_WATCHDOG_TIMEOUT_MS: wholeNumber('how long a page may take to say that it lives, in milliseconds', 500, 10 * MINUTES),
  SESSION_RESTART_BASE_MS: wholeNumber('the first wait before a restart, in milliseconds', 10, HOURS),
  SESSION_RESTART_CAP_MS: wholeNumber('the longest wait before a restart, in milliseconds', 10, 24 * HOURS),
  QR_IN_TERMINAL: autoFlag('whether the QR is drawn on the console'),

  NUMBER_CHECK_CACHE_HOURS: wholeNumber('how long the answer of a number check is kept, in hours; 0: not at all', 0, 8_760),

  SEND_MAX_ATTEMPTS: wholeNumber('attempts to send one message', 1, 20),
  SEND_RETRY_BASE_MS: wholeNumber('the wait before the second attempt to send, in milliseconds', 10, HOURS),
  SEND_ACK_TIMEOUT_MS: wholeNumber("how long to wait for WhatsApp's acknowledgement, in milliseconds", 100, 10 * MINUTES),
  SEND_MAX_AGE_HOURS: wholeNumber('how long a message may wait for its session, in hours', 1, 720),
  SEND_PER_SECOND: wholeNumber('messages per second and session', 0, 1_000),
  SEND_PER_MINUTE: wholeNumber('messages per minute and session', 0, 10_000),
  SEND_PER_DAY: wholeNumber('messages per day and session', 0, 1_000_000),
  SEND_GAP_MIN_MS: wholeNumber('the shortest random pause between two messages, in milliseconds', 0, HOURS),
  SEND_GAP_MAX_MS: wholeNumber('the longest random pause between two messages, in milliseconds', 0, HOURS),
  MEDIA_MAX_MB: wholeNumber('the largest file of a message, in MiB', 1, 2_048),
  MEDIA_FETCH_TIMEOUT_MS: wholeNumber('how long fetching a file may take, in milliseconds', 100, 10 * MINUTES),
  MEDIA_KEEP_HOURS: wholeNumber('how long a file is kept that no message waits for, in hours', 1, 8_760),
  MEDIA_ALLOWED_HOSTS: hostList('hosts whose private address may be fetched from', 'minio:9000'),
  IDEMPOTENCY_TTL_HOURS: wholeNumber('how long an Idempotency-Key is remembered, in hours', 1, 720),
  SHUTDOWN_TIMEOUT_MS: wholeNumber('how long a stop may wait, in milliseconds', 100, 5 * MINUTES),

  SANDBOX_HUB_URL: httpUrl("the sandbox hub's address", 'http://127.0.0.1:3100'),
  SANDBOX_HUB_TOKEN: headerToken("the sandbox hub's token", 1),
} as const;

export type SettingName = keyof typeof SETTINGS;
export type Settings = { [Name in SettingName]: z.output<(typeof SETTINGS)[Name]> };

export const SETTING_NAMES = Object.keys(SETTINGS) as readonly SettingName[];

/** Values that are secret, or may hold one by mistake (a URL with a password): no message repeats them. */
export const NEVER_SHOWN: ReadonlySet<string> = new Set<SettingName>([
  'BACKEND_URL',
  'WEBHOOK_SECRET',
  'WEBHOOK_PREVIOUS_SECRET',
  'BACKEND_TOKEN',
  'ADMIN_API_KEY',
  'SANDBOX_HUB_URL',
  'SANDBOX_HUB_TOKEN',
]);
