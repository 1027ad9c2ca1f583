import type { EchoedId } from '../../contracts/payloads.js';
import type { SessionReason, SessionState } from '../../contracts/states.js';
import type { SessionId } from '../../shared/ids.js';
import { workspaceToJson } from '../../shared/workspace.js';
import type { Db } from '../../storage/database.js';
import type { SessionRow } from '../../storage/schema.js';

export interface NewSession {
  id: SessionId;
  echoId: EchoedId;
  workspaceId: EchoedId | null;
  /** As the column holds it. */
  proxy?: string | null;
  deviceName?: string | null;
}

export async function insertSession(trx: Db, session: NewSession, now: number): Promise<void> {
  // A session of this id may have been deleted while events of it still waited: their numbers are not given again.
  const last = await trx.selectFrom('event').select((eb) => eb.fn.max('sequence').as('sequence')).where('session_id', '=', session.id).executeTakeFirst();
  await trx
    .insertInto('session')
    .values({
      id: session.id,
      echo_id: JSON.stringify(session.echoId),
      workspace_id: workspaceToJson(session.workspaceId),
      desired: 'stopped',
      state: 'STOPPED',
      reason: 'created',
      detail: null,
      paired: 0,
      phone: null,
      lid: null,
      pushname: null,
      proxy: session.proxy ?? null,
      device_name: session.deviceName ?? null,
      last_sequence: last?.sequence ?? 0,
      inbound_mark: null,
      created_at: now,
      updated_at: now,
    })
    .execute();
}

export const findSession = (db: Db, id: SessionId): Promise<SessionRow | undefined> => db.selectFrom('session').selectAll().where('id', '=', id).executeTakeFirst();

export const listSessions = (db: Db): Promise<SessionRow[]> => db.selectFrom('session').selectAll().orderBy('created_at').orderBy('id').execute();

export interface SessionChange {
  state?: SessionState;
  reason?: SessionReason;
  detail?: string | null;
  desired?: 'running' | 'stopped';
  paired?: number;
  phone?: string | null;
  lid?: string | null;
  pushname?: string | null;
  proxy?: string | null;
  device_name?: string | null;
  workspace_id?: string | null;
  inbound_mark?: number | null;
}

export async function updateSession(trx: Db, id: SessionId, change: SessionChange, now: number): Promise<void> {
  await trx
    .updateTable('session')
    .set({ ...change, updated_at: now })
    .where('id', '=', id)
    .execute();
}

/** Removes a session and what belongs to it. Events that the backend does not have yet stay until it has them. */
export async function deleteSession(trx: Db, id: SessionId): Promise<void> {
  await trx.deleteFrom('session').where('id', '=', id).execute();
  await trx.deleteFrom('delivery_attempt').where('delivery_id', 'in', (eb) => eb.selectFrom('outbox').select('outbox.id').where('session_id', '=', id).where('state', '!=', 'pending')).execute();
  await trx.deleteFrom('outbox').where('session_id', '=', id).where('state', '!=', 'pending').execute();
  await trx
    .deleteFrom('event')
    .where('session_id', '=', id)
    .where((eb) => eb.not(eb.exists(eb.selectFrom('outbox').select('outbox.seq').whereRef('outbox.event_id', '=', 'event.id'))))
    .execute();
  await trx.deleteFrom('idempotency_key').where('message_id', 'in', (eb) => eb.selectFrom('message').select('id').where('session_id', '=', id)).execute();
  await trx.deleteFrom('group_request').where('session_id', '=', id).execute();
  await trx.deleteFrom('message').where('session_id', '=', id).execute();
  await trx.deleteFrom('chat_sync_batch').where('sync_id', 'in', (eb) => eb.selectFrom('chat_sync').select('id').where('session_id', '=', id)).execute();
  await trx.deleteFrom('chat_sync').where('session_id', '=', id).execute();
  await trx.deleteFrom('send_pace').where('session_id', '=', id).execute();
  await trx.deleteFrom('inbound_media').where('session_id', '=', id).execute();
  await trx.deleteFrom('blast_day').where('session_id', '=', id).execute();
  await trx.deleteFrom('number_check').where('session_id', '=', id).execute();
}

/** Up to here the page's messages are committed; only ever moves forward. */
export async function moveInboundMark(trx: Db, id: SessionId, at: number): Promise<void> {
  await trx
    .updateTable('session')
    .set({ inbound_mark: at })
    .where('id', '=', id)
    .where((eb) => eb.or([eb('inbound_mark', 'is', null), eb('inbound_mark', '<', at)]))
    .execute();
}
