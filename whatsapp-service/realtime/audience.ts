import type { BlastJobView } from '../contracts/blast-api.js';
import { mayUseAll, type Caller } from '../contracts/route.js';
import { workspaceKey } from '../shared/workspace.js';

/** Who listens: whose key it is, and the one workspace that it wants to hear of, if it said one. */
export interface Listener {
  caller: Caller;
  workspace: string | number | null;
}

type Whose = Pick<BlastJobView, 'workspace_id' | 'session_ids'>;

const EVERY_WORKSPACE = 'every-workspace';
/** Keys that are limited: what they may use can change, so that each blast is judged when it is told. */
const LIMITED = 'limited';
const roomOfWorkspace = (id: Whose['workspace_id']): string => `workspace:${workspaceKey(id)}`;

/** The room in which a listener hears of its blasts. */
export function roomOf({ caller, workspace }: Listener): string {
  if (workspace !== null) return roomOfWorkspace(workspace);
  return caller.workspaces === null ? EVERY_WORKSPACE : LIMITED;
}

/** The rooms that a blast is told in. */
export const roomsOf = ({ workspace_id: id }: Whose): string[] => [roomOfWorkspace(id), EVERY_WORKSPACE, LIMITED];

/** Whether a listener may know of a blast: the same rule as for REST. A room is where it is told; this is the lock. */
export const mayHear = ({ caller, workspace }: Listener, job: Whose): boolean =>
  (workspace === null || workspaceKey(workspace) === workspaceKey(job.workspace_id)) && mayUseAll(caller, { workspaceId: job.workspace_id, sessionIds: job.session_ids });
