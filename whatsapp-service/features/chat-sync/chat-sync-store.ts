import type { SyncState } from '../../contracts/states.js';
import { groupBy } from '../../shared/group-by.js';
import { newDeliveryId, newSyncId, type ChatId, type SessionId } from '../../shared/ids.js';
import type { Db } from '../../storage/database.js';
import { among, insertMany } from '../../storage/dialect.js';
import type { ChatSyncBatchRow, ChatSyncRow } from '../../storage/schema.js';

/** What one run takes in; 0 is no limit. */
export interface SyncOptions {
  max_chats: number;
  /** Days. */
  sync_window: number;
}

export const ACTIVE: readonly SyncState[] = ['queued', 'running', 'interrupted', 'blocked'];

export const findSync = (db: Db, id: string): Promise<ChatSyncRow | undefined> => db.selectFrom('chat_sync').selectAll().where('id', '=', id).executeTakeFirst();

export const latestSync = (db: Db, sessionId: SessionId): Promise<ChatSyncRow | undefined> =>
  db.selectFrom('chat_sync').selectAll().where('session_id', '=', sessionId).orderBy('created_at', 'desc').orderBy('id', 'desc').limit(1).executeTakeFirst();

export const activeSync = (db: Db, sessionId: SessionId): Promise<ChatSyncRow | undefined> =>
  db.selectFrom('chat_sync').selectAll().where('session_id', '=', sessionId).where('state', 'in', ACTIVE).orderBy('created_at', 'desc').limit(1).executeTakeFirst();

export async function insertSync(trx: Db, sessionId: SessionId, options: SyncOptions, now: number): Promise<string> {
  const id = newSyncId();
  await trx
    .insertInto('chat_sync')
    .values({
      id,
      session_id: sessionId,
      state: 'queued',
      options: JSON.stringify(options),
      total: 0,
      synced: 0,
      gone: 0,
      dead: 0,
      batches: 0,
      private: 0,
      groups: 0,
      created_at: now,
    })
    .execute();
  return id;
}

export async function updateSync(trx: Db, id: string, change: Partial<Omit<ChatSyncRow, 'id' | 'session_id' | 'options' | 'created_at'>>): Promise<void> {
  await trx.updateTable('chat_sync').set(change).where('id', '=', id).execute();
}

/** The plan of a run: which chats, in which batches. It is what makes a run that broke off go on where it was. */
export async function insertBatches(trx: Db, syncId: string, batches: readonly (readonly ChatId[])[]): Promise<void> {
  const rows = batches.map((chatIds, index) => [syncId, index + 1, newDeliveryId(), JSON.stringify(chatIds), 'pending', 0]);
  await insertMany(trx, { table: 'chat_sync_batch', columns: ['sync_id', 'number', 'delivery_id', 'chat_ids', 'state', 'attempts'], rows });
}

/** The next batches after `after` that the backend does not have. */
export const pendingBatches = (db: Db, syncId: string, after: number, limit: number): Promise<ChatSyncBatchRow[]> =>
  db
    .selectFrom('chat_sync_batch')
    .selectAll()
    .where('sync_id', '=', syncId)
    .where('state', '=', 'pending')
    .where('number', '>', after)
    .orderBy('number')
    .limit(limit)
    .execute();

export interface BatchCounts {
  synced: number;
  gone: number;
  dead: number;
  private: number;
  groups: number;
}

/** What became of a batch. */
export interface SettledBatch {
  number: number;
  state: 'delivered' | 'dead';
  status: number | null;
  error: string | null;
  counts: BatchCounts;
}

/** Settles batches of a run and counts them, in the caller's one commit: a batch is never counted twice. */
export async function settleBatches(trx: Db, syncId: string, settled: readonly SettledBatch[]): Promise<void> {
  // Batches that ended alike, usually all of them, are one statement.
  for (const group of groupBy(settled, ({ state, status, error }) => JSON.stringify([state, status, error]))) {
    const [{ state, status, error }] = group as [SettledBatch];
    await trx
      .updateTable('chat_sync_batch')
      .set((eb) => ({ state, last_status: status, last_error: error, attempts: eb('attempts', '+', 1) }))
      .where('sync_id', '=', syncId)
      .where(among('number', group.map((batch) => batch.number)))
      .execute();
  }
  const sum = (count: keyof BatchCounts): number => settled.reduce((total, batch) => total + batch.counts[count], 0);
  await trx
    .updateTable('chat_sync')
    .set((eb) => ({
      synced: eb('synced', '+', sum('synced')),
      gone: eb('gone', '+', sum('gone')),
      dead: eb('dead', '+', sum('dead')),
      private: eb('private', '+', sum('private')),
      groups: eb('groups', '+', sum('groups')),
    }))
    .where('id', '=', syncId)
    .execute();
}

export async function failBatchAttempt(db: Db, batch: ChatSyncBatchRow, status: number | null, error: string): Promise<void> {
  await db
    .updateTable('chat_sync_batch')
    .set((eb) => ({ attempts: eb('attempts', '+', 1), last_status: status, last_error: error }))
    .where('sync_id', '=', batch.sync_id)
    .where('number', '=', batch.number)
    .execute();
}

/** Plans of finished runs are of no use; the run's own row stays. */
export async function dropPlan(trx: Db, syncId: string): Promise<void> {
  await trx.deleteFrom('chat_sync_batch').where('sync_id', '=', syncId).where('state', '=', 'delivered').execute();
}
