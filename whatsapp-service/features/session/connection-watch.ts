import type { SessionState } from '../../contracts/states.js';
import type { Clock } from '../../shared/clock.js';

/** What a look at the page's own word on its connection tells. */
export type Seen = 'nothing' | 'restored' | 'lost' | 'stuck';

/** Two services that both take over would do so for ever. */
const MAX_TAKEOVERS = 5;
const TAKEOVER_WINDOW_MS = 10 * 60_000;
/** A state may be in passing once. */
const TIMES_IN_A_ROW = 2;

/** Whether a session that worked is connected now, and for how long it has not been. */
export class ConnectionWatch {
  private lostAt: number | null = null;
  private strange = 0;
  private takeovers: number[] = [];

  constructor(
    /** Milliseconds after which a page that does not reconnect is started again; 0: never. */
    private readonly stuckAfterMs: number,
    private readonly clock: Clock,
  ) {}

  get isLost(): boolean {
    return this.lostAt !== null;
  }

  /** Another page. What was taken over before still counts. */
  restart(): void {
    this.restored();
  }

  lost(): void {
    this.lostAt ??= this.clock.now();
  }

  restored(): void {
    this.lostAt = null;
    this.strange = 0;
  }

  /** False: it was taken over too often, and somebody has to decide. */
  takesOver(): boolean {
    const now = this.clock.now();
    this.takeovers = [...this.takeovers.filter((at) => now - at < TAKEOVER_WINDOW_MS), now];
    return this.takeovers.length <= MAX_TAKEOVERS;
  }

  /** `socketState` is WhatsApp Web's own word, `state` what we take the session for. */
  see(socketState: string, state: SessionState): Seen {
    if (socketState === 'CONNECTED') {
      this.strange = 0;
      return this.isLost ? 'restored' : 'nothing';
    }
    if (this.lostAt !== null) return this.stuckAfterMs > 0 && this.clock.now() - this.lostAt >= this.stuckAfterMs ? 'stuck' : 'nothing';
    if (state !== 'WORKING') return 'nothing';
    return ++this.strange >= TIMES_IN_A_ROW ? 'lost' : 'nothing';
  }
}
