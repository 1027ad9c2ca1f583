import type { EventData, EventName } from '../contracts/payloads.js';
import { groupBy } from '../shared/group-by.js';
import { newDeliveryId, newEventId, type DeliveryId, type SessionId } from '../shared/ids.js';
import { toJson } from '../shared/json.js';
import type { Db } from '../storage/database.js';

/** Something that the backend must hear. `data` is the payload of `name`. */
export interface NewEvent<N extends EventName = EventName> {
  name: N;
  /** Events of one chat reach the backend in order; null: the session's own. */
  chatId: string | null;
  /** The same happening has the same key: it becomes one event, however often it is seen. */
  dedupeKey: string;
  /** Milliseconds since the epoch. */
  at: number;
  data: EventData<N>;
}

/** One delivery with what its body is made of. */
export interface PendingDelivery {
  id: DeliveryId;
  lane: string;
  attempts: number;
  eventId: string;
  name: string;
  sessionId: string;
  /** JSON of the ids as the caller wrote them. */
  sessionEcho: string;
  workspaceEcho: string | null;
  sequence: number;
  /** JSON. */
  data: string;
}

/** Rows of one statement: SQLite takes 32,766 values, and a chunk must not hold up the event loop. */
const CHUNK = 500;

/** The endpoint that the settings name. Lanes carry it, so that further endpoints get lanes of their own. */
const ENDPOINT = 'default';

export const laneOf = (sessionId: string, chatId: string | null): string => `${ENDPOINT}|${sessionId}|${chatId ?? ''}`;

/**
 * Writes events with their outbox rows inside the caller's transaction; what is known already is left out.
 * Returns the events that are new. A session that no longer exists has none.
 */
export async function appendEvents(trx: Db, sessionId: SessionId, events: readonly NewEvent[], now: number): Promise<NewEvent[]> {
  if (events.length === 0) return [];
  const session = await trx.selectFrom('session').select(['echo_id', 'workspace_id', 'last_sequence']).where('id', '=', sessionId).executeTakeFirst();
  if (!session) return [];
  const fresh = await onlyNew(trx, sessionId, events);
  let sequence = session.last_sequence;
  for (let start = 0; start < fresh.length; start += CHUNK) {
    const rows = fresh.slice(start, start + CHUNK).map((event) => ({ event, id: newEventId(), sequence: ++sequence, lane: laneOf(sessionId, event.chatId) }));
    await trx
      .insertInto('event')
      .values(
        rows.map(({ event, id, sequence: number }) => ({
          id,
          session_id: sessionId,
          session_echo: session.echo_id,
          workspace_echo: session.workspace_id,
          sequence: number,
          name: event.name,
          chat_id: event.chatId,
          dedupe_key: event.dedupeKey,
          data: toJson(event.data),
          happened_at: event.at,
          created_at: now,
        })),
      )
      .execute();
    await trx
      .insertInto('outbox')
      .values(rows.map(({ id, lane }) => ({ id: newDeliveryId(), event_id: id, session_id: sessionId, lane, state: 'pending' as const, attempts: 0, created_at: now })))
      .execute();
    const lanes = [...new Set(rows.map((row) => row.lane))];
    await trx
      .insertInto('outbox_lane')
      .values(lanes.map((lane) => ({ lane, next_attempt_at: now })))
      .onConflict((conflict) => conflict.column('lane').doNothing())
      .execute();
  }
  if (fresh.length > 0) await trx.updateTable('session').set({ last_sequence: sequence }).where('id', '=', sessionId).execute();
  return fresh;
}

async function onlyNew(trx: Db, sessionId: SessionId, events: readonly NewEvent[]): Promise<NewEvent[]> {
  const byKey = new Map<string, NewEvent>();
  for (const event of events) if (!byKey.has(event.dedupeKey)) byKey.set(event.dedupeKey, event);
  const keys = [...byKey.keys()];
  for (let start = 0; start < keys.length; start += CHUNK) {
    const known = await trx
      .selectFrom('event')
      .select('dedupe_key')
      .where('session_id', '=', sessionId)
      .where('dedupe_key', 'in', keys.slice(start, start + CHUNK))
      .execute();
    for (const { dedupe_key: key } of known) byKey.delete(key);
  }
  return [...byKey.values()];
}

/** Lanes whose first delivery is due, the longest waiting first. */
export async function dueLanes(db: Db, now: number, busy: readonly string[], limit: number): Promise<string[]> {
  let query = db.selectFrom('outbox_lane').select('lane').where('next_attempt_at', '<=', now).orderBy('next_attempt_at').limit(limit);
  if (busy.length > 0) query = query.where('lane', 'not in', busy);
  return (await query.execute()).map((row) => row.lane);
}

