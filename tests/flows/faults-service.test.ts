import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { MessageView } from '../../whatsapp-service/contracts/message-api.js';
import type { SessionView } from '../../whatsapp-service/contracts/session-api.js';
import type { SeedOptions } from '../../whatsapp-service/sandbox/hub-contract.js';
import { World } from '../helpers/bridge.js';
import { arrivals, batchDeliveries, brokenPromises, pause, ROUNDS, sentTo, sorted, withChance } from '../helpers/fault-checks.js';
import { browsersOf, MortalBridge, processesOf } from '../helpers/fault-service.js';
import { eventsOf, eventThat, faultsOf, rowsOf } from '../helpers/flow.js';
import { until } from '../helpers/sandbox-client.js';

const SESSION = 'shop';
/** Enough for a busy machine. */
const TIMEOUT_MS = 400_000 + ROUNDS * 30_000;

let world: World;
let bridge: MortalBridge;

beforeEach(async () => {
  world = await World.open();
});
afterEach(async () => {
  await bridge.kill();
  const faults = faultsOf(world.receiver);
  // A browser reads its orders from a pipe: it ends when nobody can give it any.
  const gone = await until(() => processesOf(world).length === 0, { name: 'no browser outlives a killed service for long' }).catch((error: unknown) => error);
  await world.close();
  expect(faults).toEqual([]);
  expect(gone).toBe(true);
});

const dataDir = (): string => join(world.dir, 'data');
const pending = (): number => rowsOf(dataDir(), "select 1 from outbox where state = 'pending'").length;
const drained = (): Promise<boolean> => until(() => pending() === 0, { name: 'the outbox is empty', timeoutMs: 30_000 });
/** While the service is down: up to when it believes that it has every message. */
function setMark(at: number): void {
  const db = new DatabaseSync(join(dataDir(), 'bridge.sqlite'));
  db.exec(`update session set inbound_mark = ${at}`);
  db.close();
}
const lastOrder = async (): Promise<number> => (await world.hub.messages(SESSION)).at(-1)?.order ?? 0;
const scanned = (): Promise<boolean> => until(() => world.hub.scanQr(SESSION).then(() => true, () => false), { name: 'the QR is scanned' });

async function begin(env: Record<string, string> = {}, seed: SeedOptions = { chats: 60, groupShare: 0.3, participants: 4 }): Promise<void> {
  bridge = new MortalBridge(world, { SYNC_ON_READY: 'false', ...env });
  await bridge.start();
  await bridge.api.pair(world, SESSION, { seed: { now: Date.now() - 60_000, ...seed } });
}

/** Every message that a person wrote to the account after `after` is with the backend, in the order of its chat, and no other one is. */
async function expectAllArrived(after: number): Promise<void> {
  const brought = (await world.hub.messages(SESSION)).filter((message) => message.order > after && message.type !== 'gp2');
  const count = (): number => [...arrivals(world.receiver, SESSION).values()].flat().length;
  await world.receiver.waitFor(() => count() >= brought.length, { what: `all ${brought.length} messages`, timeoutMs: 30_000 });
  await drained();
  expect(sorted(arrivals(world.receiver, SESSION))).toEqual(sorted(sentTo(brought)));
  expect(brokenPromises(world.receiver, SESSION)).toEqual([]);
}

/** Posts each text under a key of its own; one whose answer did not come is left out of `accepted`. */
async function postAll(texts: readonly string[], accepted: Map<string, string>): Promise<void> {
  // The service may be killed between two posts: what is left then goes to an address where nobody answers.
  const { api } = bridge;
  for (const [index, text] of texts.entries()) {
    if (accepted.has(text)) continue;
    const body = { session_id: SESSION, to: `62813000001${10 + (index % 5)}`, text };
    // `fetch` throws a TypeError where there is no answer; any answer but a 2xx is a fault.
    const message = await api.ok<MessageView>('POST', '/api/messages', body, { 'Idempotency-Key': text }).catch((error: unknown) => {
      if ((error as Error).name === 'TypeError') return null;
      throw error;
    });
    if (!message) return;
    accepted.set(text, message.id);
  }
}

