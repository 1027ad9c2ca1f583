import { workspaceKey, type WorkspaceId, type WorkspaceKey } from '../shared/workspace.js';
import { ApiError } from './errors.js';
import { mayUseWorkspace, type Caller } from './route.js';

/**
 * The workspace that a request is about. A key that is limited to one workspace need not name it; what holds for every workspace is for keys
 * that may use every one. @throws ApiError `forbidden`
 */
export function workspaceOf(caller: Caller, id: WorkspaceId | undefined): WorkspaceKey {
  const own = caller.workspaces?.length === 1 ? caller.workspaces[0] : undefined;
  const meant = id ?? own ?? null;
  if (!mayUseWorkspace(caller, meant)) throw new ApiError('forbidden', { workspace_id: meant });
  return workspaceKey(meant);
}
