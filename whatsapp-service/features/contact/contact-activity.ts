import type { WorkspaceKey } from '../../shared/workspace.js';
import type { Db } from '../../storage/database.js';

/** Remembers when these people (E.164 → milliseconds since the epoch) wrote, unless something newer is known. */
export async function saveActivity(trx: Db, workspace: WorkspaceKey, seen: ReadonlyMap<string, number>): Promise<void> {
  if (seen.size === 0) return;
  await trx
    .insertInto('contact_activity')
    .values([...seen].map(([phone, at]) => ({ workspace, phone, last_at: at })))
    .onConflict((conflict) =>
      conflict
        .columns(['workspace', 'phone'])
        .doUpdateSet((eb) => ({ last_at: eb.ref('excluded.last_at') }))
        .whereRef('excluded.last_at', '>', 'contact_activity.last_at'),
    )
    .execute();
}
