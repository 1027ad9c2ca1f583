import type { z } from 'zod';
import { autoFlag, certificateFile, country, databaseUrl, errorReportDsn, flag, headerToken, hostList, httpUrl, nameList, oneOf, optionalText, originList, requiredSqlName, requiredText, signingSecret, sqlName, waits, wholeNumber, wordList } from './setting-kinds.js';

/** One schema per setting. `default.env` has the same names; a test compares the two. */

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
  SOCKET_ORIGINS: originList('sites whose pages may connect over Socket.IO'),
  BROADCAST_PORT: wholeNumber('the port of `npm run broadcast`', 0, 65_535),
  ADMIN_API_KEY: headerToken('the first API key', 24),

  DATA_DIR: requiredText('the folder of the database', 'a folder such as ./data'),
  SESSIONS_DIR: requiredText('the folder of the browser profiles', 'a folder such as ./sessions'),
  LOG_DIR: requiredText('the folder of sync.log', 'a folder such as ./logs'),
  LOG_LEVEL: oneOf('how much is logged', ['error', 'warn', 'info', 'debug']),
  SENTRY_DSN: errorReportDsn('where errors are reported'),
  LOG_FORMAT: oneOf('how the log looks', ['auto', 'json', 'pretty']),

  DEFAULT_COUNTRY: country,
  GROUP_PARTICIPANTS: oneOf('how much of a group is sent', ['full', 'count']),

  WEBHOOK_TIMEOUT_MS: wholeNumber('how long the backend may take to answer, in milliseconds', 100, 2 * MINUTES),
  WEBHOOK_RETRY_SCHEDULE: waits('the waits before each further attempt of a delivery', '5s,30s,2m,1h,24h*4'),
  WEBHOOK_PROBE_MS: wholeNumber('the wait between tries after a 401 or 403, in milliseconds', 100, 24 * HOURS),
  WEBHOOK_BREAKER_MS: wholeNumber('the wait between tries of an endpoint that is away, in milliseconds', 100, 24 * HOURS),
  WEBHOOK_ALLOWED_HOSTS: hostList('hosts whose private address an endpoint may have', 'crm.internal:8080'),
  WEBHOOK_KEEP_DELIVERED_DAYS: wholeNumber('how long deliveries are kept, in days; 0: for good', 0, 3_650),
  WEBHOOK_KEEP_DEAD_DAYS: wholeNumber('how long dead letters are kept, in days; 0: for good', 0, 3_650),
  WEBHOOK_CONCURRENCY: wholeNumber('deliveries under way at once to one endpoint', 1, 100),

  SYNC_ON_READY: flag('whether chats are sent when a session becomes ready'),
  SYNC_CONCURRENT_REQUESTS: wholeNumber('chat batches under way at once', 1, 50),
  SYNC_CHATS_PER_SECOND: wholeNumber('chats per second and session; 0: no limit', 0, 10_000),
  SYNC_RETRY_DELAY_MS: wholeNumber('the first wait before a failed batch is sent again, in milliseconds', 10, 10 * MINUTES),
  SYNC_QUICK_RETRIES: wholeNumber('quick repetitions of a failed batch', 0, 10),
  SYNC_RETRY_CAP_MS: wholeNumber('the longest wait before a failed batch is sent again, in milliseconds', 10, 24 * HOURS),
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
  SESSION_RESTORE_STAGGER_MS: wholeNumber('the wait between two starts, in milliseconds', 0, MINUTES),
  SESSION_MAX_RUNNING: wholeNumber('sessions that may run at once; 0: no limit', 0, 1_000),
  SESSION_MEMORY_LIMIT_MB: wholeNumber("the memory that one session's browser may take, in MiB; 0: no limit", 0, 1_048_576),
  SESSION_OFFLINE_RESTART_MS: wholeNumber('how long a page may be without a connection, in milliseconds; 0: for ever', 0, 24 * HOURS),
  SESSION_QR_LIMIT: wholeNumber('QRs that are shown before a session stops; 0: no limit', 0, 10_000),
  SESSION_ON_CONFLICT: oneOf('what happens when WhatsApp Web is opened elsewhere', ['stop', 'takeover']),
  SESSION_DEVICE_NAME: optionalText('the name that the phone shows'),
  SESSION_BACKUP_KEY: signingSecret('encrypts the backups of sessions'),
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
  BACKEND_DB_URL: databaseUrl("the main application's database"),
  BACKEND_DB_TLS: flag("whether the main application's database is reached encrypted"),
  BACKEND_DB_CA_FILE: certificateFile("who vouches for the main application's database"),
  BACKEND_DB_TIMEOUT_MS: wholeNumber("how long the main application's database may take, in milliseconds", 100, 5 * MINUTES),
  BACKEND_DB_PHONES: oneOf("how numbers are written in the main application's database", ['any', 'plain']),
  ADDRESS_TABLE: sqlName('the table of the address book', { optional: true }),
  ADDRESS_PHONE_COLUMN: requiredSqlName("the address book's column of numbers"),
  ADDRESS_WORKSPACE_COLUMN: sqlName("the address book's column of workspaces", { optional: true }),
  CONTACT_TABLE: sqlName('the table of contacts', { optional: true }),
  CONTACT_ID_COLUMN: requiredSqlName("the contacts' key"),
  CONTACT_PHONE_COLUMN: requiredSqlName("the contacts' column of numbers"),
  CONTACT_NAME_COLUMN: sqlName("the contacts' column of names", { optional: true }),
  CONTACT_TAG_COLUMN: sqlName("the contacts' column of a group", { optional: true }),
  CONTACT_WORKSPACE_COLUMN: sqlName("the contacts' column of workspaces", { optional: true }),
  CONTACT_VARIABLE_COLUMNS: nameList('columns that texts may name'),

  CONTACT_IMPORT_MAX_MB: wholeNumber('the largest file of contacts, in MiB', 1, 512),
  CONTACT_IMPORT_MAX_ROWS: wholeNumber('the most rows of a file of contacts', 1, 2_000_000),
  OPT_OUT_WORDS: wordList('messages that mean: no more bulk messages'),
  OPT_IN_WORDS: wordList('messages that mean: bulk messages again'),
  CONTACT_CHECKS_PER_MINUTE: wholeNumber('contacts that are checked at WhatsApp per minute', 1, 6_000),

  BLAST_MAX_RECIPIENTS: wholeNumber('the most recipients of one upload', 1, 10_000_000),
  BLAST_UPLOAD_MAX_MB: wholeNumber('the largest upload of recipients, in MiB', 1, 4_096),
  BLAST_KEEP_RECIPIENTS_DAYS: wholeNumber('days after its end for which the recipients of a blast are kept; 0: for good', 0, 36_500),
  BLAST_PROGRESS_SECONDS: wholeNumber('seconds between two blast.progress webhooks; 0: none', 0, 3_600),
  MEDIA_MAX_MB: wholeNumber('the largest file of a message, in MiB', 1, 2_048),
  MEDIA_FETCH_TIMEOUT_MS: wholeNumber('how long fetching a file may take, in milliseconds', 100, 10 * MINUTES),
  MEDIA_KEEP_HOURS: wholeNumber('how long a file is kept that no message waits for, in hours', 1, 8_760),
  MEDIA_ALLOWED_HOSTS: hostList('hosts whose private address may be fetched from', 'minio:9000'),
  INBOUND_MEDIA: oneOf('when files of incoming messages are fetched', ['on_request', 'download']),
  INBOUND_MEDIA_DIR: optionalText('the folder of files of messages'),
  INBOUND_MEDIA_MAX_MB: wholeNumber('the largest file that is fetched from a message, in MiB', 1, 2_048),
  INBOUND_MEDIA_TIMEOUT_MS: wholeNumber('how long one step of fetching a file may take, in milliseconds', SECONDS, 10 * MINUTES),
  INBOUND_MEDIA_KEEP_HOURS: wholeNumber('how long files of messages are kept, in hours', 1, 87_600),
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
  'SESSION_BACKUP_KEY',
  'SENTRY_DSN',
  'SANDBOX_HUB_URL',
  'SANDBOX_HUB_TOKEN',
  'BACKEND_DB_URL',
]);
