import { workspacesFor, type WorkspaceKey } from '../../shared/workspace.js';
import type { Db } from '../../storage/database.js';
import { among } from '../../storage/dialect.js';

/** Which of these people (E.164 or LIDs) want no bulk messages, from this workspace or from any. */
export async function findOptedOut(db: Db, workspace: WorkspaceKey, people: readonly string[]): Promise<string[]> {
  const from = db.selectFrom('opt_out').where('workspace', 'in', workspacesFor(workspace)).where('opted_out', '=', 1);
  const known = await from.select('person as id').where(among('person', people)).execute();
  const lids = people.filter((person) => person.endsWith('@lid'));
  const byLid = lids.length === 0 ? [] : await from.select('lid as id').where(among('lid', lids)).execute();
  return [...known, ...byLid].flatMap(({ id }) => id ?? []);
}