/** Every accepted message went out once, nothing else did, and the backend was told of each once. */
async function expectAllSent(accepted: ReadonlyMap<string, string>): Promise<void> {
  const reached = (): string[] => rowsOf<{ id: string }>(dataDir(), "select id from message where state in ('sent', 'delivered', 'read')").map(({ id }) => id);
  await until(() => reached().length >= accepted.size, { name: `${accepted.size} messages are sent`, timeoutMs: 40_000 });
  expect(reached().sort()).toEqual([...accepted.values()].sort());
  expect(rowsOf(dataDir(), "select id, state from message where state in ('unknown', 'failed', 'queued', 'sending')")).toEqual([]);
  const sent = await world.hub.sent(SESSION);
  expect(sent.map(({ body }) => body).sort()).toEqual([...accepted.keys()].sort());
  expect(sent.filter(({ deliveries }) => deliveries !== 1)).toEqual([]);
  await drained();
  const told = new Map(eventsOf(world.receiver, SESSION, 'message.sent').map((event) => [event.event_id, event.data.id]));
  expect([...told.values()].sort()).toEqual([...accepted.values()].sort());
}

describe('kill -9', () => {
  test('in the middle of a chat sync: the run goes on where it was, and no chat is left out', () =>
    withChance(async (chance) => {
      const CHATS = 1_000;
      const BATCHES = CHATS / 20;
      await begin({ SYNC_ON_READY: 'true', SYNC_BATCH_SIZE: '20' }, { chats: CHATS, groupShare: 0.3, participants: 6 });
      const { sync_id: first } = await bridge.api.synced(SESSION);
      world.receiver.delay(60);
      const { sync_id: syncId } = await bridge.api.ok<{ sync_id: string }>('POST', `/api/sessions/${SESSION}/chats/sync`, {});
      expect(syncId).not.toBe(first);
      const own = () => world.receiver.syncBatches().filter((batch) => batch.sync_id === syncId);
      const settled = (): number => new Set(own().map(({ batch }) => batch.number)).size;
      for (let round = 1; round <= ROUNDS; round++) {
        const wanted = Math.max(1, Math.floor(((BATCHES - 8) * round) / ROUNDS) - chance.between(0, 3));
        await world.receiver.waitFor(() => settled() >= wanted, { what: `${wanted} batches` });
        await pause(chance.between(0, 60));
        await bridge.kill();
        expect(settled()).toBeLessThan(BATCHES);
        await bridge.back(SESSION);
      }
      const view = await bridge.api.synced(SESSION);
      const totals = { sync_id: syncId, total: CHATS, synced: CHATS, gone: 0, dead: 0, batches: BATCHES };
      expect(view).toMatchObject({ ...totals, state: 'completed' });
      expect((await eventThat(world.receiver, [SESSION, 'chats.sync.completed'], ({ data }) => data.sync_id === syncId)).data).toMatchObject(totals);
      expect(new Set(own().flatMap((batch) => batch.chats.map((chat) => chat.chat_id))).size).toBe(CHATS);
      const deliveries = batchDeliveries(world.receiver, syncId);
      expect(deliveries.size).toBe(BATCHES);
      expect([...deliveries.values()].filter((ids) => ids.size > 1)).toEqual([]);
      expect(own().findIndex(({ batch }) => batch.last)).toBe(own().length - 1);
      for (const name of ['chats.sync.started', 'chats.sync.completed'] as const) {
        expect(new Set(eventsOf(world.receiver, SESSION, name).filter(({ data }) => data.sync_id === syncId).map((event) => event.event_id)).size).toBe(1);
      }
      await drained();
      expect(brokenPromises(world.receiver, SESSION)).toEqual([]);
    }), TIMEOUT_MS);

  test('in the middle of an inbound burst, with acks among it: every message and the last of its acks arrive, in the order of its chat', () =>
    withChance(async (chance) => {
      await begin();
      await world.hub.autoAck(SESSION, 1);
      const sent = new Map<string, string>();
      await postAll(Array.from({ length: ROUNDS }, (_, n) => `kabar-${n}`), sent);
      for (const id of sent.values()) await bridge.api.messageIn(id, 'sent');
      const read = (await world.hub.sent(SESSION)).map(({ message_id: id }) => id);
      const start = await lastOrder();
      const bring = (count: number): Promise<unknown> => world.hub.inbound(SESSION, { spread: 40, count, body: 'pesan' });
      const each = Math.ceil(Math.min(400, 2_000 / ROUNDS) / 10);
      for (let round = 1; round <= ROUNDS; round++) {
        await world.hub.ack(SESSION, read[round - 1]!, 2);
        const before = world.receiver.counts().webhooks;
        await bring(4 * each);
        // On the way from the page to the database to the backend, wherever chance has it.
        const some = chance.between(0, 40);
        await world.receiver.waitFor(() => world.receiver.counts().webhooks >= before + some, { what: `${some} webhooks` });
        await bring(3 * each);
        // Before the blow, after it, or while it falls.
        const acked = pause(chance.between(0, 160)).then(() => world.hub.ack(SESSION, read[round - 1]!, 3));
        await pause(chance.between(0, 80));
        await bridge.kill();
        await Promise.all([acked, bring(3 * each)]);
        await bridge.back(SESSION);
      }
      await expectAllArrived(start);
      for (const id of sent.values()) await bridge.api.messageIn(id, 'read');
      await drained();
      const told = eventsOf(world.receiver, SESSION, 'message.ack').filter(({ data }) => data.ack === 3);
      expect(new Set(told.map(({ data }) => data.message_id))).toEqual(new Set(read));
      expect(new Set(told.map((event) => event.event_id)).size).toBe(read.length);
    }), TIMEOUT_MS);

  test('while what came during a long absence is taken in: the newest message does not hide the older ones', async () => {
    const HALF_AN_HOUR = 1_800_000;
    await begin({}, { chats: 20, now: Date.now() - 10 * HALF_AN_HOUR });
    const start = await lastOrder();
    await bridge.kill();
    // The session was paired long ago.
    setMark(Date.now() - 2 * HALF_AN_HOUR);
    await bridge.back(SESSION);
    await world.hub.loseConnection(SESSION);
    await world.hub.inbound(SESSION, { from: '6281300000001', at: Date.now() });
    await world.hub.inbound(SESSION, { spread: 20, at: Date.now() - HALF_AN_HOUR, count: 1_200 });
    await world.hub.restoreConnection(SESSION);
    const committed = (): number => rowsOf<{ n: number }>(dataDir(), "select count(*) as n from event where name = 'message'")[0]?.n ?? 0;
    await until(() => committed() > 0, { name: 'the first of them are committed' });
    await bridge.kill();
    expect(committed()).toBeLessThan(1_201);
    await bridge.back(SESSION);
    await expectAllArrived(start);
  }, TIMEOUT_MS);

  test('while messages are being sent: each reaches its recipient exactly once', () =>
    withChance(async (chance) => {
      await begin();
      await world.hub.slowPage(SESSION, 25);
      const accepted = new Map<string, string>();
      for (let round = 1; round <= ROUNDS; round++) {
        const wanted = Array.from({ length: 20 }, (_, n) => `pesan-${round}-${n}`);
        const posting = postAll(wanted, accepted);
        await pause(chance.between(0, 600));
        await bridge.kill();
        await posting;
        await bridge.back(SESSION);
        // As a caller does whose request got no answer: again, under the same key.
        await postAll(wanted, accepted);
        expect(wanted.filter((text) => !accepted.has(text))).toEqual([]);
      }
      await world.hub.slowPage(SESSION, 0);
      await expectAllSent(accepted);
      expect(brokenPromises(world.receiver, SESSION)).toEqual([]);
    }), TIMEOUT_MS);

  test('while a session is paired and started: it goes on from there', () =>
    withChance(async (chance) => {
      const again = async (): Promise<void> => {
        await bridge.kill();
        await bridge.start();
      };
      bridge = new MortalBridge(world, { SYNC_ON_READY: 'false' });
      await bridge.start();
      await bridge.api.ok('POST', '/api/sessions', { id: SESSION });
      await pause(chance.between(0, 800));
      await again();
      await bridge.api.inState(SESSION, 'SCAN_QR_CODE');
      await again();
      await bridge.api.inState(SESSION, 'SCAN_QR_CODE');
      // Slow enough to be met between the scan and the session's first word that it works.
      await world.hub.slowPage(SESSION, 250);
      await scanned();
      let start = await lastOrder();
      // From the scan on the account is the session's, though nobody knows it yet.
      const bring = (): Promise<unknown> => world.hub.inbound(SESSION, { from: '6281300000777', count: 3 });
      await bring();
      await until(async () => (await world.hub.state(SESSION)).page_state === 'CONNECTED', { name: 'the page is linked' });
      await pause(chance.between(0, 300));
      await again();
      // Whether the page had its pairing on disk is chance: it works, or it asks again, and then begins anew.
      await until(async () => {
        const { state } = await bridge.api.session(SESSION);
        if (state === 'SCAN_QR_CODE' && (await world.hub.scanQr(SESSION).then(() => true, () => false))) start = await lastOrder();
        return state === 'WORKING';
      }, { name: 'the session works', timeoutMs: 30_000 });
      await world.hub.slowPage(SESSION, 0);
      for (let round = 1; round <= Math.ceil(ROUNDS / 2); round++) {
        await again();
        await pause(chance.between(0, 1_200));
        await bring();
      }
      await bridge.api.inState(SESSION, 'WORKING');
      expect(browsersOf(world, SESSION)).toHaveLength(1);
      await expectAllArrived(start);
    }), TIMEOUT_MS);
});

