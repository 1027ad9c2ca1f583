import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { sleep } from './clock.js';
import { RollingCount } from './rolling-count.js';

/** A part takes only what it counts, as `Pick<Metrics, 'messagesSent'>` or as a function. It never sees the library behind. */
export interface Count<Label extends string> {
  inc(labels: Readonly<Record<Label, string>>, by?: number): void;
}

/** Where the figures come from that are read when somebody looks, and not before. */
export interface GaugeSources {
  outboxPending(): Promise<number>;
  outboxDead(): Promise<number>;
  endpoints(): Promise<readonly EndpointFigures[]>;
  oldestUndeliveredSeconds(): Promise<number>;
  /** State → how many sessions are in it. */
  sessions(): Promise<Readonly<Record<string, number>>>;
  browsers(): Promise<BrowserFigures>;
}

/** What the browsers of all sessions take. */
export interface BrowserFigures {
  memoryBytes: number;
  /** The largest one's. */
  largestBytes: number;
  /** Feature of WhatsApp Web that is gone → in how many sessions. */
  featuresOff: Readonly<Record<string, number>>;
}

export interface EndpointFigures {
  endpoint: string;
  breaker: 'closed' | 'half_open' | 'open';
  paused: boolean;
}

/**
 * Every figure of the service. A label's values come from a fixed list (states, kinds, route patterns), never from
 * outside: each new one stays in memory for good. Only gauges that are made anew for each scrape name endpoints.
 */
export interface Metrics {
  inboundEvents: Count<'kind'>;
  deliveries: Count<'result'>;
  deliverySeconds: { observe(seconds: number): void };
  /** From an event's commit to its delivery. */
  deliveryLatencySeconds: { observe(seconds: number): void };
  sessionRestarts: Count<'reason'>;
  messagesSent: Count<'result'>;
  syncChats: Count<'result'>;
  blastSkipped: Count<'reason' | 'flag'>;
  httpRequests: Count<'method' | 'route' | 'status'>;
  httpSeconds: { observe(labels: Readonly<Record<'method' | 'route', string>>, seconds: number): void };
  /** Hands in the gauges' sources, once they exist. What a source that fails or hangs would have told is left out of the scrape. */
  collectFrom(sources: Partial<GaugeSources>): void;
  /** What Prometheus reads. */
  render(): Promise<{ type: string; text: string }>;
}

/** Prometheus gives a scrape up after 10 s; one slow source must not cost all the other figures. */
const SOURCE_DEADLINE_MS = 2_000;
/** Over how long the rate of chat syncs is taken. */
const RATE_MS = 60_000;
const QUICK = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const BREAKER_LEVELS = { closed: 0, half_open: 1, open: 2 } as const;

