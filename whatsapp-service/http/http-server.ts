import express, { type Express, type RequestHandler } from 'express';
import type { Server } from 'node:http';
import type { Config } from '../config/config.js';
import { ApiError } from '../contracts/errors.js';
import type { Route } from '../contracts/route.js';
import type { Logger } from '../shared/logger.js';
import type { Metrics } from '../shared/metrics.js';
import { accessLog } from './access-log.js';
import { authentication, Doorkeeper, type Authenticate } from './authentication.js';
import { beginRequest } from './begin-request.js';
import { readBody } from './body.js';
import { docsRouter } from './docs-page.js';
import { errorAnswer } from './error-answer.js';
import { createGate, type Gate } from './gate.js';
import { createNodeServer } from './node-server.js';
import { openApiDocument } from './openapi.js';
import { failureLimiter, keyLimiter } from './rate-limit.js';
import { routerOf } from './routing.js';
import { securityHeaders } from './security-headers.js';

export interface HttpServerParts {
  config: Config['http'];
  routes: readonly Route[];
  authenticate: Authenticate;
  logger: Logger;
  metrics: Pick<Metrics, 'httpRequests' | 'httpSeconds'>;
  /** Where files are written while they arrive. It exists once the server listens. */
  uploadFolder?: string;
  /** Of the service, for the documentation. */
  version: string;
}

export interface HttpServer {
  readonly app: Express;
  /** For whatever else shares the port, such as WebSockets. It must end its own connections before `close`. */
  readonly server: Server;
  /** Who may use what shares the port. */
  readonly gate: Gate;
  /** Where it listens: with port 0 any free one. @throws Error in plain words when it cannot. */
  listen(): Promise<{ host: string; port: number }>;
  /** Answers 503 to what is new, lets what runs end, and cuts what still runs after `graceMs`. */
  close(graceMs: number): Promise<void>;
}

/** The routes as a server. Nothing is open before `listen`. */
export function createHttpServer(parts: HttpServerParts): HttpServer {
  const { config, routes, logger, metrics } = parts;
  const byKey = keyLimiter(config.rateLimitPerMinute);
  const byAddress = failureLimiter();
  const door = new Doorkeeper(parts.authenticate, byAddress);
  const guards = {
    authenticate: authentication(door, byAddress),
    limitKey: byKey.middleware,
    readBody: readBody(config.bodyLimitBytes),
    bodyLimitBytes: config.bodyLimitBytes,
    forms: parts.uploadFolder === undefined ? null : { folder: parts.uploadFolder, fieldBytes: config.bodyLimitBytes },
  };

  const app = express();
  const node = createNodeServer(app);
  app.disable('x-powered-by');
  app.disable('etag');
  // One proxy: what it saw itself. `true` would take the first address of the header, which anyone can write.
  app.set('trust proxy', config.trustProxy ? 1 : false);
  app.use(beginRequest, accessLog(logger, metrics), securityHeaders(), refuseWhen(node.isClosing));
  app.use(docsRouter(openApiDocument(routes, parts.version)));
  app.use(routerOf(routes, guards));
  app.use(errorAnswer(logger, config.bodyLimitBytes));

  return {
    app,
    server: node.server,
    gate: createGate({ door, failures: byAddress, byKey, trustProxy: config.trustProxy }),
    listen: () => node.listen(config.port, config.host),
    close: (graceMs) => {
      byKey.stop();
      byAddress.stop();
      return node.close(graceMs);
    },
  };
}

function refuseWhen(isClosing: () => boolean): RequestHandler {
  return (_req, res, next) => {
    if (!isClosing()) return next();
    res.setHeader('Connection', 'close');
    next(new ApiError('shutting_down'));
  };
}
