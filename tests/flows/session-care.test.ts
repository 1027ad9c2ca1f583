import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { SessionView } from '../../whatsapp-service/contracts/session-api.js';
import { createLogger } from '../../whatsapp-service/shared/logger.js';
import { InProcessBridge, World } from '../helpers/bridge.js';
import { eventsOf, eventThat, faultsOf, hubWithScript, processesNaming, rowsOf } from '../helpers/flow.js';
import { endGroup } from '../../whatsapp-service/whatsapp/web/profile.js';
import { httpProxy, httpsProxy, PROXY_PASSWORD, PROXY_USER, socksProxy } from '../helpers/proxies.js';
import { browserPath, until } from '../helpers/sandbox-client.js';

/** A page of this name takes 400 MB more than the others. */
const FAT = `if (window.__SANDBOX?.session === 'fat') window.fat = Array.from({ length: 40 }, () => new Uint8Array(10 << 20).fill(7));`;
const CREDENTIALS = { username: PROXY_USER, password: PROXY_PASSWORD };

let world: World;
let bridge: InProcessBridge;
let logged = '';

const codesOf = (id: string): string[] => eventsOf(world.receiver, id, 'session.status').map(({ data }) => data.code);
const told = (id: string, code: string): Promise<unknown> => world.receiver.waitFor(() => codesOf(id).includes(code), { what: `${code} of ${id}`, timeoutMs: 20_000 });
const create = (id: string, more: Record<string, unknown> = {}): Promise<SessionView> => bridge.api.ok<SessionView>('POST', '/api/sessions', { id, ...more });
const act = (id: string, action: string): Promise<SessionView> => bridge.api.ok<SessionView>('POST', `/api/sessions/${id}/${action}`);
const scan = (id: string): Promise<unknown> => until(() => world.hub.scanQr(id).then(() => true, () => false), { name: `${id} is scanned` });
const profileOf = (id: string): string => join(world.dir, 'sessions', id);
const refusal = async (method: string, path: string, body?: unknown): Promise<{ status: number; code: string; details: Record<string, unknown> }> => {
  const answer = await bridge.api.request<{ error: { code: string; details: Record<string, unknown> } }>(method, path, body);
  return { status: answer.status, ...answer.body.error };
};

const SETTINGS = { SYNC_ON_READY: 'false', SESSION_QR_LIMIT: '3', SESSION_ON_CONFLICT: 'takeover', SESSION_MEMORY_LIMIT_MB: '450', SESSION_MAX_RUNNING: '3', SESSION_OFFLINE_RESTART_MS: '1500' };

async function start(more: Record<string, string> = {}): Promise<InProcessBridge> {
  const out = new Writable({ write: (chunk: Buffer, _encoding, done) => ((logged += chunk.toString()), done()) });
  const logger = createLogger({ dir: join(world.dir, 'logs'), level: 'debug', format: 'json' }, out);
  return InProcessBridge.start(world, { ...SETTINGS, ...more }, { logger, hub: hubWithScript(world.hub, FAT) });
}

beforeAll(async () => {
  world = await World.open();
  bridge = await start();
});
afterEach(async () => {
  const { sessions } = await bridge.api.ok<{ sessions: SessionView[] }>('GET', '/api/sessions');
  for (const { id } of sessions) await bridge.api.ok('DELETE', `/api/sessions/${id}`);
});
afterAll(async () => {
  const faults = faultsOf(world.receiver);
  await bridge.stop();
  await world.close();
  expect(faults).toEqual([]);
});

