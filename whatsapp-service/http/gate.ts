import type { IncomingMessage } from 'node:http';
import { ApiError } from '../contracts/errors.js';
import type { Caller } from '../contracts/route.js';
import { keyIn, type Doorkeeper } from './authentication.js';
import { addressOfMessage, type Limiter } from './rate-limit.js';

/** The same keys and limits as for HTTP requests, for whatever else shares the port. */
export interface Gate {
  /** Who connects: by this key, or by the one in the headers of `req`. @throws ApiError `unauthorized`, `rate_limited` */
  admit(req: IncomingMessage, key: string | null): Promise<{ caller: Caller; key: string }>;
  /** Counts something that the caller asks for. @throws ApiError `rate_limited` */
  count(caller: Caller): Promise<void>;
}

export function createGate(parts: { door: Doorkeeper; failures: Limiter; byKey: Limiter; trustProxy: boolean }): Gate {
  const { door, failures, byKey, trustProxy } = parts;
  return {
    async admit(req, given) {
      const address = addressOfMessage(req, trustProxy);
      const key = given ?? keyIn(req.headers);
      const caller = await door.admit(address, key);
      if (caller !== 'shut' && caller !== 'nobody' && key !== null) return { caller, key };
      await failures.count(address);
      throw new ApiError('unauthorized');
    },
    count: (caller) => byKey.count(caller.keyId),
  };
}
