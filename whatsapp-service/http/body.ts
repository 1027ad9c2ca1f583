import { createHash } from 'node:crypto';
import { MIMEType } from 'node:util';
import express, { type Request, type RequestHandler } from 'express';
import { ApiError } from '../contracts/errors.js';
import { refuseHostile } from '../contracts/validation.js';

/** Reads the body's bytes, unpacked, into `req.body`. The limit counts what comes out of the unpacking. */
export function readBody(limitBytes: number): RequestHandler[] {
  return [
    (req, _res, next) => {
      // Refused at once and not after all of it has been sent.
      const tooLarge = Number(req.get('content-length') ?? 0) > limitBytes;
      next(tooLarge ? new ApiError('payload_too_large', { limit_bytes: limitBytes }) : undefined);
    },
    express.raw({ type: () => true, limit: limitBytes, inflate: true }),
  ];
}

/** The bytes that `readBody` found; empty when there was no body. */
export const bytesOf = (req: Request): Buffer => (Buffer.isBuffer(req.body) ? req.body : Buffer.alloc(0));

export const hashOf = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** The body as JSON; undefined when there is none. */
export function jsonOf(req: Request): unknown {
  const bytes = bytesOf(req);
  if (bytes.length === 0) return undefined;
  requireJsonType(req);
  const value = parseJson(bytes);
  refuseHostile(value);
  return value;
}

function requireJsonType(req: Request): void {
  const type = mediaType(req);
  const isJson = type !== null && /^application\/(?:[\w.-]+\+)?json$/.test(type.essence);
  const charset = type?.params.get('charset')?.toLowerCase() ?? 'utf-8';
  if (!isJson || !['utf-8', 'utf8', 'us-ascii'].includes(charset)) throw new ApiError('unsupported_media_type');
}

/** The request's `Content-Type`; null when there is none, or none that can be read. */
export function mediaType(req: Request): MIMEType | null {
  try {
    return new MIMEType(req.get('content-type') ?? '');
  } catch {
    return null;
  }
}

/** @throws ApiError `invalid_json` */
export function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as unknown;
  } catch {
    // The parser's own text repeats a part of the body, which may be a message.
    throw new ApiError('invalid_json');
  }
}