test('what the database does not take is kept by the page, and handed over again', async () => {
  await begin();
  await drained();
  const start = await lastOrder();
  const other = new DatabaseSync(join(dataDir(), 'bridge.sqlite'));
  other.exec('BEGIN IMMEDIATE');
  await world.hub.inbound(SESSION, { spread: 10, count: 50 });
  await until(() => bridge.output.includes('Events could not be stored'), { name: 'a hand-over has failed' });
  expect(arrivals(world.receiver, SESSION).size).toBe(0);
  other.exec('ROLLBACK');
  other.close();
  await expectAllArrived(start);
  expect(bridge.alive).toBe(true);
}, TIMEOUT_MS);

describe('SIGTERM', () => {
  test('in the middle of everything: a clean end in time, no browser left, and all of it goes on afterwards', async () => {
    await begin({ SYNC_BATCH_SIZE: '10' }, { chats: 400, groupShare: 0.3, participants: 6 });
    const start = await lastOrder();
    world.receiver.delay(30);
    await world.hub.slowPage(SESSION, 25);
    const { sync_id: syncId } = await bridge.api.ok<{ sync_id: string }>('POST', `/api/sessions/${SESSION}/chats/sync`, {});
    const accepted = new Map<string, string>();
    await postAll(Array.from({ length: 10 }, (_, n) => `pesan-${n}`), accepted);
    await world.hub.inbound(SESSION, { spread: 40, count: 400 });
    await world.receiver.waitFor(() => arrivals(world.receiver, SESSION).size > 0 && world.receiver.syncBatches().length >= 3, { what: 'the first of everything' });
    const { code, ms, output } = await bridge.terminate();
    expect(code).toBe(0);
    // The bound of the work, and of the outbox, and the time that a browser takes.
    expect(ms).toBeLessThan(30_000);
    expect(processesOf(world)).toEqual([]);
    expect(output.split('\n').filter((line) => /"level":"error"/.test(line))).toEqual([]);
    await world.hub.inbound(SESSION, { spread: 40, count: 100 });
    world.receiver.delay(0);
    await world.hub.slowPage(SESSION, 0);
    await bridge.back(SESSION);
    expect(await bridge.api.synced(SESSION)).toMatchObject({ sync_id: syncId, state: 'completed', synced: 400, total: 400 });
    await expectAllSent(accepted);
    await expectAllArrived(start);
  }, TIMEOUT_MS);

  test('with a backend that hangs: what is under way is given up within the bound, and repeated under its id', async () => {
    const BOUND_MS = 1_500;
    await begin({ SHUTDOWN_TIMEOUT_MS: String(BOUND_MS), WEBHOOK_TIMEOUT_MS: '60000', SYNC_BATCH_SIZE: '10' });
    await drained();
    const start = await lastOrder();
    world.receiver.hang();
    const { sync_id: syncId } = await bridge.api.ok<{ sync_id: string }>('POST', `/api/sessions/${SESSION}/chats/sync`, {});
    await world.hub.inbound(SESSION, { spread: 10, count: 20 });
    await world.receiver.waitFor(({ requests }) => requests.filter((request) => request.status === null).length >= 10, { what: 'requests without an answer' });
    const { code, ms } = await bridge.terminate();
    expect(code).toBe(0);
    // Once for the work, once for the outbox, and the time that a browser takes.
    expect(ms).toBeLessThan(30_000);
    world.receiver.accept();
    await bridge.back(SESSION);
    expect(await bridge.api.synced(SESSION)).toMatchObject({ sync_id: syncId, state: 'completed', synced: 60 });
    expect([...batchDeliveries(world.receiver, syncId).values()].filter((ids) => ids.size > 1)).toEqual([]);
    await expectAllArrived(start);
  }, TIMEOUT_MS);
});

