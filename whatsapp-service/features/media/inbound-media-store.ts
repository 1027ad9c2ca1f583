import type { MessageData } from '../../contracts/payloads.js';
import type { SessionId } from '../../shared/ids.js';
import type { Db } from '../../storage/database.js';
import type { InboundMediaRow } from '../../storage/schema-inbound-media.js';

export const findInbound = (db: Db, sessionId: string, messageId: string): Promise<InboundMediaRow | undefined> =>
  db.selectFrom('inbound_media').selectAll().where('session_id', '=', sessionId).where('message_id', '=', messageId).executeTakeFirst();

/** The row of a file that is to be fetched; the one that is there already, if there is one. */
export async function insertWanted(trx: Db, row: Pick<InboundMediaRow, 'id' | 'session_id' | 'message_id'>, now: number): Promise<void> {
  await trx
    .insertInto('inbound_media')
    .values({ ...row, state: 'wanted', mimetype: null, filename: null, size: null, sha256: null, attempts: 0, next_attempt_at: now, error: null, created_at: now, kept_at: null })
    .onConflict((conflict) => conflict.columns(['session_id', 'message_id']).doNothing())
    .execute();
}

export async function updateInbound(db: Db, id: string, change: Partial<Omit<InboundMediaRow, 'id' | 'session_id' | 'message_id' | 'created_at'>>): Promise<void> {
  await db.updateTable('inbound_media').set(change).where('id', '=', id).execute();
}

export const nextWanted = (db: Db, sessionId: SessionId, now: number): Promise<InboundMediaRow | undefined> =>
  db.selectFrom('inbound_media').selectAll().where('state', '=', 'wanted').where('session_id', '=', sessionId).where('next_attempt_at', '<=', now).orderBy('next_attempt_at').limit(1).executeTakeFirst();

export async function sessionsThatWant(db: Db, now: number): Promise<SessionId[]> {
  const rows = await db.selectFrom('inbound_media').select('session_id').distinct().where('state', '=', 'wanted').where('next_attempt_at', '<=', now).execute();
  return rows.map(({ session_id: id }) => id as SessionId);
}

/** Forgets files that were kept long enough, and those that could not be had. Returns how many. */
export async function deleteOldInbound(trx: Db, before: number): Promise<number> {
  const kept = await trx.deleteFrom('inbound_media').where('state', '=', 'kept').where('kept_at', '<', before).executeTakeFirst();
  const failed = await trx.deleteFrom('inbound_media').where('state', '=', 'failed').where('created_at', '<', before).executeTakeFirst();
  return Number(kept.numDeletedRows) + Number(failed.numDeletedRows);
}

export async function hasInbound(db: Db, id: string): Promise<boolean> {
  return (await db.selectFrom('inbound_media').select('id').where('id', '=', id).where('state', '=', 'kept').executeTakeFirst()) !== undefined;
}

/** Sessions in which a message was seen, and what is known of it. */
export async function seenMessage(db: Db, messageId: string, sessions: readonly string[] | null): Promise<{ sessionId: SessionId; data: MessageData }[]> {
  const owners = sessions ?? (await db.selectFrom('session').select('id').execute()).map(({ id }) => id);
  if (owners.length === 0) return [];
  const rows = await db
    .selectFrom('event')
    .select(['session_id', 'data'])
    .where('session_id', 'in', owners)
    .where('dedupe_key', '=', `message:${messageId}`)
    .execute();
  return rows.map((row) => ({ sessionId: row.session_id as SessionId, data: JSON.parse(row.data) as MessageData }));
}

/** A message that was sent over the API, by our id. */
export const sentMessage = (db: Db, id: string): Promise<{ session_id: string; wa_message_id: string | null; media_id: string | null } | undefined> =>
  db.selectFrom('message').select(['session_id', 'wa_message_id', 'media_id']).where('id', '=', id).executeTakeFirst();
