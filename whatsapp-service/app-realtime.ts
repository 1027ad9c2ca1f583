import type { Config } from './config/config.js';
import type { ApiKeyService } from './features/api-key/api-key-service.js';
import type { BlastService } from './features/blast/blast-service.js';
import type { BlastStarter } from './features/blast/blast-starter.js';
import type { HttpServer } from './http/http-server.js';
import { createRealtime, type Realtime } from './realtime/realtime-server.js';
import type { Clock } from './shared/clock.js';
import type { Logger } from './shared/logger.js';

/** The blast face over Socket.IO: the keys, the limits and the port of the HTTP API. */
export function openRealtime(parts: { server: HttpServer; blasts: { service: BlastService; starter: BlastStarter }; apiKeys: ApiKeyService; config: Pick<Config, 'http' | 'socketOrigins'>; clock: Clock; logger: Logger }): Realtime {
  const { server, blasts, apiKeys, config, clock, logger } = parts;
  return createRealtime({
    server: server.server,
    admit: (req, key) => server.gate.admit(req, key),
    authenticate: (key) => apiKeys.authenticate(key),
    count: (caller) => server.gate.count(caller),
    blasts: blasts.service,
    starter: blasts.starter,
    limitBytes: config.http.bodyLimitBytes,
    origins: config.socketOrigins,
    startedAt: clock.now(),
    logger,
  });
}
