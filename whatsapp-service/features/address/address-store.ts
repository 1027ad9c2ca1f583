import { workspacesFor, type WorkspaceKey } from '../../shared/workspace.js';
import type { Db } from '../../storage/database.js';
import { among } from '../../storage/dialect.js';

/** Which of these numbers are in the address book: the workspace's own, or the one of every workspace. */
export async function findAddresses(db: Db, workspace: WorkspaceKey, phones: readonly string[]): Promise<string[]> {
  const rows = await db.selectFrom('address').select('phone').where('workspace', 'in', workspacesFor(workspace)).where(among('phone', phones)).execute();
  return rows.map(({ phone }) => phone);
}
