import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiError } from '../../../whatsapp-service/contracts/errors.js';
import { ApiKeyService, PRESET_KEY_ID } from '../../../whatsapp-service/features/api-key/api-key-service.js';
import { limitsOf } from '../../../whatsapp-service/features/api-key/key-limits.js';
import { openStorage, type Storage } from '../../../whatsapp-service/storage/database.js';
import { addSession } from '../../helpers/temp-storage.js';

const PRESET = 'a-preset-key-of-24-characters';
const clock = { time: 1_000, now: () => clock.time };
let dir: string;
let storage: Storage;
let keys: ApiKeyService;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'api-key-'));
  storage = await openStorage(dir);
  keys = new ApiKeyService({ storage, clock });
});
afterEach(async () => {
  await storage.close();
  await rm(dir, { recursive: true, force: true });
});

/** The service after a restart: nothing is remembered that is not in the database. */
const restarted = (): ApiKeyService => (keys = new ApiKeyService({ storage, clock }));
const code = (work: Promise<unknown>): Promise<string> => work.then(
    () => 'done',
    (error: unknown) => (error instanceof ApiError ? error.code : String(error)),
  );

describe('the first key', () => {
  test('is made once, can do everything, and is not in the database', async () => {
    const { created } = await keys.ensureFirstKey(null);
    expect(created).toMatch(/^wab_[A-Za-z0-9]{40}$/);
    expect(await keys.authenticate(created as string)).toEqual({ keyId: expect.stringMatching(/^key_/), scopes: ['admin'], sessions: null, workspaces: null });
    expect(await restarted().ensureFirstKey(null)).toEqual({ created: null });
    expect(await keys.authenticate(created as string)).not.toBeNull();
    expect(JSON.stringify(await storage.db.selectFrom('api_key').selectAll().execute())).not.toContain((created as string).slice(4));
  });

  test('is not made where a preset is given', async () => {
    expect(await keys.ensureFirstKey(PRESET)).toEqual({ created: null });
    expect(await keys.authenticate(PRESET)).toEqual({ keyId: PRESET_KEY_ID, scopes: ['admin'], sessions: null, workspaces: null });
    expect(await keys.list()).toHaveLength(1);
  });

  test('is made again when only lesser keys are left', async () => {
    await keys.create({ name: 'Shop', scopes: ['send'], sessions: null });
    await keys.create({ name: 'One session', scopes: ['admin'], sessions: ['sales'] });
    expect((await keys.ensureFirstKey(null)).created).not.toBeNull();
  });
});

describe('the preset', () => {
  test('follows the setting: a new value replaces the old one and keeps the id', async () => {
    await keys.ensureFirstKey(PRESET);
    await restarted().ensureFirstKey(`${PRESET}-2`);
    expect(await keys.authenticate(PRESET)).toBeNull();
    expect((await keys.authenticate(`${PRESET}-2`))?.keyId).toBe(PRESET_KEY_ID);
    expect(await keys.list()).toHaveLength(1);
  });

  test('ends with the setting; then a key is made, so that nobody is locked out', async () => {
    await keys.ensureFirstKey(PRESET);
    const { created } = await restarted().ensureFirstKey(null);
    expect(created).not.toBeNull();
    expect(await keys.authenticate(PRESET)).toBeNull();
  });

  test('stands beside a key that was made before', async () => {
    const { created } = await keys.ensureFirstKey(null);
    await restarted().ensureFirstKey(PRESET);
    expect([await keys.authenticate(created as string), await keys.authenticate(PRESET)]).toEqual([expect.anything(), expect.anything()]);
  });

  test('may be the key that was printed', async () => {
    const { created } = await keys.ensureFirstKey(null);
    expect(await restarted().ensureFirstKey(created)).toEqual({ created: null });
    expect(await keys.list()).toHaveLength(1);
    await restarted().ensureFirstKey(created);
    await restarted().ensureFirstKey(null);
    expect(await keys.authenticate(created as string)).not.toBeNull();
  });

  test('may not be a key that was revoked or may do less', async () => {
    await keys.ensureFirstKey(PRESET);
    const gone = await keys.create({ name: 'Gone', scopes: ['admin'], sessions: null });
    await keys.revoke(gone.view.id);
    const less = await keys.create({ name: 'Less', scopes: ['send'], sessions: null });
    expect(await code(restarted().ensureFirstKey(gone.key))).toContain('was revoked');
    expect(await code(restarted().ensureFirstKey(less.key))).toContain('may not do everything');
    // All or nothing: the preset of before still works.
    expect(await keys.authenticate(PRESET)).not.toBeNull();
  });

  test('cannot be revoked over the API, where it would come back with the next start', async () => {
    await keys.ensureFirstKey(PRESET);
    await keys.create({ name: 'Other', scopes: ['admin'], sessions: null });
    expect(await code(keys.revoke(PRESET_KEY_ID))).toBe('preset_key');
  });
});

