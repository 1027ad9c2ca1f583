import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ERRORS, type ErrorBody, type ErrorCode } from '../../whatsapp-service/contracts/errors.js';
import type { MessageView } from '../../whatsapp-service/contracts/message-api.js';
import type { SessionView } from '../../whatsapp-service/contracts/session-api.js';
import { BridgeApi, InProcessBridge, World } from '../helpers/bridge.js';
import { rowsOf } from '../helpers/flow.js';

const LIMIT_KB = 256;

let world: World;
let bridge: InProcessBridge;
let before: SessionView;

interface Refused {
  code: ErrorCode;
  status: number;
  /** Names of the fields that are complained of. */
  fields: string[];
  details: Record<string, unknown>;
}

/** The refusal, which must be of the catalogue and complete. Rejects when the request was taken. */
async function refused(request: { method?: string; path: string; body?: unknown; headers?: Record<string, string>; api?: BridgeApi }): Promise<Refused> {
  const { method = 'POST', path, body, headers, api = bridge.api } = request;
  const answer = await api.request<ErrorBody>(method, path, body, headers);
  if (answer.status < 400 || answer.status > 499) throw new Error(`${method} ${path} was answered ${answer.status} ${JSON.stringify(answer.body)}`);
  const { code, message, request_id: requestId, details = {} } = answer.body.error;
  expect({ status: answer.status, message }).toEqual(ERRORS[code]);
  expect(requestId).toBe(answer.headers.get('x-request-id'));
  const fields = (details.fields as { field: string; message: string }[] | undefined) ?? [];
  for (const field of fields) expect(field.message).not.toBe('');
  return { code, status: answer.status, fields: fields.map(({ field }) => field), details };
}

const message = (change: Record<string, unknown>): Record<string, unknown> => ({ session_id: 'shop', to: '0812-3456-7890', text: 'Halo', ...change });
const keyWith = async (scopes: string[], sessions: (string | number)[] | null = null): Promise<BridgeApi> => {
  const { key } = await bridge.api.ok<{ key: string }>('POST', '/api/keys', { name: 'test', scopes, sessions });
  return new BridgeApi(bridge.api.url, key);
};

beforeAll(async () => {
  world = await World.open();
  bridge = await InProcessBridge.start(world, { SYNC_ON_READY: 'false', HTTP_BODY_LIMIT_KB: String(LIMIT_KB) });
  before = await bridge.api.pair(world, 'shop');
  await bridge.api.ok('POST', '/api/sessions', { id: 'branch', start: false });
});
afterAll(async () => {
  await bridge.stop();
  await world.close();
});

describe('a session that does not exist', () => {
  test.each([
    ['GET', ''], ['DELETE', ''], ['POST', '/start'], ['POST', '/stop'], ['POST', '/restart'], ['POST', '/logout'], ['GET', '/qr'], ['GET', '/chats/sync'], ['POST', '/chats/sync'],
  ])('%s /api/sessions/nobody%s', async (method, path) => {
    expect(await refused({ method, path: `/api/sessions/nobody${path}`, ...(method === 'POST' && { body: {} }) })).toMatchObject({ code: 'session_not_found', details: { session_id: 'nobody' } });
  });
  test('in a message', async () => {
    expect(await refused({ path: '/api/messages', body: message({ session_id: 'nobody' }) })).toMatchObject({ code: 'session_not_found', details: { session_id: 'nobody' } });
  });
});

describe('an id', () => {
  test.each([['with a space', 'a b'], ['empty', ''], ['too long', 'x'.repeat(65)], ['that is a path', '../etc'], ['with a null byte', 'a\u0000'], ['a fraction', 1.5], ['negative', -1], ['null', null], ['an object', { id: 1 }], ['missing', undefined]])(
    'of a session: %s',
    async (_name, id) => expect(await refused({ path: '/api/sessions', body: { id } })).toMatchObject({ code: 'invalid_request', fields: ['body.id'] }),
  );
  test.each(['a%20b', '..%2f..%2fetc', 'x'.repeat(65), '%00'])('of a session in a path: %s', async (id) => {
    expect(await refused({ method: 'GET', path: `/api/sessions/${id}` })).toMatchObject({ code: 'invalid_request', fields: ['params.id'] });
  });
  test('of a message', async () => {
    expect(await refused({ method: 'GET', path: '/api/messages/12' })).toMatchObject({ code: 'invalid_request', fields: ['params.id'] });
    expect(await refused({ method: 'GET', path: `/api/messages/msg_${'0'.repeat(32)}` })).toMatchObject({ code: 'message_not_found' });
  });
  test('of a path that is cut off', async () => {
    expect(await refused({ method: 'GET', path: '/api/sessions/%E0%A4%A' })).toMatchObject({ code: 'invalid_request', fields: ['params'] });
  });
});

