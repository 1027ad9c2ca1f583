import type { z } from 'zod';
import type { ErrorCode } from './errors.js';

/**
 * A route is data: a feature lists its routes, `http/` turns them into Express handlers and into OpenAPI.
 * So a feature never sees Express, and what is documented is what is validated.
 */
export type Scope = 'read' | 'send' | 'admin';
export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

/**
 * Who calls. `sessions` and `workspaces` are null for a key that may use every one. A key that is limited to workspaces has their sessions
 * as its own, and one that is limited to sessions has their workspaces.
 */
export interface Caller {
  keyId: string;
  scopes: readonly Scope[];
  sessions: readonly string[] | null;
  workspaces: readonly string[] | null;
}

const INCLUDED: Record<Scope, readonly Scope[]> = { read: ['read', 'send', 'admin'], send: ['send', 'admin'], admin: ['admin'] };

/** Whether one of the caller's scopes is, or includes, the one that is needed. */
export const hasScope = (caller: Caller, needed: Scope): boolean => caller.scopes.some((held) => INCLUDED[needed].includes(held));

/** Whether the caller's key may use this session. Ids are compared as text: Laravel's `12` is the session `12`. */
export const mayUseSession = (caller: Caller, sessionId: string | number): boolean => caller.sessions === null || caller.sessions.includes(String(sessionId));

/** The same for a workspace. What belongs to none is for keys that may use every workspace. */
export const mayUseWorkspace = (caller: Caller, workspaceId: string | number | null): boolean => caller.workspaces === null || (workspaceId !== null && caller.workspaces.includes(String(workspaceId)));

/** The same for what has a workspace, or none, and sessions: a session may have been made anew in another workspace since. */
export const mayUseAll = (caller: Caller, { workspaceId, sessionIds }: { workspaceId: string | number | null; sessionIds: readonly (string | number)[] }): boolean =>
  (workspaceId === null || mayUseWorkspace(caller, workspaceId)) && sessionIds.every((id) => mayUseSession(caller, id));

type Infer<S> = S extends z.ZodType ? z.output<S> : undefined;

/** The file of a form, on disk for as long as the route's work lasts: move it to keep it. */
export interface UploadedFile {
  path: string;
  /** As the caller wrote it. */
  filename: string;
  /** As the caller declared it; nobody has looked inside. */
  mimetype: string;
  /** Bytes. */
  size: number;
  /** Of its bytes, hexadecimal. */
  sha256: string;
}

/** A body that is read while it comes, unpacked. What is not read in time is thrown away when the route is done. */
export interface BodyStream {
  /** The media type, lower-case and without parameters. */
  type: string;
  /** Rejects with an ApiError when the caller gives up or sends too much. One consumer; it sets the pace of the sender. */
  bytes: AsyncIterable<Buffer>;
  /** SHA-256 (hex) of what was read so far. */
  hash(): string;
}

export interface RouteContext<P = unknown, Q = unknown, B = unknown> {
  params: P;
  query: Q;
  body: B;
  caller: Caller;
  requestId: string;
  /** The `Idempotency-Key` header, checked for its form. */
  idempotencyKey: string | null;
  /** The media type that the caller prefers among `produces`. */
  accept: string;
  /** SHA-256 (hex) of the body's bytes, unpacked if they came compressed; of a form, of its fields and its file. */
  bodyHash: string;
  /** The file, when the body came as a form. */
  file: UploadedFile | null;
  /** The body, when it came as one of the route's stream types; `body` is then undefined, whatever its schema says. */
  stream: BodyStream | null;
}

export interface RouteAnswer {
  status: number;
  /** An object is sent as JSON; a string or bytes as `type`, and so are texts that come one after the other, at the receiver's pace. */
  body?: unknown;
  type?: string;
  headers?: Record<string, string>;
}

export interface RouteSpec<P extends z.ZodType | undefined, Q extends z.ZodType | undefined, B extends z.ZodType | undefined> {
  method: Method;
  /**
   * OpenAPI form: `/api/sessions/{id}`. Checked against the key's sessions before `handle`: an `{id}` right below
   * `/api/sessions` or `/sandbox/sessions`, and a `session_id` or a `workspace_id` in the path, the query or at the top of the body.
   * Whatever else names one is the feature's to check, with `mayUseSession` and `mayUseWorkspace`.
   */
  path: string;
  /** The scope a key must have; `public` needs no key. `admin` includes `send`, `send` includes `read`. */
  scope: Scope | 'public';
  tag: string;
  summary: string;
  description?: string;
  request?: {
    params?: P;
    query?: Q;
    body?: B;
    bodyExample?: unknown;
    /** Several, by name, where one does not show it all. */
    bodyExamples?: Record<string, unknown>;
    /** The body may also come as `multipart/form-data` with one file of at most `limitBytes` in the part `file`. */
    multipart?: { file: string; limitBytes: number };
    /**
     * The body may also come as a stream of at most `limitBytes` (unpacked), in one of these media types. JSON is streamed only where it may be
     * larger than other bodies may be.
     */
    stream?: { types: readonly string[]; limitBytes: number };
  };
  /** Status → what is answered. `schema` is for the documentation. */
  responses: Record<number, { description: string; schema?: z.ZodType; example?: unknown }>;
  /** Media types this route can answer with; JSON when absent. */
  produces?: readonly string[];
  errors?: readonly ErrorCode[];
  handle(context: RouteContext<Infer<P>, Infer<Q>, Infer<B>>): Promise<RouteAnswer> | RouteAnswer;
}

/** A route whose types have been checked by `route()` and are no longer needed. */
export type Route = RouteSpec<z.ZodType | undefined, z.ZodType | undefined, z.ZodType | undefined>;

export function route<
  P extends z.ZodType | undefined = undefined,
  Q extends z.ZodType | undefined = undefined,
  B extends z.ZodType | undefined = undefined,
>(spec: RouteSpec<P, Q, B>): Route {
  // The parser in http/ guarantees the types that this forgets.
  return spec;
}
