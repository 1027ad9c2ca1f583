import { Router, type RequestHandler } from 'express';
import { ApiError } from '../contracts/errors.js';
import type { Method, Route } from '../contracts/route.js';
import { stateOf } from './request-state.js';
import { routeHandlers, type RouteGuards } from './route-handler.js';

const PATH = /^(?:\/(?:[A-Za-z0-9._~-]+|\{[a-z_][a-z0-9_]*\}))+$/;

/**
 * All routes as one router. A path that is known with another method is told which it takes (405);
 * HEAD is answered as GET without its body, OPTIONS with `Allow`. There is no CORS: browsers of other sites have no business here.
 */
export function routerOf(routes: readonly Route[], guards: RouteGuards): Router {
  checkRoutes(routes);
  const router = Router({ caseSensitive: true });
  for (const route of bySpecificity(routes)) router[route.method](expressPath(route.path), ...routeHandlers(route, guards));
  for (const [path, methods] of methodsByPath(routes)) router.all(expressPath(path), rememberAllowed(methods));
  router.use(unmatched);
  return router;
}

/** Notes what a path takes, for the answer to a method that it does not take. */
export function rememberAllowed(methods: readonly Method[]): RequestHandler {
  return (_req, res, next) => {
    const { allow } = stateOf(res);
    for (const method of methods) allow.add(method.toUpperCase() as Uppercase<Method>);
    if (methods.includes('get')) allow.add('HEAD');
    next();
  };
}

/** Whatever no route took. */
export const unmatched: RequestHandler = (req, res) => {
  const allow = [...stateOf(res).allow].sort();
  if (allow.length === 0) throw new ApiError('not_found');
  res.setHeader('Allow', allow.join(', '));
  if (req.method !== 'OPTIONS') throw new ApiError('method_not_allowed', { allow });
  res.status(204).end();
};

/** A mistake in a route is found when the service starts, and not by the first caller. */
function checkRoutes(routes: readonly Route[]): void {
  const seen = new Set<string>();
  for (const { method, path } of routes) {
    const name = `${method.toUpperCase()} ${path}`;
    if (!PATH.test(path)) throw new Error(`The route ${name} has a path that is not of the form /api/things/{id}.`);
    // {id} and {key} in the same place are the same path.
    const shape = `${method} ${path.replaceAll(/\{[^}]*\}/g, '{}')}`;
    if (seen.has(shape)) throw new Error(`The route ${name} is there twice.`);
    seen.add(shape);
  }
}

const expressPath = (path: string): string => path.replaceAll(/\{([^}]*)\}/g, ':$1');

/** `/things/all` before `/things/{id}`, whichever feature was listed first. */
const bySpecificity = (routes: readonly Route[]): Route[] => routes.toSorted((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1));
const sortKey = ({ path }: Route): string => path.replaceAll(/\{[^}]*\}/g, '\uffff');

function methodsByPath(routes: readonly Route[]): Map<string, Method[]> {
  const methods = new Map<string, Method[]>();
  for (const { path, method } of routes) methods.set(path, [...(methods.get(path) ?? []), method]);
  return methods;
}
