import type { CountryCode } from 'libphonenumber-js';

/** The validated settings. `default.env` says what each is for; times are milliseconds. */
export interface Config {
  engine: 'webjs' | 'sandbox';
  http: {
    host: string;
    port: number;
    bodyLimitBytes: number;
    rateLimitPerMinute: number;
    trustProxy: boolean;
  };
  adminApiKey: string | null;
  dataDir: string;
  sessionsDir: string;
  log: { dir: string; level: 'error' | 'warn' | 'info' | 'debug'; format: 'auto' | 'json' | 'pretty' };
  /** Where errors are reported, beside the log; null: nowhere. */
  sentryDsn: string | null;
  defaultCountry: CountryCode;
  /** Origins of other sites whose pages may connect over Socket.IO. */
  socketOrigins: readonly string[];
  /** Of the broadcast face when it runs by itself. */
  broadcastPort: number;
  backend: {
    /** Without a trailing slash; null: nothing is sent, events wait in the outbox. */
    url: string | null;
    /** The first signs; the others are valid beside it during a rotation. */
    secrets: readonly string[];
    token: string | null;
    timeoutMs: number;
    /** Waits before each further attempt; after the last one, a dead letter. */
    retrySchedule: readonly number[];
    /** Wait between probes after a 401 or 403. */
    probeMs: number;
    /** Wait between tries of an endpoint that is away. */
    breakerMs: number;
    /** For each endpoint. */
    concurrency: number;
    /** `host` or `host:port`, lower-case: an endpoint may be there although the address is private. */
    allowedHosts: readonly string[];
    /** Null: for good. */
    keepDeliveredMs: number | null;
    /** Null: for good. */
    keepDeadMs: number | null;
  };
  sync: {
    auto: boolean;
    concurrentRequests: number;
    /** 0: no limit. */
    chatsPerSecond: number;
    retryDelayMs: number;
    quickRetries: number;
    retryCapMs: number;
    batchSize: number;
    maxChatsInMemory: number;
    /** 0: all. */
    maxChats: number;
    /** Days; 0: all. */
    windowDays: number;
  };
  /** The main application's own tables; null: not read. */
  backendDatabase: {
    url: string | null;
    /** `ca`: PEM; null: the authorities that Node knows. Not encrypted: null. */
    tls: { ca: string | null } | null;
    timeoutMs: number;
    /** How its phone columns are filled. */
    phones: 'any' | 'plain';
    addresses: { name: string; phoneColumn: string; workspaceColumn: string | null } | null;
    contacts: { name: string; idColumn: string; phoneColumn: string; nameColumn: string | null; tagColumn: string | null; workspaceColumn: string | null; variableColumns: readonly string[] } | null;
  };
  contacts: {
    importMaxBytes: number;
    importMaxRows: number;
    /** Lower-case, without spaces at the ends. */
    optOutWords: readonly string[];
    optInWords: readonly string[];
    /** Of the check in the background, for each session. */
    checksPerMinute: number;
  };
  groupParticipants: 'full' | 'count';
  browser: { kind: 'auto' | 'headless-shell' | 'chrome'; path: string | null; noSandbox: boolean };
  session: {
    startTimeoutMs: number;
    callTimeoutMs: number;
    restoreConcurrency: number;
    restoreStaggerMs: number;
    /** 0: no limit. */
    maxRunning: number;
    /** 0: no limit. */
    memoryLimitBytes: number;
    /** 0: never. */
    offlineRestartMs: number;
    /** 0: no limit. */
    qrLimit: number;
    onConflict: 'stop' | 'takeover';
    deviceName: string | null;
    backupKey: string | null;
    watchdogIntervalMs: number;
    watchdogTimeoutMs: number;
    restartBaseMs: number;
    restartCapMs: number;
    qrTerminal: boolean;
  };
  send: {
    maxAttempts: number;
    retryBaseMs: number;
    ackTimeoutMs: number;
    /** A message that did not go out by then is given up. */
    maxAgeMs: number;
    /** For each session; 0: no limit. */
    pace: { perSecond: number; perMinute: number; perDay: number; gapMinMs: number; gapMaxMs: number };
  };
  media: {
    maxBytes: number;
    fetchTimeoutMs: number;
    keepMs: number;
    /** `host` or `host:port`, lower-case: fetched although their address is private. */
    allowedHosts: readonly string[];
  };
  /** Between two `blast.progress` of a blast; 0: none is sent. */
  inboundMedia: {
    /** Files are fetched as soon as their message came, and not only when somebody asks. */
    download: boolean;
    dir: string;
    maxBytes: number;
    timeoutMs: number;
    keepMs: number;
  };
  blast: { progressMs: number; maxRecipients: number; uploadMaxBytes: number; keepRecipientsMs: number };
  /** How long the answer of a number check is kept; 0: not at all. */
  numberCheckTtlMs: number;
  idempotencyTtlMs: number;
  shutdownTimeoutMs: number;
  sandbox: { hubUrl: string | null; hubToken: string | null };
}
