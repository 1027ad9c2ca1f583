import type { Request, RequestHandler, Response } from 'express';
import { ApiError, invalidField } from '../contracts/errors.js';
import type { Caller, Route, RouteAnswer } from '../contracts/route.js';
import { validated, validatedBody } from '../contracts/validation.js';
import { requireOwn, requireScope, sessionParams } from './authorization.js';
import { bytesOf, hashOf, jsonOf } from './body.js';
import { isStreamed, openBodyStream } from './body-stream.js';
import { typedFormValues } from './form-values.js';
import { isForm, readForm, removeUpload, type FormLimits } from './multipart.js';
import { stateOf, type Form } from './request-state.js';
import { sendAnswer } from './send-answer.js';
import { isStreamedAnswer, streamAnswer } from './stream-answer.js';

/** What every route shares. */
export interface RouteGuards {
  authenticate: RequestHandler;
  limitKey: RequestHandler;
  readBody: readonly RequestHandler[];
  /** What `readBody` takes. */
  bodyLimitBytes: number;
  /** For routes that take forms. */
  forms: FormLimits | null;
}

/** Calls a public route: it has no right to anything. */
const NOBODY: Caller = { keyId: 'public', scopes: [], sessions: [], workspaces: [] };

/** One route as the chain of handlers that Express runs: who, how often, may it, then its body and the work. */
export function routeHandlers(route: Route, guards: RouteGuards): RequestHandler[] {
  const names: RequestHandler = (_req, res, next) => {
    stateOf(res).route = route;
    next();
  };
  const admits = route.scope === 'public' ? [] : [guards.authenticate, guards.limitKey, requireScope(route.scope)];
  const reads = route.method === 'get' ? [] : bodyReaders(route, guards);
  const work: RequestHandler = async (req, res) => {
    let answered: RouteAnswer;
    try {
      answered = await answer(route, guards, [req, res]);
    } finally {
      // What of a stream was not read is thrown away, so that the caller gets to the answer.
      if (!req.readableEnded) req.resume();
      await removeUpload(stateOf(res).form?.file ?? null);
    }
    if (isStreamedAnswer(answered)) await streamAnswer(res, answered);
    else sendAnswer(res, answered);
  };
  return [names, ...admits, ...reads, work];
}

/** A form is read by its own reader, and whatever else comes by the usual ones. */
function bodyReaders(route: Route, { readBody, forms, bodyLimitBytes }: RouteGuards): readonly RequestHandler[] {
  const { multipart, stream } = route.request ?? {};
  const wholes = stream ? readBody.map((reader): RequestHandler => (req, res, next) => (isStreamed(req, stream, bodyLimitBytes) ? next() : reader(req, res, next))) : readBody;
  if (!multipart) return wholes;
  if (!forms) throw new Error(`The route ${route.method.toUpperCase()} ${route.path} takes files, and there is no folder for them.`);
  const form = readForm(multipart, forms);
  const when = (reader: RequestHandler, takesForms: boolean): RequestHandler => (req, res, next) => (isForm(req) === takesForms ? reader(req, res, next) : next());
  return [when(form, true), ...wholes.map((reader) => when(reader, false))];
}

async function answer(route: Route, { bodyLimitBytes }: RouteGuards, [req, res]: [Request, Response]): Promise<RouteAnswer> {
  const state = stateOf(res);
  const caller = state.caller ?? NOBODY;
  const isPublic = route.scope === 'public';

  const params = await validated('params', route.request?.params, { ...req.params });
  if (!isPublic) requireOwn(caller, params, sessionParams(route));
  const accept = negotiated(route, req, res);
  const idempotencyKey = idempotencyKeyOf(req);
  const query = await validated('query', route.request?.query, { ...req.query });
  const { form } = state;
  const schema = route.request?.body;
  const limits = route.request?.stream;
  const stream = limits && isStreamed(req, limits, bodyLimitBytes) ? openBodyStream(req, limits) : null;
  const body = schema && !stream ? await validatedBody(schema, form ? await formBody(schema, form) : jsonOf(req)) : undefined;
  if (!isPublic) for (const part of [query, body]) requireOwn(caller, part);

  state.entered = true;
  return route.handle({ params, query, body, caller, requestId: state.requestId, idempotencyKey, accept, bodyHash: form?.hash ?? hashOf(bytesOf(req)), file: form?.file ?? null, stream });
}

/** In fields there is only text; the field `json` knows what is a number and what is none. */
const formBody = (schema: NonNullable<NonNullable<Route['request']>['body']>, { body, isText }: Form): unknown => (isText ? typedFormValues(schema, body) : body);

const JSON_TYPE = 'application/json';

/** A route that answers with one type does so whatever `Accept` says; one with several lets the caller choose. */
function negotiated(route: Route, req: Request, res: Response): string {
  const [only = JSON_TYPE, ...others] = route.produces ?? [];
  if (others.length === 0) return only;
  res.vary('Accept');
  const chosen = req.accepts([only, ...others]);
  if (chosen === false) throw new ApiError('not_acceptable', { produces: route.produces });
  return chosen;
}

/** 1 to 255 visible ASCII characters: it is stored, compared and shown as it is. */
function idempotencyKeyOf(req: Request): string | null {
  const key = req.get('idempotency-key');
  if (key === undefined) return null;
  if (!/^[\x21-\x7e]{1,255}$/.test(key)) throw invalidField('header.Idempotency-Key', 'must be 1 to 255 visible ASCII characters, without spaces');
  return key;
}