describe('a recipient', () => {
  test.each(['abc', '12', '0812', '+62 0000', '999999999999999999', '62812x345', 'status@broadcast', '628123@newsletter', '62812@c.us@g.us', '@c.us', 'x@g.us', "'; drop table message; --"])(
    'that nobody can be reached at: %s',
    async (to) => expect(await refused({ path: '/api/messages', body: message({ to }) })).toMatchObject({ code: 'invalid_phone', fields: ['body.to'] }),
  );
  test.each([['empty', ''], ['too long', '0'.repeat(129)], ['null', null], ['a list', ['0812']], ['negative', -62812], ['missing', undefined]])('that is none: %s', async (_name, to) => {
    expect(await refused({ path: '/api/messages', body: message({ to }) })).toMatchObject({ code: 'invalid_request', fields: ['body.to'] });
  });
});

describe('a body', () => {
  test.each([['empty', ''], ['blank', ' \n\t '], ['missing', undefined], ['null', null], ['a number', 7], ['a list', ['Halo']], ['too long', 'x'.repeat(65_537)]])('whose text is %s', async (_name, text) => {
    expect(await refused({ path: '/api/messages', body: message({ text }) })).toMatchObject({ code: 'invalid_request', fields: ['body.text'] });
  });
  test('names every field that is wrong, and those that are not known', async () => {
    const { code, fields } = await refused({ path: '/api/messages', body: { session_id: 'a b', to: '', txt: 'Halo' } });
    expect(code).toBe('invalid_request');
    expect(fields.sort()).toEqual(['body.session_id', 'body.text', 'body.to', 'body.txt']);
    expect((await refused({ path: '/api/messages', body: {} })).fields.sort()).toEqual(['body.session_id', 'body.text', 'body.to']);
  });
  test.each([['{'], ['{"session_id":"shop",}'], ['nonsense'], ['{"text":"\ud800'], ['﻿{}x']])('that is no JSON: %s', async (body) => {
    expect(await refused({ path: '/api/messages', body })).toMatchObject({ code: 'invalid_json' });
  });
  test.each([['null'], ['"text"'], ['7'], ['[1]'], ['true']])('that is JSON and no object: %s', async (body) => {
    expect(await refused({ path: '/api/messages', body })).toMatchObject({ code: 'invalid_request', fields: ['body'] });
  });
  test('that would change what objects are, or is nested without end', async () => {
    expect(await refused({ path: '/api/messages', body: '{"session_id":"shop","to":"0812","__proto__":{"text":"x"}}' })).toMatchObject({ code: 'invalid_request', fields: ['body.__proto__'] });
    expect(await refused({ path: '/api/messages', body: `${'['.repeat(5_000)}${']'.repeat(5_000)}` })).toMatchObject({ code: 'invalid_request', fields: ['body'] });
  });
  test('of another type, or that is not what it says', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/json; charset=latin1', 'nonsense']) {
      expect(await refused({ path: '/api/messages', body: JSON.stringify(message({})), headers: { 'Content-Type': type } })).toMatchObject({ code: 'unsupported_media_type' });
    }
    const notWhatTheySay: Record<string, string>[] = [{ 'Content-Encoding': 'gzip' }, { 'Content-Type': 'multipart/form-data; boundary=x' }];
    for (const headers of notWhatTheySay) {
      expect(await refused({ path: '/api/messages', body: JSON.stringify(message({})), headers })).toMatchObject({ code: 'invalid_request', fields: ['body'] });
    }
  });
  test('that is too large', async () => {
    expect(await refused({ path: '/api/messages', body: message({ text: 'x'.repeat(LIMIT_KB * 1024) }) })).toMatchObject({ code: 'payload_too_large', details: { limit_bytes: LIMIT_KB * 1024 } });
  });
  test('of a chat sync that asks for what there is not', async () => {
    for (const [body, field] of [[{ max_chats: -1 }, 'body.max_chats'], [{ max_chats: '10' }, 'body.max_chats'], [{ sync_window: 1.5 }, 'body.sync_window'], [{ all: true }, 'body.all']] as const) {
      expect(await refused({ path: '/api/sessions/shop/chats/sync', body })).toMatchObject({ code: 'invalid_request', fields: [field] });
    }
  });
  test('with an Idempotency-Key that is none', async () => {
    for (const key of ['', 'a b', 'x'.repeat(256)]) {
      expect(await refused({ path: '/api/messages', body: message({}), headers: { 'Idempotency-Key': key } })).toMatchObject({ code: 'invalid_request', fields: ['header.Idempotency-Key'] });
    }
  });
});

describe('a path or a method', () => {
  test('that there is not', async () => {
    expect(await refused({ method: 'GET', path: '/api/nothing' })).toMatchObject({ code: 'not_found' });
    expect(await refused({ method: 'GET', path: '/API/sessions' })).toMatchObject({ code: 'not_found' });
    expect(await refused({ method: 'PUT', path: '/api/sessions', body: {} })).toMatchObject({ code: 'method_not_allowed', details: { allow: ['GET', 'HEAD', 'POST'] } });
    expect(await refused({ method: 'GET', path: '/api/sessions/shop/qr', headers: { Accept: 'text/csv' } })).toMatchObject({ code: 'not_acceptable' });
  });
});

