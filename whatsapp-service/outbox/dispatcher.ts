import type { Clock, Random } from '../shared/clock.js';
import { endsWithin, sleep } from '../shared/clock.js';
import type { Logger } from '../shared/logger.js';
import type { PostOutcome } from '../signed-http/backend-client.js';
import { retryDelay } from '../signed-http/retry-delay.js';
import type { Storage } from '../storage/database.js';
import { FinishedBatch } from './finished-batch.js';
import { dueLanes, laneHead, markFailed, nextDue, type PendingDelivery } from './outbox-store.js';
import { webhookBody } from './webhook-body.js';

export const WEBHOOK_PATH = '/api/whatsapp/webhook';

export interface DispatcherOptions {
  storage: Storage;
  /** Null: there is no backend, and everything waits. */
  post: ((path: string, delivery: { deliveryId: string; event: string; attempt: number; body: string }) => Promise<PostOutcome>) | null;
  concurrency: number;
  quickRetries: number;
  retryBaseMs: number;
  retryCapMs: number;
  /** Wait after a 401 or 403, for the whole endpoint. */
  probeMs: number;
  clock: Clock;
  random: Random;
  logger: Logger;
  /** Told of every attempt's end. */
  onAttempt?: (result: 'delivered' | 'retry' | 'dead' | 'unauthorized', durationMs: number) => void;
}

/** Deliveries of one lane before another lane has its turn. */
const TURN = 50;
/** Due lanes that are asked for at once: one question to the database for many turns. */
const DUE_LANES = 64;
/** A wait is never longer: a clock may be set, and a wake-up may be lost. */
const LONGEST_WAIT_MS = 30_000;

/**
 * Brings the outbox to the backend. A lane (a chat) is worked by one hand at a time and strictly in order; lanes run
 * beside one another. A lane whose first delivery fails waits alone. It knows no event: only lanes, bodies and verdicts.
 */
export class Dispatcher {
  /** Lanes that are in somebody's hand, until what came of them is on disk. */
  private readonly busy = new Map<string, Promise<void>>();
  /** Of these, how many may have a request under way. */
  private posting = 0;
  /** Due lanes whose turn has not come. */
  private due: string[] = [];
  private readonly finished: FinishedBatch;
  private running: Promise<void> | null = null;
  private stopping = false;
  private wakeUp = new AbortController();
  /** Set while the backend refuses our credentials. */
  private pausedUntil = 0;

  constructor(private readonly options: DispatcherOptions) {
    this.finished = new FinishedBatch(options.storage, options.clock);
  }

  start(): void {
    if (!this.options.post || this.running) return;
    this.stopping = false;
    this.running = this.run();
  }

  /** There is something new: look now. */
  wake(): void {
    this.wakeUp.abort();
  }

