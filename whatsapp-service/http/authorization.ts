import type { RequestHandler } from 'express';
import { ApiError } from '../contracts/errors.js';
import { hasScope, mayUseSession, mayUseWorkspace, type Caller, type Route, type Scope } from '../contracts/route.js';
import { stateOf } from './request-state.js';

/** Refuses a key whose scopes do not include the one that is needed, and names it. */
export function requireScope(scope: Scope): RequestHandler {
  return (_req, res, next) => {
    const { caller } = stateOf(res);
    next(caller && hasScope(caller, scope) ? undefined : new ApiError('forbidden', { required_scope: scope }));
  };
}

/** Paths whose `{id}` is a session's. */
const SESSION_PATH = /^\/(api|sandbox)\/sessions\/\{id\}/;

/** The names under which a route's path tells the session. */
export const sessionParams = (route: Pick<Route, 'path'>): readonly string[] => (SESSION_PATH.test(route.path) ? ['id', 'session_id'] : ['session_id']);

/** Refuses a session or a workspace that is not the key's. `part` is the validated path, query or body. */
export function requireOwn(caller: Caller, part: unknown, sessionNames: readonly string[] = ['session_id']): void {
  if (typeof part !== 'object' || part === null) return;
  const named = part as Record<string, unknown>;
  for (const name of sessionNames) {
    const id = named[name];
    if (isId(id) && !mayUseSession(caller, id)) throw new ApiError('forbidden', { session_id: id });
  }
  const { workspace_id: workspace } = named;
  if (isId(workspace) && !mayUseWorkspace(caller, workspace)) throw new ApiError('forbidden', { workspace_id: workspace });
}

const isId = (value: unknown): value is string | number => typeof value === 'string' || typeof value === 'number';