/** One registry of its own, so that two services in one process (as in tests) do not share figures. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  let sources: Partial<GaugeSources> = {};
  collectDefaultMetrics({ register: registry });

  const counter = <L extends string>(name: string, help: string, labelNames: L[]): Counter<L> => new Counter({ name: `bridge_${name}`, help, labelNames, registers });
  const gauge = <L extends string>(name: string, help: string, labelNames: L[]): Gauge<L> => new Gauge({ name: `bridge_${name}`, help, labelNames, registers });
  const histogram = <L extends string>(name: string, help: string, labelNames: L[], buckets = QUICK): Histogram<L> =>
    new Histogram({ name: `bridge_${name}`, help, labelNames, buckets, registers });

  const outboxPending = gauge('outbox_pending', 'Events that the backend does not have yet', []);
  const outboxOldest = gauge('outbox_oldest_seconds', 'Age of the oldest event that the backend does not have yet; 0 when there is none', []);
  const outboxDead = gauge('outbox_dead', 'Dead letters: deliveries that were given up and can be sent again', []);
  const breaker = gauge('endpoint_breaker', 'Circuit breaker of an endpoint: 0 closed, 1 half open, 2 open', ['endpoint']);
  const paused = gauge('endpoint_paused', 'Whether an endpoint refuses our credentials', ['endpoint']);
  const sessions = gauge('sessions', 'Sessions by state', ['state']);
  const syncRate = gauge('sync_chats_per_second', 'Chats that chat syncs brought to the backend, over the last minute', []);
  const syncChats = counter('sync_chats_total', 'Chats of chat syncs, by what came of them', ['result']);
  const synced = new RollingCount(RATE_MS);

  const browserMemory = gauge('browser_memory_bytes', 'Memory of all browsers (PSS)', []);
  const browserLargest = gauge('browser_memory_largest_bytes', 'Memory of the browser that takes most (PSS)', []);
  const featuresOff = gauge('page_features_off', 'Sessions in which a feature does not work because WhatsApp Web has changed', ['feature']);

  const readBrowsers = async (): Promise<void> => {
    const figures = await valueOf(sources.browsers);
    setOrForget(browserMemory, figures?.memoryBytes);
    setOrForget(browserLargest, figures?.largestBytes);
    featuresOff.reset();
    for (const [feature, count] of Object.entries(figures?.featuresOff ?? {})) featuresOff.set({ feature }, count);
  };

  const readSources = async (): Promise<void> => {
    const [pending, dead, oldest, states, endpoints] = await Promise.all([
      valueOf(sources.outboxPending), valueOf(sources.outboxDead), valueOf(sources.oldestUndeliveredSeconds), valueOf(sources.sessions), valueOf(sources.endpoints),
    ]);
    setOrForget(outboxPending, pending);
    setOrForget(outboxDead, dead);
    setOrForget(outboxOldest, oldest);
    syncRate.set(synced.total(Date.now()) / (RATE_MS / 1000));
    for (const each of [sessions, breaker, paused]) each.reset();
    for (const [state, count] of Object.entries(states ?? {})) sessions.set({ state }, count);
    for (const { endpoint, ...state } of endpoints ?? []) {
      breaker.set({ endpoint }, BREAKER_LEVELS[state.breaker]);
      paused.set({ endpoint }, state.paused ? 1 : 0);
    }
  };

  return {
    inboundEvents: counter('inbound_events_total', 'Events from WhatsApp that are on disk', ['kind']),
    deliveries: counter('deliveries_total', 'Attempts to deliver to the backend, by what came of them', ['result']),
    deliverySeconds: histogram('delivery_seconds', 'How long one attempt to deliver took', []),
    sessionRestarts: counter('session_restarts_total', 'Restarts of sessions, by reason', ['reason']),
    messagesSent: counter('messages_sent_total', 'Attempts to send a message, by what came of them', ['result']),
    deliveryLatencySeconds: histogram('delivery_latency_seconds', 'From the commit of an event to its delivery', [], [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30, 120, 600, 3_600, 21_600, 86_400]),
    syncChats: {
      inc: (labels, by = 1) => {
        syncChats.inc(labels, by);
        if (labels.result === 'synced') synced.add(by, Date.now());
      },
    },
    blastSkipped: counter('blast_skipped_recipients', 'Recipients of blasts that were left out, by reason and by skipRecipientsInAddress', ['reason', 'flag']),
    httpRequests: counter('http_requests_total', 'HTTP requests, by their answer', ['method', 'route', 'status']),
    httpSeconds: histogram('http_request_seconds', 'How long an HTTP request took', ['method', 'route']),
    collectFrom: (more) => {
      sources = { ...sources, ...more };
    },
    render: async () => {
      await Promise.all([readSources(), readBrowsers()]);
      return { type: registry.contentType, text: await registry.metrics() };
    },
  };
}

/** A figure that is not known is absent; 0 would be a lie that silences an alert. */
function setOrForget(gauge: Gauge, value: number | undefined): void {
  if (value === undefined) gauge.remove();
  else gauge.set(value);
}

/** What the source says; undefined when there is none, when it fails and when it is late. */
async function valueOf<T>(source: (() => Promise<T>) | undefined): Promise<T | undefined> {
  if (!source) return undefined;
  const answered = new AbortController();
  try {
    return await Promise.race([source(), sleep(SOURCE_DEADLINE_MS, answered.signal).then(() => undefined)]);
  } catch {
    return undefined;
  } finally {
    answered.abort();
  }
}
