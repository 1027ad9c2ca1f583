import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { MessageView } from '../../whatsapp-service/contracts/message-api.js';
import { World } from '../helpers/bridge.js';
import { arrivals, batchDeliveries, brokenPromises, pause, ROUNDS, sentTo, sorted, withChance, type Chance } from '../helpers/fault-checks.js';
import { browsersOf, MortalBridge, processesOf } from '../helpers/fault-service.js';
import { eventsOf, eventThat, faultsOf, rowsOf } from '../helpers/flow.js';
import { until } from '../helpers/sandbox-client.js';

const SESSION = 'shop';

let world: World;
let bridge: MortalBridge;

beforeEach(async () => {
  world = await World.open();
});
afterEach(async () => {
  await bridge.kill();
  const faults = faultsOf(world.receiver);
  const left = await until(() => processesOf(world).length === 0, { name: 'no browser outlives a killed service for long' }).catch((error: unknown) => error);
  await world.close();
  expect(faults).toEqual([]);
  expect(left).toBe(true);
});

const begin = async (env: Record<string, string> = {}, seed = { chats: 60, groupShare: 0.3, participants: 4 }): Promise<void> => {
  bridge = new MortalBridge(world, { SYNC_ON_READY: 'false', ...env });
  await bridge.start();
  await bridge.api.pair(world, SESSION, { seed });
};

const dataDir = (): string => join(world.dir, 'data');
/** What WhatsApp holds of the burst, and not of the account's past. */
async function expectAllArrived(after: number): Promise<void> {
  const brought = (await world.hub.messages(SESSION)).filter((message) => message.order > after);
  const wanted = sentTo(brought);
  await world.receiver.waitFor(() => [...arrivals(world.receiver, SESSION).values()].flat().length >= brought.length, { what: `all ${brought.length} messages`, timeoutMs: 30_000 });
  await until(() => rowsOf(dataDir(), "select 1 from outbox where state = 'pending'").length === 0, { name: 'the outbox is empty' });
  expect(sorted(arrivals(world.receiver, SESSION))).toEqual(sorted(wanted));
  expect(brokenPromises(world.receiver, SESSION)).toEqual([]);
}
const lastOrder = async (): Promise<number> => (await world.hub.messages(SESSION)).at(-1)?.order ?? 0;

