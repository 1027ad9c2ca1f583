import type { RequestHandler, Response } from 'express';
import type { Logger } from '../shared/logger.js';
import type { Metrics } from '../shared/metrics.js';
import { stateOf } from './request-state.js';

/** Stands for a path that no route has: the path itself would be a label of the caller's making. */
const NO_ROUTE = '(none)';

/** One line and one count for each request. It names the route's pattern: a URL may hold a phone number. */
export function accessLog(logger: Logger, metrics: Pick<Metrics, 'httpRequests' | 'httpSeconds'>): RequestHandler {
  return (req, res, next) => {
    res.once('close', () => {
      const { requestId, startedAt, route, caller } = stateOf(res);
      const ms = performance.now() - startedAt;
      const pattern = route?.path ?? NO_ROUTE;
      const status = res.writableFinished ? String(res.statusCode) : 'aborted';
      metrics.httpRequests.inc({ method: req.method, route: pattern, status });
      metrics.httpSeconds.observe({ method: req.method, route: pattern }, ms / 1000);
      const fields = { method: req.method, route: pattern, status, ms: Math.round(ms * 10) / 10, key_id: caller?.keyId, request: requestId };
      if (isNoise(res)) logger.debug('Request', fields);
      else logger.info('Request', fields);
    });
    next();
  };
}

/** Probes, scrapes, pages of the documentation and what scanners ask for would drown the rest. */
function isNoise(res: Response): boolean {
  const { route } = stateOf(res);
  return route === null || route.scope === 'public' || route.path === '/metrics';
}