describe('an API key', () => {
  test('that is missing or wrong', async () => {
    for (const key of ['', 'wrong', `${bridge.api.key}x`, bridge.api.key.slice(0, -1), bridge.api.key.toUpperCase(), 'x'.repeat(600)]) {
      const api = new BridgeApi(bridge.api.url, key);
      expect(await refused({ method: 'GET', path: '/api/sessions', api })).toMatchObject({ code: 'unauthorized', status: 401 });
      expect(await refused({ path: '/api/messages', body: message({}), api })).toMatchObject({ code: 'unauthorized' });
    }
    const unkeyed = await fetch(`${bridge.api.url}/api/sessions?api_key=${bridge.api.key}`);
    expect([unkeyed.status, unkeyed.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
    const bearer = await fetch(`${bridge.api.url}/api/sessions`, { headers: { Authorization: `Bearer ${bridge.api.key}` } });
    expect(bearer.status).toBe(200);
  });

  test('without the scope', async () => {
    const reader = await keyWith(['read']);
    expect(await refused({ path: '/api/messages', body: message({}), api: reader })).toMatchObject({ code: 'forbidden', status: 403, details: { required_scope: 'send' } });
    expect(await refused({ path: '/api/sessions/shop/chats/sync', body: {}, api: reader })).toMatchObject({ code: 'forbidden', details: { required_scope: 'send' } });
    const sender = await keyWith(['send']);
    for (const [method, path] of [['POST', '/api/sessions'], ['DELETE', '/api/sessions/shop'], ['POST', '/api/sessions/shop/stop'], ['GET', '/api/sessions/shop/qr'], ['GET', '/api/keys'], ['POST', '/sandbox/sessions/shop/inbound']] as const) {
      expect(await refused({ method, path, ...(method === 'POST' && { body: { id: 'x' } }), api: sender })).toMatchObject({ code: 'forbidden', details: { required_scope: 'admin' } });
    }
    expect((await reader.request('GET', '/api/sessions')).status).toBe(200);
  });

  test('of another session', async () => {
    const own = await keyWith(['admin'], ['branch']);
    for (const [method, path] of [['GET', '/api/sessions/shop'], ['DELETE', '/api/sessions/shop'], ['POST', '/api/sessions/shop/stop'], ['GET', '/api/sessions/shop/chats/sync'], ['POST', '/sandbox/sessions/shop/inbound']] as const) {
      expect(await refused({ method, path, ...(method === 'POST' && { body: {} }), api: own })).toMatchObject({ code: 'forbidden', details: { session_id: 'shop' } });
    }
    expect(await refused({ path: '/api/messages', body: message({}), api: own })).toMatchObject({ code: 'forbidden', details: { session_id: 'shop' } });
    expect(await refused({ path: '/api/sessions', body: { id: 'mine' }, api: own })).toMatchObject({ code: 'forbidden', details: { session_id: 'mine' } });
    expect(await refused({ path: '/api/keys', body: { name: 'more', scopes: ['admin'] }, api: own })).toMatchObject({ code: 'forbidden' });
    expect((await own.ok<{ sessions: SessionView[] }>('GET', '/api/sessions')).sessions.map(({ id }) => id)).toEqual(['branch']);
    const { id } = await bridge.api.ok<MessageView>('POST', '/api/messages', { session_id: 'branch', to: '0812-3456-7890', text: 'menunggu' });
    const stranger = await keyWith(['read'], ['shop']);
    expect(await refused({ method: 'GET', path: `/api/messages/${id}`, api: stranger })).toMatchObject({ code: 'message_not_found' });
    expect((await own.request('GET', `/api/messages/${id}`)).status).toBe(200);
  });

  test('that was revoked', async () => {
    const { id, key } = await bridge.api.ok<{ id: string; key: string }>('POST', '/api/keys', { name: 'short', scopes: ['read'] });
    const api = new BridgeApi(bridge.api.url, key);
    expect((await api.request('GET', '/api/sessions')).status).toBe(200);
    await bridge.api.ok('DELETE', `/api/keys/${id}`);
    expect(await refused({ method: 'GET', path: '/api/sessions', api })).toMatchObject({ code: 'unauthorized' });
  });
});

test('none of this reached a page, a row or another session', async () => {
  expect(await world.hub.sent('shop')).toEqual([]);
  expect(rowsOf(join(world.dir, 'data'), "select id from message where session_id <> 'branch'")).toEqual([]);
  expect(rowsOf(join(world.dir, 'data'), 'select id from session order by id')).toEqual([{ id: 'branch' }, { id: 'shop' }]);
  expect(rowsOf(join(world.dir, 'data'), 'select id from chat_sync')).toEqual([]);
  // What its browser takes is not still.
  expect({ ...(await bridge.api.session('shop')), browser: null }).toEqual({ ...before, browser: null });
  // And it still works.
  const { id } = await bridge.api.ok<MessageView>('POST', '/api/messages', message({}));
  await bridge.api.messageIn(id, 'read');
  expect(await world.hub.sent('shop')).toMatchObject([{ body: 'Halo', deliveries: 1 }]);
});
