import type { Response } from 'express';
import type { RouteAnswer } from '../contracts/route.js';
import { toJson } from '../shared/json.js';

/** Sends what a route answered. Nothing is kept by a cache unless the route says so: an answer may hold a QR or a key. */
export function sendAnswer(res: Response, answer: RouteAnswer): void {
  const { bytes, type } = encoded(answer);
  res.statusCode = answer.status;
  res.setHeader('Cache-Control', 'no-store');
  if (type !== null) res.setHeader('Content-Type', type);
  for (const [name, value] of Object.entries(answer.headers ?? {})) res.setHeader(name, value);
  if (bytes === null) {
    res.end();
    return;
  }
  res.setHeader('Content-Length', bytes.length);
  if (!isSendingOn(res)) return void res.end(bytes);
  res.write(bytes);
  endOnceRead(res);
}

/** The caller sends its body still, and the connection is closed after the answer. Whoever wrote `Expect` listens while it sends. */
const isSendingOn = ({ req, shouldKeepAlive }: Response): boolean => !req.complete && !shouldKeepAlive && req.headers.expect === undefined;

/**
 * Some callers (PHP's streams, Python's urllib) send all of a body before they look for an answer, which would not be there for them if the
 * connection was closed in between. What they send is thrown away, for as long as a request may take.
 */
function endOnceRead(res: Response): void {
  const end = (): void => void res.end();
  res.req.once('end', end).once('close', end).once('error', end).resume();
}

function encoded(answer: RouteAnswer): { bytes: Buffer | null; type: string | null } {
  const { body, type } = answer;
  if (body === undefined) return { bytes: null, type: null };
  if (body instanceof Uint8Array) return { bytes: Buffer.from(body.buffer, body.byteOffset, body.byteLength), type: type ?? 'application/octet-stream' };
  if (typeof body === 'string') return { bytes: Buffer.from(body), type: withCharset(type ?? 'text/plain') };
  return { bytes: Buffer.from(toJson(body)), type: type ?? 'application/json; charset=utf-8' };
}

export const withCharset = (type: string): string => (type.startsWith('text/') && !type.includes('charset=') ? `${type}; charset=utf-8` : type);
