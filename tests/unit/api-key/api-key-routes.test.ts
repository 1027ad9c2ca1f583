import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { apiKeyRoutes } from '../../../whatsapp-service/features/api-key/api-key-routes.js';
import { ApiKeyService } from '../../../whatsapp-service/features/api-key/api-key-service.js';
import { systemClock } from '../../../whatsapp-service/shared/clock.js';
import { openStorage, type Storage } from '../../../whatsapp-service/storage/database.js';
import { exampleRoutes, TestServer } from '../http/http-fixture.js';

const PRESET = 'a-preset-key-of-24-characters';
let dir: string;
let storage: Storage;
let server: TestServer;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'api-key-'));
  storage = await openStorage(dir);
  const keys = new ApiKeyService({ storage, clock: systemClock });
  await keys.ensureFirstKey(PRESET);
  server = await TestServer.start({ routes: [...apiKeyRoutes(keys), ...exampleRoutes()], authenticate: (key) => keys.authenticate(key) });
});
afterAll(async () => {
  await server.close();
  await storage.close();
  await rm(dir, { recursive: true, force: true });
});

interface Created {
  id: string;
  key: string;
}
const create = async (json: unknown): Promise<Created> => (await server.ask('POST', '/api/keys', { key: PRESET, json })).body as Created;

test('a key is made, used, listed without its secret, and revoked', async () => {
  const made = await server.ask('POST', '/api/keys', { key: PRESET, json: { name: ' Shop ', scopes: ['send', 'send'], sessions: [12, 'sales', '12'] } });
  const { id, key } = made.body as Created;
  expect([made.status, made.body]).toEqual([201, { id, key: expect.stringMatching(/^wab_/), name: 'Shop', scopes: ['send'], sessions: ['12', 'sales'], workspaces: null, created_at: expect.any(String) }]);
  expect(made.headers.get('cache-control')).toBe('no-store');

  expect((await server.ask('POST', '/api/messages', { key, json: { session_id: 12, text: 'x' } })).status).toBe(202);
  expect((await server.ask('POST', '/api/messages', { key, json: { session_id: 'other', text: 'x' } })).status).toBe(403);

  const list = await server.ask('GET', '/api/keys', { key: PRESET });
  expect(list.body).toMatchObject({ keys: [{ id: 'key_preset' }, { id }] });
  expect(list.text).not.toMatch(/"key"|hash|wab_/);

  expect((await server.ask('DELETE', `/api/keys/${id}`, { key: PRESET })).status).toBe(204);
  expect((await server.ask('GET', '/api/messages', { key })).status).toBe(401);
  expect((await server.ask('DELETE', `/api/keys/${id}`, { key: PRESET })).error).toMatchObject({ code: 'key_not_found', details: { key_id: id } });
});

test('what cannot be revoked', async () => {
  expect((await server.ask('DELETE', '/api/keys/key_preset', { key: PRESET })).error.code).toBe('preset_key');
  expect((await server.ask('DELETE', '/api/keys/key_none', { key: PRESET })).error.code).toBe('key_not_found');
});

test('managing keys needs a key that may do everything', async () => {
  const { key: sends } = await create({ name: 'Sends', scopes: ['send'] });
  const { key: limited } = await create({ name: 'Limited', scopes: ['admin'], sessions: ['sales'] });
  for (const key of [sends, limited]) {
    for (const [method, path, json] of [
      ['POST', '/api/keys', { name: 'More', scopes: ['admin'] }],
      ['GET', '/api/keys', undefined],
      ['DELETE', '/api/keys/key_preset', undefined],
    ] as const) {
      expect((await server.ask(method, path, { key, json })).error?.code).toBe('forbidden');
    }
  }
});

test.each([
  [{}, ['body.name', 'body.scopes']],
  [{ name: ' ', scopes: ['send'] }, ['body.name']],
  [{ name: 'x', scopes: [] }, ['body.scopes']],
  [{ name: 'x', scopes: ['root'] }, ['body.scopes.0']],
  [{ name: 'x', scopes: ['send'], sessions: [] }, ['body.sessions']],
  [{ name: 'x', scopes: ['send'], sessions: ['a b'] }, ['body.sessions.0']],
  [{ name: 'x', scopes: ['send'], session: 'sales' }, ['body.session']],
])('%j is refused', async (json, fields) => {
  const { error } = await server.ask('POST', '/api/keys', { key: PRESET, json });
  expect(error.code).toBe('invalid_request');
  expect((error.details?.fields as { field: string }[]).map(({ field }) => field)).toEqual(fields);
});
