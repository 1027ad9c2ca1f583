import { sql } from 'kysely';
import { DEFAULT_ENDPOINT } from '../../outbox/endpoint-store.js';
import type { Db } from '../../storage/database.js';
import type { DeliveryAttemptRow, DeliveryState, RedeliveryRow } from '../../storage/schema-outbox.js';

export interface DeliveryFilter {
  state?: DeliveryState;
  endpoint?: string;
  /** Null: every session's. */
  sessions: readonly string[] | null;
  event?: string;
  /** When the event was stored, both inclusive. Milliseconds since the epoch. */
  from?: number;
  to?: number;
}

const COLUMNS = [
  'o.seq', 'o.id', 'o.endpoint', 'o.lane', 'o.session_id', 'o.state', 'o.attempts', 'o.last_status', 'o.last_error', 'o.created_at', 'o.finished_at',
  'e.id as event_id', 'e.name', 'e.sequence', 'e.session_echo', 'e.chat_id',
] as const;

export interface DeliveryRow {
  /** Order of insertion. */
  seq: number;
  id: string;
  endpoint: string;
  lane: string;
  session_id: string;
  state: DeliveryState;
  attempts: number;
  last_status: number | null;
  last_error: string | null;
  created_at: number;
  finished_at: number | null;
  event_id: string;
  name: string;
  sequence: number;
  session_echo: string;
  chat_id: string | null;
}

const deliveriesOf = (db: Db) => db.selectFrom('outbox as o').innerJoin('event as e', 'e.id', 'o.event_id');

function matching(db: Db, { state, endpoint, sessions, event, from, to }: DeliveryFilter) {
  let query = deliveriesOf(db);
  if (state) query = query.where('o.state', '=', state);
  if (endpoint !== undefined) query = query.where('o.endpoint', '=', endpoint);
  if (sessions) query = query.where('o.session_id', 'in', sessions);
  if (event !== undefined) query = query.where('e.name', '=', event);
  if (from !== undefined) query = query.where('o.created_at', '>=', from);
  if (to !== undefined) query = query.where('o.created_at', '<=', to);
  return query;
}

/** The newest first; `before` is the `seq` of the last one of the page before. */
export function listDeliveries(db: Db, filter: DeliveryFilter, before: number | null, limit: number): Promise<DeliveryRow[]> {
  let query = matching(db, filter).select(COLUMNS).orderBy('o.seq', 'desc').limit(limit);
  if (before !== null) query = query.where('o.seq', '<', before);
  return query.execute();
}

/** With its payload (JSON), and when its lane has its turn. */
export const findDelivery = (db: Db, id: string): Promise<(DeliveryRow & { data: string; next_attempt_at: number | null }) | undefined> =>
  deliveriesOf(db).leftJoin('outbox_lane as l', 'l.lane', 'o.lane').select([...COLUMNS, 'e.data', 'l.next_attempt_at']).where('o.id', '=', id).executeTakeFirst();

/** The latest, in their order. */
export async function attemptsOf(db: Db, deliveryId: string, most: number): Promise<DeliveryAttemptRow[]> {
  const rows = await db.selectFrom('delivery_attempt').selectAll().where('delivery_id', '=', deliveryId).orderBy('attempt', 'desc').limit(most).execute();
  return rows.reverse();
}

export interface Revived {
  id: string;
  lane: string;
  endpoint: string;
}

/** Makes deliveries pending again, with a whole schedule before them, and their lanes due. */
export async function revive(trx: Db, deliveries: readonly Revived[], now: number): Promise<void> {
  if (deliveries.length === 0) return;
  await trx
    .updateTable('outbox')
    .set({ state: 'pending', failures: 0, finished_at: null })
    .where('id', 'in', deliveries.map(({ id }) => id))
    .execute();
  const lanes = new Map(deliveries.map(({ lane, endpoint }) => [lane, endpoint]));
  await trx
    .insertInto('outbox_lane')
    .values([...lanes].map(([lane, endpoint]) => ({ lane, endpoint, next_attempt_at: now, scheduled_at: now, told: 0 })))
    .onConflict((conflict) => conflict.column('lane').doUpdateSet({ next_attempt_at: now, told: 0 }))
    .execute();
}

/** Whether anything still goes to this endpoint. */
export async function endpointExists(db: Db, endpoint: string): Promise<boolean> {
  return endpoint === DEFAULT_ENDPOINT || (await db.selectFrom('webhook_endpoint').select('id').where('id', '=', endpoint).executeTakeFirst()) !== undefined;
}

