import { sql } from 'kysely';
import { likeText, phoneDigits } from '../../shared/search-text.js';
import { workspacesFor, type WorkspaceKey } from '../../shared/workspace.js';
import type { Db } from '../../storage/database.js';
import { among } from '../../storage/dialect.js';
import type { AddressRow } from '../../storage/schema-contacts.js';

/** Which of these numbers are in the address book: the workspace's own, or the one of every workspace. */
export async function findAddresses(db: Db, workspace: WorkspaceKey, phones: readonly string[]): Promise<string[]> {
  const rows = await db.selectFrom('address').select('phone').where('workspace', 'in', workspacesFor(workspace)).where(among('phone', phones)).execute();
  return rows.map(({ phone }) => phone);
}

export interface NewAddress {
  phone: string;
  name: string | null;
}

/** Rows of one statement. */
const CHUNK = 500;

/** Writes them, and tells how many were there before. A name that is not given stays as it is. */
export async function saveAddresses(trx: Db, workspace: WorkspaceKey, rows: readonly NewAddress[], now: number): Promise<number> {
  let known = 0;
  for (let from = 0; from < rows.length; from += CHUNK) {
    const chunk = rows.slice(from, from + CHUNK);
    known += (await findOwn(trx, workspace, chunk.map(({ phone }) => phone))).length;
    await trx
      .insertInto('address')
      .values(chunk.map(({ phone, name }) => ({ workspace, phone, name, created_at: now, updated_at: now })))
      .onConflict((conflict) => conflict.columns(['workspace', 'phone']).doUpdateSet((eb) => ({ name: eb.fn.coalesce('excluded.name', 'address.name'), updated_at: eb.ref('excluded.updated_at') })))
      .execute();
  }
  return known;
}

/** Of one workspace alone. */
export async function findOwn(db: Db, workspace: WorkspaceKey, phones: readonly string[]): Promise<string[]> {
  return (await db.selectFrom('address').select('phone').where('workspace', '=', workspace).where(among('phone', phones)).execute()).map(({ phone }) => phone);
}

export async function listAddresses(db: Db, workspace: WorkspaceKey, search: string | undefined, { after, limit }: { after: string; limit: number }): Promise<AddressRow[]> {
  let query = db.selectFrom('address').selectAll().where('workspace', '=', workspace).where('phone', '>', after);
  if (search !== undefined) query = query.where((eb) => eb.or([sql<boolean>`lower(name) like ${`%${likeText(search)}%`} escape '!'`, ...(phoneDigits(search) === '' ? [] : [eb('phone', 'like', `%${phoneDigits(search)}%`)])]));
  return query.orderBy('phone').limit(limit).execute();
}

/** null: all of the workspace. Tells how many there were. */
export async function deleteAddresses(trx: Db, workspace: WorkspaceKey, phones: readonly string[] | null): Promise<number> {
  let query = trx.deleteFrom('address').where('workspace', '=', workspace);
  if (phones !== null) query = query.where(among('phone', phones));
  return Number((await query.executeTakeFirst()).numDeletedRows);
}
