import { createHash } from 'node:crypto';
import type { Request, RequestHandler } from 'express';
import { ApiError } from '../contracts/errors.js';
import type { Caller } from '../contracts/route.js';
import { addressOf, type Limiter } from './rate-limit.js';
import { stateOf } from './request-state.js';

/** Whose key this is; null for none that is valid. */
export type Authenticate = (key: string) => Promise<Caller | null>;

/** Longer than any key; what is longer is not even looked up. */
const MAX_KEY_LENGTH = 512;
/** Pairs of address and key that are remembered as good. */
const MAX_PROVEN = 1_000;

/**
 * Finds out who calls. An address that fails too often is no longer listened to, so that keys cannot be tried out;
 * only a key that was good from that address before still is, so that a stranger behind the same proxy
 * cannot lock out the application.
 */
export function authentication(authenticate: Authenticate, failures: Limiter): RequestHandler {
  const proven = new ProvenKeys();
  return async (req, res, next) => {
    const address = addressOf(req);
    const key = keyOf(req);
    const isProven = key !== null && proven.has(address, key);
    if (!isProven && (await failures.isExhausted(address))) return failures.middleware(req, res, next);

    const caller = key === null ? null : await authenticate(key);
    if (caller && key !== null) {
      proven.add(address, key);
      stateOf(res).caller = caller;
      return next();
    }
    if (key !== null) proven.delete(address, key);
    await failures.middleware(req, res, (error?: unknown) => {
      res.setHeader('WWW-Authenticate', 'Bearer');
      next(error ?? new ApiError('unauthorized'));
    });
  };
}

/** From a header only: a URL is kept in logs and histories. */
function keyOf(req: Request): string | null {
  const key = req.get('x-api-key') ?? /^Bearer +(\S+)$/i.exec(req.get('authorization') ?? '')?.[1];
  return key === undefined || key === '' || key.length > MAX_KEY_LENGTH ? null : key;
}

/** The oldest is forgotten first. Only a digest is kept, and never a key. */
class ProvenKeys {
  private readonly digests = new Set<string>();

  has(address: string, key: string): boolean {
    return this.digests.has(digest(address, key));
  }

  add(address: string, key: string): void {
    const entry = digest(address, key);
    this.digests.delete(entry);
    this.digests.add(entry);
    if (this.digests.size <= MAX_PROVEN) return;
    for (const oldest of this.digests) {
      this.digests.delete(oldest);
      break;
    }
  }

  delete(address: string, key: string): void {
    this.digests.delete(digest(address, key));
  }
}

const digest = (address: string, key: string): string => createHash('sha256').update(`${address}\n${key}`).digest('base64');
