import type { IncomingMessage } from 'node:http';
import type { Request, RequestHandler, Response } from 'express';
import { ipKeyGenerator, MemoryStore, rateLimit } from 'express-rate-limit';
import { ApiError } from '../contracts/errors.js';
import { stateOf } from './request-state.js';

export interface Limiter {
  /** Counts the request, and answers 429 when it is one too many. */
  middleware: RequestHandler;
  isExhausted(name: string): Promise<boolean>;
  /** Counts one that is no HTTP request. @throws ApiError `rate_limited` when it is one too many. */
  count(name: string): Promise<void>;
  /** Ends its timer. */
  stop(): void;
}

const WINDOW_MS = 60_000;

/** Failed authentications per minute from one address: enough for a person with a typo, too few to try out keys. */
export const FAILURES_PER_MINUTE = 20;

/** Requests of one API key; 0 turns it off. */
export const keyLimiter = (perMinute: number): Limiter => (perMinute === 0 ? UNLIMITED : limiter(perMinute, (_req, res) => stateOf(res).caller?.keyId ?? 'none'));

/** Failed authentications of one address. */
export const failureLimiter = (): Limiter => limiter(FAILURES_PER_MINUTE, (req) => addressOf(req));

/** Where a request comes from. Whoever holds one IPv6 address holds its whole subnet. */
export const addressOf = (req: Request): string => nameOfAddress(req.ip);

/** The same of a request that Express does not see: behind a proxy, what it saw itself. */
export function addressOfMessage(req: IncomingMessage, trustProxy: boolean): string {
  const forwarded = trustProxy ? String(req.headers['x-forwarded-for'] ?? '').split(',').at(-1)?.trim() : '';
  return nameOfAddress(forwarded === '' ? req.socket.remoteAddress : forwarded);
}

const nameOfAddress = (ip: string | undefined): string => (ip === undefined ? 'unknown' : ipKeyGenerator(ip));

function limiter(perMinute: number, nameOf: (req: Request, res: Response) => string): Limiter {
  const store = new MemoryStore();
  const middleware = rateLimit({
    windowMs: WINDOW_MS,
    limit: perMinute,
    store,
    keyGenerator: nameOf,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    // They would write to the console about the proxy's headers, which `trust proxy` has settled.
    validate: false,
    handler: (_req, res, next) => next(new ApiError('rate_limited', { retry_after_seconds: Number(res.getHeader('Retry-After')) })),
  });
  return {
    middleware,
    isExhausted: async (name) => ((await store.get(name))?.totalHits ?? 0) >= perMinute,
    count: async (name) => {
      const { totalHits, resetTime } = await store.increment(name);
      if (totalHits > perMinute) throw new ApiError('rate_limited', { retry_after_seconds: secondsUntil(resetTime) });
    },
    stop: () => store.shutdown(),
  };
}

const secondsUntil = (time: Date | undefined): number => Math.max(1, Math.ceil(((time?.getTime() ?? 0) - Date.now()) / 1000));

const UNLIMITED: Limiter = { middleware: (_req, _res, next) => next(), isExhausted: () => Promise.resolve(false), count: () => Promise.resolve(), stop: () => undefined };
