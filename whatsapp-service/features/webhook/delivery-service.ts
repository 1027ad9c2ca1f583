import { z } from 'zod';
import { Cursors } from '../../contracts/cursor.js';
import { ApiError } from '../../contracts/errors.js';
import type { EchoedId } from '../../contracts/payloads.js';
import { mayUseSession, type Caller } from '../../contracts/route.js';
import type { DeliveryQuery, DeliveryView, Purge, zDeliveryDetail } from '../../contracts/webhook-api.js';
import { iso, type Clock } from '../../shared/clock.js';
import type { Storage } from '../../storage/database.js';
import { attemptsOf, endpointExists, findDelivery, listDeliveries, purgePart, revive, type DeliveryRow, type PurgeFilter } from './delivery-store.js';

type DeliveryDetail = z.infer<typeof zDeliveryDetail>;

export interface DeliveryServiceOptions {
  storage: Storage;
  clock: Clock;
  wakeOutbox(): void;
}

const CURSORS = new Cursors(z.number().int().positive());
/** Attempts that are shown of one delivery. */
const SHOWN_ATTEMPTS = 100;

/** Looks at deliveries, and mends them. A key that is limited to sessions sees only those of them. */
export class DeliveryService {
  constructor(private readonly options: DeliveryServiceOptions) {}

  async list(query: DeliveryQuery, caller: Caller): Promise<{ deliveries: DeliveryView[]; next_cursor: string | null }> {
    const { limit, cursor, session_id: session, ...filter } = query;
    const sessions = session === undefined ? caller.sessions : [session];
    const scope = { ...filter, sessions };
    const rows = await listDeliveries(this.options.storage.db, { ...filter, sessions }, CURSORS.decode(cursor, scope), limit + 1);
    const page = rows.slice(0, limit);
    const last = rows.length > limit ? page.at(-1) : undefined;
    return { deliveries: page.map(viewOf), next_cursor: CURSORS.encode(last?.seq ?? null, scope) };
  }

  async get(id: string, caller: Caller): Promise<DeliveryDetail> {
    const row = await this.row(id, caller);
    const attempts = await attemptsOf(this.options.storage.db, id, SHOWN_ATTEMPTS);
    return {
      ...viewOf(row),
      next_attempt_at: row.state === 'pending' && row.next_attempt_at !== null ? iso(row.next_attempt_at) : null,
      data: JSON.parse(row.data) as unknown,
      attempts_made: attempts.map(({ attempt, at, duration_ms, status, error, answer }) => ({ attempt, at: iso(at), duration_ms, status, error, answer })),
    };
  }

  /** Sends it again, under the same id; one that is pending already is tried now. */
  async redeliver(id: string, caller: Caller): Promise<DeliveryDetail> {
    const { storage, clock, wakeOutbox } = this.options;
    const row = await this.row(id, caller);
    if (!(await endpointExists(storage.db, row.endpoint))) throw new ApiError('endpoint_gone');
    await storage.transaction((trx) => revive(trx, [row], clock.now()));
    wakeOutbox();
    return this.get(id, caller);
  }

  /** Deletes finished deliveries; what is pending stays, whatever is asked for. */
  purge({ state, before, session_id: session }: Purge, caller: Caller): Promise<number> {
    return this.purgeAll({ state, before: Date.parse(before), sessions: session === undefined ? caller.sessions : [session] });
  }

  async purgeAll(filter: PurgeFilter): Promise<number> {
    let deleted = 0;
    let after: number | null = 0;
    while (after !== null) {
      const from: number = after;
      const part = await this.options.storage.transaction((trx) => purgePart(trx, filter, from));
      deleted += part.deleted;
      after = part.seq;
    }
    return deleted;
  }

  private async row(id: string, caller: Caller) {
    const row = await findDelivery(this.options.storage.db, id);
    if (!row || !mayUseSession(caller, row.session_id)) throw new ApiError('delivery_not_found');
    return row;
  }
}

function viewOf(row: DeliveryRow): DeliveryView {
  return {
    id: row.id,
    endpoint: row.endpoint,
    event: row.name,
    event_id: row.event_id,
    sequence: row.sequence,
    session_id: JSON.parse(row.session_echo) as EchoedId,
    chat_id: row.chat_id,
    state: row.state,
    attempts: row.attempts,
    last_status: row.last_status,
    last_error: row.last_error,
    created_at: iso(row.created_at),
    finished_at: row.finished_at === null ? null : iso(row.finished_at),
  };
}
