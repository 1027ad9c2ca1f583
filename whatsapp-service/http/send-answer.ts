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
  res.end(bytes);
}

function encoded(answer: RouteAnswer): { bytes: Buffer | null; type: string | null } {
  const { body, type } = answer;
  if (body === undefined) return { bytes: null, type: null };
  if (body instanceof Uint8Array) return { bytes: Buffer.from(body.buffer, body.byteOffset, body.byteLength), type: type ?? 'application/octet-stream' };
  if (typeof body === 'string') return { bytes: Buffer.from(body), type: withCharset(type ?? 'text/plain') };
  return { bytes: Buffer.from(toJson(body)), type: type ?? 'application/json; charset=utf-8' };
}

export const withCharset = (type: string): string => (type.startsWith('text/') && !type.includes('charset=') ? `${type}; charset=utf-8` : type);