describe('after a restart', () => {
  test('no session says that it works before it does', async () => {
    const IDS = [SESSION, 'clinic', 'school'];
    bridge = new MortalBridge(world, { SYNC_ON_READY: 'false', SESSION_RESTORE_CONCURRENCY: '1' });
    await bridge.start();
    for (const id of IDS) await bridge.api.pair(world, id);
    await bridge.kill();
    await bridge.start();
    const seen = new Set<string>();
    await until(async () => {
      const { sessions } = await bridge.api.ok<{ sessions: SessionView[] }>('GET', '/api/sessions');
      for (const { id, state, reason } of sessions) {
        if (state !== 'WORKING') seen.add(`${state} ${reason.code}`);
        else expect(await world.hub.state(String(id))).toMatchObject({ connected: true, page_state: 'CONNECTED' });
      }
      return sessions.every(({ state }) => state === 'WORKING');
    }, { name: 'all sessions work', timeoutMs: 30_000 });
    expect([...seen]).toEqual(['STARTING restoring']);
    // A session that waits for its turn can be stopped, and then stays so.
    await bridge.kill();
    await bridge.start();
    await bridge.api.ok('POST', '/api/sessions/school/stop');
    await bridge.api.inState(SESSION, 'WORKING');
    await bridge.api.inState('clinic', 'WORKING');
    expect((await bridge.api.session('school')).state).toBe('STOPPED');
    expect(browsersOf(world, 'school')).toEqual([]);
  }, TIMEOUT_MS);

  test('the backend hears what became of messages meanwhile, and nothing twice', async () => {
    await begin();
    await world.hub.autoAck(SESSION, 1);
    const send = async (text: string): Promise<MessageView> => {
      const { id } = await bridge.api.ok<MessageView>('POST', '/api/messages', { session_id: SESSION, to: '6281300000001', text });
      return bridge.api.messageIn(id, 'sent');
    };
    const [recent, older] = [await send('baru'), await send('lama')];
    const start = await lastOrder();
    const { message_ids: inbound } = await world.hub.inbound(SESSION, { from: '6281300000002', count: 4 });
    await world.receiver.waitFor(() => arrivals(world.receiver, SESSION).get('6281300000002@c.us')?.length === 4, { what: 'four messages' });
    await drained();
    await bridge.kill();

    const [edited, revoked] = inbound;
    await world.hub.edit(SESSION, edited!, 'diubah');
    await world.hub.revoke(SESSION, revoked!);
    await world.hub.ack(SESSION, recent.message_id!, 3);
    const { message_ids: phone } = await world.hub.inbound(SESSION, { from: '6281300000002', fromMe: true, body: 'dari HP' });
    const [group] = (await world.hub.messages(SESSION)).filter(({ chat }) => chat.endsWith('@g.us'));
    await world.hub.groupUpdate(SESSION, { group: group!.chat, subject: 'Nama baru' });
    await bridge.back(SESSION);
    const about = (id: string | null | undefined) => ({ data }: { data: { message_id: string } }): boolean => data.message_id === id;
    expect((await eventThat(world.receiver, [SESSION, 'message.edited'], about(edited))).data.body).toBe('diubah');
    await eventThat(world.receiver, [SESSION, 'message.revoked'], about(revoked));
    expect((await eventThat(world.receiver, [SESSION, 'message.sent'], about(phone[0]))).data).toMatchObject({ id: null, body: 'dari HP' });
    expect((await eventThat(world.receiver, [SESSION, 'group.update'])).data).toMatchObject({ group_jid: group!.chat, body: 'Nama baru' });
    await eventThat(world.receiver, [SESSION, 'message.ack'], ({ data }) => data.message_id === recent.message_id && data.ack === 3);
    expect(await bridge.api.messageIn(recent.id, 'read')).toMatchObject({ ack: { name: 'READ' } });

    // A message that is too old for the look back at what was missed may be read today.
    await bridge.kill();
    await world.hub.ack(SESSION, older.message_id!, 2);
    await world.hub.ack(SESSION, older.message_id!, 3);
    setMark(Date.now() + 86_400_000);
    await bridge.back(SESSION);
    expect((await eventThat(world.receiver, [SESSION, 'message.ack'], ({ data }) => data.message_id === older.message_id && data.ack === 3)).data).toMatchObject({ id: older.id, ack_name: 'READ' });
    expect((await bridge.api.messageIn(older.id, 'read')).read_at).not.toBeNull();
    await drained();
    // A delivery may come twice, under its one id; a happening may not become two events.
    const acks = new Map(eventsOf(world.receiver, SESSION, 'message.ack').map((event) => [event.event_id, `${event.data.message_id} ${event.data.ack}`]));
    expect(acks.size).toBe(new Set(acks.values()).size);
    await expectAllArrived(start);
  }, TIMEOUT_MS);
});
