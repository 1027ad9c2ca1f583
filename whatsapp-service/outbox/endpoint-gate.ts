import { BrokenCircuitError, circuitBreaker, CircuitState, handleWhenResult, type IBreaker } from 'cockatiel';
import type { Clock } from '../shared/clock.js';
import type { PostOutcome } from '../signed-http/backend-client.js';

export type BreakerState = 'closed' | 'open' | 'half_open';

export interface GateOptions {
  /** Wait between tries of an endpoint that is away. */
  breakerMs: number;
  /** Wait between tries after a 401 or 403. */
  probeMs: number;
  clock: Clock;
  onOpen(): void;
  /** The endpoint takes deliveries again. */
  onClose(): void;
}

/** So many failures in a row, without one success, say that the endpoint is away. */
const FAILURES = 5;
/** A timer may be early by as much. Milliseconds. */
const MARGIN_MS = 5;

/**
 * Whether an endpoint may be asked now. Two things close it: credentials that it refuses (401, 403), and its being away. Either way one
 * delivery after the other is tried until one is taken.
 */
export class EndpointGate {
  private pausedUntil = 0;
  private brokenUntil = 0;
  private readonly failures = new FailuresInARow();
  private readonly breaker;

  constructor(private readonly options: GateOptions) {
    const { breakerMs, clock } = options;
    this.breaker = circuitBreaker(
      handleWhenResult((result) => saysAway(result as PostOutcome)),
      { halfOpenAfter: breakerMs, breaker: this.failures },
    );
    this.breaker.onBreak(() => {
      // Told once, and not again after each try that failed.
      if (this.brokenUntil === 0) options.onOpen();
      this.brokenUntil = clock.now() + breakerMs + MARGIN_MS;
    });
    this.breaker.onReset(() => {
      this.brokenUntil = 0;
      options.onClose();
    });
  }

  /** How many deliveries may be under way, of `most`. */
  hands(most: number): number {
    if (this.waitMs() > 0) return 0;
    return this.isTrying ? Math.min(1, most) : most;
  }

  /** Milliseconds until something may be tried; 0: now. */
  waitMs(): number {
    return Math.max(0, Math.max(this.pausedUntil, this.brokenUntil) - this.options.clock.now());
  }

  /** One delivery is tried, to see whether the endpoint is back. */
  get isTrying(): boolean {
    return this.pausedUntil > 0 || this.brokenUntil > 0;
  }

  get isPaused(): boolean {
    return this.pausedUntil > 0;
  }

  get state(): BreakerState {
    if (this.breaker.state === CircuitState.Closed) return 'closed';
    return this.breaker.state === CircuitState.HalfOpen ? 'half_open' : 'open';
  }

  /** Makes one request, of this lane; null when the endpoint has turned out to be away meanwhile: then nothing was sent. */
  async ask(lane: string, post: () => Promise<PostOutcome>): Promise<PostOutcome | null> {
    try {
      return await this.breaker.execute(async () => {
        const outcome = await post();
        this.failures.note(lane, outcome);
        return outcome;
      });
    } catch (error) {
      if (error instanceof BrokenCircuitError) return null;
      throw error;
    }
  }

  /** The endpoint refuses our credentials. True: it did not before. */
  pause(): boolean {
    const isNew = this.pausedUntil === 0;
    this.pausedUntil = this.options.clock.now() + this.options.probeMs;
    return isNew;
  }

  /** The endpoint took or judged a delivery. True: it had refused our credentials before. */
  admit(): boolean {
    const wasPaused = this.pausedUntil > 0;
    this.pausedUntil = 0;
    return wasPaused;
  }
}

/** A time that the endpoint names, and a stop of ours, do not say that it is away. */
function saysAway({ verdict, failure }: PostOutcome): boolean {
  return verdict.kind === 'retry' && verdict.afterMs === null && failure !== 'CLOSED';
}

/** No connection, or one that broke: that is never about one chat. An answer that is late may be. */
function isUnreachable({ status, failure }: PostOutcome): boolean {
  return status === null && failure !== null && failure !== 'TIMEOUT';
}

/**
 * Counts each chat once, unless the endpoint cannot be reached at all: a chat whose event the endpoint cannot digest must not
 * make all the others wait.
 */
class FailuresInARow implements IBreaker {
  state: unknown;
  private readonly lanes = new Set<string>();
  private unreachable = 0;

  note(lane: string, outcome: PostOutcome): void {
    if (!saysAway(outcome)) return;
    if (isUnreachable(outcome)) this.unreachable++;
    else this.lanes.add(lane);
  }

  success(): void {
    this.lanes.clear();
    this.unreachable = 0;
  }

  failure(): boolean {
    return this.lanes.size + this.unreachable >= FAILURES;
  }
}