describe('pairing', () => {
  test('by a code that is typed on the phone', async () => {
    await create('coded');
    await bridge.api.inState('coded', 'SCAN_QR_CODE');
    expect(await refusal('POST', '/api/sessions/coded/pairing-code', { phone: 'budi' })).toMatchObject({ status: 400, code: 'invalid_phone' });
    const offer = await bridge.api.ok<{ code: string; phone: string; expires_in_seconds: number }>('POST', '/api/sessions/coded/pairing-code', { phone: '0812-9999-0001' });
    expect(offer).toEqual({ code: expect.stringMatching(/^[1-9A-Z]{8}$/), phone: '+6281299990001', expires_in_seconds: 180 });
    expect(await bridge.api.session('coded')).toMatchObject({ state: 'SCAN_QR_CODE', reason: { code: 'waiting_for_code' } });
    await told('coded', 'waiting_for_code');
    await expect(world.hub.enterPairingCode('coded', 'AAAAAAAA')).rejects.toThrow('does not take this code');
    // A QR that idles meanwhile must not be renewed: the code would be worth nothing.
    await world.hub.idleQr('coded');
    await world.hub.enterPairingCode('coded', offer.code.toLowerCase());
    expect(await bridge.api.inState('coded', 'WORKING')).toMatchObject({ phone: '+6281299990001', paired: true });
    expect(await refusal('POST', '/api/sessions/coded/pairing-code', { phone: '081299990001' })).toMatchObject({ status: 409, code: 'session_wrong_state' });
    expect(logged).not.toContain(offer.code);
    await act('coded', 'restart');
    await bridge.api.inState('coded', 'WORKING');
    expect(eventsOf(world.receiver, 'coded', 'session.qr')).toHaveLength(1);
  });

  test('stops after so many QRs that nobody scans, and can be started again', async () => {
    await world.hub.settings('nobody', { qr_refresh_ms: 150 });
    await create('nobody');
    await told('nobody', 'qr_not_scanned');
    expect(await bridge.api.session('nobody')).toMatchObject({ state: 'STOPPED', reason: { code: 'qr_not_scanned', message: expect.stringContaining('Start the session again') }, qr_available: false });
    expect(eventsOf(world.receiver, 'nobody', 'session.qr').map(({ data }) => [data.attempt, data.code])).toEqual([1, 2, 3].map((attempt) => [attempt, 'waiting_for_scan']));
    expect(processesNaming(profileOf('nobody'))).toEqual([]);
    await world.hub.settings('nobody', { qr_refresh_ms: 60_000 });
    await act('nobody', 'start');
    await scan('nobody');
    await bridge.api.inState('nobody', 'WORKING');
  });

  test('shows the phone the name that the session was given', async () => {
    await create('named', { device_name: 'Kasir Depan' });
    await scan('named');
    expect(await bridge.api.inState('named', 'WORKING')).toMatchObject({ device_name: 'Kasir Depan' });
    expect((await world.hub.state('named')).device_name).toBe('Kasir Depan');
    expect(await bridge.api.ok('PATCH', '/api/sessions/named', { device_name: null, workspace_id: 'ws-2' })).toMatchObject({ device_name: null, workspace_id: 'ws-2' });
    await act('named', 'restart');
    await bridge.api.inState('named', 'WORKING');
    expect((await world.hub.state('named')).device_name).toBe('Sandbox');
    expect(await refusal('PATCH', '/api/sessions/named', {})).toMatchObject({ status: 400, code: 'invalid_request' });
    expect(await refusal('PATCH', '/api/sessions/nope', { device_name: 'x' })).toMatchObject({ status: 404, code: 'session_not_found' });
  });
});

