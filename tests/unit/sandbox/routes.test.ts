import { describe, expect, jest, test } from '@jest/globals';
import type { z } from 'zod';
import type { Route } from '../../../whatsapp-service/contracts/route.js';
import { CONTROL_NAMES, SandboxError, type Hub } from '../../../whatsapp-service/sandbox/hub-contract.js';
import { sandboxRoutes } from '../../../whatsapp-service/sandbox/routes.js';

/** A hub that remembers what it was asked. */
function fakeHub(answers: Partial<Record<string, unknown>> = {}): { hub: Hub; calls: unknown[][] } {
  const calls: unknown[][] = [];
  const hub = Object.fromEntries(CONTROL_NAMES.map((name) => [name, async (...args: unknown[]) => {
    calls.push([name, ...args]);
    if (answers[name] instanceof Error) throw answers[name];
    return answers[name];
  }]));
  return { hub: hub as unknown as Hub, calls };
}

const find = (routes: Route[], method: string, path: string): Route => {
  const route = routes.find((one) => one.method === method && one.path === `/sandbox/sessions/{id}${path}`);
  if (!route) throw new Error(`no route ${method} ${path}`);
  return route;
};

const ask = async (route: Route, { body, query = {} }: { body?: unknown; query?: unknown } = {}) => {
  const parse = (schema: z.ZodType | undefined, value: unknown): unknown => schema?.parse(value);
  return route.handle({ params: { id: 's1' }, body: parse(route.request?.body, body), query: parse(route.request?.query, query) } as never);
};

describe('routes', () => {
  test('are all for administrators, in one place, each path once', () => {
    const routes = sandboxRoutes(fakeHub().hub, { crashPage: async () => undefined });
    expect(routes.every((route) => route.scope === 'admin' && route.path.startsWith('/sandbox/sessions/{id}/'))).toBe(true);
    expect(new Set(routes.map((route) => `${route.method} ${route.path}`)).size).toBe(routes.length);
  });

  test('pass on what was asked, under the names of the controls', async () => {
    const crashPage = jest.fn(async (_sessionId: string) => undefined);
    const { hub, calls } = fakeHub({ scanQr: { phone: '1', wid: '1@c.us', lid: '2@lid', new_account: true }, sent: [{ order: 4 }, { order: 5 }], inbound: { message_ids: [], chats: [] } });
    const routes = sandboxRoutes(hub, { crashPage });
    expect(await ask(find(routes, 'post', '/qr/scan'))).toMatchObject({ status: 200, body: { phone: '1' } });
    await ask(find(routes, 'post', '/seed'), { body: { chats: 5, group_share: 0.5, lid_mode: true } });
    await ask(find(routes, 'post', '/inbound'), { body: { from: '62812', body: 'x', from_me: true } });
    expect(await ask(find(routes, 'post', '/ack'), { body: { message_id: 'true_1@c.us_A', level: 3 } })).toEqual({ status: 204 });
    await ask(find(routes, 'post', '/connection/lost'));
    await ask(find(routes, 'post', '/page/crash'));
    await ask(find(routes, 'post', '/settings'), { body: { slow_ms: 5, unregister: ['62999'] } });
    expect(await ask(find(routes, 'get', '/sent'), { query: { limit: '2', after: '3' } })).toMatchObject({ body: { next: 5 } });
    expect(crashPage).toHaveBeenCalledWith('s1');
    expect(calls).toEqual([
      ['scanQr', 's1', { phone: undefined, pushname: undefined, lidMode: undefined }],
      ['seed', 's1', { chats: 5, groupShare: 0.5, participants: 20, messagesPerChat: 1, unmappableShare: 0.05, lidMode: true }],
      ['inbound', 's1', { from: '62812', body: 'x', fromMe: true, type: 'text', count: 1 }],
      ['ack', 's1', 'true_1@c.us_A', 3],
      ['loseConnection', 's1', undefined],
      ['unregister', '62999'],
      ['settings', 's1', { slow_ms: 5 }],
      ['sent', 's1', { limit: 2, after: 3 }],
    ]);
  });

  test.each([
    ['not_waiting_for_scan', 'session_wrong_state'], ['account_banned', 'session_wrong_state'], ['not_connected', 'session_wrong_state'],
    ['message_not_found', 'message_not_found'], ['chat_not_found', 'invalid_request'], ['invalid', 'invalid_request'],
  ] as const)('say %s as %s', async (reason, code) => {
    const { hub } = fakeHub({ scanQr: new SandboxError(reason, 'so it is') });
    const routes = sandboxRoutes(hub, { crashPage: async () => undefined });
    await expect(ask(find(routes, 'post', '/qr/scan'))).rejects.toMatchObject({ code, details: { reason, message: 'so it is' } });
  });
});
