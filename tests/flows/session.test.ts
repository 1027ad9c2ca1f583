import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { SessionView } from '../../whatsapp-service/contracts/session-api.js';
import { InProcessBridge, World } from '../helpers/bridge.js';
import { eventsOf, eventThat, faultsOf, processesNaming } from '../helpers/flow.js';
import { until } from '../helpers/sandbox-client.js';

interface Qr {
  qr: string;
  attempt: number;
  received_at: string;
}

let world: World;
let bridge: InProcessBridge;

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
    await act('sales', 'start');
    await bridge.api.inState('sales', 'WORKING');
    await act('sales', 'restart');
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

  test('a deletion removes profile, rows and pairing; what the backend does not have yet still reaches it', async () => {
    await bridge.api.pair(world, 'gone');
    await world.receiver.waitFor(() => statesOf('gone').includes('WORKING ready'), { what: 'WORKING of gone' });
    await world.receiver.down();
    const { message_ids: ids } = await world.hub.inbound('gone', { from: '6281300000099', body: 'sebelum dihapus', count: 5 });
    await until(async () => (await bridge.api.ok<string>('GET', '/metrics')).includes('message"} 5') || null, { name: 'five messages are committed' }).catch(() => undefined);
    await until(() => world.hub.state('gone').then((state) => state.connected));
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
