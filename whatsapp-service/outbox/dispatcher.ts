import type { Clock, Random } from '../shared/clock.js';
import { endsWithin, sleep } from '../shared/clock.js';
import type { Logger } from '../shared/logger.js';
import { Nap } from '../shared/nap.js';
import type { PostOutcome } from '../signed-http/backend-client.js';
import type { Storage } from '../storage/database.js';
import { EndpointGate, type BreakerState } from './endpoint-gate.js';
import { FinishedBatch } from './finished-batch.js';
import { hastenPart, laneHead, laneHeads, soonestLanes, type DueLane, type PendingDelivery } from './lane-store.js';
import { waitAfter } from './retry-schedule.js';
import { webhookBody } from './webhook-body.js';

export type PostWebhook = (delivery: { deliveryId: string; event: string; attempt: number; body: string }) => Promise<PostOutcome>;

export interface DispatcherSettings {
  concurrency: number;
  /** Milliseconds before each further attempt; then a dead letter. */
  retrySchedule: readonly number[];
  /** Wait after a 401 or 403, for the whole endpoint. */
  probeMs: number;
  /** Wait between tries of an endpoint that is away. */
  breakerMs: number;
}

export interface DispatcherOptions {
  endpoint: string;
  storage: Storage;
  post: PostWebhook;
  settings: DispatcherSettings;
  clock: Clock;
  random: Random;
  logger: Logger;
  /** Told of every attempt's end. Milliseconds: of the exchange, and since the event was stored. */
  onAttempt?: (result: 'delivered' | 'retry' | 'dead' | 'unauthorized', facts: { sessionId: string; exchangeMs: number; sinceEventMs: number }) => void;
}

/** Deliveries of one lane before another lane has its turn. */
const TURN = 50;
/** Lanes that are asked for at once, and how many deliveries of each, which usually are all: one question to the database for many turns. */
const LANES = 64;
const HEAD = 4;
/** However often it is woken, the database is asked this seldom: what comes together is found together. Milliseconds. */
const LOOK_MS = 20;
/** A wait is never longer: a clock may be set, and a wake-up may be lost. */
const LONGEST_WAIT_MS = 30_000;
/** Before the database is asked again that did not answer. */
const AFTER_ERROR_MS = 1_000;

/** Why a lane ends its turn: the time of its next one. */
type Turn = Omit<DueLane, 'lane'>;

/**
 * Brings the outbox to one endpoint. A lane (a chat) is worked by one hand at a time and strictly in order; lanes run beside one another.
 * A lane whose first delivery fails waits alone. It knows no event: only lanes, bodies and verdicts.
 */
export class Dispatcher {
  /** Lanes that are in somebody's hand, until what came of them is on disk. */
  private readonly busy = new Map<string, Promise<void>>();
  /** Of these, how many may have a request under way. */
  private posting = 0;
  /** Due lanes whose turn has not come. */
  private due: (DueLane & { head: PendingDelivery[] })[] = [];
  /** When the database was last asked, by the process's own clock, and when the next lane is due that was not yet. */
  private lookedAt = -Infinity;
  private nextAt = 0;
  private readonly finished: FinishedBatch;
  private readonly gate: EndpointGate;
  private running: Promise<void> | null = null;
  private stopping = false;
  private readonly nap = new Nap();

  constructor(private readonly options: DispatcherOptions) {
    const { storage, clock, logger, settings, endpoint } = options;
    this.finished = new FinishedBatch(storage, clock);
    this.gate = new EndpointGate({
      ...settings,
      clock,
      onOpen: () => logger.error('An endpoint is away: its deliveries wait, nothing is lost', { endpoint }),
      onClose: () => {
        logger.info('The endpoint is back: what waited for it is delivered', { endpoint });
        this.hasten().catch((error: unknown) => logger.error('What waits for an endpoint could not be made due; it keeps its schedule', { endpoint, error }));
      },
    });
  }

  get state(): { breaker: BreakerState; paused: boolean } {
    return { breaker: this.gate.state, paused: this.gate.isPaused };
  }

  start(): void {
    if (this.running) return;
    this.stopping = false;
    this.running = this.run();
  }

  /** There is something new: look now. */
  wake(): void {
    this.nap.end();
  }

  /** Takes nothing new, and waits at most `graceMs` for what is under way. The rest stays in the outbox. */
  async stop(graceMs: number): Promise<void> {
    this.stopping = true;
    this.wake();
    if (!this.running) return;
    const ended = await endsWithin(graceMs, this.running.then(() => Promise.all(this.busy.values())).then(() => this.finished.flush()));
    if (ended) this.running = null;
  }

