import type { Response } from 'express';
import type { Caller, Method, Route, UploadedFile } from '../contracts/route.js';

/** A form as it came: what its fields say, and its file, which is on disk until the request has been answered. */
export interface Form {
  body: unknown;
  /** It came in fields, which know only text, and not in the field `json`. */
  isText: boolean;
  /** SHA-256 (hex) of what it says: its bytes differ on every repetition, because its boundary does. */
  hash: string;
  file: UploadedFile;
}

/** What the pieces of `http/` know of one request, beside the request itself. */
export interface RequestState {
  readonly requestId: string;
  /** `performance.now()` when it came. */
  readonly startedAt: number;
  /** The route that took it, once one did. */
  route: Route | null;
  /** Whose key it came with, once that is known. */
  caller: Caller | null;
  /** The body, when it came as a form. */
  form: Form | null;
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
