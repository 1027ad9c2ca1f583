import { sql, type Expression, type SqlBool } from 'kysely';
import type { MessageState } from '../../contracts/states.js';
import type { MessageId, SessionId } from '../../shared/ids.js';
import type { Db } from '../../storage/database.js';
import { among } from '../../storage/dialect.js';
import type { MessageChange, MessageRow, NewMessageRow } from '../../storage/schema.js';

/** As in the indexes of these states alone: a state that is a parameter would find none of them. */
const isIn = (...states: MessageState[]): Expression<SqlBool> => (states.length === 1 ? sql<SqlBool>`state = ${sql.lit(states[0])}` : sql<SqlBool>`state in (${sql.join(states.map((state) => sql.lit(state)))})`);
const QUEUED = isIn('queued');
const SENDING = isIn('sending');
const UNREAD = isIn('sent', 'delivered');

export const insertMessage = async (trx: Db, row: NewMessageRow): Promise<void> => void (await trx.insertInto('message').values(row).execute());

export const findMessage = (db: Db, id: MessageId): Promise<MessageRow | undefined> => db.selectFrom('message').selectAll().where('id', '=', id).executeTakeFirst();

export const findByKey = (db: Db, sessionId: SessionId, keys: readonly string[]): Promise<MessageRow[]> =>
  db.selectFrom('message').selectAll().where('session_id', '=', sessionId).where(among('wa_key', keys)).execute();

/** The session's next message whose time has come: by priority, then in the order of arrival. */
export const nextQueued = (db: Db, sessionId: SessionId, now: number): Promise<MessageRow | undefined> =>
  db
    .selectFrom('message')
    .selectAll()
    .where('session_id', '=', sessionId)
    .where(QUEUED)
    .where('next_attempt_at', '<=', now)
    .orderBy('priority', 'desc')
    .orderBy('created_at')
    .orderBy('id')
    .limit(1)
    .executeTakeFirst();

/** When the session's next message is due, in milliseconds since the epoch. */
export async function nextQueuedAt(db: Db, sessionId: SessionId): Promise<number | null> {
  const row = await db
    .selectFrom('message')
    .select((eb) => eb.fn.min('next_attempt_at').as('at'))
    .where('session_id', '=', sessionId)
    .where(QUEUED)
    .executeTakeFirst();
  return row?.at ?? null;
}

/** Messages whose send began and whose end is not known, the oldest first. */
export const inSending = (db: Db, sessionId: SessionId): Promise<MessageRow[]> =>
  db.selectFrom('message').selectAll().where('session_id', '=', sessionId).where(SENDING).orderBy('created_at').orderBy('id').execute();

/** Messages that went out since `since` and that nobody has read, as far as is known; the newest first. */
export async function unreadSince(db: Db, sessionId: SessionId, since: number, limit: number): Promise<Pick<MessageRow, 'wa_key' | 'wa_message_id' | 'chat_id' | 'state'>[]> {
  return db
    .selectFrom('message')
    .select(['wa_key', 'wa_message_id', 'chat_id', 'state'])
    .where('session_id', '=', sessionId)
    .where(UNREAD)
    // When it was sent, near enough, and in the index.
    .where('next_attempt_at', '>=', since)
    .orderBy('next_attempt_at', 'desc')
    .limit(limit)
    .execute();
}

/** Sessions that have something to send now. */
export async function sessionsWithQueued(db: Db, now: number): Promise<SessionId[]> {
  const rows = await db.selectFrom('message').select('session_id').distinct().where(QUEUED).where('next_attempt_at', '<=', now).execute();
  return rows.map((row) => row.session_id as SessionId);
}

export async function updateMessage(trx: Db, id: string, change: MessageChange): Promise<void> {
  await trx.updateTable('message').set(change).where('id', '=', id).execute();
}

/** Messages that wait and have become too old to send. */
export const expiredMessages = (db: Db, now: number, limit: number): Promise<MessageRow[]> =>
  db.selectFrom('message').selectAll().where(QUEUED).where('expires_at', '<', now).limit(limit).execute();

export interface MessageFilter {
  /** Null: of every session. */
  sessions: readonly string[] | null;
  chatId: string | null;
  state: MessageState | null;
  /** After this message, in the listing's order. */
  after: { createdAt: number; id: string } | null;
  limit: number;
}

/** The newest first. */
export function listMessages(db: Db, filter: MessageFilter): Promise<MessageRow[]> {
  const { sessions, chatId, state, after } = filter;
  let query = db.selectFrom('message').selectAll().orderBy('created_at', 'desc').orderBy('id', 'desc').limit(filter.limit);
  if (sessions) query = query.where('session_id', 'in', sessions.length > 0 ? sessions : ['']);
  if (chatId !== null) query = query.where('chat_id', '=', chatId);
  if (state !== null) query = query.where('state', '=', state);
  if (after) query = query.where((eb) => eb.or([eb('created_at', '<', after.createdAt), eb.and([eb('created_at', '=', after.createdAt), eb('id', '<', after.id)])]));
  return query.execute();
}