  private async run(): Promise<void> {
    while (!this.stopping) {
      this.nap.begin();
      const wait = await this.startDueLanes().catch((error: unknown) => {
        // The database is busy or its disk is full; what is pending is not lost.
        this.options.logger.error('The outbox could not be read; it is tried again', { error });
        return AFTER_ERROR_MS;
      });
      if (!this.stopping && wait > 0) await this.nap.take(Math.min(wait, LONGEST_WAIT_MS));
    }
  }

  /** Returns how long there is nothing to do, in milliseconds. */
  private async startDueLanes(): Promise<number> {
    const { clock } = this.options;
    const { gate } = this;
    if (gate.waitMs() > 0) return gate.waitMs();
    if (this.freeHands() <= 0) return LONGEST_WAIT_MS;
    if (this.due.length === 0) {
      const tooSoon = this.lookedAt + LOOK_MS - performance.now();
      if (tooSoon > 0) await sleep(tooSoon);
      await this.look();
    }
    // The endpoint may have refused us while the database was asked.
    for (const lane of this.due.splice(0, Math.max(0, this.freeHands()))) this.startLane(lane);
    if (gate.waitMs() > 0) return gate.waitMs();
    // The end of a turn wakes us.
    if (this.freeHands() <= 0) return LONGEST_WAIT_MS;
    return Math.max(1, this.nextAt - clock.now());
  }

  /** Asks the database which lanes are due, and when the next one will be. */
  private async look(): Promise<void> {
    const { storage, clock, endpoint } = this.options;
    this.lookedAt = performance.now();
    const lanes = await soonestLanes(storage.db, endpoint, { busy: [...this.busy.keys()], limit: LANES });
    const now = clock.now();
    let due = lanes.filter(({ nextAttemptAt }) => nextAttemptAt <= now);
    const [soonest] = lanes;
    // Nothing is due for hours, perhaps: one is tried ahead of its time, to see whether the endpoint is back.
    if (due.length === 0 && this.gate.isTrying && soonest && !soonest.told) due = [soonest];
    const heads = due.length > 0 ? await laneHeads(storage.db, due.map(({ lane }) => lane), HEAD) : new Map<string, PendingDelivery[]>();
    this.due = due.map((lane) => ({ ...lane, head: heads.get(lane.lane) ?? [] }));
    const later = lanes.find(({ nextAttemptAt }) => nextAttemptAt > now);
    this.nextAt = later?.nextAttemptAt ?? (lanes.length < LANES ? now + LONGEST_WAIT_MS : now);
  }

  private freeHands(): number {
    return this.gate.hands(this.options.settings.concurrency) - this.posting;
  }

  private startLane(lane: DueLane & { head: PendingDelivery[] }): void {
    const work = this.workLane(lane)
      .catch((error: unknown) => {
        this.options.logger.error('A lane of the outbox failed; it is tried again', { error });
        // What came of its deliveries may not be on disk, so that it is still due: without a pause it would post them in a circle.
        return sleep(AFTER_ERROR_MS);
      })
      .finally(() => {
        this.busy.delete(lane.lane);
        this.wake();
      });
    this.busy.set(lane.lane, work);
  }

  private async workLane(due: DueLane & { head: PendingDelivery[] }): Promise<void> {
    const { storage, clock } = this.options;
    let turn: Turn | null = null;
    let scheduledAt = due.scheduledAt;
    this.posting++;
    try {
      const deliveries = due.head.length < HEAD ? due.head : await laneHead(storage.db, due.lane, TURN);
      for (const delivery of deliveries) {
        turn = this.stopping ? at(clock.now(), scheduledAt) : await this.attempt(delivery, scheduledAt);
        if (turn) break;
        // The next one has a schedule of its own, which begins now.
        scheduledAt = clock.now();
      }
    } finally {
      // Another lane may begin while this one is written down.
      this.posting--;
      this.wake();
    }
    await this.finished.endLane({ lane: due.lane, ...(turn ?? at(clock.now(), scheduledAt)) });
  }

