import { expect, test } from '@jest/globals';
import { z } from 'zod';
import { hasScope, mayUseSession, route, type Method, type Route } from '../../../whatsapp-service/contracts/route.js';
import { sessionParams } from '../../../whatsapp-service/http/authorization.js';
import { routerOf } from '../../../whatsapp-service/http/routing.js';

const at = (path: string, method: Method = 'get'): Route =>
  route({ method, path, scope: 'read', tag: 'T', summary: 'S', request: { params: z.object({}) }, responses: {}, handle: () => ({ status: 200 }) });
const guards = { authenticate: () => undefined, limitKey: () => undefined, readBody: [], bodyLimitBytes: 0, forms: null };

test('mistakes in routes are found when the service starts', () => {
  expect(() => routerOf([at('/api/x'), at('/api/x')], guards)).toThrow('GET /api/x is there twice');
  expect(() => routerOf([at('/api/x/{id}'), at('/api/x/{key}')], guards)).toThrow('is there twice');
  for (const path of ['api/x', '/api/x/', '/api/:id', '/api/{id', '/api/{a-b}', '/api/*', '/api/x?y', '/api/{id}.png', '']) {
    expect(() => routerOf([at(path)], guards)).toThrow('not of the form');
  }
  expect(() => routerOf([at('/api/x'), at('/api/x', 'post'), at('/api/x/{id}'), at('/api/x/all.json')], guards)).not.toThrow();
});

test('where a path names a session', () => {
  for (const path of ['/api/sessions/{id}', '/api/sessions/{id}/qr', '/sandbox/sessions/{id}/ban']) expect(sessionParams({ path })).toContain('id');
  for (const path of ['/api/messages/{id}', '/api/keys/{id}', '/api/other/sessions/{id}']) expect(sessionParams({ path })).toEqual(['session_id']);
});

test('scopes include one another, and sessions are compared as text', () => {
  const caller = (scopes: ('read' | 'send' | 'admin')[], sessions: string[] | null = null) => ({ keyId: 'k', scopes, sessions, workspaces: null });
  expect((['read', 'send', 'admin'] as const).map((scope) => hasScope(caller(['send']), scope))).toEqual([true, true, false]);
  expect(hasScope(caller([]), 'read')).toBe(false);
  expect([mayUseSession(caller([], ['12']), 12), mayUseSession(caller([], ['12']), '13'), mayUseSession(caller([], []), '12'), mayUseSession(caller([]), 'any')]).toEqual([true, false, false, true]);
});
