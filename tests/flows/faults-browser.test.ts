import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { ChatSyncView } from '../../whatsapp-service/contracts/chat-sync-api.js';
import type { MessageView } from '../../whatsapp-service/contracts/message-api.js';
import { World } from '../helpers/bridge.js';
import { arrivals, brokenPromises, pause, sentTo, sorted, withChance } from '../helpers/fault-checks.js';
import { browsersOf, MortalBridge } from '../helpers/fault-service.js';
import { eventsOf, eventThat, faultsOf, rowsOf } from '../helpers/flow.js';
import { until } from '../helpers/sandbox-client.js';

const VICTIM = 'shop';
const WITNESSES = ['clinic', 'school'];
const TIMEOUT_MS = 400_000;
const CALL_TIMEOUT_MS = 60_000;

/** Lets the process have a rejection that nobody handles, as the library does at times. */
const STRAY = `--import=data:text/javascript,${encodeURIComponent("process.on('SIGUSR2', () => void Promise.reject(new Error('stray')));")}`;

let world: World;
let bridge: MortalBridge;
let pid: number;

beforeAll(async () => {
  world = await World.open();
  bridge = new MortalBridge(world, { SYNC_ON_READY: 'false', SYNC_BATCH_SIZE: '10', SESSION_CALL_TIMEOUT_MS: String(CALL_TIMEOUT_MS), NODE_OPTIONS: STRAY });
  await bridge.start();
  pid = bridge.pid;
  for (const id of [VICTIM, ...WITNESSES]) await bridge.api.pair(world, id, { seed: { chats: 80, groupShare: 0.25, participants: 4, now: Date.now() - 60_000 } });
  await drained();
}, TIMEOUT_MS);

/** What the victim had before the test, and what the witnesses had said of themselves. */
let before: { order: number; codes: number; qrs: number; texts: number; witnesses: number[] };

beforeEach(async () => {
  const { order } = (await world.hub.messages(VICTIM)).at(-1) ?? { order: 0 };
  before = { order, codes: codes().length, qrs: eventsOf(world.receiver, VICTIM, 'session.qr').length, texts: (await world.hub.sent(VICTIM)).length, witnesses: WITNESSES.map(statuses) };
});
afterEach(async () => {
  world.receiver.accept();
  // The same process, and nobody else was touched.
  expect([bridge.alive, bridge.pid]).toEqual([true, pid]);
  expect(WITNESSES.map(statuses)).toEqual(before.witnesses);
  for (const id of WITNESSES) expect((await bridge.api.session(id)).state).toBe('WORKING');
});
afterAll(async () => {
  const faults = faultsOf(world.receiver);
  const promises = [VICTIM, ...WITNESSES].flatMap((id) => brokenPromises(world.receiver, id));
  const code = await (bridge.alive ? bridge.terminate().then((end) => end.code) : Promise.resolve('it was not alive')).finally(() => world.close());
  expect([faults, promises, code]).toEqual([[], [], 0]);
});

const dataDir = (): string => join(world.dir, 'data');
const drained = (): Promise<boolean> => until(() => rowsOf(dataDir(), "select 1 from outbox where state = 'pending'").length === 0, { name: 'the outbox is empty', timeoutMs: 30_000 });
const statuses = (id: string): number => eventsOf(world.receiver, id, 'session.status').length;
const codes = (): string[] => eventsOf(world.receiver, VICTIM, 'session.status').map(({ data }) => data.code);
const newCodes = (): string[] => codes().slice(before.codes);
const told = (code: string): Promise<unknown> => world.receiver.waitFor(() => newCodes().includes(code), { what: `the reason ${code}`, timeoutMs: 20_000 });
const works = (): Promise<unknown> => bridge.api.inState(VICTIM, 'WORKING');
const bring = (count: number): Promise<unknown> => world.hub.inbound(VICTIM, { spread: 20, count, body: 'pesan' });
const killBrowser = async (): Promise<void> => {
  for (const group of browsersOf(world, VICTIM)) process.kill(-group, 'SIGKILL');
};
/** As soon as there is a page. */
const crashPage = (): Promise<unknown> =>
  until(async () => (await bridge.api.request('POST', `/sandbox/sessions/${VICTIM}/page/crash`)).status < 300, { name: 'there is a page to crash' });
const post = (text: string): Promise<MessageView> => bridge.api.ok<MessageView>('POST', '/api/messages', { session_id: VICTIM, to: '6281300000001', text });

async function expectAllArrived(): Promise<void> {
  const brought = (await world.hub.messages(VICTIM)).filter((message) => message.order > before.order);
  const wanted = new Set(brought.map((message) => message.message_id));
  const found = (): Map<string, string[]> => {
    const own = [...arrivals(world.receiver, VICTIM)].map(([chat, ids]): [string, string[]] => [chat, ids.filter((id) => wanted.has(id))]);
    return new Map(own.filter(([, ids]) => ids.length > 0));
  };
  await world.receiver.waitFor(() => [...found().values()].flat().length >= brought.length, { what: `all ${brought.length} messages`, timeoutMs: 30_000 });
  expect(sorted(found())).toEqual(sorted(sentTo(brought)));
  await drained();
  // Nothing of the account's past, and nothing as a second event.
  const all = [...arrivals(world.receiver, VICTIM).values()].flat();
  expect(new Set(all).size).toBe(all.length);
  expect(brokenPromises(world.receiver, VICTIM)).toEqual([]);
}

