import type { RequestHandler } from 'express';
import { ApiError } from '../contracts/errors.js';
import { hasScope, mayUseSession, type Caller, type Route, type Scope } from '../contracts/route.js';
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

/** Refuses a session that is not in the key's list. `part` is the validated path, query or body. */
export function requireSession(caller: Caller, part: unknown, names: readonly string[] = ['session_id']): void {
  if (caller.sessions === null || typeof part !== 'object' || part === null) return;
  for (const name of names) {
    const id = (part as Record<string, unknown>)[name];
    if ((typeof id === 'string' || typeof id === 'number') && !mayUseSession(caller, id)) throw new ApiError('forbidden', { session_id: id });
  }
}
