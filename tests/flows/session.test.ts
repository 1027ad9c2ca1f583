import { existsSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { SessionView } from '../../whatsapp-service/contracts/session-api.js';
import { InProcessBridge, World } from '../helpers/bridge.js';
import { eventsOf, eventThat, faultsOf, processesNaming, rowsOf } from '../helpers/flow.js';
import { until } from '../helpers/sandbox-client.js';

interface Qr {
  qr: string;
  attempt: number;
  received_at: string;
}

let world: World;
let bridge: InProcessBridge;

const dataDir = (): string => join(world.dir, 'data');
const profileOf = (id: string): string => join(world.dir, 'sessions', id);
const statesOf = (id: string | number): string[] => eventsOf(world.receiver, id, 'session.status').map(({ data }) => `${data.state} ${data.code}`);
const qrOf = (id: string): Promise<Qr> => bridge.api.ok<Qr>('GET', `/api/sessions/${id}/qr`);
const act = (id: string, action: string): Promise<SessionView> => bridge.api.ok<SessionView>('POST', `/api/sessions/${id}/${action}`);
const gone = (id: string): Promise<void> => bridge.api.ok('DELETE', `/api/sessions/${id}`);
const shown = async (id: string): Promise<void> => {
  await bridge.api.ok('POST', '/api/sessions', { id });
  await bridge.api.inState(id, 'SCAN_QR_CODE');
};
const failed = (id: string, code: string): Promise<SessionView> =>
  until(async () => {
    const session = await bridge.api.session(id);
    return session.state === 'FAILED' && session.reason.code === code ? session : null;
  }, { name: `${id} has failed with ${code}` });

beforeAll(async () => {
  world = await World.open();
  bridge = await InProcessBridge.start(world, { SYNC_ON_READY: 'false' });
});
afterAll(async () => {
  const faults = faultsOf(world.receiver);
  await bridge.stop();
  await world.close();
  expect(faults).toEqual([]);
});

describe('the life of a session', () => {
  test('is created, paired, listed, stopped, started and restarted, and each step is told to the backend', async () => {
    const paired = await bridge.api.pair(world, 'sales', { workspace_id: 'shop' });
    expect(paired).toMatchObject({ id: 'sales', workspace_id: 'shop', state: 'WORKING', reason: { code: 'ready' }, paired: true, qr_available: false, pushname: 'Sandbox' });
    expect(paired.phone).toBe(`+${(await world.hub.state('sales')).phone}`);
    expect(statSync(profileOf('sales')).mode & 0o777).toBe(0o700);

    expect(await act('sales', 'stop')).toMatchObject({ state: 'STOPPED', reason: { code: 'stopped_by_request' }, paired: true });
    expect(processesNaming(profileOf('sales'))).toEqual([]);
    expect(existsSync(profileOf('sales'))).toBe(true);
    expect(await act('sales', 'start')).toMatchObject({ state: 'STARTING', reason: { code: 'launching' } });
    await bridge.api.inState('sales', 'WORKING');
    expect(await act('sales', 'restart')).toMatchObject({ state: 'STARTING', reason: { code: 'restarting' } });
    await bridge.api.inState('sales', 'WORKING');

    await eventThat(world.receiver, ['sales', 'session.status'], ({ data }) => data.state === 'WORKING' && statesOf('sales').at(-1) === 'WORKING ready' && statesOf('sales').length >= 10);
    expect(statesOf('sales').filter((state) => state !== 'STARTING authenticated')).toEqual([
      'STARTING launching', 'SCAN_QR_CODE waiting_for_scan', 'WORKING ready',
      'STOPPED stopped_by_request', 'STARTING launching', 'WORKING ready',
      'STOPPED stopped_by_request', 'STARTING restarting', 'WORKING ready',
    ]);
    const told = eventsOf(world.receiver, 'sales', 'session.status');
    expect(new Set(told.map((event) => event.workspace_id))).toEqual(new Set(['shop']));
    expect(told.find(({ data }) => data.state === 'WORKING')?.data).toMatchObject({ previous_state: 'STARTING', phone: paired.phone, message: expect.stringContaining('working') });
    expect(eventsOf(world.receiver, 'sales', 'session.qr')[0]?.data).toMatchObject({ attempt: 1, qr: expect.stringMatching(/^2@[^,]+(,[^,]+){4}$/) });
    await act('sales', 'stop');
  });

  test('keeps an integer id an integer, in the API and in every payload', async () => {
    expect(await bridge.api.ok<SessionView>('POST', '/api/sessions', { id: 12, workspace_id: 7 })).toMatchObject({ id: 12, workspace_id: 7 });
    expect((await bridge.api.inState('12', 'SCAN_QR_CODE')).id).toBe(12);
    await until(() => world.hub.scanQr('12').then(() => true, () => false));
    await bridge.api.inState('12', 'WORKING');
    await world.hub.inbound('12', { from: '6281300000012' });
    const message = await eventThat(world.receiver, [12, 'message']);
    expect([message.session_id, message.workspace_id]).toEqual([12, 7]);
    expect(statesOf(12)).toContain('WORKING ready');
    expect(world.receiver.webhooks().filter(({ session_id: id }) => id === '12')).toEqual([]);
    expect((await bridge.api.request('POST', '/api/sessions', { id: '12' })).status).toBe(409);
    const { sessions } = await bridge.api.ok<{ sessions: SessionView[] }>('GET', '/api/sessions');
    expect(sessions.map(({ id }) => id)).toEqual(['sales', 12]);
    await gone('12');
  });

  test('refuses what its state does not allow, and says what the state is', async () => {
    await bridge.api.ok('POST', '/api/sessions', { id: 'idle', start: false });
    const refused = async (method: string, path: string): Promise<unknown> => {
      const { status, body } = await bridge.api.request<{ error: { code: string; details: Record<string, unknown> } }>(method, `/api/sessions/${path}`, method === 'POST' ? {} : undefined);
      expect(status).toBe(409);
      return [body.error.code, body.error.details.state, body.error.details.reason];
    };
    for (const action of ['stop', 'restart', 'logout', 'chats/sync']) expect(await refused('POST', `idle/${action}`)).toEqual(['session_wrong_state', 'STOPPED', 'created']);
    expect(await refused('GET', 'idle/qr')).toEqual(['session_wrong_state', 'STOPPED', 'created']);
    await act('idle', 'start');
    await bridge.api.inState('idle', 'SCAN_QR_CODE');
    expect(await refused('POST', 'idle/start')).toEqual(['session_wrong_state', 'SCAN_QR_CODE', 'waiting_for_scan']);
    const duplicate = await bridge.api.request<{ error: { code: string } }>('POST', '/api/sessions', { id: 'idle' });
    expect([duplicate.status, duplicate.body.error.code]).toEqual([409, 'session_exists']);
    await gone('idle');
  });

  test('a logout unlinks the device, deletes the profile, and asks for a QR the next time', async () => {
    await bridge.api.pair(world, 'leaver');
    expect(await act('leaver', 'logout')).toMatchObject({ state: 'STOPPED', reason: { code: 'logged_out' }, paired: false, phone: null });
    expect(existsSync(profileOf('leaver'))).toBe(false);
    expect((await world.hub.state('leaver')).paired).toBe(false);
    await act('leaver', 'start');
    expect(await bridge.api.inState('leaver', 'SCAN_QR_CODE')).toMatchObject({ qr_available: true });
    // Also while nobody has scanned yet.
    expect(await act('leaver', 'logout')).toMatchObject({ state: 'STOPPED', qr_available: false });
    await gone('leaver');
  });

  test('a pairing that is stopped is unlinked, too: its page is started for that alone, and where WhatsApp cannot be told, it is said', async () => {
    await bridge.api.pair(world, 'absent');
    await act('absent', 'stop');
    expect(await act('absent', 'logout')).toMatchObject({ state: 'STOPPED', reason: { code: 'logged_out', detail: null }, paired: false });
    expect([(await world.hub.state('absent')).paired, existsSync(profileOf('absent')), processesNaming(profileOf('absent'))]).toEqual([false, false, []]);
    expect((await bridge.api.request('POST', '/api/sessions/absent/logout')).status).toBe(409);
    await gone('absent');

    await bridge.api.pair(world, 'away');
    await act('away', 'stop');
    expect((await bridge.api.request('DELETE', '/api/sessions/away')).status).toBe(204);
    expect((await world.hub.state('away')).paired).toBe(false);

    await bridge.api.pair(world, 'cut-off');
    await act('cut-off', 'stop');
    await bridge.api.ok('PATCH', '/api/sessions/cut-off', { proxy: { server: 'http://127.0.0.1:9' } });
    expect(await bridge.api.request('DELETE', '/api/sessions/cut-off')).toMatchObject({ status: 200, body: { unlinked: false, message: expect.stringContaining('on the phone') } });
    expect([(await world.hub.state('cut-off')).paired, existsSync(profileOf('cut-off')), processesNaming(profileOf('cut-off'))]).toEqual([true, false, []]);
    expect((await bridge.api.request('GET', '/api/sessions/cut-off')).status).toBe(404);
  }, 60_000);

  test('a deletion removes profile, rows and pairing; what the backend does not have yet still reaches it', async () => {
    await bridge.api.pair(world, 'gone');
    await world.receiver.waitFor(() => statesOf('gone').includes('WORKING ready'), { what: 'WORKING of gone' });
    await world.receiver.down();
    const { message_ids: ids } = await world.hub.inbound('gone', { from: '6281300000099', body: 'sebelum dihapus', count: 5 });
    const committed = (): number => rowsOf(dataDir(), "select 1 from event where session_id = 'gone' and name = 'message'").length;
    await until(() => committed() === 5, { name: 'five messages are committed' });
    await gone('gone');
    expect((await bridge.api.request('GET', '/api/sessions/gone')).status).toBe(404);
    expect(existsSync(profileOf('gone'))).toBe(false);
    expect((await world.hub.state('gone')).paired).toBe(false);
    expect(processesNaming(profileOf('gone'))).toEqual([]);
    await world.receiver.up();
    await world.receiver.waitFor(() => eventsOf(world.receiver, 'gone', 'message').length === 5, { what: 'five messages of a deleted session' });
    expect(eventsOf(world.receiver, 'gone', 'message').map(({ data }) => data.message_id)).toEqual(ids);
    // The same name again is a new session without a pairing; the backend's sequence of it goes on.
    const last = Math.max(...world.receiver.webhooks().filter(({ session_id: id }) => id === 'gone').map(({ sequence }) => sequence));
    await shown('gone');
    const { sequence } = await eventThat(world.receiver, ['gone', 'session.status'], (event) => event.sequence > last);
    expect(sequence).toBe(last + 1);
    await gone('gone');
  });
});

describe('the QR', () => {
  test('comes as JSON, PNG and SVG, and never from a cache', async () => {
    await shown('picture');
    const as = (accept: string): Promise<Response> => fetch(`${bridge.api.url}/api/sessions/picture/qr`, { headers: { 'X-Api-Key': bridge.api.key, Accept: accept } });
    const json = await as('application/json');
    expect(json.headers.get('cache-control')).toBe('no-store');
    const { qr, attempt } = (await json.json()) as Qr;
    expect(qr.split(',')).toHaveLength(5);
    expect(qr.startsWith(`${(await world.hub.state('picture')).qr_ref},`)).toBe(true);
    expect(attempt).toBe(1);
    const png = await as('image/png');
    expect(png.headers.get('content-type')).toBe('image/png');
    expect(Buffer.from(await png.arrayBuffer()).subarray(0, 8).toString('hex')).toBe('89504e470d0a1a0a');
    const svg = await as('image/svg+xml');
    expect(svg.headers.get('content-type')).toContain('image/svg+xml');
    expect(await svg.text()).toMatch(/^<svg [\s\S]*<\/svg>\s*$/);
    expect((await as('text/csv')).status).toBe(406);
    await gone('picture');
  });

  test('follows WhatsApp when it shows a new one, and is asked for when the page idles', async () => {
    await world.hub.settings('fresh', { qr_refresh_ms: 150, qr_max_refreshes: 1 });
    await shown('fresh');
    // After two codes the page idles, so that a fifth one has been asked for twice.
    await until(async () => (await qrOf('fresh').catch(() => null))?.attempt === 5 || null, { name: 'the fifth QR' });
    await world.hub.settings('fresh', { qr_refresh_ms: 60_000 });
    const current = await until(async () => {
      const [{ qr }, { qr_ref: ref }] = await Promise.all([qrOf('fresh'), world.hub.state('fresh')]);
      return ref !== null && qr.startsWith(`${ref},`) ? qr : null;
    });
    await world.hub.idleQr('fresh');
    await until(async () => (await qrOf('fresh')).qr !== current || null, { name: 'a QR after the page idled' });
    await world.receiver.waitFor(() => eventsOf(world.receiver, 'fresh', 'session.qr').length >= 6, { what: 'six session.qr' });
    const codes = eventsOf(world.receiver, 'fresh', 'session.qr').map(({ data }) => data);
    expect(codes.map(({ attempt }) => attempt)).toEqual(codes.map((_, index) => index + 1));
    expect(new Set(codes.map(({ qr }) => qr)).size).toBe(codes.length);
    expect(statesOf('fresh').filter((state) => state.startsWith('SCAN_QR_CODE'))).toHaveLength(1);
    await until(() => world.hub.scanQr('fresh').then(() => true, () => false));
    expect(await bridge.api.inState('fresh', 'WORKING')).toMatchObject({ qr_available: false });
    await gone('fresh');
  });
});

describe('several sessions', () => {
  test('run at once, each with its own profile, account and events', async () => {
    const ids = ['one', 'two', 'three'];
    const views = await Promise.all(ids.map((id) => bridge.api.pair(world, id, { workspace_id: `w-${id}` })));
    expect(new Set(views.map(({ phone }) => phone)).size).toBe(3);
    for (const id of ids) expect(processesNaming(profileOf(id)).length).toBeGreaterThan(0);
    await Promise.all(ids.map((id) => world.hub.inbound(id, { from: '6281300000001', body: `untuk ${id}` })));
    for (const id of ids) {
      const { data, workspace_id: workspace } = await eventThat(world.receiver, [id, 'message']);
      expect([data.body, workspace]).toEqual([`untuk ${id}`, `w-${id}`]);
      expect(eventsOf(world.receiver, id, 'message')).toHaveLength(1);
    }
    await act('two', 'stop');
    expect((await bridge.api.session('one')).state).toBe('WORKING');
    expect((await bridge.api.session('three')).state).toBe('WORKING');
    expect(processesNaming(profileOf('two'))).toEqual([]);
    await act('one', 'stop');
  });

  test('come back after a restart of the service as they were wanted, the paired ones without a QR', async () => {
    await shown('unscanned');
    const before = { qr: eventsOf(world.receiver, 'three', 'session.qr').length, three: statesOf('three').length };
    await bridge.stop();
    expect(processesNaming(join(world.dir, 'sessions'))).toEqual([]);
    bridge = await InProcessBridge.start(world, { SYNC_ON_READY: 'false' });
    expect(await bridge.api.inState('three', 'WORKING')).toMatchObject({ paired: true });
    await bridge.api.inState('unscanned', 'SCAN_QR_CODE');
    expect(await bridge.api.session('two')).toMatchObject({ state: 'STOPPED', reason: { code: 'stopped_by_request' } });
    await world.receiver.waitFor(() => statesOf('three').at(-1) === 'WORKING ready' && statesOf('three').length >= before.three + 3, { what: 'the restored session' });
    expect(statesOf('three').slice(before.three)).toEqual(['STOPPED service_stopped', 'STARTING restoring', 'WORKING ready']);
    expect(eventsOf(world.receiver, 'three', 'session.qr')).toHaveLength(before.qr);
    await Promise.all(['unscanned', 'two', 'one', 'three'].map(gone));
  });
});

describe('what WhatsApp does to a session', () => {
  test('hasSynced that flips before anybody listens still ends in WORKING', async () => {
    await bridge.api.pair(world, 'early');
    await act('early', 'stop');
    await world.hub.earlyHasSynced('early', true);
    await act('early', 'start');
    await bridge.api.inState('early', 'WORKING');
    await world.hub.inbound('early', { from: '6281300000001' });
    await eventThat(world.receiver, ['early', 'message']);
    await gone('early');
  });

  test('a logout on the phone fails the session, is told, and leaves nothing of the pairing', async () => {
    await bridge.api.pair(world, 'unlinked');
    await world.hub.logoutFromPhone('unlinked');
    expect(await failed('unlinked', 'logged_out')).toMatchObject({ paired: false, phone: null });
    await eventThat(world.receiver, ['unlinked', 'session.status'], ({ data }) => data.state === 'FAILED' && data.code === 'logged_out');
    expect(existsSync(profileOf('unlinked'))).toBe(false);
    expect(processesNaming(profileOf('unlinked'))).toEqual([]);
    await act('unlinked', 'start');
    await bridge.api.inState('unlinked', 'SCAN_QR_CODE');
    await gone('unlinked');
  });

  test('a pairing that ended while the session was stopped is not taken for one', async () => {
    await bridge.api.pair(world, 'away');
    await act('away', 'stop');
    await world.hub.logoutFromPhone('away');
    await act('away', 'start');
    expect(await bridge.api.inState('away', 'SCAN_QR_CODE')).toMatchObject({ paired: false, phone: null, qr_available: true });
    await gone('away');
  });

  test('a conflict fails the session and keeps its pairing', async () => {
    await bridge.api.pair(world, 'twice');
    await world.hub.conflict('twice');
    expect(await failed('twice', 'conflict')).toMatchObject({ paired: true });
    await eventThat(world.receiver, ['twice', 'session.status'], ({ data }) => data.code === 'conflict');
    await act('twice', 'start');
    await bridge.api.inState('twice', 'WORKING');
    expect(eventsOf(world.receiver, 'twice', 'session.qr')).toHaveLength(1);
    await gone('twice');
  });

  test('a ban fails the session and says so', async () => {
    await bridge.api.pair(world, 'banned');
    await world.hub.ban('banned');
    const { reason } = await failed('banned', 'banned');
    expect(reason.message).toContain('refuses this number');
    await eventThat(world.receiver, ['banned', 'session.status'], ({ data }) => data.state === 'FAILED' && data.code === 'banned');
    expect(processesNaming(profileOf('banned'))).toEqual([]);
    await gone('banned');
  });

  test('a lost connection is told, and what came meanwhile arrives once it is back', async () => {
    await bridge.api.pair(world, 'offline');
    await world.hub.loseConnection('offline');
    expect((await bridge.api.inState('offline', 'STARTING')).reason.code).toBe('connection_lost');
    const { message_ids: ids } = await world.hub.inbound('offline', { from: '6281300000001', count: 3 });
    await world.hub.restoreConnection('offline');
    await bridge.api.inState('offline', 'WORKING');
    await world.receiver.waitFor(() => eventsOf(world.receiver, 'offline', 'message').length >= 3, { what: 'three messages after the connection came back' });
    expect(eventsOf(world.receiver, 'offline', 'message').map(({ data }) => data.message_id)).toEqual(ids);
    expect(statesOf('offline').slice(-2)).toEqual(['STARTING connection_lost', 'WORKING ready']);
    await gone('offline');
  });
});

describe('a start that does not succeed', () => {
  const dirs = (name: string): Record<string, string> => ({ DATA_DIR: join(world.dir, name, 'data'), SESSIONS_DIR: join(world.dir, name, 'sessions'), SYNC_ON_READY: 'false' });

  test('has a deadline, is told and tried again', async () => {
    const other = await InProcessBridge.start(world, { ...dirs('deadline'), SESSION_START_TIMEOUT_MS: '1500', SESSION_WATCHDOG_TIMEOUT_MS: '1500' });
    try {
      await world.hub.loseConnection('stuck');
      await other.api.ok('POST', '/api/sessions', { id: 'stuck' });
      const { data } = await eventThat(world.receiver, ['stuck', 'session.status'], (event) => event.data.code === 'start_timeout');
      expect(data.state).toBe('STARTING');
      await world.hub.restoreConnection('stuck');
      expect(await other.api.inState('stuck', 'SCAN_QR_CODE')).toMatchObject({ qr_available: true });
      expect((await other.api.ok<string>('GET', '/metrics'))).toMatch(/bridge_session_restarts_total\{reason="start_timeout"\} [1-9]/);
    } finally {
      await other.stop();
    }
  });

  test('that does not reach WhatsApp Web says so, and not that it has changed', async () => {
    const cutOff = await World.open();
    const { pagePort } = cutOff.hub;
    const other = await InProcessBridge.start(cutOff, { SESSION_START_TIMEOUT_MS: '3000', SESSION_WATCHDOG_TIMEOUT_MS: '1000' });
    const told = (code: string): Promise<unknown> => eventThat(cutOff.receiver, ['cut', 'session.status'], (event) => event.data.code === code);
    const silent = createServer();
    try {
      await cutOff.hub.close();
      await other.api.ok('POST', '/api/sessions', { id: 'cut' });
      await told('whatsapp_unreachable');
      // Whoever takes the connection and never answers: the browser shows an empty page.
      silent.listen(pagePort, '127.0.0.1');
      await told('start_timeout');
      expect(eventsOf(cutOff.receiver, 'cut', 'session.status').filter(({ data }) => data.code === 'page_incompatible')).toEqual([]);
    } finally {
      silent.close();
      await other.stop();
      await cutOff.close();
    }
  });

  test('without a browser says how to get one', async () => {
    const other = await InProcessBridge.start(world, { ...dirs('no-browser'), BROWSER_PATH: join(world.dir, 'no-such-browser') });
    try {
      await other.api.ok('POST', '/api/sessions', { id: 'blind' });
      const { reason } = await other.api.inState('blind', 'FAILED');
      expect(reason.code).toBe('browser_not_found');
      expect(reason.message).toContain('npm run setup');
      await eventThat(world.receiver, ['blind', 'session.status'], ({ data }) => data.code === 'browser_not_found');
      expect((await other.api.request('GET', '/ready')).status).toBe(503);
    } finally {
      await other.stop();
    }
  });
});
