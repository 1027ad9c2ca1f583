import type { ErrorRequestHandler, NextFunction, Request, Response } from 'express';
import { ApiError, errorBody, invalidField } from '../contracts/errors.js';
import type { Logger } from '../shared/logger.js';
import { unavailability } from '../storage/dialect.js';
import { stateOf } from './request-state.js';
import { sendAnswer } from './send-answer.js';

/** When to ask again, where nothing better is known. */
const RETRY_AFTER_SECONDS = '5';

/** The one place where an error becomes an answer. What is not meant for the caller is logged, and never sent. */
export function errorAnswer(logger: Logger, limitBytes: number): ErrorRequestHandler {
  return (error: unknown, req: Request, res: Response, _next: NextFunction) => {
    const { requestId, route, entered } = stateOf(res);
    // Once a feature works on it, a status on an error is somebody else's, such as the backend's.
    const known = error instanceof ApiError ? error : entered ? null : fromLibrary(error, limitBytes);
    if (!known) logger.error('A request failed on our side', { request: requestId, method: req.method, route: route?.path, error });
    // Too late for an answer: the connection is cut, so that half of one is not taken for the whole.
    if (res.headersSent) return void res.destroy();
    const reason = unavailability(error);
    const answered = known ?? (reason === null ? new ApiError('internal') : new ApiError('storage_unavailable', { reason }));
    if (answered.status === 503 && !res.hasHeader('Retry-After')) res.setHeader('Retry-After', RETRY_AFTER_SECONDS);
    sendAnswer(res, { status: answered.status, body: errorBody(answered, requestId) });
  };
}

/** Express, its router and its body parser mark what the caller did wrong with a status; their texts are not sent. */
function fromLibrary(error: unknown, limitBytes: number): ApiError | null {
  const { status, type, code } = error as { status?: unknown; type?: unknown; code?: unknown };
  if (code === 'ECONNABORTED') return invalidField('request', 'was given up by the caller');
  if (typeof status !== 'number' || status < 400 || status > 499) return null;
  if (status === 413) return new ApiError('payload_too_large', { limit_bytes: limitBytes });
  if (status === 415) return new ApiError('unsupported_media_type');
  if (isBadPath(error)) return invalidField('params', 'The path is not properly %-encoded.');
  const isBody = type !== undefined || (typeof code === 'string' && code.startsWith('Z_'));
  return isBody ? invalidField('body', 'The body was cut off, or is not compressed as `Content-Encoding` says.') : invalidField('header', 'A header of the request cannot be fulfilled.');
}

const isBadPath = (error: unknown): boolean => error instanceof Error && error.message.startsWith('Failed to decode param');
