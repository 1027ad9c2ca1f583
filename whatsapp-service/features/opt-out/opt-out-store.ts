import type { OptOutSource } from '../../contracts/contact-states.js';
import type { SessionId } from '../../shared/ids.js';
import { workspacesFor, type WorkspaceKey } from '../../shared/workspace.js';
import type { Db } from '../../storage/database.js';
import { among } from '../../storage/dialect.js';
import type { OptOutRow } from '../../storage/schema-contacts.js';

/** Rows of one statement. */
const CHUNK = 500;

/** Which of these people (E.164 or LIDs) want no bulk messages, from this workspace or from any. */
export async function findOptedOut(db: Db, workspace: WorkspaceKey, people: readonly string[]): Promise<string[]> {
  const from = db.selectFrom('opt_out').where('workspace', 'in', workspacesFor(workspace)).where('opted_out', '=', 1);
  const known = await from.select('person as id').where(among('person', people)).execute();
  const lids = people.filter((person) => person.endsWith('@lid'));
  const byLid = lids.length === 0 ? [] : await from.select('lid as id').where(among('lid', lids)).execute();
  return [...known, ...byLid].flatMap(({ id }) => id ?? []);
}

/** What one person said, or an operator for them. */
export interface OptOutChange {
  workspace: WorkspaceKey;
  /** E.164, or the LID of someone whose number is not known. */
  person: string;
  lid: string | null;
  optedOut: boolean;
  source: OptOutSource;
  sessionId: SessionId | null;
  /** Milliseconds since the epoch. */
  at: number;
}

/** The latest word counts: what was said before it changes nothing, whenever it comes. */
export async function saveOptOuts(trx: Db, changes: readonly OptOutChange[]): Promise<void> {
  for (let from = 0; from < changes.length; from += CHUNK) {
    const rows = changes.slice(from, from + CHUNK).map(({ workspace, person, lid, optedOut, source, sessionId, at }) => ({ workspace, person, lid, opted_out: optedOut ? 1 : 0, source, session_id: sessionId, changed_at: at }));
    await trx
      .insertInto('opt_out')
      .values(rows)
      .onConflict((conflict) =>
        conflict
          .columns(['workspace', 'person'])
          .doUpdateSet((eb) => ({
            lid: eb.fn.coalesce('excluded.lid', 'opt_out.lid'),
            opted_out: eb.ref('excluded.opted_out'),
            source: eb.ref('excluded.source'),
            session_id: eb.ref('excluded.session_id'),
            changed_at: eb.ref('excluded.changed_at'),
          }))
          .whereRef('excluded.changed_at', '>=', 'opt_out.changed_at'),
      )
      .execute();
  }
}

/** Rows under these keys or LIDs, of one workspace alone. */
export async function findOwnRows(db: Db, workspace: WorkspaceKey, people: readonly string[]): Promise<OptOutRow[]> {
  return db
    .selectFrom('opt_out')
    .selectAll()
    .where('workspace', '=', workspace)
    .where((eb) => eb.or([among('person', people), among('lid', people)]))
    .execute();
}

/** Whoever opted out as one of these LIDs did so under this number, too, unless they have said something else under it since. */
export async function spreadToPhones(trx: Db, workspace: WorkspaceKey, people: readonly { phone: string; lid: string }[]): Promise<void> {
  const rows = await trx.selectFrom('opt_out').selectAll().where('workspace', 'in', workspacesFor(workspace)).where('opted_out', '=', 1).where(among('person', people.map(({ lid }) => lid))).execute();
  if (rows.length === 0) return;
  const phoneOf = new Map(people.map(({ phone, lid }) => [lid, phone]));
  await saveOptOuts(trx, rows.flatMap(({ workspace: key, person, source, session_id, changed_at }) => {
    const phone = phoneOf.get(person);
    return phone === undefined ? [] : [{ workspace: key as WorkspaceKey, person: phone, lid: person, optedOut: true, source, sessionId: session_id as SessionId | null, at: changed_at }];
  }));
}

/** Who is opted out, in the order of their keys. */
export async function listOptOuts(db: Db, workspace: WorkspaceKey, after: string, limit: number): Promise<OptOutRow[]> {
  return db.selectFrom('opt_out').selectAll().where('workspace', '=', workspace).where('opted_out', '=', 1).where('person', '>', after).orderBy('person').limit(limit).execute();
}
