import { mkdirSync } from 'node:fs';
import { createBlasts } from './app-blast.js';
import { createContacts } from './app-contacts.js';
import { broadcastRoutes } from './broadcast/broadcast-routes.js';
import type { Config } from './config/config.js';
import { ApiError } from './contracts/errors.js';
import { ApiKeyService } from './features/api-key/api-key-service.js';
import { MediaService } from './features/media/media-service.js';
import { NumberService } from './features/number/number-service.js';
import { healthRoutes } from './http/health-routes.js';
import { createHttpServer } from './http/http-server.js';
import type { Queue } from './queue/queue.js';
import { systemClock } from './shared/clock.js';
import { createLogger } from './shared/logger.js';
import { createMetrics } from './shared/metrics.js';
import { version } from './shared/version.js';
import { openSharedStorage } from './storage/database.js';
import { watchForeignCommits } from './storage/foreign-commits.js';

export interface BroadcastApp {
  start(): Promise<{ host: string; port: number }>;
  stop(): Promise<void>;
}

/** The work is the service's: it sees within half a second what is written here. */
const NO_QUEUE: Queue = { consume: () => undefined, add: () => undefined, start: () => undefined, stop: () => Promise.resolve() };
const NOTICE = 'Nothing is sent until the service runs on the same DATA_DIR: npm start';

/** The broadcast face alone, as a process of its own over the service's database. It writes jobs and commands, and sends nothing itself. */
export async function createBroadcastApp(config: Config): Promise<BroadcastApp> {
  const clock = systemClock;
  const logger = createLogger(config.log);
  const storage = await openSharedStorage(config.dataDir);
  const metrics = createMetrics();
  const media = new MediaService({ storage, dataDir: config.dataDir, settings: config.media, clock, logger });
  const notHere = (): Promise<never> => Promise.reject(new ApiError('session_unavailable'));
  const numbers = new NumberService({ storage, config, requireSession: notHere, working: notHere, lidsLearned: notHere, clock, logger });
  const nothing = (): void => undefined;
  // Clearing it up is the service's.
  mkdirSync(media.uploadFolder, { recursive: true, mode: 0o700 });
  const contacts = createContacts({ storage, config, clock, logger, uploadFolder: media.uploadFolder, requireSession: notHere, checkNumbers: (input) => numbers.check(input) });
  const blasts = createBlasts({ storage, config, queue: NO_QUEUE, numbers, media, metrics, clock, random: Math.random, logger, wakeOutbox: nothing, wakeSender: nothing, works: () => false, lookups: contacts.lookups });
  const apiKeys = new ApiKeyService({ storage, clock });
  const notice = (): string | null => (storage.serviceRuns() ? null : NOTICE);
  const server = createHttpServer({
    config: { ...config.http, port: config.broadcastPort },
    routes: [
      ...broadcastRoutes({ ...blasts, uploadBytes: config.blast.uploadMaxBytes, contactRoutes: contacts.routes, notice }),
      ...healthRoutes({
        version, clock, logger, metrics,
        checks: {
          database: { run: () => storage.ping().then(() => ({ ok: true })) },
          service: { run: () => Promise.resolve({ ok: storage.serviceRuns(), ...(!storage.serviceRuns() && { detail: NOTICE }) }), required: false },
        },
      }),
    ],
    authenticate: (key) => apiKeys.authenticate(key),
    metrics,
    logger,
    uploadFolder: media.uploadFolder,
    version,
  });
  let stopWatching: (() => Promise<void>) | null = null;
  return {
    async start() {
      const address = await server.listen();
      stopWatching = watchForeignCommits(storage.db, () => apiKeys.forget(), logger);
      logger.info('The broadcast face takes requests', { ...address });
      if (!storage.serviceRuns()) logger.warn(NOTICE);
      return address;
    },
    async stop() {
      await server.close(config.shutdownTimeoutMs);
      await stopWatching?.();
      blasts.stop();
      await contacts.stop();
      await storage.close();
      await logger.close();
    },
  };
}