/** When the next lane is due, or null when nothing waits. */
export async function nextDue(db: Db, busy: readonly string[]): Promise<number | null> {
  let query = db.selectFrom('outbox_lane').select((eb) => eb.fn.min('next_attempt_at').as('at'));
  if (busy.length > 0) query = query.where('lane', 'not in', busy);
  return (await query.executeTakeFirst())?.at ?? null;
}

/** A lane's first deliveries, in order. */
export async function laneHead(db: Db, lane: string, limit: number): Promise<PendingDelivery[]> {
  const rows = await db
    .selectFrom('outbox as o')
    .innerJoin('event as e', 'e.id', 'o.event_id')
    .select(['o.id', 'o.lane', 'o.attempts', 'e.id as event_id', 'e.name', 'e.session_id', 'e.session_echo', 'e.workspace_echo', 'e.sequence', 'e.data'])
    .where('o.lane', '=', lane)
    .where('o.state', '=', 'pending')
    .orderBy('o.seq')
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    id: row.id as DeliveryId,
    lane: row.lane,
    attempts: row.attempts,
    eventId: row.event_id,
    name: row.name,
    sessionId: row.session_id,
    sessionEcho: row.session_echo,
    workspaceEcho: row.workspace_echo,
    sequence: row.sequence,
    data: row.data,
  }));
}

export interface Finished {
  id: DeliveryId;
  state: 'delivered' | 'dead';
  status: number | null;
  error: string | null;
}

/** Settles deliveries: they are not tried again. */
export async function markFinished(trx: Db, finished: readonly Finished[], now: number): Promise<void> {
  // Deliveries that ended alike, usually all of them, are one statement.
  for (const group of groupBy(finished, ({ state, status, error }) => JSON.stringify([state, status, error]))) {
    const [{ state, status, error }] = group as [Finished];
    await trx
      .updateTable('outbox')
      .set((eb) => ({ state, attempts: eb('attempts', '+', 1), last_status: status, last_error: error, finished_at: now }))
      .where('id', 'in', group.map((row) => row.id))
      .execute();
  }
}

/** Writes down a failed attempt. */
export async function markFailed(trx: Db, id: DeliveryId, status: number | null, error: string): Promise<void> {
  await trx
    .updateTable('outbox')
    .set((eb) => ({ attempts: eb('attempts', '+', 1), last_status: status, last_error: error }))
    .where('id', '=', id)
    .execute();
}

/** A lane that was worked on, and when its next delivery is due, if it has one. */
export interface WorkedLane {
  lane: string;
  nextAttemptAt: number;
}

/** Lanes with nothing left disappear; the others are due at their `nextAttemptAt`. */
export async function settleLanes(trx: Db, worked: readonly WorkedLane[]): Promise<void> {
  const lanes = worked.map(({ lane }) => lane);
  if (lanes.length === 0) return;
  await trx
    .deleteFrom('outbox_lane')
    .where('lane', 'in', lanes)
    .where(({ not, exists, selectFrom }) => not(exists(selectFrom('outbox').select('seq').whereRef('outbox.lane', '=', 'outbox_lane.lane').where('state', '=', 'pending'))))
    .execute();
  for (const group of groupBy(worked, ({ nextAttemptAt }) => nextAttemptAt)) {
    const [{ nextAttemptAt }] = group as [WorkedLane];
    await trx
      .updateTable('outbox_lane')
      .set({ next_attempt_at: nextAttemptAt })
      .where('lane', 'in', group.map(({ lane }) => lane))
      .execute();
  }
}

export interface OutboxFigures {
  pending: number;
  dead: number;
  /** Milliseconds since the epoch. */
  oldestPendingAt: number | null;
}

export async function outboxFigures(db: Db): Promise<OutboxFigures> {
  const rows = await db
    .selectFrom('outbox')
    .select((eb) => ['state', eb.fn.countAll<number | string>().as('count'), eb.fn.min('created_at').as('oldest')])
    .where('state', 'in', ['pending', 'dead'])
    .groupBy('state')
    .execute();
  const of = (state: string): (typeof rows)[number] | undefined => rows.find((row) => row.state === state);
  return { pending: Number(of('pending')?.count ?? 0), dead: Number(of('dead')?.count ?? 0), oldestPendingAt: of('pending')?.oldest ?? null };
}
