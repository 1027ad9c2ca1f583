import type { EventData, EventName } from '../contracts/payloads.js';
import { newDeliveryId, newEventId, type SessionId } from '../shared/ids.js';
import { toJson } from '../shared/json.js';
import type { Db } from '../storage/database.js';
import { among } from '../storage/dialect.js';
import { DEFAULT_ENDPOINT, listenersOf } from './endpoint-store.js';

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

/** Rows of one statement: SQLite takes 32,766 values, and a chunk must not hold up the event loop. */
const CHUNK = 500;

export const laneOf = (sessionId: string, chatId: string | null, endpoint = DEFAULT_ENDPOINT): string => `${endpoint}|${sessionId}|${chatId ?? ''}`;

/**
 * Writes events with their outbox rows inside the caller's transaction; what is known already is left out.
 * Returns the events that are new. A session that no longer exists has none.
 */
export async function appendEvents(trx: Db, sessionId: SessionId, events: readonly NewEvent[], now: number): Promise<NewEvent[]> {
  if (events.length === 0) return [];
  const session = await trx.selectFrom('session').select(['echo_id', 'workspace_id', 'last_sequence']).where('id', '=', sessionId).executeTakeFirst();
  if (!session) return [];
  const fresh = await onlyNew(trx, sessionId, events);
  if (fresh.length === 0) return [];
  const listeners = await listenersOf(trx, sessionId);
  let sequence = session.last_sequence;
  for (let start = 0; start < fresh.length; start += CHUNK) {
    const rows = fresh.slice(start, start + CHUNK).map((event) => ({ event, id: newEventId(), sequence: ++sequence }));
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
    const deliveries = rows.flatMap(({ event, id }) =>
      listeners.flatMap(({ endpoint, wants }) => (wants(event.name) ? { eventId: id, endpoint, lane: laneOf(sessionId, event.chatId, endpoint) } : [])),
    );
    await addDeliveries(trx, sessionId, deliveries, now);
  }
  await trx.updateTable('session').set({ last_sequence: sequence }).where('id', '=', sessionId).execute();
  return fresh;
}

async function addDeliveries(trx: Db, sessionId: SessionId, deliveries: readonly { eventId: string; endpoint: string; lane: string }[], now: number): Promise<void> {
  for (let start = 0; start < deliveries.length; start += CHUNK) {
    const part = deliveries.slice(start, start + CHUNK);
    await trx
      .insertInto('outbox')
      .values(part.map(({ eventId, endpoint, lane }) => ({ id: newDeliveryId(), event_id: eventId, session_id: sessionId, endpoint, lane, state: 'pending' as const, attempts: 0, failures: 0, created_at: now })))
      .execute();
    const lanes = new Map(part.map(({ lane, endpoint }) => [lane, endpoint]));
    await trx
      .insertInto('outbox_lane')
      .values([...lanes].map(([lane, endpoint]) => ({ lane, endpoint, next_attempt_at: now, scheduled_at: now, told: 0 })))
      .onConflict((conflict) => conflict.column('lane').doNothing())
      .execute();
  }
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
      .where(among('dedupe_key', keys.slice(start, start + CHUNK)))
      .execute();
    for (const { dedupe_key: key } of known) byKey.delete(key);
  }
  return [...byKey.values()];
}