async function expectSentOnce(message: MessageView, text: string): Promise<void> {
  await until(async () => ['sent', 'delivered', 'read'].includes((await bridge.api.ok<MessageView>('GET', `/api/messages/${message.id}`)).state), { name: `${text} is sent`, timeoutMs: 30_000 });
  const sent = (await world.hub.sent(VICTIM)).slice(before.texts);
  expect(sent.map(({ body, deliveries }) => [body, deliveries])).toEqual([[text, 1]]);
}

/** Whatever befalls the victim: events of the others come and go meanwhile. */
async function expectOthersUntouched(): Promise<void> {
  for (const id of WITNESSES) {
    const { message_ids: ids } = await world.hub.inbound(id, { from: '6281300000009', count: 3 });
    await world.receiver.waitFor(() => ids.every((messageId) => arrivals(world.receiver, id).get('6281300000009@c.us')?.includes(messageId)), { what: `messages of ${id}` });
  }
}

describe.each([
  { what: 'the page crashes', code: 'page_crashed', strike: crashPage, heal: async () => {} },
  { what: 'the browser is killed', code: 'browser_gone', strike: killBrowser, heal: async () => {} },
  { what: 'the page hangs', code: 'page_hung', strike: () => world.hub.hangPage(VICTIM, 120_000), heal: async () => {} },
  { what: 'the connection is lost', code: 'connection_lost', strike: () => world.hub.loseConnection(VICTIM), heal: () => world.hub.restoreConnection(VICTIM) },
])('when $what', ({ code, strike, heal }) => {
  test('the session comes back by itself, nothing is lost or repeated, and the others do not notice', () =>
    withChance(async (chance) => {
      await world.hub.slowPage(VICTIM, 120);
      const text = `pesan ${code}`;
      const message = await post(text);
      await bridge.api.messageIn(message.id, 'sending');
      await bring(200);
      // The message is being prepared, at WhatsApp, or on its way back.
      await pause(chance.between(0, 500));
      await strike();
      await bring(100);
      await told(code);
      await expectOthersUntouched();
      await world.hub.slowPage(VICTIM, 0);
      await bring(100);
      await heal();
      await works();
      await bring(20);
      await expectAllArrived();
      await expectSentOnce(message, text);
      expect(eventsOf(world.receiver, VICTIM, 'session.qr')).toHaveLength(before.qrs);
      expect(browsersOf(world, VICTIM)).toHaveLength(1);
    }), TIMEOUT_MS);
});

test('a message that WhatsApp took, and whose answer was lost with the page, is not sent again', async () => {
  await world.hub.failSends(VICTIM, 'lost_ack');
  const message = await post('jawaban hilang');
  await until(async () => (await world.hub.sent(VICTIM)).length > before.texts, { name: 'WhatsApp has the message' });
  const from = Date.now();
  await crashPage();
  await world.hub.failSends(VICTIM, 'off');
  await expectSentOnce(message, 'jawaban hilang');
  expect((await world.hub.sent(VICTIM)).at(-1)).toMatchObject({ attempts: 1, deliveries: 1 });
  // What was asked of a page that is gone is given up with it, and not after its deadline.
  expect(Date.now() - from).toBeLessThan(CALL_TIMEOUT_MS);
}, TIMEOUT_MS);

test('a session that is struck again while it comes back comes back all the same', () =>
  withChance(async (chance) => {
    await bring(50);
    await crashPage();
    for (let blow = 0; blow < 3; blow++) {
      await until(() => browsersOf(world, VICTIM).length > 0, { name: 'the next browser' });
      await pause(chance.between(0, 700));
      await killBrowser();
      await bring(20);
    }
    await told('ready');
    await works();
    await expectAllArrived();
    await until(() => browsersOf(world, VICTIM).length === 1, { name: 'one browser' });
  }), TIMEOUT_MS);

test('a page that crashes while it is searched for what was missed is noticed at once', async () => {
  await world.hub.slowPage(VICTIM, 400);
  await killBrowser();
  await bring(100);
  await told('authenticated');
  // Twenty chats at most of a second each: after this it is in the middle of them.
  await pause(3_000);
  await crashPage();
  await world.hub.slowPage(VICTIM, 0);
  await told('page_crashed');
  await told('ready');
  await works();
  await expectAllArrived();
}, TIMEOUT_MS);

test('a page that had synced before anybody listened works', async () => {
  await world.hub.earlyHasSynced(VICTIM, true);
  await crashPage();
  await told('page_crashed');
  await bring(60);
  await told('ready');
  await works();
  await bring(20);
  await expectAllArrived();
  await world.hub.earlyHasSynced(VICTIM, false);
}, TIMEOUT_MS);

