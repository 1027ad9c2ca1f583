import { ApiError } from '../../contracts/errors.js';
import type { Caller } from '../../contracts/route.js';
import type { RedeliveryView, StartRedelivery } from '../../contracts/webhook-api.js';
import { iso, type Clock } from '../../shared/clock.js';
import { newRedeliveryId } from '../../shared/ids.js';
import type { Logger } from '../../shared/logger.js';
import type { Storage } from '../../storage/database.js';
import type { RedeliveryRow } from '../../storage/schema-outbox.js';
import { findRedelivery, forgetRedeliveries, insertRedelivery, lastSeq, nextToRevive, oldestRunning, revive, updateRedelivery, type DeliveryFilter } from './delivery-store.js';

export interface RedeliveryServiceOptions {
  storage: Storage;
  clock: Clock;
  wakeOutbox(): void;
  logger: Logger;
}

/** Deliveries of one commit. */
const PART = 500;
/** How long one that is over can be asked after. */
const KEEP_MS = 7 * 86_400_000;

/** Sends many deliveries again. A run is a row that knows how far it is, so that a restart goes on where it was. */
export class RedeliveryService {
  private running: Promise<void> | null = null;
  private stopping = false;

  constructor(private readonly options: RedeliveryServiceOptions) {}

  async start(input: StartRedelivery, caller: Caller): Promise<RedeliveryView> {
    const { storage, clock } = this.options;
    const { state, endpoint, session_id: session, event, from, to } = input;
    const filter: DeliveryFilter = {
      state,
      sessions: session === undefined ? caller.sessions : [session],
      ...(endpoint !== undefined && { endpoint }),
      ...(event !== undefined && { event }),
      ...(from !== undefined && { from: Date.parse(from) }),
      ...(to !== undefined && { to: Date.parse(to) }),
    };
    const row = await storage.transaction(async (trx) => {
      const made: RedeliveryRow = {
        id: newRedeliveryId(), filter: JSON.stringify(filter), state: 'running', last_seq: await lastSeq(trx), done_seq: 0, redelivered: 0, created_at: clock.now(), finished_at: null,
      };
      await insertRedelivery(trx, made);
      return made;
    });
    this.run();
    return viewOf(row);
  }

  async get(id: string, caller: Caller): Promise<RedeliveryView> {
    const row = await findRedelivery(this.options.storage.db, id);
    const sessions = row && (JSON.parse(row.filter) as DeliveryFilter).sessions;
    if (!row || (caller.sessions !== null && !sessions?.every((session) => caller.sessions?.includes(session)))) throw new ApiError('redelivery_not_found');
    return viewOf(row);
  }

  /** Takes up what is to be done, unless that is under way. */
  run(): void {
    if (this.running || this.stopping) return;
    this.running = this.work()
      .catch((error: unknown) => this.options.logger.error('Deliveries could not be sent again; this goes on at the next start', { error }))
      .finally(() => (this.running = null));
  }

  async stop(): Promise<void> {
    this.stopping = true;
    await this.running;
  }

  async forgetOld(): Promise<void> {
    await forgetRedeliveries(this.options.storage.db, this.options.clock.now() - KEEP_MS);
  }

  private async work(): Promise<void> {
    for (let row = await oldestRunning(this.options.storage.db); row && !this.stopping; row = await oldestRunning(this.options.storage.db)) {
      await this.part(row);
    }
  }

  private async part(row: RedeliveryRow): Promise<void> {
    const { storage, clock, wakeOutbox, logger } = this.options;
    const filter = JSON.parse(row.filter) as DeliveryFilter;
    const now = clock.now();
    const isOver = await storage.transaction(async (trx) => {
      const found = await nextToRevive(trx, filter, { after: row.done_seq, last: row.last_seq, limit: PART });
      await revive(trx, found, now);
      const over = found.length < PART;
      await updateRedelivery(trx, row.id, { redelivered: row.redelivered + found.length, done_seq: found.at(-1)?.seq ?? row.last_seq, ...(over && { state: 'completed' as const, finished_at: now }) });
      return over;
    });
    wakeOutbox();
    if (isOver) logger.info('Deliveries are sent again', { redelivery: row.id });
  }
}

function viewOf({ id, state, redelivered, created_at: createdAt, finished_at: finishedAt }: RedeliveryRow): RedeliveryView {
  return { id, state, redelivered, created_at: iso(createdAt), finished_at: finishedAt === null ? null : iso(finishedAt) };
}
