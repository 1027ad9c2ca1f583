import { join } from 'node:path';
import type { Config } from './config/config.js';
import { createBlasts, type Blasts } from './app-blast.js';
import { openRealtime } from './app-realtime.js';
import { broadcastRoutes } from './broadcast/broadcast-routes.js';
import { createContacts } from './app-contacts.js';
import { createEventHandler } from './app-events.js';
import { JOBS, startJobs } from './app-jobs.js';
import { createOutbox } from './app-outbox.js';
import { apiKeyRoutes } from './features/api-key/api-key-routes.js';
import { ApiKeyService } from './features/api-key/api-key-service.js';
import { chatRoutes } from './features/chat/chat-routes.js';
import { ChatService } from './features/chat/chat-service.js';
import { GroupRequests } from './features/chat/group-requests.js';
import { groupRoutes } from './features/chat/group-routes.js';
import { GroupService } from './features/chat/group-service.js';
import { BatchPoster } from './features/chat-sync/batch-poster.js';
import { chatSyncRoutes } from './features/chat-sync/chat-sync-routes.js';
import { ChatSyncService } from './features/chat-sync/chat-sync-service.js';
import { MediaService } from './features/media/media-service.js';
import { inboundMediaRoutes } from './features/media/inbound-media-routes.js';
import { InboundMediaService } from './features/media/inbound-media-service.js';
import { takeForMessage } from './features/media/media-intake.js';
import { MessageOutcomes } from './features/message/message-outcomes.js';
import { mediaRoutes } from './features/media/media-routes.js';
import { messageRoutes } from './features/message/message-routes.js';
import { MessageSender } from './features/message/message-sender.js';
import { MessageService } from './features/message/message-service.js';
import { sessionsWithQueued } from './features/message/message-store.js';
import { MessageViews } from './features/message/message-view.js';
import { PaceKeeper } from './features/message/pace-keeper.js';
import { numberRoutes } from './features/number/number-routes.js';
import { NumberService } from './features/number/number-service.js';
import { sessionRoutes } from './features/session/session-routes.js';
import { SessionService } from './features/session/session-service.js';
import { healthRoutes } from './http/health-routes.js';
import { createHttpServer } from './http/http-server.js';
import { EmbeddedQueue } from './queue/embedded-queue.js';
import type { Hub } from './sandbox/hub-contract.js';
import { openSandbox, pageSourceOf } from './sandbox/open-sandbox.js';
import { sandboxRoutes } from './sandbox/routes.js';
import { iso, systemClock, type Clock, type Random } from './shared/clock.js';
import type { MediaId, SessionId } from './shared/ids.js';
import { openErrorReports } from './shared/error-reports.js';
import { createLogger, type Logger } from './shared/logger.js';
import { createMetrics } from './shared/metrics.js';
import { sealerOf } from './shared/sealer.js';
import { version } from './shared/version.js';
import type { ChatSyncView } from './contracts/chat-sync-api.js';
import { createBackendClient, type BackendClient } from './signed-http/backend-client.js';
import { openStorage } from './storage/database.js';
import { watchForeignCommits } from './storage/foreign-commits.js';
import { answered } from './whatsapp/provider-answer.js';
import { findBrowser } from './whatsapp/web/find-browser.js';
import { REAL_WHATSAPP, WebProvider } from './whatsapp/web/web-provider.js';

/** What a test or the demo replaces. */
export interface AppOverrides {
  logger?: Logger;
  clock?: Clock;
  random?: Random;
  /** A QR to be scanned; by default nothing is shown. */
  showQr?: (session: SessionId, qr: string) => void;
  showSync?: (sync: ChatSyncView) => void;
  /** A simulated WhatsApp that lives longer than this app; it is not closed with it. */
  hub?: Hub;
}

export interface App {
  /** Opens the database, the API and every session that should run. Resolves when requests are taken. */
  start(): Promise<{ host: string; port: number; firstKey: string | null }>;
  /** Takes no more requests, lets what runs end within the bound, closes pages and database. */
  stop(): Promise<void>;
  /** A rejection or an error that nobody claimed: whichever session it comes from is looked at. */
  suspect(error: unknown): void;
}

