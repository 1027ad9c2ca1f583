import type { Db } from '../storage/database.js';
import type { WebhookEndpointRow } from '../storage/schema-outbox.js';
import { PENDING } from './lane-store.js';
import { eventMatcher } from './event-pattern.js';

/** The endpoint that the settings name. It hears everything. */
export const DEFAULT_ENDPOINT = 'default';

export interface Listener {
  endpoint: string;
  wants(event: string): boolean;
}

const DEFAULT: Listener = { endpoint: DEFAULT_ENDPOINT, wants: () => true };

/** Who hears of a session's events. */
export async function listenersOf(trx: Db, sessionId: string): Promise<Listener[]> {
  const rows = await trx
    .selectFrom('webhook_endpoint')
    .select(['id', 'events'])
    .where((eb) => eb.or([eb('session_id', '=', sessionId), eb('session_id', 'is', null)]))
    .execute();
  return [DEFAULT, ...rows.map(({ id, events }) => ({ endpoint: id, wants: eventMatcher(JSON.parse(events) as string[]) }))];
}

export const findEndpoint = (db: Db, id: string): Promise<WebhookEndpointRow | undefined> => db.selectFrom('webhook_endpoint').selectAll().where('id', '=', id).executeTakeFirst();

export const listEndpoints = (db: Db): Promise<WebhookEndpointRow[]> => db.selectFrom('webhook_endpoint').selectAll().orderBy('created_at').orderBy('id').execute();

export type EndpointChange = Partial<Pick<WebhookEndpointRow, 'url' | 'secret' | 'previous_secret' | 'previous_until' | 'events' | 'headers'>>;

export async function insertEndpoint(trx: Db, row: WebhookEndpointRow): Promise<void> {
  await trx.insertInto('webhook_endpoint').values(row).execute();
}

export async function updateEndpoint(trx: Db, id: string, change: EndpointChange, now: number): Promise<void> {
  await trx
    .updateTable('webhook_endpoint')
    .set({ ...change, updated_at: now })
    .where('id', '=', id)
    .execute();
}

export async function deleteEndpoint(trx: Db, id: string): Promise<void> {
  await trx.deleteFrom('webhook_endpoint').where('id', '=', id).execute();
  await trx.deleteFrom('outbox_lane').where('endpoint', '=', id).execute();
}

/** Gives up a part of what an endpoint that is gone did not get. Returns how many; 0 when there is nothing left. */
export async function giveUpPart(trx: Db, endpoint: string, error: string, now: number): Promise<number> {
  const PART = 500;
  const rows = await trx
    .selectFrom('outbox')
    .select('id')
    // Its lanes begin with its id: the index on lanes finds them.
    .where('lane', '>=', `${endpoint}|`)
    .where('lane', '<', `${endpoint}}`)
    .where(PENDING)
    .limit(PART)
    .execute();
  if (rows.length === 0) return 0;
  await trx
    .updateTable('outbox')
    .set({ state: 'dead', last_error: error, finished_at: now })
    .where('id', 'in', rows.map(({ id }) => id))
    .execute();
  return rows.length;
}

/** Endpoints whose session was deleted and that have nothing left to get. */
export async function drainedEndpoints(db: Db): Promise<string[]> {
  const rows = await db
    .selectFrom('webhook_endpoint as e')
    .select('e.id')
    .where('e.session_id', 'is not', null)
    .where((eb) => eb.not(eb.exists(eb.selectFrom('session').select('session.id').whereRef('session.id', '=', 'e.session_id'))))
    .where((eb) => eb.not(eb.exists(eb.selectFrom('outbox_lane').select('outbox_lane.lane').whereRef('outbox_lane.endpoint', '=', 'e.id'))))
    .execute();
  return rows.map(({ id }) => id);
}
