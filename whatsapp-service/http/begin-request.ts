import type { RequestHandler } from 'express';
import { newRequestId } from '../shared/ids.js';
import { setState } from './request-state.js';

/** What a caller may name a request; anything else could forge lines in a log. */
const REQUEST_ID = /^[A-Za-z0-9._:=+/-]{1,64}$/;

/** Gives each request its id: the caller's own if it is well-formed, so that one id runs through both logs. */
export const beginRequest: RequestHandler = (req, res, next) => {
  const given = req.get('x-request-id');
  const requestId = given !== undefined && REQUEST_ID.test(given) ? given : newRequestId();
  setState(res, { requestId, startedAt: performance.now(), route: null, caller: null, form: null, entered: false, allow: new Set() });
  res.setHeader('X-Request-Id', requestId);
  next();
};