/** How long a delivery that was broken off may take to be written down. */
const LAST_WORDS_MS = 1_000;

/** The one place that wires. Everything that has a start has its stop in `stop()`, in the opposite order. */
export async function createApp(config: Config, overrides: AppOverrides = {}): Promise<App> {
  const clock = overrides.clock ?? systemClock;
  const random = overrides.random ?? Math.random;
  const reports = config.sentryDsn === null ? null : await openErrorReports(config.sentryDsn, version);
  const logger = overrides.logger ?? createLogger(config.log, process.stdout, reports && ((line) => reports.report(line)));
  const storage = await openStorage(config.dataDir);
  const hub = overrides.hub ?? (config.engine === 'sandbox' ? await openSandbox(config, logger) : null);
  const queue = new EmbeddedQueue(logger);
  const { backend } = config;
  const client =
    backend.url === null
      ? null
      : createBackendClient({
          url: backend.url,
          secrets: backend.secrets,
          token: backend.token,
          timeoutMs: backend.timeoutMs,
          clock,
          maxSockets: backend.concurrency + config.sync.concurrentRequests,
        });
  const metrics = createMetrics();
  const source = hub ? await pageSourceOf(hub) : REAL_WHATSAPP;
  const provider = new WebProvider({ config, source, clock, logger });

  const outbox = createOutbox({ config, storage, client, metrics, clock, random, logger, requireSession: (id) => sessions.view(id as SessionId), sessions: () => sessions.list() });
  const { wakeOutbox } = outbox;
  const page = (id: SessionId) => sessions.provider(id);

  const chatSync = new ChatSyncService({
    storage,
    poster:
      client &&
      new BatchPoster({
        storage,
        post: (path, delivery) => client.post(path, delivery),
        quickRetries: config.sync.quickRetries,
        retryDelayMs: config.sync.retryDelayMs,
        retryCapMs: config.sync.retryCapMs,
        clock,
        random,
        logger: logger.sync,
      }),
    settings: config.sync,
    probeMs: backend.probeMs,
    page,
    again: (id, delayMs) => queue.add(JOBS.syncChats, id, delayMs),
    wakeOutbox,
    onProgress: (sync) => overrides.showSync?.(sync),
    onChats: (count, result) => metrics.syncChats.inc({ result }, count),
    clock,
    logger: logger.sync,
  });

  const inboundMedia = new InboundMediaService({
    storage,
    settings: config.inboundMedia,
    page,
    working: (id) => sessions.working(id),
    sentFile: (id) => media.get(id).catch(() => null),
    clock,
    logger,
  });
  const media = new MediaService({ storage, dataDir: config.dataDir, settings: config.media, clock, logger });
  const outcomes: MessageOutcomes = new MessageOutcomes({ storage, clock, wakeOutbox, onAcked: (...message) => sender.onAcked(...message), onRefused: (...message) => sender.onRefused(...message), watcher: { changed: (trx, row) => blasts.watcher.changed(trx, row) } });
  const sender: MessageSender = new MessageSender({
    storage,
    settings: config.send,
    outcomes,
    pace: new PaceKeeper(config.send, clock, random),
    gate: { admit: (trx, row) => blasts.gate.admit(trx, row) },
    page,
    mediaPath: (id) => media.get(id as MediaId).then(({ path }) => path, () => null),
    again: (id, delayMs) => queue.add(JOBS.sendMessages, id, delayMs),
    clock,
    logger,
    onResult: (result) => metrics.messagesSent.inc({ result }),
  });
  const messages = new MessageService({
    storage,
    config,
    clock,
    outcomes,
    takeMedia: (input, file) => takeForMessage(media, { kind: input.type, media: input.media, file }),
    holdMedia: (trx, id) => media.get(id as MediaId, trx),
    dropMedia: (id) => media.release(id as MediaId),
    requireWorking: (id) => sessions.working(id),
    wakeSender: (id) => queue.add(JOBS.sendMessages, id),
  });

  const contacts = createContacts({ storage, config, clock, logger, uploadFolder: media.uploadFolder, requireSession: (id) => sessions.view(id), checkNumbers: (input) => numbers.check(input) });
  const sessions: SessionService = new SessionService({
    storage,
    provider,
    sealer: sealerOf(join(config.dataDir, 'credentials.key')),
    settings: config.session,
    clock,
    random,
    logger,
    latestSync: (id) => chatSync.latest(id),
    beforeDelete: async (id) => {
      await blasts.onEnded(id, 'session_deleted');
      await chatSync.stop(id);
    },
    hooks: {
      events: createEventHandler({
        storage,
        outcomes,
        heard: contacts.heard,
        wantMedia: (trx, id, message) => inboundMedia.want(trx, id, message),
        wakeOutbox,
        onEvent: (kind) => {
          metrics.inboundEvents.inc({ kind });
          if (kind === 'message') inboundMedia.wake();
        },
        clock,
        logger,
      }),
      working: (id, how) => {
        if (how === 'started') sender.onNewPage(id);
        queue.add(JOBS.sendMessages, id);
        inboundMedia.wake();
        if (how === 'started') outcomes.reconcile(id, sessions.provider(id)).catch((error: unknown) => logger.warn('What became of messages while the session was away is not known yet', { session: id, error }));
        blasts.onWorking(id).catch((error: unknown) => logger.error('The blasts of a session could not be gone on with', { session: id, error }));
        chatSync.onWorking(id, how).catch((error: unknown) => logger.error('The chat sync could not be begun', { session: id, error }));
      },
      wakeOutbox,
      ended: (id, reason) => blasts.onEnded(id, reason),
      unpaired: async (id) => {
        await blasts.onEnded(id, 'logged_out');
        await messages.giveUpUnderWay(id);
        await chatSync.abandon(id);
      },
      qr: (id, qr) => overrides.showQr?.(id, qr),
      restarted: (reason) => metrics.sessionRestarts.inc({ reason }),
    },
  });

  const apiKeys = new ApiKeyService({ storage, clock, onRevoked: (id) => realtime.revoked(id) });
  const mustWork = { requireWorking: (id: SessionId) => sessions.working(id), requireSession: (id: SessionId) => sessions.view(id) };
  const numbers = new NumberService({ storage, config, ...mustWork, working: (id) => sessions.working(id), lidsLearned: contacts.lidsLearned, clock, logger });
  const blasts: Blasts = createBlasts({
    storage, config, queue, numbers, media, metrics, clock, random, logger, wakeOutbox,
    lookups: contacts.lookups,
    works: (id) => page(id) !== null,
    wakeSender: (id) => queue.add(JOBS.sendMessages, id),
  });
  const directory = { working: (id: SessionId) => sessions.working(id), country: config.defaultCountry, logger };
  const server = createHttpServer({
    config: config.http,
    routes: [
      ...sessionRoutes(sessions, config.defaultCountry),
      ...chatSyncRoutes(chatSync, mustWork),
      ...messageRoutes({ service: messages, views: new MessageViews(storage, clock), defaultCountry: config.defaultCountry, maxMediaBytes: config.media.maxBytes }),
      ...mediaRoutes(media, config.media.maxBytes),
      ...inboundMediaRoutes(inboundMedia),
      ...numberRoutes(numbers),
      ...blasts.routes,
      ...broadcastRoutes({ ...blasts, uploadBytes: config.blast.uploadMaxBytes, contactRoutes: contacts.routes, notice: () => null }),
      ...chatRoutes(new ChatService(directory)),
      ...groupRoutes(new GroupService(directory, new GroupRequests({ storage, ttlMs: config.idempotencyTtlMs, clock }))),
      ...contacts.routes,
      ...apiKeyRoutes(apiKeys),
      ...outbox.routes,
      ...healthRoutes({
        version,
        clock,
        logger,
        metrics,
        checks: {
          database: { run: () => storage.ping().then(() => ({ ok: true })) },
          browser: { run: () => browserCheck(config) },
          // A backend that is away is no reason to take the bridge away too: it keeps what comes.
          backend: { run: () => backendCheck(client), required: false },
          outbox: { run: () => outbox.check(), required: false },
        },
      }),
      ...(hub ? sandboxRoutes(hub, { crashPage: (id) => answered(provider.crashPage(id as SessionId), logger) }) : []),
    ],
    authenticate: (key) => apiKeys.authenticate(key),
    metrics,
    logger,
    uploadFolder: media.uploadFolder,
    version,
  });
  metrics.collectFrom({
    sessions: () => Promise.resolve(sessions.countByState()),
    browsers: () => sessions.browserFigures(),
  });

  const realtime = openRealtime({ server, blasts, apiKeys, config, clock, logger });
  let stopWatching: (() => Promise<void>) | null = null;
  let stopJobs: (() => void) | null = null;
  const open = async (): ReturnType<App['start']> => {
    await media.open();
    await inboundMedia.open();
    const first = await apiKeys.ensureFirstKey(config.adminApiKey);
    await sessions.load();
    stopJobs = startJobs({ queue, sender, messages, media, inboundMedia, numbers, chatSync, sessionsToSend: () => sessionsWithQueued(storage.db, clock.now()), wakeOutbox, sweepOutbox: () => outbox.sweep(), logger });
    await blasts.start();
    stopWatching = watchForeignCommits(storage.db, async () => {
      apiKeys.forget();
      wakeOutbox();
      await blasts.lookAround();
    }, logger);
    await outbox.start();
    contacts.start();
    const address = await server.listen();
    logger.info('The bridge takes requests', { ...address, engine: config.engine });
    sessions.restore().catch((error: unknown) => logger.error('Sessions could not be restored', { error }));
    return { ...address, firstKey: first.created };
  };
  let opening: Promise<unknown> = Promise.resolve();
  return {
    start() {
      const opened = open();
      opening = opened;
      return opened;
    },
    async stop() {
      // What is half open cannot be closed.
      await opening.catch(() => {});
      // One bound for all of it: whoever sends SIGTERM waits only so long before they kill.
      const until = performance.now() + config.shutdownTimeoutMs;
      const grace = (): number => Math.max(0, until - performance.now());
      await realtime.close();
      await server.close(grace());
      await stopWatching?.();
      stopJobs?.();
      blasts.stop();
      await Promise.all([chatSync.stopAll(grace()), queue.stop(grace()), inboundMedia.stop(), sessions.close()]);
      await outbox.stop(grace());
      // Breaks off what is left, so that its end is written down before the database closes.
      client?.close();
      outbox.breakOff();
      await Promise.all([chatSync.stopAll(LAST_WORDS_MS), outbox.stop(LAST_WORDS_MS)]);
      await contacts.stop();
      if (!overrides.hub) await hub?.close();
      await storage.close();
      logger.info('The bridge has stopped');
      await logger.close();
      await reports?.close();
    },
    suspect(error) {
      logger.error('An error that nobody claimed; every page is looked at', { error });
      sessions.suspectAll();
    },
  };
}

function browserCheck(config: Config): { ok: boolean; detail: string } {
  const found = findBrowser(config.browser);
  return found ? { ok: true, detail: found.kind } : { ok: false, detail: 'none found: run `npm run setup`, or set BROWSER_PATH' };
}

function backendCheck(client: BackendClient | null): { ok: boolean } & Record<string, unknown> {
  if (!client) return { ok: false, detail: 'no BACKEND_URL is set: events wait in the outbox' };
  const last = client.lastAnswer();
  // Nothing was sent yet: there is nothing to complain of.
  return { ok: last?.ok ?? true, last_status: last?.status ?? null, last_answer_at: last && iso(last.at) };
}