describe('a proxy of its own', () => {
  /** The one certificate that the sandbox's browser takes without an authority. */
  const hubsIdentity = (): { key: string; cert: string } => {
    const [key, cert] = ['sandbox-key.pem', 'sandbox-cert.pem'].map((name) => readFileSync(join(world.dir, 'hub', name), 'utf8'));
    return { key: key ?? '', cert: cert ?? '' };
  };

  test.each([
    { what: 'HTTP', id: 'via-http', open: httpProxy },
    { what: 'HTTPS', id: 'via-https', open: (port: number) => httpsProxy(port, hubsIdentity()) },
    { what: 'SOCKS 5', id: 'via-socks', open: socksProxy },
  ])('over $what is all that the session uses, and its credentials are nowhere to be read', async ({ id, open }) => {
    const proxy = await open(world.hub.pagePort);
    try {
      const created = await create(id, { proxy: { server: proxy.server, ...CREDENTIALS, password: 'wrong' } });
      expect(created.proxy).toEqual({ server: proxy.server, authenticated: true });
      await told(id, 'proxy_failed');
      expect([proxy.reached, proxy.refused() > 0]).toEqual([[], true]);
      await bridge.api.ok('PATCH', `/api/sessions/${id}`, { proxy: { server: proxy.server, ...CREDENTIALS } });
      await act(id, 'restart');
      await bridge.api.inState(id, 'SCAN_QR_CODE');
      await scan(id);
      await bridge.api.inState(id, 'WORKING');
      expect(new Set(proxy.reached)).toEqual(new Set(['web.whatsapp.com:443']));
      const { message_ids: [message] } = await world.hub.inbound(id, { from: '6281300000001' });
      await eventThat(world.receiver, [id, 'message'], ({ data }) => data.message_id === message);

      const commandLines = processesNaming(profileOf(id)).map((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
      const rows = rowsOf<{ proxy: string }>(join(world.dir, 'data'), 'select proxy from session where id = ?', id);
      const places = { logged, commandLines, rows, view: await bridge.api.session(id), sent: world.receiver.requests.map(({ body }) => body), metrics: await bridge.api.ok('GET', '/metrics') };
      expect(commandLines.length).toBeGreaterThan(0);
      expect(JSON.stringify(places)).not.toContain(PROXY_USER);
      expect(JSON.stringify(places)).not.toContain(PROXY_PASSWORD);

      expect(await bridge.api.ok('PATCH', `/api/sessions/${id}`, { proxy: null })).toMatchObject({ proxy: null });
      await act(id, 'restart');
      const before = proxy.reached.length;
      await bridge.api.inState(id, 'WORKING');
      expect(proxy.reached).toHaveLength(before);
    } finally {
      await proxy.close();
    }
  });

  test('must be one', async () => {
    for (const server of ['ftp://x:1', 'http://user:pw@x:1', 'x']) {
      const { status, details } = await refusal('POST', '/api/sessions', { id: 'odd', proxy: { server } });
      expect([status, JSON.stringify(details)]).toEqual([400, expect.stringContaining('proxy.server')]);
      expect(JSON.stringify(details)).not.toContain('pw');
    }
  });
});

describe('what a session takes', () => {
  test('is shown, and one that takes too much is started again, it alone', async () => {
    await create('lean');
    await scan('lean');
    await bridge.api.inState('lean', 'WORKING');
    await create('fat');
    await told('fat', 'memory_limit');
    const { sessions } = await bridge.api.ok<{ sessions: SessionView[] }>('GET', '/api/sessions');
    const { browser } = sessions.find(({ id }) => id === 'lean') as SessionView;
    expect(browser?.processes).toBeGreaterThanOrEqual(2);
    expect(browser?.memory_bytes).toBeGreaterThan(20e6);
    expect(browser?.memory_bytes).toBeLessThanOrEqual(browser?.rss_bytes ?? 0);
    expect(browser?.cpu_seconds).toBeGreaterThan(0);
    expect(browser?.cpu_percent).toBeGreaterThanOrEqual(0);
    expect(codesOf('lean').at(-1)).toBe('ready');
    const metrics = await bridge.api.ok<string>('GET', '/metrics');
    expect(metrics).toMatch(/bridge_session_restarts_total\{reason="memory_limit"\} [1-9]/);
    expect(metrics).toMatch(/bridge_browser_memory_bytes [1-9]\d{7,}/);
    await act('lean', 'stop');
    expect((await bridge.api.session('lean')).browser).toBeNull();
  });

  test('is limited in number, also for starts that come at the same moment', async () => {
    const answers = await Promise.all(['a', 'b', 'c', 'd', 'e'].map((id) => bridge.api.request<{ error?: { code: string; details: unknown } }>('POST', '/api/sessions', { id })));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 201, 201, 409, 409]);
    expect(answers.find(({ status }) => status === 409)?.body.error).toMatchObject({ code: 'session_limit', details: { limit: 3, running: 3 } });
    const { sessions } = await bridge.api.ok<{ sessions: SessionView[] }>('GET', '/api/sessions');
    expect(sessions).toHaveLength(3);
    await create('waits', { start: false });
    expect(await refusal('POST', '/api/sessions/waits/start')).toMatchObject({ status: 409, code: 'session_limit' });
    await act(String(sessions[0]?.id), 'stop');
    expect(await act('waits', 'start')).toMatchObject({ id: 'waits' });

    // A limit that was lowered since: the first ones come back, the others say why they do not.
    await bridge.stop();
    bridge = await start({ SESSION_MAX_RUNNING: '1' });
    const states = (await bridge.api.ok<{ sessions: SessionView[] }>('GET', '/api/sessions')).sessions.map(({ state, reason }) => `${state} ${reason.code}`);
    expect(states.filter((state) => state === 'STOPPED session_limit')).toHaveLength(2);
    expect(states.filter((state) => /^(STARTING|SCAN_QR_CODE) /.test(state))).toHaveLength(1);
    await bridge.stop();
    bridge = await start();
    await until(async () => (await bridge.api.ok<{ sessions: SessionView[] }>('GET', '/api/sessions')).sessions.filter(({ state }) => state === 'SCAN_QR_CODE').length === 3, { name: 'all three are back', timeoutMs: 30_000 });
  });
});

