import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { SessionView } from '../../whatsapp-service/contracts/session-api.js';
import { InProcessBridge, TEST_KEY, World } from '../helpers/bridge.js';
import { eventsOf, eventThat, faultsOf, rowsOf } from '../helpers/flow.js';
import { programArgs } from '../helpers/programs.js';
import { httpProxy, PROXY_PASSWORD, PROXY_USER } from '../helpers/proxies.js';

const BACKUP_KEY = 'b7d5a3f0kf83hd62-test-only-4f8a0c1e9';
const SETTINGS = { SYNC_ON_READY: 'false', SESSION_DEVICE_NAME: 'Toko' };

let world: World;
let bridge: InProcessBridge;
let file: string;

/** Another machine: nothing but the backup and the key comes with it. */
const there = (): Record<string, string> => ({ DATA_DIR: join(world.dir, 'there', 'data'), SESSIONS_DIR: join(world.dir, 'there', 'profiles') });

/** Runs one of the service's tools. */
async function tool(name: 'session' | 'canary', args: string[], env: Record<string, string> = {}): Promise<{ code: number | null; out: string }> {
  const child = spawn(process.execPath, programArgs(`cli/${name}`, ...args), {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...world.env({ SESSION_BACKUP_KEY: BACKUP_KEY, ...env }) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (out += chunk.toString()));
  await once(child, 'close');
  return { code: child.exitCode, out };
}

const filesIn = (dir: string): string[] => (existsSync(dir) ? readdirSync(dir).sort() : []);

beforeAll(async () => {
  world = await World.open();
  file = join(world.dir, 'sales.backup');
  bridge = await InProcessBridge.start(world, SETTINGS);
});
afterAll(async () => {
  const faults = faultsOf(world.receiver);
  await bridge.stop();
  await world.close();
  expect(faults).toEqual([]);
});

describe('npm run canary', () => {
  const canary = (...args: string[]): Promise<{ code: number | null; out: string }> => tool('canary', ['--url', bridge.api.url, '--seconds', '20', ...args]);

  test('looks at the page and sends a message round', async () => {
    await bridge.api.pair(world, 'watched');
    const { code, out } = await canary('--session', 'watched');
    expect([code, out]).toEqual([0, expect.stringMatching(/^ok {3}page: WhatsApp Web 2\.\S+: offers all that is used\nok {3}round trip: .*: sent and read back in \d+ ms\n$/)]);
    const sent = await world.hub.sent('watched');
    expect(sent).toEqual([expect.objectContaining({ body: expect.stringMatching(/^Canary [0-9a-f-]{36}$/), deliveries: 1 })]);
  });

  test('tells a changed page from a message that does not go round', async () => {
    await world.hub.settings('watched', { missing: ['WAWebPrepRawMedia.prepRawMedia'] });
    const changed = await canary('--session', 'watched');
    expect([changed.code, changed.out]).toEqual([1, expect.stringContaining('FAIL page: WhatsApp Web 2')]);
    expect(changed.out).toContain('lacks WAWebPrepRawMedia.prepRawMedia; off: media');
    expect((await bridge.api.session('watched')).features_off).toEqual(['media']);
    await eventThat(world.receiver, ['watched', 'session.status'], ({ data }) => data.code === 'page_changed');

    await world.hub.failSends('watched', 'error');
    const silent = await canary('--session', 'watched', '--seconds', '6');
    expect([silent.code, silent.out]).toEqual([2, expect.stringContaining('FAIL round trip')]);
    await world.hub.failSends('watched', 'off');
  });

  test('says what keeps it from looking', async () => {
    const keyFile = join(world.dir, 'key');
    writeFileSync(keyFile, 'wab_wrong\nThe first line counts.\n');
    const cases: [args: string[], code: number, says: string][] = [
      [['--session', 'nope'], 3, 'There is no session with this id'],
      [['--session', 'watched', '--key-file', keyFile], 3, 'valid API key'],
      [['--session', 'watched', '--url', 'http://127.0.0.1:9'], 3, 'does not answer'],
      [['--session', 'a/b'], 64, 'Usage'],
    ];
    for (const [args, code, says] of cases) {
      const found = await canary(...args);
      expect([args, found.code, found.out]).toEqual([args, code, expect.stringContaining(says)]);
      expect(found.out).not.toContain(TEST_KEY);
    }
    await bridge.api.ok('POST', '/api/sessions/watched/stop');
    expect(await canary('--session', 'watched')).toEqual({ code: 3, out: expect.stringContaining('Session watched is STOPPED') });
  });
});

describe('npm run session', () => {
  const run = (args: string[], env?: Record<string, string>): Promise<{ code: number | null; out: string }> => tool('session', args, env);
  const exported = ['export', '--session', 'sales'];

  test('writes a session that rests, and no other', async () => {
    const proxy = await httpProxy(world.hub.pagePort);
    await bridge.api.pair(world, 'sales', { workspace_id: 'ws-1' });
    await bridge.api.ok('PATCH', '/api/sessions/sales', { device_name: 'Kasir', proxy: { server: proxy.server, username: PROXY_USER, password: PROXY_PASSWORD } });
    await proxy.close();
    expect(await run([...exported, '--file', file])).toEqual({ code: 1, out: expect.stringContaining('Session sales runs') });
    expect(existsSync(file)).toBe(false);
    await bridge.api.ok('POST', '/api/sessions/sales/stop');
    expect(await run([...exported, '--file', file], { SESSION_BACKUP_KEY: '' })).toEqual({ code: 1, out: expect.stringContaining('SESSION_BACKUP_KEY is not set') });
    expect(await run(['export', '--session', 'nope', '--file', file])).toEqual({ code: 1, out: expect.stringContaining('no session nope') });
    expect(await run(exported)).toEqual({ code: 2, out: expect.stringContaining('Usage') });

    // The service runs on: only the session has to rest.
    expect(await run([...exported, '--file', file])).toEqual({ code: 0, out: expect.stringContaining('encrypted') });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const bytes = readFileSync(file);
    expect(bytes.subarray(0, 9).toString('latin1')).toBe('WABRIDGE\u0001');
    for (const secret of [PROXY_PASSWORD, PROXY_USER, 'sandbox-device', 'IndexedDB', BACKUP_KEY]) expect(bytes.includes(secret)).toBe(false);
    expect(await run([...exported, '--file', file])).toEqual({ code: 1, out: expect.stringContaining('exists already') });
    expect(readFileSync(file).equals(bytes)).toBe(true);
    expect(filesIn(world.dir).filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  test('refuses a wrong key and a file that is not whole, and leaves nothing behind', async () => {
    const bytes = readFileSync(file);
    const broken = join(world.dir, 'broken.backup');
    const changed = Buffer.from(bytes);
    changed[Math.floor(bytes.length / 2)] = (changed[Math.floor(bytes.length / 2)] ?? 0) ^ 1;
    const cases: [what: string, content: Buffer, env: Record<string, string>, says: string][] = [
      ['another key', bytes, { SESSION_BACKUP_KEY: 'q1w2e3r4t5y6u7i8o9p0-test-only-a1s2d3' }, 'is not the key'],
      ['a changed byte', changed, {}, 'damaged or changed'],
      ['a cut', bytes.subarray(0, bytes.length - 100), {}, 'ends too early'],
      ['some other file', Buffer.from('hello'), {}, 'no backup'],
    ];
    for (const [what, content, env, says] of cases) {
      writeFileSync(broken, content);
      expect([what, await run(['import', '--file', broken], { ...there(), ...env })]).toEqual([what, { code: 1, out: expect.stringContaining(says) }]);
      expect([what, filesIn(there().SESSIONS_DIR ?? '')]).toEqual([what, []]);
      expect([what, rowsOf(there().DATA_DIR ?? '', 'select id from session')]).toEqual([what, []]);
    }
  });

  test('refuses to bring a session where a service works, or where there is one of this name', async () => {
    expect(await run(['import', '--file', file])).toEqual({ code: 1, out: expect.stringContaining('Another bridge works on') });
    await bridge.stop();
    expect(await run(['import', '--file', file])).toEqual({ code: 1, out: expect.stringContaining('There is a session sales here already') });
    bridge = await InProcessBridge.start(world, SETTINGS);
    expect((await bridge.api.session('sales')).paired).toBe(true);
  });

  test('brings the session back on another machine, without a QR', async () => {
    const qrs = eventsOf(world.receiver, 'sales', 'session.qr').length;
    const sequence = Math.max(...world.receiver.webhooks().filter(({ session_id: id }) => id === 'sales').map((event) => event.sequence));
    expect(await run(['import', '--file', file], there())).toEqual({ code: 0, out: expect.stringContaining('Session sales is back') });
    const profile = join(there().SESSIONS_DIR ?? '', 'sales');
    expect(statSync(profile).mode & 0o777).toBe(0o700);
    expect(filesIn(there().SESSIONS_DIR ?? '')).toEqual(['sales']);
    const other = await InProcessBridge.start(world, { ...SETTINGS, ...there() });
    try {
      const view = await other.api.session('sales');
      expect(view).toMatchObject({ workspace_id: 'ws-1', state: 'STOPPED', reason: { code: 'imported' }, paired: true, device_name: 'Kasir', proxy: { authenticated: true } });
      // The proxy was of the old place.
      await other.api.ok('PATCH', '/api/sessions/sales', { proxy: null });
      await world.hub.inbound('sales', { from: '6281300000007', body: 'di antara', offline: true });
      await other.api.ok<SessionView>('POST', '/api/sessions/sales/start');
      await other.api.inState('sales', 'WORKING');
      const { data, ...event } = await eventThat(world.receiver, ['sales', 'message'], (message) => message.data.body === 'di antara');
      expect(data.from.phone).toBe('+6281300000007');
      expect(event.sequence).toBeGreaterThan(sequence);
      expect(eventsOf(world.receiver, 'sales', 'session.qr')).toHaveLength(qrs);
    } finally {
      await other.stop();
    }
  });
});
