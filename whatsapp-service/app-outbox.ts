import type { Config } from './config/config.js';
import type { Route } from './contracts/route.js';
import type { SessionView } from './contracts/session-api.js';
import { DeliveryRates } from './features/health/delivery-rates.js';
import { sessionHealthRoutes } from './features/health/health-routes.js';
import { deliveryRoutes } from './features/webhook/delivery-routes.js';
import { DeliveryService } from './features/webhook/delivery-service.js';
import { endpointRoutes } from './features/webhook/endpoint-routes.js';
import { EndpointService } from './features/webhook/endpoint-service.js';
import { RedeliveryService } from './features/webhook/redelivery-service.js';
import { Dispatchers } from './outbox/dispatchers.js';
import { outboxFigures } from './outbox/outbox-figures.js';
import { WEBHOOK_PATH } from './outbox/webhook-body.js';
import type { Clock, Random } from './shared/clock.js';
import type { Logger } from './shared/logger.js';
import type { Metrics } from './shared/metrics.js';
import { createBackendClient, type BackendClient } from './signed-http/backend-client.js';
import type { Storage } from './storage/database.js';
import type { WebhookEndpointRow } from './storage/schema-outbox.js';

export interface OutboxParts {
  config: Config;
  storage: Storage;
  /** To the endpoint of the settings. */
  client: BackendClient | null;
  metrics: Metrics;
  clock: Clock;
  random: Random;
  logger: Logger;
  /** Rejects with `session_not_found`. */
  requireSession(id: string): Promise<unknown>;
  sessions(): Promise<SessionView[]>;
}

export interface Outbox {
  routes: Route[];
  /** The outbox has something new. */
  wakeOutbox(): void;
  /** What waits, for `/ready`. */
  check(): Promise<{ ok: boolean } & Record<string, unknown>>;
  /** Deletes what has been kept long enough. */
  sweep(): Promise<void>;
  start(): Promise<void>;
  /** Takes nothing new, and waits at most so many milliseconds for what is under way. */
  stop(graceMs: number): Promise<void>;
  /** Breaks off what is under way; what came of it is written down by a further `stop`. */
  breakOff(): void;
}

/** Older than this, what waits is worth a look. */
const LATE_SECONDS = 300;

/** Everything between an event that is on disk and whoever hears of it. */
export function createOutbox({ config, storage, client, metrics, clock, random, logger, requireSession, sessions }: OutboxParts): Outbox {
  const { backend } = config;
  const connect = (endpoint: WebhookEndpointRow): BackendClient =>
    createBackendClient({
      url: endpoint.url,
      secrets: () => [endpoint.secret, ...(endpoint.previous_secret !== null && (endpoint.previous_until ?? 0) > clock.now() ? [endpoint.previous_secret] : [])],
      headers: JSON.parse(endpoint.headers) as Record<string, string>,
      // No credential of the settings ever goes to another endpoint.
      token: null,
      guard: { allowedHosts: backend.allowedHosts },
      timeoutMs: backend.timeoutMs,
      clock,
      maxSockets: backend.concurrency,
    });
  const rates = new DeliveryRates();
  const dispatchers = new Dispatchers({
    storage,
    postDefault: client && ((delivery) => client.post(WEBHOOK_PATH, delivery)),
    connect,
    settings: backend,
    clock,
    random,
    logger,
    onAttempt: (result, { sessionId, exchangeMs, sinceEventMs }) => {
      rates.note(sessionId, result === 'delivered', clock.now());
      metrics.deliveries.inc({ result });
      metrics.deliverySeconds.observe(exchangeMs / 1000);
      if (result === 'delivered') metrics.deliveryLatencySeconds.observe(sinceEventMs / 1000);
    },
  });

  const wakeOutbox = (): void => dispatchers.wake();
  const endpoints = new EndpointService({ storage, allowedHosts: backend.allowedHosts, clock, requireSession, refresh: () => dispatchers.refresh(), states: () => dispatchers.states() });
  const deliveries = new DeliveryService({ storage, clock, wakeOutbox });
  const redeliveries = new RedeliveryService({ storage, clock, wakeOutbox, logger });

  const oldestSeconds = (oldestPendingAt: number | null): number => (oldestPendingAt === null ? 0 : Math.max(0, clock.now() - oldestPendingAt) / 1000);
  metrics.collectFrom({
    outboxPending: async () => (await outboxFigures(storage.db)).pending,
    outboxDead: async () => (await outboxFigures(storage.db)).dead,
    oldestUndeliveredSeconds: async () => oldestSeconds((await outboxFigures(storage.db)).oldestPendingAt),
    endpoints: () => Promise.resolve(dispatchers.states()),
  });

  return {
    routes: [...endpointRoutes(endpoints), ...deliveryRoutes(deliveries, redeliveries), ...sessionHealthRoutes({ storage, rates, clock, sessions })],
    wakeOutbox,
    async sweep() {
      for (const [state, keepMs] of [['delivered', backend.keepDeliveredMs], ['dead', backend.keepDeadMs]] as const) {
        const deleted = keepMs === null ? 0 : await deliveries.purgeAll({ state, before: clock.now() - keepMs, sessions: null });
        if (deleted > 0) logger.info('Deliveries that were kept long enough are deleted', { state, deleted });
      }
      await endpoints.removeDrained();
      await redeliveries.forgetOld();
    },
    async check() {
      const { pending, dead, oldestPendingAt } = await outboxFigures(storage.db);
      const seconds = oldestSeconds(oldestPendingAt);
      return { ok: seconds < LATE_SECONDS, pending, dead, oldest_undelivered_seconds: Math.round(seconds * 10) / 10 };
    },
    async start() {
      await dispatchers.start();
      redeliveries.run();
    },
    async stop(graceMs) {
      await Promise.all([redeliveries.stop(), dispatchers.stop(graceMs)]);
    },
    breakOff: () => dispatchers.close(),
  };
}
