import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { generate } from 'selfsigned';
import { ConfigError, loadConfig } from '../../../whatsapp-service/config/load-config.js';
import type { LoadConfigInput } from '../../../whatsapp-service/config/load-config.js';
import type { Config } from '../../../whatsapp-service/config/config.js';

const SECRET = '9c1f0b7e5d3a48c2b6f4e8a17d0c95e3a2b8f61d4c7e9053';
const OTHER_SECRET = 'whsec_dzV4c0tqR2hQYjl1VG0yTnFMcFZ5OFJmRWM0QWlXbzE=';
const GOOD = { BACKEND_URL: 'https://shop.example.com', WEBHOOK_SECRET: SECRET };

const certificates = mkdtempSync(path.join(tmpdir(), 'config-ca-'));
const CERTIFICATE_FILE = path.join(certificates, 'ca.pem');
writeFileSync(CERTIFICATE_FILE, (await generate()).cert);
afterAll(() => rmSync(certificates, { recursive: true, force: true }));

let dir: string;
let dotenvFile: string;
beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'config-'));
  dotenvFile = path.join(dir, '.env');
});
afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
});

function load(env: Record<string, string>, more: LoadConfigInput = {}): Config {
  return loadConfig({ env, dotenvFile: null, isTerminal: false, isRoot: false, warn: () => undefined, ...more });
}