describe('a connection', () => {
  test('that another browser took is taken back, but not for ever', async () => {
    await create('wanted');
    await scan('wanted');
    await bridge.api.inState('wanted', 'WORKING');
    await world.hub.conflict('wanted');
    await told('wanted', 'taking_over');
    await bridge.api.inState('wanted', 'WORKING');
    const { message_ids: [message] } = await world.hub.inbound('wanted', { from: '6281300000001' });
    await eventThat(world.receiver, ['wanted', 'message'], ({ data }) => data.message_id === message);
    for (let more = 0; more < 5; more++) {
      await world.hub.conflict('wanted');
      await until(async () => (await bridge.api.session('wanted')).state === 'FAILED' || codesOf('wanted').filter((code) => code === 'taking_over').length >= more + 2, { name: 'the next conflict is seen' });
      await until(async () => ['FAILED', 'WORKING'].includes((await bridge.api.session('wanted')).state));
    }
    expect(await bridge.api.session('wanted')).toMatchObject({ state: 'FAILED', reason: { code: 'conflict' }, paired: true });
    expect(codesOf('wanted').filter((code) => code === 'taking_over')).toHaveLength(5);
  });

  test('that stays lost ends in a fresh page', async () => {
    await create('cut');
    await scan('cut');
    await bridge.api.inState('cut', 'WORKING');
    await world.hub.loseConnection('cut');
    await told('cut', 'connection_lost');
    await told('cut', 'connection_stuck');
    await world.hub.restoreConnection('cut');
    await bridge.api.inState('cut', 'WORKING');
    expect(eventsOf(world.receiver, 'cut', 'session.qr')).toHaveLength(1);
  });
});

describe('a service that starts', () => {
  test('ends what an earlier one has left, and nothing that is not its own', async () => {
    const sessionsDir = join(world.dir, 'sessions');
    const dirs = { DATA_DIR: join(world.dir, 'data'), SESSIONS_DIR: sessionsDir };
    await create('heir');
    await scan('heir');
    await bridge.api.inState('heir', 'WORKING');
    await bridge.stop();
    // A crash may leave a lock behind that names a machine which is no more, as a container's name does.
    for (const lock of ['SingletonLock', 'SingletonCookie']) symlinkSync('another-machine-4711', join(sessionsDir, 'heir', lock));
    const browser = (profile: string): ChildProcess => spawn(browserPath(), ['--no-sandbox', '--headless', `--user-data-dir=${profile}`, '--remote-debugging-port=0', 'about:blank'], { stdio: 'ignore', detached: true });
    const others = [`${sessionsDir}-of-another`, join(world.dir, 'elsewhere')].map((dir) => join(dir, 'heir'));
    const started = (profile: string): { profile: string; child: ChildProcess } => {
      mkdirSync(profile, { recursive: true });
      return { profile, child: browser(profile) };
    };
    const ours = started(join(sessionsDir, 'orphan'));
    const theirs = others.map(started);
    try {
      for (const { profile } of [ours, ...theirs]) await until(() => processesNaming(`--user-data-dir=${profile}`).length > 0 && existsSync(join(profile, 'Default')), { name: `a browser on ${profile}` });
      bridge = await start({ ...dirs, BROWSER: 'chrome' });
      await until(() => processesNaming(`--user-data-dir=${ours.profile}`).length === 0, { name: 'the orphan is gone' });
      expect(theirs.map(({ profile }) => processesNaming(`--user-data-dir=${profile}`).length > 0)).toEqual([true, true]);
      expect(await bridge.api.inState('heir', 'WORKING')).toMatchObject({ paired: true });
      expect(codesOf('heir')).not.toContain('browser_failed');
      // The one of its pairing may still have been in the outbox when the service ended.
      await until(() => eventsOf(world.receiver, 'heir', 'session.qr').length > 0);
      expect(eventsOf(world.receiver, 'heir', 'session.qr')).toHaveLength(1);
    } finally {
      for (const { child } of [ours, ...theirs]) if (child.pid !== undefined) endGroup(child.pid);
      await bridge.stop();
      bridge = await start();
    }
  });

  test('does not touch the folder of another one that works', async () => {
    await create('housed');
    await bridge.api.inState('housed', 'SCAN_QR_CODE');
    const pids = processesNaming(profileOf('housed'));
    await expect(start({ DATA_DIR: join(world.dir, 'squatter', 'data') })).rejects.toThrow(/Another bridge works on .*SESSIONS_DIR/);
    expect(processesNaming(profileOf('housed'))).toEqual(expect.arrayContaining(pids));
    expect((await bridge.api.session('housed')).state).toBe('SCAN_QR_CODE');
  });

  test('is not held up by a profile that cannot be used, and says so', async () => {
    await create('well');
    await scan('well');
    await bridge.api.inState('well', 'WORKING');
    await create('sick', { start: false });
    await create('also-well');
    await bridge.api.inState('also-well', 'SCAN_QR_CODE');
    await bridge.stop();
    writeFileSync(profileOf('sick'), 'no folder');
    bridge = await start({ SESSION_RESTORE_CONCURRENCY: '1' });
    await act('sick', 'start');
    expect(await bridge.api.inState('sick', 'FAILED')).toMatchObject({ reason: { code: 'profile_refused', message: expect.stringContaining('SESSIONS_DIR'), detail: expect.stringMatching(/EEXIST|ENOTDIR/) } });
    await told('sick', 'profile_refused');
    await bridge.api.inState('well', 'WORKING');
    await bridge.api.inState('also-well', 'SCAN_QR_CODE');
    await bridge.api.ok('DELETE', '/api/sessions/sick');
    expect(existsSync(profileOf('sick'))).toBe(false);
  });
});