  /** Null: settled, the next one may go. Else: when this lane has its next turn. */
  private async attempt(delivery: PendingDelivery, scheduledAt: number): Promise<Turn | null> {
    const { clock, post } = this.options;
    const now = clock.now();
    const attempt = delivery.attempts + 1;
    const outcome = await this.gate.ask(delivery.lane, () => post({ deliveryId: delivery.id, event: delivery.name, attempt, body: webhookBody(delivery, now) }));
    // Sent nothing: the endpoint is away.
    if (outcome === null) return at(now, scheduledAt);
    return this.settle(delivery, { outcome, at: now, scheduledAt });
  }

  private settle(delivery: PendingDelivery, { outcome, at: startedAt, scheduledAt }: { outcome: PostOutcome; at: number; scheduledAt: number }): Turn | null {
    const { clock, logger, endpoint, settings, random } = this.options;
    const { verdict, status, durationMs, excerpt } = outcome;
    const number = delivery.attempts + 1;
    const facts = { endpoint, session: delivery.sessionId, delivery: delivery.id, event: delivery.name, attempt: number, status, ms: Math.round(durationMs) };
    const attempt = { number, at: startedAt, durationMs: Math.round(durationMs), answer: excerpt };
    const end = { id: delivery.id, status, counts: false, attempt };
    switch (verdict.kind) {
      case 'done':
        this.admit();
        this.finished.add({ ...end, state: 'delivered', error: null });
        logger.debug('Webhook delivered', facts);
        this.told('delivered', delivery, durationMs);
        return null;
      case 'refused':
        this.admit();
        this.finished.add({ ...end, state: 'dead', error: verdict.excerpt });
        logger.error('An endpoint refused a webhook for good; it is kept as a dead letter', facts);
        this.told('dead', delivery, durationMs);
        return null;
      case 'unauthorized': {
        const isNew = this.gate.pause();
        if (isNew) logger.error('An endpoint refuses our credentials: its deliveries are paused, nothing is lost. Check its secret and its token on both sides', { endpoint, status });
        this.finished.add({ ...end, state: 'pending', error: `HTTP ${verdict.status}: check the secret and the token on both sides`, attempt: isNew ? attempt : null });
        this.told('unauthorized', delivery, durationMs);
        return at(clock.now(), scheduledAt);
      }
      case 'retry': {
        const now = clock.now();
        // A time that the endpoint named, a try ahead of the schedule, and a stop of ours use no step.
        const counts = verdict.afterMs === null && startedAt >= scheduledAt && outcome.failure !== 'CLOSED';
        const wait = counts ? waitAfter(delivery.failures + 1, settings.retrySchedule, random) : null;
        const isDead = counts && wait === null;
        this.finished.add({ ...end, counts, state: isDead ? 'dead' : 'pending', error: verdict.reason, attempt: counts || verdict.afterMs !== null ? attempt : null });
        this.told(isDead ? 'dead' : 'retry', delivery, durationMs);
        if (isDead) {
          logger.error('A webhook was not delivered on any attempt of its schedule; it is kept as a dead letter', { ...facts, reason: verdict.reason });
          return null;
        }
        const turn = verdict.afterMs !== null ? { nextAttemptAt: now + verdict.afterMs, scheduledAt: now + verdict.afterMs, told: true } : at(now + (wait ?? 0), wait === null ? scheduledAt : now + wait);
        if (turn.nextAttemptAt < turn.scheduledAt) turn.nextAttemptAt = turn.scheduledAt;
        logger.warn('A webhook was not delivered; it is tried again', { ...facts, reason: verdict.reason, next_in_ms: turn.nextAttemptAt - now });
        return turn;
      }
    }
  }

  private told(result: 'delivered' | 'retry' | 'dead' | 'unauthorized', delivery: PendingDelivery, exchangeMs: number): void {
    this.options.onAttempt?.(result, { sessionId: delivery.sessionId, exchangeMs, sinceEventMs: this.options.clock.now() - delivery.createdAt });
  }

  /** Lanes that waited for the credentials are due already; those that wait for another reason go on waiting. */
  private admit(): void {
    if (!this.gate.admit()) return;
    this.options.logger.info('The endpoint accepts our credentials again: deliveries go on', { endpoint: this.options.endpoint });
    this.wake();
  }

  private async hasten(): Promise<void> {
    const { storage, clock, endpoint } = this.options;
    const now = clock.now();
    while (!this.stopping && (await storage.transaction((trx) => hastenPart(trx, endpoint, now))) > 0) this.wake();
  }
}

const at = (nextAttemptAt: number, scheduledAt: number): Turn => ({ nextAttemptAt, scheduledAt, told: false });