  /** Whether the backend refuses our credentials, and until when nothing is tried. */
  paused(): { until: number } | null {
    return this.pausedUntil > 0 ? { until: this.pausedUntil } : null;
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
      this.wakeUp = new AbortController();
      const wait = await this.startDueLanes().catch((error: unknown) => {
        // The database is busy or its disk is full; what is pending is not lost.
        this.options.logger.error('The outbox could not be read; it is tried again', { error });
        return this.options.retryBaseMs;
      });
      if (!this.stopping && wait > 0) await sleep(Math.min(wait, LONGEST_WAIT_MS), this.wakeUp.signal);
    }
  }

  /** Returns how long there is nothing to do, in milliseconds. */
  private async startDueLanes(): Promise<number> {
    const { storage, clock } = this.options;
    const now = clock.now();
    if (this.pausedUntil > now) return this.pausedUntil - now;
    if (this.freeHands() <= 0) return LONGEST_WAIT_MS;
    if (this.due.length === 0) this.due = await dueLanes(storage.db, now, [...this.busy.keys()], DUE_LANES);
    // The backend may have refused us while the database was asked.
    if (this.pausedUntil > now) return this.pausedUntil - now;
    for (const lane of this.due.splice(0, this.freeHands())) this.startLane(lane);
    // The end of a turn wakes us.
    if (this.freeHands() <= 0) return LONGEST_WAIT_MS;
    const next = await nextDue(storage.db, [...this.busy.keys()]);
    return next === null ? LONGEST_WAIT_MS : Math.max(1, next - clock.now());
  }

  /** A backend that refuses our credentials is only probed. */
  private freeHands(): number {
    return (this.pausedUntil > 0 ? 1 : this.options.concurrency) - this.posting;
  }

  private startLane(lane: string): void {
    const work = this.workLane(lane)
      .catch((error: unknown) => {
        this.options.logger.error('A lane of the outbox failed; it is tried again', { error });
        // What came of its deliveries may not be on disk, so that it is still due: without a pause it would post them in a circle.
        return sleep(this.options.retryBaseMs);
      })
      .finally(() => {
        this.busy.delete(lane);
        this.wake();
      });
    this.busy.set(lane, work);
  }

  private async workLane(lane: string): Promise<void> {
    const { storage, clock } = this.options;
    let nextAttemptAt = clock.now();
    this.posting++;
    try {
      for (const delivery of await laneHead(storage.db, lane, TURN)) {
        if (this.stopping) break;
        const wait = await this.attempt(delivery);
        if (wait === null) continue;
        nextAttemptAt = clock.now() + wait;
        break;
      }
    } finally {
      // Another lane may begin while this one is written down.
      this.posting--;
      this.wake();
    }
    await this.finished.endLane({ lane, nextAttemptAt });
  }

  /** Null: settled, the next one may go. A number: this lane waits so many milliseconds. */
  private async attempt(delivery: PendingDelivery): Promise<number | null> {
    const { clock, logger, post, onAttempt } = this.options;
    if (!post) return LONGEST_WAIT_MS;
    const attempt = delivery.attempts + 1;
    const { verdict, status, durationMs } = await post(WEBHOOK_PATH, {
      deliveryId: delivery.id,
      event: delivery.name,
      attempt,
      body: webhookBody(delivery, clock.now()),
    });
    const facts = { session: delivery.sessionId, delivery: delivery.id, event: delivery.name, attempt, status, ms: Math.round(durationMs) };
    switch (verdict.kind) {
      case 'done':
        this.resume();
        this.finished.add({ id: delivery.id, state: 'delivered', status, error: null });
        logger.debug('Webhook delivered', facts);
        onAttempt?.('delivered', durationMs);
        return null;
      case 'refused':
        this.resume();
        this.finished.add({ id: delivery.id, state: 'dead', status, error: verdict.excerpt });
        logger.error('The backend refused a webhook for good; it is kept as a dead letter', facts);
        onAttempt?.('dead', durationMs);
        return null;
      case 'unauthorized':
        await this.failed(delivery, status, `HTTP ${verdict.status}: check WEBHOOK_SECRET and BACKEND_TOKEN on both sides`);
        this.pause(verdict.status);
        onAttempt?.('unauthorized', durationMs);
        return 0;
      case 'retry': {
        const wait = verdict.afterMs ?? retryDelay({ attempt, quickRetries: this.options.quickRetries, baseMs: this.options.retryBaseMs, capMs: this.options.retryCapMs }, this.options.random);
        await this.failed(delivery, status, verdict.reason);
        logger.warn('A webhook was not delivered; it is tried again', { ...facts, reason: verdict.reason, next_in_ms: wait });
        onAttempt?.('retry', durationMs);
        return wait;
      }
    }
  }

  private async failed(delivery: PendingDelivery, status: number | null, error: string): Promise<void> {
    await this.options.storage.transaction((trx) => markFailed(trx, delivery.id, status, error));
  }

  private pause(status: number): void {
    if (this.pausedUntil === 0) {
      this.options.logger.error('The backend refuses our credentials: deliveries are paused, nothing is lost. Check WEBHOOK_SECRET and BACKEND_TOKEN on both sides', { status });
    }
    this.pausedUntil = this.options.clock.now() + this.options.probeMs;
  }

  /** The backend took something. Lanes that it refused are due already; those that wait for another reason go on waiting. */
  private resume(): void {
    if (this.pausedUntil === 0) return;
    this.pausedUntil = 0;
    this.options.logger.info('The backend accepts our credentials again: deliveries go on');
    this.wake();
  }
}
