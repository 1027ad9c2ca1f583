import { workspacesFor, type WorkspaceKey } from '../../shared/workspace.js';
import type { Db } from '../../storage/database.js';
import { among } from '../../storage/dialect.js';

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

/** When each of these people (E.164) last wrote to a session of the workspace, milliseconds since the epoch. Who never did is left out. */
export async function lastActive(db: Db, workspace: WorkspaceKey, phones: readonly string[]): Promise<Map<string, number>> {
  const rows = await db.selectFrom('contact_activity').select(['phone', 'last_at']).where('workspace', 'in', workspacesFor(workspace)).where(among('phone', phones)).execute();
  const latest = new Map<string, number>();
  for (const { phone, last_at: at } of rows) latest.set(phone, Math.max(at, latest.get(phone) ?? 0));
  return latest;
}
