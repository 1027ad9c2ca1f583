import type { Response } from 'express';
import type { Caller, Method, Route } from '../contracts/route.js';

/** What the pieces of `http/` know of one request, beside the request itself. */
export interface RequestState {
  readonly requestId: string;
  /** `performance.now()` when it came. */
  readonly startedAt: number;
  /** The route that took it, once one did. */
  route: Route | null;
  /** Whose key it came with, once that is known. */
  caller: Caller | null;
  /** The route's own work has begun: everything before it was the request's form. */
  entered: boolean;
  /** The methods that its path takes. */
  readonly allow: Set<Uppercase<Method> | 'HEAD'>;
}

/** The state of the request that `res` answers. */
export const stateOf = (res: Response): RequestState => (res.locals as { request: RequestState }).request;

/** For `beginRequest` alone: every request has its state before anything else looks at it. */
export function setState(res: Response, state: RequestState): void {
  res.locals.request = state;
}
