import type { MediaId } from '../../shared/ids.js';
import type { Db } from '../../storage/database.js';
import type { MediaRow } from '../../storage/schema.js';

/** States of a message that still needs its file. */
const WAITING = ['queued', 'sending'] as const;
/** The same of a blast. */
const PLANNED = ['DRAFT', 'SCHEDULED', 'RUNNING', 'PAUSED'] as const;

export const insertMedia = async (trx: Db, row: MediaRow): Promise<void> => void (await trx.insertInto('media').values(row).execute());

export const findMedia = (db: Db, id: MediaId): Promise<MediaRow | undefined> => db.selectFrom('media').selectAll().where('id', '=', id).executeTakeFirst();

export async function hasMedia(db: Db, id: string): Promise<boolean> {
  return (await db.selectFrom('media').select('id').where('id', '=', id).executeTakeFirst()) !== undefined;
}

export async function isAwaited(db: Db, id: MediaId): Promise<boolean> {
  const message = await db.selectFrom('message').select('id').where('media_id', '=', id).where('state', 'in', WAITING).limit(1).executeTakeFirst();
  return message !== undefined || (await db.selectFrom('blast_job').select('id').where('media_id', '=', id).where('state', 'in', PLANNED).limit(1).executeTakeFirst()) !== undefined;
}

export async function deleteMedia(trx: Db, id: MediaId): Promise<void> {
  await trx.deleteFrom('media').where('id', '=', id).execute();
}

/** Deletes the rows that are older than `before` and that no message and no blast waits for; returns their ids. */
export async function deleteExpired(trx: Db, before: number): Promise<string[]> {
  const rows = await trx
    .deleteFrom('media')
    .where('created_at', '<', before)
    .where(({ not, exists, selectFrom }) => not(exists(selectFrom('message').select('message.id').whereRef('message.media_id', '=', 'media.id').where('message.state', 'in', WAITING))))
    .where(({ not, exists, selectFrom }) => not(exists(selectFrom('blast_job').select('blast_job.id').whereRef('blast_job.media_id', '=', 'media.id').where('blast_job.state', 'in', PLANNED))))
    .returning('id')
    .execute();
  return rows.map(({ id }) => id);
}
