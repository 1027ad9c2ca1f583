import { SESSION_REASONS, type SessionReason, type SessionState } from '../../contracts/states.js';
import { appendEvents, type NewEvent } from '../../outbox/outbox-store.js';
import { iso, type Clock } from '../../shared/clock.js';
import type { SessionId } from '../../shared/ids.js';
import type { Logger } from '../../shared/logger.js';
import type { Storage } from '../../storage/database.js';
import type { SessionRow } from '../../storage/schema.js';
import { updateSession, type SessionChange } from './session-store.js';

export interface RecordOptions {
  storage: Storage;
  clock: Clock;
  logger: Logger;
  /** The outbox has something new. */
  wakeOutbox(): void;
}

export interface StateChange {
  detail?: string | null;
  row?: SessionChange;
  /** What the backend hears beside the new state. */
  events?: readonly NewEvent[];
  featuresOff?: readonly string[];
}

/** What is known of one session: its state in memory, on disk, and as the backend was told. */
export class SessionRecord {
  state: SessionState;
  reason: SessionReason;

  constructor(
    private row: SessionRow,
    private readonly options: RecordOptions,
  ) {
    this.state = row.state;
    this.reason = row.reason;
  }

  get id(): SessionId {
    return this.row.id as SessionId;
  }

  get isPaired(): boolean {
    return this.row.paired === 1;
  }

  /** One commit for the row and what the backend hears of it. */
  async change(state: SessionState, reason: SessionReason, { detail = null, row = {}, events = [], featuresOff }: StateChange = {}): Promise<void> {
    const { storage, clock, logger, wakeOutbox } = this.options;
    const now = clock.now();
    const previous = this.state;
    const phone = row.phone === undefined ? this.row.phone : row.phone;
    const status: NewEvent<'session.status'> = {
      name: 'session.status',
      chatId: null,
      dedupeKey: `status:${now}:${state}:${reason}`,
      at: now,
      data: { state, previous_state: previous, code: reason, message: SESSION_REASONS[reason].message, phone, ...(featuresOff && { features_off: [...featuresOff] }) },
    };
    this.state = state;
    this.reason = reason;
    this.row = { ...this.row, ...row, state, reason, detail, updated_at: now };
    try {
      await storage.transaction(async (trx) => {
        await updateSession(trx, this.id, { ...row, state, reason, detail }, now);
        await appendEvents(trx, this.id, [status, ...events], now);
      });
      wakeOutbox();
    } catch (error) {
      // The page has moved on, whether or not that can be written down: a full disk must not stop a session from healing.
      logger.error('A change of the session could not be stored', { error });
    }
    logger.info(`Session ${state}`, { code: reason, from: previous, since: iso(now), ...(detail && { detail }) });
  }

  /** The same without a new state. */
  async append(events: readonly NewEvent[], row: SessionChange): Promise<void> {
    const { storage, clock, wakeOutbox } = this.options;
    const now = clock.now();
    await storage.transaction(async (trx) => {
      await updateSession(trx, this.id, row, now);
      await appendEvents(trx, this.id, events, now);
    });
    this.row = { ...this.row, ...row, updated_at: now };
    wakeOutbox();
  }

  /** What was changed over the API and counts from the next start on. */
  async reload(): Promise<SessionRow> {
    const stored = await this.options.storage.db.selectFrom('session').selectAll().where('id', '=', this.id).executeTakeFirst();
    if (stored) this.row = { ...stored, state: this.state, reason: this.reason };
    return this.row;
  }
}
