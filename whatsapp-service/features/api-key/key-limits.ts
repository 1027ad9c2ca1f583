import type { Caller } from '../../contracts/route.js';
import type { ApiKey } from './api-key-store.js';

/**
 * What a key may use, as the sessions are now. Limited to workspaces, it has the sessions of these, also those that come later; limited to
 * sessions, it has the workspaces that these are in. A session that it names and that does not exist yet stays its own.
 */
export function limitsOf({ sessions, workspaces }: Pick<ApiKey, 'sessions' | 'workspaces'>, existing: readonly { id: string; workspace: string | null }[]): Pick<Caller, 'sessions' | 'workspaces'> {
  if (sessions === null && workspaces === null) return { sessions, workspaces };
  const own = existing.filter(({ id, workspace }) => (sessions?.includes(id) ?? true) && (workspaces === null || (workspace !== null && workspaces.includes(workspace))));
  if (sessions === null) return { sessions: own.map(({ id }) => id), workspaces };
  const reached = [...new Set(own.flatMap(({ workspace }) => workspace ?? []))];
  return { sessions: workspaces === null ? sessions : own.map(({ id }) => id), workspaces: reached };
}