describe('kill -9', () => {
  test('in the middle of a chat sync: the run goes on where it was, and no chat is left out', () =>
    withChance(async (chance) => {
      const CHATS = 1_000;
      await begin({ SYNC_ON_READY: 'true', SYNC_BATCH_SIZE: '20' }, { chats: CHATS, groupShare: 0.3, participants: 6 });
      await bridge.api.synced(SESSION);
      const { sync_id: first } = await bridge.api.synced(SESSION);
      world.receiver.delay(60);
      const { sync_id: syncId } = await bridge.api.ok<{ sync_id: string }>('POST', `/api/sessions/${SESSION}/chats/sync`, {});
      expect(syncId).not.toBe(first);
      const settled = (): number => new Set(world.receiver.syncBatches().filter((batch) => batch.sync_id === syncId).map((batch) => batch.batch.number)).size;
      for (let round = 1; round <= ROUNDS; round++) {
        const until = Math.min(48, Math.floor((48 * round) / ROUNDS) - chance.between(0, 4));
        await world.receiver.waitFor(() => settled() >= until, { what: `${until} batches` });
        await pause(chance.between(0, 60));
        await bridge.kill();
        expect(settled()).toBeLessThan(CHATS / 20);
        await bridge.back(SESSION);
      }
      const view = await bridge.api.synced(SESSION);
      expect(view).toMatchObject({ sync_id: syncId, state: 'completed', total: CHATS, synced: CHATS, gone: 0, dead: 0, batches: CHATS / 20 });
      const completed = await eventThat(world.receiver, [SESSION, 'chats.sync.completed'], ({ data }) => data.sync_id === syncId);
      expect(completed.data).toMatchObject({ total: CHATS, synced: CHATS, gone: 0, dead: 0 });
      const batches = world.receiver.syncBatches().filter((batch) => batch.sync_id === syncId);
      expect(new Set(batches.flatMap((batch) => batch.chats.map((chat) => chat.chat_id))).size).toBe(CHATS);
      const deliveries = batchDeliveries(world.receiver, syncId);
      expect(deliveries.size).toBe(CHATS / 20);
      expect([...deliveries.values()].filter((ids) => ids.size > 1)).toEqual([]);
      expect(batches.find((batch) => batch.batch.last)?.batch.number).toBe(CHATS / 20);
      for (const name of ['chats.sync.started', 'chats.sync.completed'] as const) {
        expect(new Set(eventsOf(world.receiver, SESSION, name).filter(({ data }) => data.sync_id === syncId).map((event) => event.event_id)).size).toBe(1);
      }
      expect(brokenPromises(world.receiver, SESSION)).toEqual([]);
    }), 120_000);

  test('in the middle of an inbound burst: every message arrives, in the order of its chat', () =>
    withChance(async (chance) => {
      await begin();
      const start = await lastOrder();
      const perRound = Math.ceil(2_000 / ROUNDS);
      for (let round = 1; round <= ROUNDS; round++) {
        const chunk = (share: number): Promise<unknown> => world.hub.inbound(SESSION, { spread: 40, count: Math.max(1, Math.floor(perRound * share)), body: `ronde ${round}` });
        const before = world.receiver.counts().webhooks;
        await chunk(0.4);
        // Between the page, the database and the backend: wherever chance has it.
        const some = chance.between(0, 40);
        await world.receiver.waitFor(() => world.receiver.counts().webhooks >= before + some, { what: `${some} webhooks` });
        const more = chunk(0.3);
        await pause(chance.between(0, 80));
        await bridge.kill();
        await more;
        await chunk(0.3);
        await bridge.back(SESSION);
      }
      await expectAllArrived(start);
    }), 120_000);

  test('while messages are being sent: each reaches its recipient exactly once', () =>
    withChance(async (chance) => {
      await begin();
      await world.hub.slowPage(SESSION, 25);
      const accepted = new Map<string, string>();
      for (let round = 1; round <= ROUNDS; round++) {
        const wanted = Array.from({ length: 20 }, (_, n) => `pesan ${round}-${n}`);
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
      const reached = (): string[] => rowsOf<{ id: string }>(dataDir(), "select id from message where state in ('sent', 'delivered', 'read')").map(({ id }) => id);
      await until(() => reached().length === accepted.size, { name: `${accepted.size} messages are sent`, timeoutMs: 30_000 });
      expect(new Set(reached())).toEqual(new Set(accepted.values()));
      expect(rowsOf(dataDir(), "select id, state from message where state in ('unknown', 'failed')")).toEqual([]);
      const sent = await world.hub.sent(SESSION);
      expect(sent.map(({ body }) => body).sort()).toEqual([...accepted.keys()].sort());
      expect(sent.filter(({ deliveries }) => deliveries !== 1)).toEqual([]);
      await until(() => rowsOf(dataDir(), "select 1 from outbox where state = 'pending'").length === 0, { name: 'the outbox is empty' });
      const told = new Map(eventsOf(world.receiver, SESSION, 'message.sent').map((event) => [event.event_id, event.data.id]));
      expect([...told.values()].sort()).toEqual([...accepted.values()].sort());
      expect(brokenPromises(world.receiver, SESSION)).toEqual([]);
    }), 120_000);

  test('while a session is paired and started: it goes on from there', () =>
    withChance(async (chance) => {
      bridge = new MortalBridge(world, { SYNC_ON_READY: 'false' });
      await bridge.start();
      await bridge.api.ok('POST', '/api/sessions', { id: SESSION });
      await pause(chance.between(0, 800));
      await killed();
      await bridge.api.inState(SESSION, 'SCAN_QR_CODE');
      await killed();
      await bridge.api.inState(SESSION, 'SCAN_QR_CODE');
      await until(() => world.hub.scanQr(SESSION).then(() => true, () => false), { name: 'the QR is scanned' });
      await pause(chance.between(0, 300));
      await killed();
      // Whether the page had its pairing on disk is chance: it works, or it asks again.
      const state = await until(async () => ['SCAN_QR_CODE', 'WORKING'].find((name) => name === sessionState) ?? (await look()), { name: 'a QR or a working session' });
      if (state === 'SCAN_QR_CODE') await until(() => world.hub.scanQr(SESSION).then(() => true, () => false), { name: 'the QR is scanned' });
      await bridge.api.inState(SESSION, 'WORKING');
      const start = await lastOrder();
      for (let round = 1; round <= Math.ceil(ROUNDS / 2); round++) {
        await killed();
        await pause(chance.between(0, 1_200));
        await world.hub.inbound(SESSION, { from: '6281300000777', count: 3 });
      }
      await bridge.api.inState(SESSION, 'WORKING');
      expect(browsersOf(world, SESSION)).toHaveLength(1);
      await expectAllArrived(start);
    }), 120_000);
});
