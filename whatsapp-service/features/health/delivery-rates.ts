import { RollingCount } from '../../shared/rolling-count.js';

const RATE_MS = 5 * 60_000;
const SUCCESS_MS = 3_600_000;

interface Counts {
  delivered: RollingCount;
  succeeded: RollingCount;
  failed: RollingCount;
}

/** How deliveries of each session went lately. Counted in memory: the database is not asked again for what has just happened. */
export class DeliveryRates {
  private readonly sessions = new Map<string, Counts>();

  note(sessionId: string, succeeded: boolean, now: number): void {
    const counts = this.sessions.get(sessionId) ?? { delivered: new RollingCount(RATE_MS), succeeded: new RollingCount(SUCCESS_MS), failed: new RollingCount(SUCCESS_MS) };
    this.sessions.set(sessionId, counts);
    if (succeeded) {
      counts.delivered.add(1, now);
      counts.succeeded.add(1, now);
    } else counts.failed.add(1, now);
  }

  /** `perSecond` over five minutes, `successRate` (0 to 1) over an hour; 1 when there was nothing to deliver. */
  of(sessionId: string, now: number): { perSecond: number; successRate: number } {
    const counts = this.sessions.get(sessionId);
    if (!counts) return { perSecond: 0, successRate: 1 };
    const succeeded = counts.succeeded.total(now);
    const attempts = succeeded + counts.failed.total(now);
    return { perSecond: counts.delivered.total(now) / (RATE_MS / 1000), successRate: attempts === 0 ? 1 : succeeded / attempts };
  }

  /** Sessions that are gone are forgotten. */
  keepOnly(sessionIds: ReadonlySet<string>): void {
    for (const id of this.sessions.keys()) if (!sessionIds.has(id)) this.sessions.delete(id);
  }
}