test('a slow page is left alone, and does its work', async () => {
  await world.hub.slowPage(VICTIM, 400);
  const { sync_id: syncId } = await bridge.api.ok<ChatSyncView>('POST', `/api/sessions/${VICTIM}/chats/sync`, {});
  const message = await post('pelan');
  await bring(100);
  await expectAllArrived();
  expect(await bridge.api.synced(VICTIM)).toMatchObject({ sync_id: syncId, state: 'completed', dead: 0 });
  await expectSentOnce(message, 'pelan');
  await world.hub.slowPage(VICTIM, 0);
  expect(newCodes()).toEqual([]);
}, TIMEOUT_MS);

test('a chat sync goes on over a crash of the page', async () => {
  world.receiver.delay(80);
  const { sync_id: syncId } = await bridge.api.ok<ChatSyncView>('POST', `/api/sessions/${VICTIM}/chats/sync`, {});
  const own = () => world.receiver.syncBatches().filter((batch) => batch.sync_id === syncId);
  await world.receiver.waitFor(() => own().length >= 2, { what: 'two batches' });
  await crashPage();
  await told('ready');
  const view = await bridge.api.synced(VICTIM);
  expect(view).toMatchObject({ sync_id: syncId, state: 'completed', synced: view.total, gone: 0, dead: 0 });
  expect(new Set(own().flatMap((batch) => batch.chats.map((chat) => chat.chat_id))).size).toBe(view.total);
}, TIMEOUT_MS);

test('a rejection that nobody handles ends neither the process nor a session', async () => {
  process.kill(pid, 'SIGUSR2');
  await until(() => bridge.output.includes('stray'), { name: 'the log names the stray error' });
  expect((await bridge.api.request('GET', '/health')).status).toBe(200);
  await bring(20);
  await expectAllArrived();
  await expectOthersUntouched();
  expect(newCodes()).toEqual([]);
});

test('a conflict stops the session and waits for a person; then it goes on without a QR', async () => {
  await world.hub.conflict(VICTIM);
  await told('conflict');
  expect(await bridge.api.inState(VICTIM, 'FAILED')).toMatchObject({ reason: { code: 'conflict' }, paired: true });
  expect(browsersOf(world, VICTIM)).toEqual([]);
  await bring(40);
  await bridge.api.ok('POST', `/api/sessions/${VICTIM}/start`);
  await works();
  await expectAllArrived();
  expect(eventsOf(world.receiver, VICTIM, 'session.qr')).toHaveLength(before.qrs);
}, TIMEOUT_MS);

test('a logout on the phone ends the session and its chat sync; a new pairing begins anew', async () => {
  // Slow enough that the logout comes in the middle of the sync.
  world.receiver.delay(1_200);
  const { sync_id: syncId } = await bridge.api.ok<ChatSyncView>('POST', `/api/sessions/${VICTIM}/chats/sync`, {});
  await world.receiver.waitFor(() => world.receiver.syncBatches().some((batch) => batch.sync_id === syncId), { what: 'a batch' });
  await world.hub.logoutFromPhone(VICTIM);
  await told('logged_out');
  expect(await bridge.api.inState(VICTIM, 'FAILED')).toMatchObject({ reason: { code: 'logged_out' }, paired: false, phone: null });
  expect(existsSync(join(world.dir, 'sessions', VICTIM))).toBe(false);
  expect(await bridge.api.synced(VICTIM)).toMatchObject({ sync_id: syncId, state: 'failed', error: { code: 'logged_out' } });
  expect((await eventThat(world.receiver, [VICTIM, 'chats.sync.failed'])).data).toMatchObject({ sync_id: syncId, error: { code: 'logged_out' } });
  world.receiver.delay(0);
  await expectOthersUntouched();

  // Another phone: the chats of the old one are none of its business.
  await bridge.api.ok('POST', `/api/sessions/${VICTIM}/start`);
  await bridge.api.inState(VICTIM, 'SCAN_QR_CODE');
  const phone = '6289900001111';
  await until(() => world.hub.scanQr(VICTIM, { phone }).then(() => true, () => false), { name: 'the QR is scanned' });
  expect(await bridge.api.inState(VICTIM, 'WORKING')).toMatchObject({ phone: `+${phone}`, paired: true });
  const { message_ids: ids } = await world.hub.inbound(VICTIM, { from: '6281355500000', count: 2 });
  await world.receiver.waitFor(() => arrivals(world.receiver, VICTIM).get('6281355500000@c.us')?.length === 2, { what: 'messages of the new account' });
  expect(arrivals(world.receiver, VICTIM).get('6281355500000@c.us')).toEqual(ids);
  const next = await bridge.api.ok<ChatSyncView>('POST', `/api/sessions/${VICTIM}/chats/sync`, {});
  expect(await bridge.api.synced(VICTIM)).toMatchObject({ sync_id: next.sync_id, state: 'completed', total: 1, synced: 1, gone: 0 });
}, TIMEOUT_MS);