function problems(env: Record<string, string>, more: LoadConfigInput = {}): readonly string[] {
  try {
    load(env, more);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

const [S, M, H, D] = [1_000, 60_000, 3_600_000, 86_400_000];

describe('the defaults', () => {
  test('are these', () => {
    expect(load(GOOD)).toEqual({
      engine: 'webjs',
      http: { host: '127.0.0.1', port: 3000, bodyLimitBytes: 1_048_576, rateLimitPerMinute: 600, trustProxy: false },
      adminApiKey: null,
      dataDir: path.resolve('data'),
      sessionsDir: path.resolve('sessions'),
      log: { dir: path.resolve('logs'), level: 'info', format: 'auto' },
      sentryDsn: null,
      defaultCountry: 'ID',
      socketOrigins: [],
      broadcastPort: 3004,
      backend: { url: 'https://shop.example.com', secrets: [SECRET], token: null, timeoutMs: 10_000, retrySchedule: [5 * S, 30 * S, 2 * M, 10 * M, 30 * M, H, 3 * H, 6 * H, 12 * H, D, D, D, D], probeMs: 60_000, breakerMs: 30_000, concurrency: 8, allowedHosts: [], keepDeliveredMs: 7 * D, keepDeadMs: 90 * D },
      sync: { auto: true, concurrentRequests: 5, chatsPerSecond: 10, retryDelayMs: 2_000, quickRetries: 3, retryCapMs: 300_000, batchSize: 50, maxChatsInMemory: 100, maxChats: 0, windowDays: 0 },
      backendDatabase: { url: null, tls: null, timeoutMs: 10_000, phones: 'any', addresses: null, contacts: null },
      contacts: { importMaxBytes: 33_554_432, importMaxRows: 1_000_000, optOutWords: ['stop', 'berhenti', 'unsubscribe'], optInWords: ['start', 'mulai', 'subscribe'], checksPerMinute: 60 },
      groupParticipants: 'full',
      browser: { kind: 'auto', path: null, noSandbox: false },
      session: { startTimeoutMs: 90_000, callTimeoutMs: 30_000, restoreConcurrency: 2, restoreStaggerMs: 500, maxRunning: 0, memoryLimitBytes: 2_147_483_648, offlineRestartMs: 300_000, qrLimit: 30, onConflict: 'stop', deviceName: null, backupKey: null, watchdogIntervalMs: 10_000, watchdogTimeoutMs: 10_000, restartBaseMs: 1_000, restartCapMs: 300_000, qrTerminal: false },
      send: {
        maxAttempts: 3,
        retryBaseMs: 2_000,
        ackTimeoutMs: 20_000,
        maxAgeMs: 86_400_000,
        pace: { perSecond: 5, perMinute: 60, perDay: 0, gapMinMs: 0, gapMaxMs: 0 },
      },
      media: { maxBytes: 67_108_864, fetchTimeoutMs: 30_000, keepMs: 86_400_000, allowedHosts: [] },
      inboundMedia: { download: false, dir: path.resolve('data/inbound-media'), maxBytes: 67_108_864, timeoutMs: 120_000, keepMs: D },
      blast: { progressMs: 10_000, maxRecipients: 1_000_000, uploadMaxBytes: 268_435_456, keepRecipientsMs: 7_776_000_000 },
      numberCheckTtlMs: 86_400_000,
      idempotencyTtlMs: 86_400_000,
      shutdownTimeoutMs: 10_000,
      sandbox: { hubUrl: null, hubToken: null },
    } satisfies Config);
  });

  test('`auto` follows where the service runs', () => {
    expect(load(GOOD, { isTerminal: true, isRoot: true })).toMatchObject({ session: { qrTerminal: true }, browser: { noSandbox: true } });
    expect(load({ ...GOOD, QR_IN_TERMINAL: 'false', BROWSER_NO_SANDBOX: 'false' }, { isTerminal: true, isRoot: true })).toMatchObject({ session: { qrTerminal: false }, browser: { noSandbox: false } });
    expect(load({ ...GOOD, QR_IN_TERMINAL: 'true', BROWSER_NO_SANDBOX: 'true' })).toMatchObject({ session: { qrTerminal: true }, browser: { noSandbox: true } });
  });

  test('the sandbox needs nothing', () => {
    expect(load({ ENGINE: 'sandbox' })).toMatchObject({ engine: 'sandbox', backend: { url: null, secrets: [], token: null } });
  });
});

describe('the layers', () => {
  test('the environment is above .env, .env above the defaults, and an empty value counts as none', () => {
    writeFileSync(dotenvFile, `BACKEND_URL="https://dotenv.example.com/app/"\nWEBHOOK_SECRET=${SECRET} # ours\nPORT=4000\nLOG_LEVEL=debug\nHOST=\n`);
    const config = load({ PORT: '5000', LOG_LEVEL: ' ' }, { dotenvFile });
    expect(config).toMatchObject({ http: { port: 5000, host: '127.0.0.1' }, log: { level: 'debug' }, backend: { url: 'https://dotenv.example.com/app', secrets: [SECRET] } });
  });

  test('a .env that is missing is no error; one that cannot be read is', () => {
    expect(load(GOOD, { dotenvFile }).http.port).toBe(3000);
    mkdirSync(dotenvFile);
    expect(problems(GOOD, { dotenvFile })).toEqual([expect.stringMatching(/\.env: cannot be read \(EISDIR\)\. Make it a readable file/)]);
  });

  test('without the defaults nothing runs', () => {
    expect(problems(GOOD, { defaultsFile: path.join(dir, 'none.env') })[0]).toMatch(/cannot be read \(ENOENT\)/);
  });

  test('a slip of the pen in .env is named, other names are left alone', () => {
    writeFileSync(dotenvFile, 'WEBHOOK_SECERT=a\nBACKENDURL=b\nSYNC_BATCHSIZE=5\nlog-level=debug\nPORTS=1\nSESSION_DRIVER=file\nSESSION_LIFETIME=120\nLOG_CHANNEL=stack\nAPP_KEY=x\nDB_HOST=db\nSYNC_SOMETHING=1\n');
    const warned: string[] = [];
    load(GOOD, { dotenvFile, warn: (sentence) => void warned.push(sentence) });
    expect(warned.map((sentence) => sentence.replace(/.*sets (\S+),.*mean (\S+)\?/, '$1 $2')).sort()).toEqual(['BACKENDURL BACKEND_URL', 'SYNC_BATCHSIZE SYNC_BATCH_SIZE', 'WEBHOOK_SECERT WEBHOOK_SECRET', 'log-level LOG_LEVEL']);
    // Beside an error it explains why a setting is missing.
    expect(problems({ BACKEND_URL: 'http://b' }, { dotenvFile })).toEqual(expect.arrayContaining([expect.stringMatching(/WEBHOOK_SECRET .* is missing/), expect.stringMatching(/WEBHOOK_SECERT.*Did you mean WEBHOOK_SECRET\?/)]));
  });

  test('the slips are not looked for in the environment', () => {
    const warned: string[] = [];
    load({ ...GOOD, WEBHOOK_SECERT: 'x' }, { warn: (sentence) => void warned.push(sentence) });
    expect(warned).toEqual([]);
  });
});

describe('values', () => {
  test.each([
    ['https://a.example.com///', 'https://a.example.com'],
    ['http://10.0.0.7:8080/app/', 'http://10.0.0.7:8080/app'],
    ['HTTPS://A.example.com', 'https://a.example.com'],
  ])('BACKEND_URL %s is %s', (written, url) => {
    expect(load({ ...GOOD, BACKEND_URL: written }).backend.url).toBe(url);
  });

  test('words are taken in any case, and yes is true', () => {
    expect(load({ ...GOOD, ENGINE: 'WebJS', LOG_LEVEL: 'WARN', TRUST_PROXY: 'Yes', SYNC_ON_READY: '0', DEFAULT_COUNTRY: 'my' })).toMatchObject({ engine: 'webjs', log: { level: 'warn' }, http: { trustProxy: true }, sync: { auto: false }, defaultCountry: 'MY' });
  });

  test('during a rotation both secrets are there, the new one first', () => {
    expect(load({ ...GOOD, WEBHOOK_PREVIOUS_SECRET: OTHER_SECRET }).backend.secrets).toEqual([SECRET, OTHER_SECRET]);
  });

  test('hosts are a list, in lower case', () => {
    expect(load({ ...GOOD, MEDIA_ALLOWED_HOSTS: ' MinIO:9000, 10.0.0.7,[::1]:80, ' }).media.allowedHosts).toEqual(['minio:9000', '10.0.0.7', '[::1]:80']);
  });

  test('the schedule of retries is data', () => {
    expect(load({ ...GOOD, WEBHOOK_RETRY_SCHEDULE: '50ms, 2S,1m*3,1d' }).backend.retrySchedule).toEqual([50, 2_000, 60_000, 60_000, 60_000, 86_400_000]);
  });

  test('the authority of a database is read from its file', () => {
    const { tls } = load({ ...GOOD, BACKEND_DB_TLS: 'true', BACKEND_DB_CA_FILE: CERTIFICATE_FILE }).backendDatabase;
    expect(tls?.ca).toMatch(/^-----BEGIN CERTIFICATE-----/);
    expect(load({ ...GOOD, BACKEND_DB_TLS: 'true' }).backendDatabase.tls).toEqual({ ca: null });
  });

  // prettier-ignore
  test.each([
    ['WEBHOOK_RETRY_SCHEDULE', '5,30', /has a step that is not a time\. Write times with a unit/],
    ['WEBHOOK_RETRY_SCHEDULE', '5s,,1m', /not a time/],
    ['WEBHOOK_RETRY_SCHEDULE', '5ms', /below 10 ms/],
    ['WEBHOOK_RETRY_SCHEDULE', '8d', /above 7 days/],
    ['WEBHOOK_RETRY_SCHEDULE', '1h*0', /no step/],
    ['WEBHOOK_RETRY_SCHEDULE', '1h*9999', /more than 1000/],
    ['SENTRY_DSN', 'sentry.example.com', /is no DSN/],
    ['SENTRY_DSN', 'https://sentry.example.com/7', /is no DSN/],
    ['WEBHOOK_ALLOWED_HOSTS', 'http://crm', /is not a host/],
    ['MEDIA_ALLOWED_HOSTS', 'http://minio:9000', /is not a host\. Write hosts separated by commas/],
    ['MEDIA_ALLOWED_HOSTS', 'minio,*.internal', /is not a host/],
    ['MEDIA_ALLOWED_HOSTS', 'minio:99999', /is not a host/],
    ['MEDIA_MAX_MB', '0', /too small\. Write a whole number from 1 to 2048\./],
    ['ENGINE', 'baileys', /ENGINE="baileys" in the environment \(.*\) is not one of its values\. Write webjs, sandbox\./],
    ['PORT', '70000', /PORT="70000".* too large\. Write a whole number from 0 to 65535\./],
    ['PORT', 'http', /PORT="http".* not a whole number/],
    ['SYNC_BATCH_SIZE', '51', /too large\. Write a whole number from 1 to 50\./],
    ['SYNC_BATCH_SIZE', '0', /too small/],
    ['SYNC_MAX_CHATS_IN_MEMORY', '501', /from 1 to 500/],
    ['WEBHOOK_TIMEOUT_MS', '10s', /not a whole number/],
    ['WEBHOOK_TIMEOUT_MS', '-1', /not a whole number/],
    ['WEBHOOK_TIMEOUT_MS', '1e4', /not a whole number/],
    ['TRUST_PROXY', 'maybe', /Write true or false/],
    ['QR_IN_TERMINAL', 'maybe', /Write auto, true or false/],
    ['DEFAULT_COUNTRY', 'Indonesia', /Write its two letters/],
    ['ADMIN_API_KEY', 'short', /has 5 characters and can be guessed\. Write at least 24/],
    ['ADMIN_API_KEY', 'twenty four chars and a gap', /has a space/],
    ['BACKEND_TOKEN', '1|abc\ndef', /cannot stand in an HTTP header/],
    ['BACKEND_URL', 'shop.example.com', /is not a URL\. Write it like https:\/\//],
    ['BACKEND_URL', 'ftp://shop.example.com', /neither http nor https/],
    ['BACKEND_URL', 'https://me:hunter2hunter2@shop.example.com', /user name or a password/],
    ['BACKEND_URL', 'https://shop.example.com?key=hunter2hunter2', /has a query/],
    ['BACKEND_URL', 'https://shop.example.com/api/whatsapp/webhook', /which the bridge adds itself/],
    ['BACKEND_DB_CA_FILE', '/nowhere/ca.pem', /cannot be read \(ENOENT\)\. Write the path of a PEM file/],
    ['BACKEND_DB_CA_FILE', import.meta.filename, /holds no certificate/],
    ['WEBHOOK_SECRET', 'changeme', /WEBHOOK_SECRET in the environment \(signs what is sent to the backend\) cannot be used\./],
    ['WEBHOOK_PREVIOUS_SECRET', 'changeme', /WEBHOOK_PREVIOUS_SECRET .* cannot be used\./],
  ])('%s=%j is refused', (name, value, message) => {
    const found = problems({ ...GOOD, [name]: value });
    expect(found).toEqual([expect.stringMatching(message)]);
    expect(found[0]).not.toContain('hunter2');
  });
});

describe('contradictions', () => {
  // prettier-ignore
  test.each<[string, Record<string, string>, RegExp]>([
    ['no backend',                 { WEBHOOK_SECRET: SECRET }, /^BACKEND_URL .* is missing/],
    ['no secret',                  { BACKEND_URL: 'https://a.b' }, /^WEBHOOK_SECRET .* is missing/],
    ['a sandbox with a backend and no secret', { ENGINE: 'sandbox', BACKEND_URL: 'http://a' }, /^WEBHOOK_SECRET .* is missing/],
    ['batch above memory',         { ...GOOD, SYNC_BATCH_SIZE: '50', SYNC_MAX_CHATS_IN_MEMORY: '40' }, /^SYNC_BATCH_SIZE \(50\) is above SYNC_MAX_CHATS_IN_MEMORY \(40\)/],
    ['sync retry above its cap',   { ...GOOD, SYNC_RETRY_DELAY_MS: '5000', SYNC_RETRY_CAP_MS: '4000' }, /^SYNC_RETRY_DELAY_MS \(5000\) is above/],
    ['restart base above cap',     { ...GOOD, SESSION_RESTART_BASE_MS: '5000', SESSION_RESTART_CAP_MS: '4000' }, /^SESSION_RESTART_BASE_MS \(5000\) is above/],
    ['watchdog slower than start', { ...GOOD, SESSION_WATCHDOG_TIMEOUT_MS: '95000' }, /^SESSION_WATCHDOG_TIMEOUT_MS \(95000\) is above SESSION_START_TIMEOUT_MS \(90000\)/],
    ['the same secret twice',      { ...GOOD, WEBHOOK_PREVIOUS_SECRET: SECRET }, /^WEBHOOK_PREVIOUS_SECRET is the same/],
    ['only the previous secret',   { ENGINE: 'sandbox', WEBHOOK_PREVIOUS_SECRET: SECRET }, /^WEBHOOK_PREVIOUS_SECRET is set and WEBHOOK_SECRET is not/],
    ['a hub with the real engine', { ...GOOD, SANDBOX_HUB_URL: 'http://127.0.0.1:1', SANDBOX_HUB_TOKEN: 'hubtoken123' }, /^SANDBOX_HUB_URL and SANDBOX_HUB_TOKEN are set with ENGINE=webjs/],
    ['a hub token without a hub',  { ENGINE: 'sandbox', SANDBOX_HUB_TOKEN: 'hubtoken123' }, /^SANDBOX_HUB_TOKEN is set without/],
    ['one folder for two',         { ...GOOD, DATA_DIR: './x/../sessions' }, /^DATA_DIR and SESSIONS_DIR are the same folder/],
    ['an authority and no encryption', { ...GOOD, BACKEND_DB_CA_FILE: CERTIFICATE_FILE }, /^BACKEND_DB_CA_FILE is set without BACKEND_DB_TLS/],
    ['a certificate for an address', { ...GOOD, BACKEND_DB_TLS: 'true', BACKEND_DB_URL: 'mysql://app:token12345@10.0.0.7/shop' }, /^BACKEND_DB_TLS is set and BACKEND_DB_URL names its host by address/],
    ['a token for nobody',         { ENGINE: 'sandbox', BACKEND_TOKEN: 'token12345' }, /^BACKEND_TOKEN is set without BACKEND_URL/],
    ['the secret as the token',    { ...GOOD, BACKEND_TOKEN: SECRET }, /^BACKEND_TOKEN is the same as WEBHOOK_SECRET/],
  ])('%s', (_name, env, message) => {
    const found = problems(env);
    expect(found).toEqual([expect.stringMatching(message)]);
    expect(found[0]).not.toMatch(/hubtoken123|token12345|9c1f0b7e/);
  });
});

test('all that is wrong is said at once, bad values and contradictions alike, and no secret is repeated', () => {
  const bad = {
    ...GOOD,
    PORT: 'abc',
    LOG_LEVEL: 'loud',
    WEBHOOK_SECRET: 'topsecretbutshort',
    ADMIN_API_KEY: 'adminkeyshort',
    BACKEND_URL: 'https://u:pw123456@h',
    SYNC_BATCH_SIZE: '50',
    SYNC_MAX_CHATS_IN_MEMORY: '10',
    SANDBOX_HUB_URL: 'http://127.0.0.1:1',
  };
  let message = '';
  try {
    load(bad);
  } catch (error) {
    message = (error as Error).message;
  }
  expect(message).toMatch(/^The settings cannot be used: 7 things are wrong\./);
  for (const name of ['PORT="abc"', 'LOG_LEVEL="loud"', 'WEBHOOK_SECRET', 'ADMIN_API_KEY', 'BACKEND_URL', 'SYNC_BATCH_SIZE (50)', 'SANDBOX_HUB_URL']) expect(message).toContain(`\n  - ${name}`);
  expect(message).not.toMatch(/topsecret|adminkey|pw123456/);
});
