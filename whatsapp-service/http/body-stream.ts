import { createHash } from 'node:crypto';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import type { Request } from 'express';
import { ApiError, invalidField } from '../contracts/errors.js';
import type { BodyStream, Route } from '../contracts/route.js';
import { readBytes } from '../shared/read-buffers.js';
import { mediaType } from './body.js';

type StreamLimits = NonNullable<NonNullable<Route['request']>['stream']>;

const JSON_TYPE = 'application/json';

/** Whether the body is to be read while it comes: JSON only where it does not say that it is small. */
export function isStreamed(req: Request, { types }: Pick<StreamLimits, 'types'>, smallBytes: number): boolean {
  const type = mediaType(req)?.essence;
  if (type === undefined || !types.includes(type)) return false;
  return type !== JSON_TYPE || Number(req.get('content-length') ?? Infinity) > smallBytes;
}

/** The body as it comes. @throws ApiError `payload_too_large`, `unsupported_media_type`, `invalid_request` */
export function openBodyStream(req: Request, { limitBytes }: Pick<StreamLimits, 'limitBytes'>): BodyStream {
  if (Number(req.get('content-length') ?? 0) > limitBytes) throw tooLarge(limitBytes);
  const type = mediaType(req);
  const charset = type?.params.get('charset')?.toLowerCase() ?? 'utf-8';
  if (!type || !['utf-8', 'utf8', 'us-ascii'].includes(charset)) throw new ApiError('unsupported_media_type');
  const hash = createHash('sha256');
  const source = unpacked(req);

  async function* bytes(): AsyncGenerator<Buffer> {
    let read = 0;
    try {
      for await (const chunk of source) {
        read += chunk.length;
        if (read > limitBytes) throw tooLarge(limitBytes);
        hash.update(chunk);
        readBytes(chunk.length);
        yield chunk;
      }
      // An upload that is broken off may look like one that has ended.
      if (!req.complete) throw brokenOff();
    } catch (error) {
      if (error instanceof ApiError) throw error;
      throw (error as { code?: string }).code?.startsWith('Z_') ? invalidField('body', 'is not compressed as `Content-Encoding` says') : brokenOff();
    } finally {
      // The rest is read and thrown away, so that the caller gets to the answer.
      req.unpipe();
      req.resume();
    }
  }

  return { type: type.essence, bytes: bytes(), hash: () => hash.copy().digest('hex') };
}

function unpacked(req: Request): AsyncIterable<Buffer> {
  const encoding = (req.get('content-encoding') ?? 'identity').toLowerCase();
  // A loop that ends early must not close the connection, over which the answer still has to go.
  if (encoding === 'identity') return req.iterator({ destroyOnReturn: false }) as AsyncIterableIterator<Buffer>;
  const unpack = encoding === 'gzip' ? createGunzip() : encoding === 'deflate' ? createInflate() : encoding === 'br' ? createBrotliDecompress() : null;
  if (!unpack) throw new ApiError('unsupported_media_type');
  req.on('error', (error) => unpack.destroy(error));
  req.on('close', () => {
    if (!req.complete) unpack.destroy(brokenOff());
  });
  return req.pipe(unpack);
}

const tooLarge = (limitBytes: number): ApiError => new ApiError('payload_too_large', { limit_bytes: limitBytes });
const brokenOff = (): ApiError => invalidField('body', 'was broken off before its end; nothing of it was kept');
