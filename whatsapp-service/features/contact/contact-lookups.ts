import type { ContactTarget, TargetSelection } from '../../contracts/contact-api.js';
import { workspaceKey, workspacesFor, type WorkspaceId, type WorkspaceKey } from '../../shared/workspace.js';
import type { Db } from '../../storage/database.js';
import { among } from '../../storage/dialect.js';

/** A page of a stored list; `next` is the cursor of the one after it, null at the end. */
export interface TargetPage {
  targets: ContactTarget[];
  next: string | null;
}

/** Whom a stored list names, in the order of their numbers, `limit` at a time. Only the workspace's own contacts. */
export async function storedTargets(db: Db, workspaceId: WorkspaceId, { tag }: TargetSelection, { after, limit }: { after: string | null; limit: number }): Promise<TargetPage> {
  const workspace = workspaceKey(workspaceId);
  let query = db.selectFrom('contact').select(['contact.phone', 'contact.name', 'contact.variables']).where('contact.workspace', '=', workspace).where('contact.phone', '>', after ?? '');
  if (tag !== undefined) query = query.innerJoin('contact_tag as t', (join) => join.onRef('t.workspace', '=', 'contact.workspace').onRef('t.phone', '=', 'contact.phone').on('t.tag', '=', tag));
  const rows = await query.orderBy('contact.phone').limit(limit).execute();
  const targets = rows.map(({ phone, name, variables }) => ({ phone, name, variables: JSON.parse(variables) as Record<string, string> }));
  return { targets, next: rows.length < limit ? null : (rows.at(-1)?.phone ?? null) };
}

/** When each of these people (E.164) last wrote to a session of the workspace, milliseconds since the epoch. Who never did is left out. */
export async function lastActive(db: Db, workspace: WorkspaceKey, phones: readonly string[]): Promise<Map<string, number>> {
  const rows = await db.selectFrom('contact_activity').select(['phone', 'last_at']).where('workspace', 'in', workspacesFor(workspace)).where(among('phone', phones)).execute();
  const latest = new Map<string, number>();
  for (const { phone, last_at: at } of rows) latest.set(phone, Math.max(at, latest.get(phone) ?? 0));
  return latest;
}
