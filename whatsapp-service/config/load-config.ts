import { join, resolve } from 'node:path';
import { StartError } from '../shared/start-error.js';
import type { Config } from './config.js';
import { RULES } from './contradictions.js';
import { DEFAULTS_FILE, readLayers } from './setting-layers.js';
import type { Environment, Layers } from './setting-layers.js';
import { NEVER_SHOWN, SETTING_NAMES, SETTINGS } from './settings.js';
import type { SettingName, Settings } from './settings.js';

export interface LoadConfigInput {
  /** The environment; `process.env` when absent. */
  env?: Environment;
  /** The lowest layer; the service's own `config/default.env` when absent. */
  defaultsFile?: string;
  /** `.env` in the working directory when absent; null reads none. */
  dotenvFile?: string | null;
  /** Whether standard output is a terminal. */
  isTerminal?: boolean;
  /** Whether the process runs as root, where the browser's sandbox cannot work. */
  isRoot?: boolean;
  /** Told of each likely slip in `.env`; standard error when absent, because no logger exists yet. */
  warn?: (sentence: string) => void;
}

/** All that is wrong with the settings, at once and in plain words. It never repeats a secret value. */
export class ConfigError extends StartError {
  override readonly name = 'ConfigError';

  constructor(
    /** One sentence or two for each: what it is, what is wrong, what to write instead. */
    readonly problems: readonly string[],
  ) {
    const count = problems.length === 1 ? 'one thing is wrong' : `${problems.length} things are wrong`;
    super(`The settings cannot be used: ${count}. Correct .env or the environment; config/default.env explains every setting.\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
  }
}

/**
 * Reads the three layers (default.env, `.env`, the environment) and checks them once.
 *
 * @throws ConfigError naming every bad or contradictory setting.
 */
export function loadConfig(input: LoadConfigInput = {}): Config {
  const layers = readLayers({
    env: input.env ?? process.env,
    defaultsFile: input.defaultsFile ?? DEFAULTS_FILE,
    dotenvFile: input.dotenvFile === undefined ? '.env' : input.dotenvFile,
  });
  const checked = checkSettings(layers);
  if (checked.settings === null) throw new ConfigError([...checked.problems, ...layers.slips]);

  const warn = input.warn ?? ((sentence: string): void => void process.stderr.write(`${sentence}\n`));
  for (const slip of layers.slips) warn(slip);
  return toConfig(checked.settings, {
    isTerminal: input.isTerminal ?? process.stdout.isTTY === true,
    isRoot: input.isRoot ?? process.getuid?.() === 0,
  });
}

function checkSettings(layers: Layers): { settings: Settings; problems: readonly string[] } | { settings: null; problems: readonly string[] } {
  const problems = [...layers.problems];
  const values: Record<string, unknown> = {};
  for (const name of SETTING_NAMES) {
    const result = SETTINGS[name].safeParse(layers.raw.get(name)?.value ?? '');
    if (result.success) values[name] = result.data;
    else problems.push(describeProblem(name, layers, result.error.issues[0]?.message ?? 'is not usable.'));
  }
  // A rule reads only the settings that it names, and is asked only when each of those passed its own schema.
  const settings = values as Settings;
  for (const rule of RULES) {
    const problem = rule.needs.every((name) => name in values) ? rule.problem(settings) : null;
    if (problem !== null) problems.push(problem);
  }
  return problems.length === 0 ? { settings, problems } : { settings: null, problems };
}

/** `PORT="abc" in .env (the port to listen on) is not a whole number. Write …` */
function describeProblem(name: SettingName, layers: Layers, message: string): string {
  const setting = layers.raw.get(name);
  const value = setting?.value.trim() ?? '';
  const shown = !NEVER_SHOWN.has(name) && /^[\w.,+-]{1,16}$/.test(value) ? `="${value}"` : '';
  return `${name}${shown} in ${setting?.from ?? 'config/default.env'} (${SETTINGS[name].description ?? ''}) ${message}`;
}

const daysOrForGood = (days: number): number | null => (days === 0 ? null : days * 86_400_000);

function toConfig(s: Settings, host: { isTerminal: boolean; isRoot: boolean }): Config {
  return {
    engine: s.ENGINE,
    http: {
      host: s.HOST,
      port: s.PORT,
      bodyLimitBytes: s.HTTP_BODY_LIMIT_KB * 1024,
      rateLimitPerMinute: s.API_RATE_LIMIT_PER_MINUTE,
      trustProxy: s.TRUST_PROXY,
    },
    adminApiKey: s.ADMIN_API_KEY,
    dataDir: resolve(s.DATA_DIR),
    sessionsDir: resolve(s.SESSIONS_DIR),
    log: { dir: resolve(s.LOG_DIR), level: s.LOG_LEVEL, format: s.LOG_FORMAT },
    sentryDsn: s.SENTRY_DSN,
    defaultCountry: s.DEFAULT_COUNTRY,
    socketOrigins: s.SOCKET_ORIGINS,
    broadcastPort: s.BROADCAST_PORT,
    backend: {
      url: s.BACKEND_URL,
      secrets: [s.WEBHOOK_SECRET, s.WEBHOOK_PREVIOUS_SECRET].filter((secret) => secret !== null),
      token: s.BACKEND_TOKEN,
      timeoutMs: s.WEBHOOK_TIMEOUT_MS,
      retrySchedule: s.WEBHOOK_RETRY_SCHEDULE,
      probeMs: s.WEBHOOK_PROBE_MS,
      breakerMs: s.WEBHOOK_BREAKER_MS,
      concurrency: s.WEBHOOK_CONCURRENCY,
      allowedHosts: s.WEBHOOK_ALLOWED_HOSTS,
      keepDeliveredMs: daysOrForGood(s.WEBHOOK_KEEP_DELIVERED_DAYS),
      keepDeadMs: daysOrForGood(s.WEBHOOK_KEEP_DEAD_DAYS),
    },
    sync: {
      auto: s.SYNC_ON_READY,
      concurrentRequests: s.SYNC_CONCURRENT_REQUESTS,
      chatsPerSecond: s.SYNC_CHATS_PER_SECOND,
      retryDelayMs: s.SYNC_RETRY_DELAY_MS,
      quickRetries: s.SYNC_QUICK_RETRIES,
      retryCapMs: s.SYNC_RETRY_CAP_MS,
      batchSize: s.SYNC_BATCH_SIZE,
      maxChatsInMemory: s.SYNC_MAX_CHATS_IN_MEMORY,
      maxChats: s.SYNC_MAX_CHATS,
      windowDays: s.SYNC_WINDOW_DAYS,
    },
    backendDatabase: {
      url: s.BACKEND_DB_URL,
      tls: s.BACKEND_DB_TLS ? { ca: s.BACKEND_DB_CA_FILE } : null,
      timeoutMs: s.BACKEND_DB_TIMEOUT_MS,
      phones: s.BACKEND_DB_PHONES,
      addresses: s.ADDRESS_TABLE === null ? null : { name: s.ADDRESS_TABLE, phoneColumn: s.ADDRESS_PHONE_COLUMN, workspaceColumn: s.ADDRESS_WORKSPACE_COLUMN },
      contacts:
        s.CONTACT_TABLE === null
          ? null
          : {
              name: s.CONTACT_TABLE,
              idColumn: s.CONTACT_ID_COLUMN,
              phoneColumn: s.CONTACT_PHONE_COLUMN,
              nameColumn: s.CONTACT_NAME_COLUMN,
              tagColumn: s.CONTACT_TAG_COLUMN,
              workspaceColumn: s.CONTACT_WORKSPACE_COLUMN,
              variableColumns: s.CONTACT_VARIABLE_COLUMNS,
            },
    },
    contacts: {
      importMaxBytes: s.CONTACT_IMPORT_MAX_MB * 1_048_576,
      importMaxRows: s.CONTACT_IMPORT_MAX_ROWS,
      optOutWords: s.OPT_OUT_WORDS,
      optInWords: s.OPT_IN_WORDS,
      checksPerMinute: s.CONTACT_CHECKS_PER_MINUTE,
    },
    groupParticipants: s.GROUP_PARTICIPANTS,
    browser: {
      kind: s.BROWSER,
      path: s.BROWSER_PATH,
      noSandbox: s.BROWSER_NO_SANDBOX === 'auto' ? host.isRoot : s.BROWSER_NO_SANDBOX,
    },
    session: {
      startTimeoutMs: s.SESSION_START_TIMEOUT_MS,
      callTimeoutMs: s.SESSION_CALL_TIMEOUT_MS,
      restoreConcurrency: s.SESSION_RESTORE_CONCURRENCY,
      restoreStaggerMs: s.SESSION_RESTORE_STAGGER_MS,
      maxRunning: s.SESSION_MAX_RUNNING,
      memoryLimitBytes: s.SESSION_MEMORY_LIMIT_MB * 1_048_576,
      offlineRestartMs: s.SESSION_OFFLINE_RESTART_MS,
      qrLimit: s.SESSION_QR_LIMIT,
      onConflict: s.SESSION_ON_CONFLICT,
      deviceName: s.SESSION_DEVICE_NAME,
      backupKey: s.SESSION_BACKUP_KEY,
      watchdogIntervalMs: s.SESSION_WATCHDOG_INTERVAL_MS,
      watchdogTimeoutMs: s.SESSION_WATCHDOG_TIMEOUT_MS,
      restartBaseMs: s.SESSION_RESTART_BASE_MS,
      restartCapMs: s.SESSION_RESTART_CAP_MS,
      qrTerminal: s.QR_IN_TERMINAL === 'auto' ? host.isTerminal : s.QR_IN_TERMINAL,
    },
    send: {
      maxAttempts: s.SEND_MAX_ATTEMPTS,
      retryBaseMs: s.SEND_RETRY_BASE_MS,
      ackTimeoutMs: s.SEND_ACK_TIMEOUT_MS,
      maxAgeMs: s.SEND_MAX_AGE_HOURS * 3_600_000,
      pace: { perSecond: s.SEND_PER_SECOND, perMinute: s.SEND_PER_MINUTE, perDay: s.SEND_PER_DAY, gapMinMs: s.SEND_GAP_MIN_MS, gapMaxMs: s.SEND_GAP_MAX_MS },
    },
    media: { maxBytes: s.MEDIA_MAX_MB * 1_048_576, fetchTimeoutMs: s.MEDIA_FETCH_TIMEOUT_MS, keepMs: s.MEDIA_KEEP_HOURS * 3_600_000, allowedHosts: s.MEDIA_ALLOWED_HOSTS },
    inboundMedia: {
      download: s.INBOUND_MEDIA === 'download',
      dir: s.INBOUND_MEDIA_DIR === null ? join(resolve(s.DATA_DIR), 'inbound-media') : resolve(s.INBOUND_MEDIA_DIR),
      maxBytes: s.INBOUND_MEDIA_MAX_MB * 1_048_576,
      timeoutMs: s.INBOUND_MEDIA_TIMEOUT_MS,
      keepMs: s.INBOUND_MEDIA_KEEP_HOURS * 3_600_000,
    },
    blast: { progressMs: s.BLAST_PROGRESS_SECONDS * 1000, maxRecipients: s.BLAST_MAX_RECIPIENTS, uploadMaxBytes: s.BLAST_UPLOAD_MAX_MB * 1_048_576, keepRecipientsMs: s.BLAST_KEEP_RECIPIENTS_DAYS * 86_400_000 },
    numberCheckTtlMs: s.NUMBER_CHECK_CACHE_HOURS * 3_600_000,
    idempotencyTtlMs: s.IDEMPOTENCY_TTL_HOURS * 3_600_000,
    shutdownTimeoutMs: s.SHUTDOWN_TIMEOUT_MS,
    sandbox: { hubUrl: s.SANDBOX_HUB_URL, hubToken: s.SANDBOX_HUB_TOKEN },
  };
}