/** A part of what a redelivery has not come to yet, in the order of insertion. */
export function nextToRevive(db: Db, filter: DeliveryFilter, { after, last, limit }: { after: number; last: number; limit: number }): Promise<(Revived & { seq: number })[]> {
  return matching(db, filter)
    .select(['o.seq', 'o.id', 'o.lane', 'o.endpoint'])
    .where('o.seq', '>', after)
    .where('o.seq', '<=', last)
    .where((eb) => eb.or([eb('o.endpoint', '=', DEFAULT_ENDPOINT), eb('o.endpoint', 'in', eb.selectFrom('webhook_endpoint').select('webhook_endpoint.id'))]))
    .orderBy('o.seq')
    .limit(limit)
    .execute();
}

export async function lastSeq(db: Db): Promise<number> {
  return (await db.selectFrom('outbox').select((eb) => eb.fn.max('seq').as('seq')).executeTakeFirst())?.seq ?? 0;
}

export const findRedelivery = (db: Db, id: string): Promise<RedeliveryRow | undefined> => db.selectFrom('redelivery').selectAll().where('id', '=', id).executeTakeFirst();

export const oldestRunning = (db: Db): Promise<RedeliveryRow | undefined> => db.selectFrom('redelivery').selectAll().where('state', '=', 'running').orderBy('created_at').limit(1).executeTakeFirst();

export async function insertRedelivery(trx: Db, row: RedeliveryRow): Promise<void> {
  await trx.insertInto('redelivery').values(row).execute();
}

export async function updateRedelivery(trx: Db, id: string, change: Partial<Pick<RedeliveryRow, 'state' | 'done_seq' | 'redelivered' | 'finished_at'>>): Promise<void> {
  await trx.updateTable('redelivery').set(change).where('id', '=', id).execute();
}

/** Redeliveries themselves are only kept to be asked after. */
export async function forgetRedeliveries(db: Db, before: number): Promise<void> {
  await db.deleteFrom('redelivery').where('state', '=', 'completed').where('finished_at', '<', before).execute();
}

/** A catch-up looks back a little further than the newest committed message: events from there on are needed to recognise a repeat. */
const STILL_LOOKED_FOR_MS = 15 * 60_000;

export interface PurgeFilter {
  state: 'delivered' | 'dead';
  /** When they were finished. */
  before: number;
  /** Null: every session's. */
  sessions: readonly string[] | null;
}

/**
 * Deletes a part of the finished deliveries, with their attempts, and the events that nobody else hears of. `seq`: where the next part
 * begins; null when this was the last. Nothing is deleted that is not finished.
 */
export async function purgePart(trx: Db, { state, before, sessions }: PurgeFilter, after: number): Promise<{ seq: number | null; deleted: number }> {
  const PART = 500;
  let query = trx
    .selectFrom('outbox as o')
    .innerJoin('event as e', 'e.id', 'o.event_id')
    .leftJoin('session as s', 's.id', 'e.session_id')
    .select(['o.seq', 'o.id', 'o.event_id', 'o.created_at', 'o.finished_at'])
    .select(sql<number>`case when s.inbound_mark is not null and e.happened_at >= s.inbound_mark - ${STILL_LOOKED_FOR_MS} then 1 else 0 end`.as('needed'))
    .where('o.state', '=', state)
    .where('o.seq', '>', after);
  if (sessions) query = query.where('o.session_id', 'in', sessions);
  const rows = await query.orderBy('o.seq').limit(PART).execute();
  const gone = rows.filter(({ finished_at: at, needed }) => at !== null && at < before && needed === 0);
  if (gone.length > 0) {
    const ids = gone.map(({ id }) => id);
    await trx.deleteFrom('delivery_attempt').where('delivery_id', 'in', ids).execute();
    await trx.deleteFrom('outbox').where('id', 'in', ids).execute();
    await trx
      .deleteFrom('event')
      .where('id', 'in', gone.map(({ event_id: id }) => id))
      .where((eb) => eb.not(eb.exists(eb.selectFrom('outbox').select('outbox.seq').whereRef('outbox.event_id', '=', 'event.id'))))
      .execute();
  }
  const last = rows.at(-1);
  // Inserted in the order of time: what was stored later cannot have been finished before.
  return { seq: rows.length < PART || !last || last.created_at >= before ? null : last.seq, deleted: gone.length };
}
