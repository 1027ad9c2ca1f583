import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { RequestHandler } from 'express';
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
export class Doorkeeper {
  private readonly proven = new ProvenKeys();

  constructor(
    private readonly authenticate: Authenticate,
    private readonly failures: Limiter,
  ) {}

  /** Who it is; `nobody` without a valid key, which is to be counted as a failure; `shut` where no more keys are listened to. */
  async admit(address: string, key: string | null): Promise<Caller | 'nobody' | 'shut'> {
    const isProven = key !== null && this.proven.has(address, key);
    if (!isProven && (await this.failures.isExhausted(address))) return 'shut';
    const caller = key === null ? null : await this.authenticate(key);
    if (key === null) return 'nobody';
    if (!caller) {
      this.proven.delete(address, key);
      return 'nobody';
    }
    this.proven.add(address, key);
    return caller;
  }
}

export function authentication(door: Doorkeeper, failures: Limiter): RequestHandler {
  return async (req, res, next) => {
    const caller = await door.admit(addressOf(req), keyIn(req.headers));
    if (caller === 'shut') return failures.middleware(req, res, next);
    if (caller !== 'nobody') {
      stateOf(res).caller = caller;
      return next();
    }
    await failures.middleware(req, res, (error?: unknown) => {
      res.setHeader('WWW-Authenticate', 'Bearer');
      next(error ?? new ApiError('unauthorized'));
    });
  };
}

/** From a header only: a URL is kept in logs and histories. */
export function keyIn(headers: IncomingHttpHeaders): string | null {
  const given = headers['x-api-key'] ?? /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1];
  return typeof given !== 'string' || given === '' || given.length > MAX_KEY_LENGTH ? null : given;
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
