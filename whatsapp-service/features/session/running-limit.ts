import { ApiError } from '../../contracts/errors.js';
import type { SessionState } from '../../contracts/states.js';
import type { SessionId } from '../../shared/ids.js';

/** What a session in this state has: a browser, or a place kept for one. */
const RUNNING: ReadonlySet<SessionState> = new Set<SessionState>(['STARTING', 'SCAN_QR_CODE', 'WORKING']);

export interface RunningSession {
  id: SessionId;
  state: SessionState;
}

/** How many sessions may run at once. A place is taken before anything is waited for, so that two starts never share the last one. */
export class RunningLimit {
  private readonly reserved = new Set<SessionId>();

  constructor(
    /** 0: no limit. */
    private readonly max: number,
    private readonly sessions: () => Iterable<RunningSession>,
  ) {}

  /** @throws ApiError `session_limit` when none is free. */
  take(id: SessionId): void {
    const running = new Set(this.reserved);
    for (const session of this.sessions()) if (RUNNING.has(session.state)) running.add(session.id);
    if (this.max > 0 && !running.has(id) && running.size >= this.max) throw new ApiError('session_limit', { limit: this.max, running: running.size });
    this.reserved.add(id);
  }

  /** Its state tells from here on whether it runs, or it does not start after all. */
  settle(id: SessionId): void {
    this.reserved.delete(id);
  }
}