describe('keys', () => {
  test('are shown once and listed without what is secret', async () => {
    const { key, view } = await keys.create({ name: 'Shop', scopes: ['send', 'read'], sessions: ['sales', '12'] });
    expect(await keys.authenticate(key)).toEqual({ keyId: view.id, scopes: ['send', 'read'], sessions: ['sales', '12'], workspaces: [] });
    const list = await keys.list();
    expect(list).toEqual([{ id: view.id, name: 'Shop', scopes: ['send', 'read'], sessions: ['sales', '12'], workspaces: null, created_at: '1970-01-01T00:00:01.000Z' }]);
    expect(JSON.stringify(list)).not.toContain(key);
  });

  test.each([
    [{ sessions: null, workspaces: null }, { sessions: null, workspaces: null }],
    [{ sessions: ['a', 'later'], workspaces: null }, { sessions: ['a', 'later'], workspaces: ['7'] }],
    [{ sessions: ['loose'], workspaces: null }, { sessions: ['loose'], workspaces: [] }],
    [{ sessions: null, workspaces: ['7'] }, { sessions: ['a', 'b'], workspaces: ['7'] }],
    [{ sessions: null, workspaces: ['9'] }, { sessions: [], workspaces: ['9'] }],
    [{ sessions: ['a', 'c'], workspaces: ['7'] }, { sessions: ['a'], workspaces: ['7'] }],
    [{ sessions: ['c'], workspaces: ['7'] }, { sessions: [], workspaces: [] }],
  ])('limited to %j: may use %j', (key, limits) => {
    const existing = [{ id: 'a', workspace: '7' }, { id: 'b', workspace: '7' }, { id: 'c', workspace: 'shop' }, { id: 'loose', workspace: null }];
    expect(limitsOf(key, existing)).toEqual(limits);
  });

  test('one that is limited to a workspace has the sessions that come to it, whichever way its id is written', async () => {
    const { key } = await keys.create({ name: 'Shop', scopes: ['send'], sessions: null, workspaces: ['7'] });
    expect(await keys.authenticate(key)).toMatchObject({ sessions: [], workspaces: ['7'] });
    await addSession(storage, 'one', 7);
    await addSession(storage, 'two', '7');
    await addSession(storage, 'other', 70);
    await addSession(storage, 'none', null);
    expect(await keys.authenticate(key)).toMatchObject({ sessions: ['one', 'two'], workspaces: ['7'] });
    expect(await keys.ensureFirstKey(null)).not.toEqual({ created: null });
  });

  test('a wrong one is nobody', async () => {
    const { key } = await keys.create({ name: 'Shop', scopes: ['send'], sessions: null });
    for (const wrong of ['', 'x', key.slice(0, -1), `${key}x`, key.toUpperCase(), '__proto__']) expect(await keys.authenticate(wrong)).toBeNull();
  });

  test('a revoked one stops at once, though it was just used', async () => {
    await keys.ensureFirstKey(PRESET);
    const { key, view } = await keys.create({ name: 'Shop', scopes: ['admin'], sessions: null });
    expect(await keys.authenticate(key)).not.toBeNull();
    await keys.revoke(view.id);
    expect(await keys.authenticate(key)).toBeNull();
    expect(await code(keys.revoke(view.id))).toBe('key_not_found');
    expect((await keys.list()).map(({ id }) => id)).toEqual([PRESET_KEY_ID]);
  });

  test('a lookup that began before a revocation is not remembered after it', async () => {
    await keys.ensureFirstKey(PRESET);
    const { key, view } = await keys.create({ name: 'Shop', scopes: ['admin'], sessions: null });
    await Promise.all([keys.authenticate(key), keys.revoke(view.id), keys.authenticate(key)]);
    expect(await keys.authenticate(key)).toBeNull();
  });

  test('the last one that may do everything cannot be revoked, not even by two who revoke each other', async () => {
    const { created } = await keys.ensureFirstKey(null);
    const first = (await keys.authenticate(created as string))?.keyId as string;
    await keys.create({ name: 'Limited', scopes: ['admin'], sessions: ['sales'] });
    await keys.create({ name: 'Sends', scopes: ['send'], sessions: null });
    expect(await code(keys.revoke(first))).toBe('last_admin_key');
    const second = await keys.create({ name: 'Second', scopes: ['admin'], sessions: null });
    expect((await Promise.all([code(keys.revoke(first)), code(keys.revoke(second.view.id))])).sort()).toEqual(['done', 'last_admin_key']);
  });

  test('a good one is looked up once in a while, not with each request', async () => {
    const { key } = await keys.create({ name: 'Shop', scopes: ['send'], sessions: null });
    await keys.authenticate(key);
    await storage.db.deleteFrom('api_key').execute();
    expect(await keys.authenticate(key)).not.toBeNull();
    clock.time += 10_000;
    expect(await keys.authenticate(key)).toBeNull();
  });
});
