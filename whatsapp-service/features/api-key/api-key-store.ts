import type { Scope } from '../../contracts/route.js';
import type { Db } from '../../storage/database.js';
import type { ApiKeyTable } from '../../storage/schema.js';
import type { Selectable } from 'kysely';

/** An API key as it is kept: its digest stands for it. */
export interface ApiKey {
  id: string;
  name: string;
  /** SHA-256, hexadecimal. */
  hash: string;
  scopes: readonly Scope[];
  /** null: every session. */
  sessions: readonly string[] | null;
  /** null: every workspace. */
  workspaces: readonly string[] | null;
  createdAt: number;
  revokedAt: number | null;
}

export async function insertKey(trx: Db, key: Omit<ApiKey, 'revokedAt'>): Promise<void> {
  await trx
    .insertInto('api_key')
    .values({
      id: key.id,
      name: key.name,
      hash: key.hash,
      scopes: JSON.stringify(key.scopes),
      sessions: key.sessions === null ? null : JSON.stringify(key.sessions),
      workspaces: key.workspaces === null ? null : JSON.stringify(key.workspaces),
      created_at: key.createdAt,
      revoked_at: null,
    })
    .execute();
}

/** Whether it is revoked or not. */
export async function findKeyByHash(db: Db, hash: string): Promise<ApiKey | null> {
  return fromRow(await db.selectFrom('api_key').selectAll().where('hash', '=', hash).executeTakeFirst());
}

export async function findKey(db: Db, id: string): Promise<ApiKey | null> {
  return fromRow(await db.selectFrom('api_key').selectAll().where('id', '=', id).executeTakeFirst());
}

/** Those that are not revoked, the oldest first. */
export async function listActiveKeys(db: Db): Promise<ApiKey[]> {
  const rows = await db.selectFrom('api_key').selectAll().where('revoked_at', 'is', null).orderBy('created_at').orderBy('id').execute();
  return rows.map(toKey);
}

/** A revoked key stays, so that it is never taken for a new one. */
export async function revokeKey(trx: Db, id: string, now: number): Promise<void> {
  await trx.updateTable('api_key').set({ revoked_at: now }).where('id', '=', id).execute();
}

export async function deleteKey(trx: Db, id: string): Promise<void> {
  await trx.deleteFrom('api_key').where('id', '=', id).execute();
}

/** The sessions that there are, with the workspace of each as text; null where it has none. */
export async function listSessionWorkspaces(db: Db): Promise<{ id: string; workspace: string | null }[]> {
  const rows = await db.selectFrom('session').select(['id', 'workspace_id']).execute();
  return rows.map((row) => ({ id: row.id, workspace: row.workspace_id === null ? null : String(JSON.parse(row.workspace_id)) }));
}

const fromRow = (row: Selectable<ApiKeyTable> | undefined): ApiKey | null => (row ? toKey(row) : null);

const toKey = (row: Selectable<ApiKeyTable>): ApiKey => ({
  id: row.id,
  name: row.name,
  hash: row.hash,
  scopes: JSON.parse(row.scopes) as Scope[],
  sessions: row.sessions === null ? null : (JSON.parse(row.sessions) as string[]),
  workspaces: row.workspaces === null ? null : (JSON.parse(row.workspaces) as string[]),
  createdAt: row.created_at,
  revokedAt: row.revoked_at,
});
