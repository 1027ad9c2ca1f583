import type { ErrorCode } from '../contracts/errors.js';
import type { Route } from '../contracts/route.js';

/** Every error that a route may answer with: its own, and those that `http/` answers with on its behalf. */
export function documentedErrors(route: Route): ErrorCode[] {
  const { params, query, body, multipart, stream } = route.request ?? {};
  const codes = new Set<ErrorCode>(route.errors ?? []);
  const add = (when: boolean, ...more: ErrorCode[]): void => {
    if (when) for (const code of more) codes.add(code);
  };
  add(Boolean(params ?? query ?? body) || route.method !== 'get', 'invalid_request');
  add(Boolean(body ?? stream), 'invalid_json', 'unsupported_media_type');
  add(route.method !== 'get', 'payload_too_large', 'unsupported_media_type');
  add(Boolean(multipart), 'media_too_large');
  add(route.scope !== 'public', 'unauthorized', 'forbidden', 'rate_limited');
  add((route.produces?.length ?? 0) > 1, 'not_acceptable');
  add(true, 'internal', 'storage_unavailable', 'shutting_down');
  return [...codes];
}