describe('when WhatsApp Web changes', () => {
  test('what is gone switches off one feature, which is told, shown and counted', async () => {
    await world.hub.settings('changed', { missing: ['WAWebPrepRawMedia', 'WAWebMsgReply.canReplyMsg'] });
    await create('changed');
    await scan('changed');
    const view = await bridge.api.inState('changed', 'WORKING');
    expect(view).toMatchObject({ reason: { code: 'page_changed', detail: 'off: media, reply; the page lacks WAWebMsgReply.canReplyMsg, WAWebPrepRawMedia, WAWebPrepRawMedia.prepRawMedia' }, features_off: ['media', 'reply'] });
    const { data } = await eventThat(world.receiver, ['changed', 'session.status'], (event) => event.data.state === 'WORKING');
    expect(data).toMatchObject({ code: 'page_changed', features_off: ['media', 'reply'], message: expect.stringContaining('WhatsApp Web has changed') });
    expect(await bridge.api.ok('GET', '/metrics')).toMatch(/bridge_page_features_off\{feature="media"\} 1\n/);
    expect(await bridge.api.ok('POST', '/api/sessions/changed/page-check')).toMatchObject({ ok: false, features_off: ['media', 'reply'], whatsapp_web_version: expect.stringMatching(/^2\./) });
    // The rest works.
    const { message_ids: [message] } = await world.hub.inbound('changed', { from: '6281300000001' });
    await eventThat(world.receiver, ['changed', 'message'], (event) => event.data.message_id === message);
    const sent = await bridge.api.ok<{ id: string }>('POST', '/api/messages', { session_id: 'changed', to: '6281300000001', text: 'tetap jalan' });
    await bridge.api.messageIn(sent.id, 'read');
    // A new version has it again.
    await world.hub.settings('changed', { missing: [] });
    await act('changed', 'restart');
    expect(await bridge.api.inState('changed', 'WORKING')).toMatchObject({ reason: { code: 'ready' }, features_off: [] });
    expect(await bridge.api.ok('POST', '/api/sessions/changed/page-check')).toMatchObject({ ok: true, missing: [] });
  });

  test('a page without its foundation is told as what it is, and tried again', async () => {
    await create('broken', { start: false });
    await world.hub.settings('broken', { missing: ['WAWebCollections'] });
    const short = { DATA_DIR: join(world.dir, 'short', 'data'), SESSIONS_DIR: join(world.dir, 'short', 'sessions'), SESSION_START_TIMEOUT_MS: '4000', SESSION_WATCHDOG_TIMEOUT_MS: '1500' };
    const other = await start(short);
    try {
      await other.api.ok('POST', '/api/sessions', { id: 'broken' });
      await other.api.inState('broken', 'SCAN_QR_CODE');
      await scan('broken');
      const { data } = await eventThat(world.receiver, ['broken', 'session.status'], (event) => event.data.code === 'page_incompatible', 20_000);
      expect(data).toMatchObject({ state: 'STARTING', message: expect.stringContaining('new version of the bridge') });
      await world.hub.settings('broken', { missing: [] });
      await other.api.inState('broken', 'WORKING');
    } finally {
      await other.stop();
    }
  });
});
