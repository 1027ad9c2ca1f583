import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { ChatSyncView } from '../../whatsapp-service/contracts/chat-sync-api.js';
import type { ChatPayload, ChatSyncBatch } from '../../whatsapp-service/contracts/payloads.js';
import { sleep } from '../../whatsapp-service/shared/clock.js';
import { createLogger } from '../../whatsapp-service/shared/logger.js';
import { InProcessBridge, World } from '../helpers/bridge.js';
import { eventsOf, eventThat, faultsOf, hubWithScript } from '../helpers/flow.js';
import { until } from '../helpers/sandbox-client.js';

let world: World;
let bridge: InProcessBridge;

/** In the order in which the batches were planned. */
const batchesOf = (session: string): ChatSyncBatch[] =>
  world.receiver.syncBatches().filter(({ session_id: id }) => id === session).sort((a, b) => a.batch.number - b.batch.number);
const chatsOf = (batches: readonly ChatSyncBatch[]): ChatPayload[] => batches.flatMap(({ chats }) => chats);
const start = (id: string, body: unknown = {}): Promise<ChatSyncView> => bridge.api.ok<ChatSyncView>('POST', `/api/sessions/${id}/chats/sync`, body);
const completed = async (id: string, syncId?: string): Promise<ChatSyncView> => {
  const run = await until(async () => {
    const sync = await bridge.api.ok<ChatSyncView>('GET', `/api/sessions/${id}/chats/sync`);
    return ['completed', 'failed'].includes(sync.state) && (syncId === undefined || sync.sync_id === syncId) ? sync : null;
  }, { timeoutMs: 30_000, name: `chat sync of ${id}` });
  await eventThat(world.receiver, [id, 'chats.sync.completed'], ({ data }) => data.sync_id === run.sync_id);
  return run;
};
const ofRun = (session: string, run: ChatSyncView): ChatSyncBatch[] => batchesOf(session).filter(({ sync_id: id }) => id === run.sync_id);

/** Breaks whatever lists every chat at once. */
const NO_GET_CHATS = `(() => {
  let own;
  const forbidden = { get: (target, name) => { if (name === 'getChats') throw new Error('getChats was called'); return target[name]; } };
  Object.defineProperty(window, 'WWebJS', { configurable: true, get: () => own, set: (value) => { own = new Proxy(value, forbidden); } });
})();`;

beforeAll(async () => {
  world = await World.open();
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const logger = createLogger({ dir: join(world.dir, 'logs'), level: 'info', format: 'json' }, silent);
  bridge = await InProcessBridge.start(world, {}, { logger, hub: hubWithScript(world.hub, NO_GET_CHATS) });
});
afterEach(() => world.receiver.accept());
afterAll(async () => {
  const faults = faultsOf(world.receiver);
  await bridge.stop();
  await world.close();
  expect(faults).toEqual([]);
});

async function chatsInPage(session: string): Promise<number> {
  let [count, cursor]: [number, string | null] = [0, ''];
  while (cursor !== null) {
    const page: { chats: unknown[]; next_cursor: string | null } = await bridge.api.ok('GET', `/api/sessions/${session}/chats?limit=100${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
    [count, cursor] = [count + page.chats.length, page.next_cursor];
  }
  return count;
}

describe('what arrives', () => {
  test('on WORKING every chat comes once, newest first, in batches of at most 50, and the totals say so', async () => {
    await bridge.api.pair(world, 'shop', { workspace_id: 7, seed: { chats: 230, groupShare: 0.3, participants: 4 } });
    const run = await completed('shop');
    const batches = ofRun('shop', run);
    expect(batches.map(({ batch, chats }) => [batch.number, chats.length, batch.last])).toEqual([[1, 50, false], [2, 50, false], [3, 50, false], [4, 50, false], [5, 30, true]]);
    expect(world.receiver.syncBatches().at(-1)?.batch).toEqual({ number: 5, last: true });
    expect(new Set(batches.map((batch) => `${batch.session_id} ${batch.workspace_id}`))).toEqual(new Set(['shop 7']));

    const chats = chatsOf(batches);
    const known = new Set((await world.hub.messages('shop', { limit: 1_000 })).map(({ chat }) => chat));
    expect(new Set(chats.map(({ chat_id: id }) => id))).toEqual(known);
    const times = chats.map((chat) => chat.last_message_at ?? '');
    expect(times).toEqual([...times].sort().reverse());
    const groups = chats.filter((chat) => chat.chat_type === 'group');
    const totals = { total: 230, synced: 230, gone: 0, dead: 0, batches: 5, private: 230 - groups.length, groups: groups.length, error: null };
    expect(run).toMatchObject({ state: 'completed', progress: 1, ...totals });
    expect((await eventThat(world.receiver, ['shop', 'chats.sync.completed'])).data).toMatchObject({ state: 'completed', ...totals });
    expect((await eventThat(world.receiver, ['shop', 'chats.sync.started'])).data).toMatchObject({ sync_id: run.sync_id, total: 230, batches: 5, synced: 0 });
    expect((await bridge.api.session('shop')).sync).toMatchObject({ sync_id: run.sync_id, synced: 230 });
  });

  test('a private chat has its person and last message, a group its participants', async () => {
    const chats = chatsOf(batchesOf('shop'));
    const me = (await bridge.api.session('shop')).phone;
    const [last] = await world.hub.messages('shop', { limit: 1 });
    const person = chats.find((chat) => chat.chat_id === last?.chat);
    expect(person).toMatchObject({ chat_type: 'private', provider_type: 'webjs', phone: `+${last?.chat.split('@')[0]}`, lid: null });
    expect(person?.last_message).toMatchObject({ message_id: last?.message_id, type: 'text', body: last?.body, timestamp: new Date((last?.t ?? 0) * 1000).toISOString() });
    expect(person).not.toHaveProperty('group');
    for (const { chat_id: id, phone, group, name } of chats.filter((chat) => chat.chat_type === 'group')) {
      expect(group).toMatchObject({ group_jid: id, subject: name, participants_count: 4 });
      expect(phone).toBeNull();
      expect(group?.participants).toHaveLength(4);
      expect(group?.participants?.map((participant) => participant.phone)).toContain(me);
      expect(group?.participants?.filter((participant) => participant.is_admin).length).toBeGreaterThan(0);
    }
    expect(chats.filter(({ archived }) => archived).length).toBeGreaterThan(0);
    expect(chats.filter(({ unread_count: unread }) => unread > 0).length).toBeGreaterThan(0);
  });

  test('in LID mode a person is known by phone where WhatsApp tells it, and by LID otherwise', async () => {
    await bridge.api.pair(world, 'lids', { lidMode: true, seed: { chats: 60, groupShare: 0.2, participants: 10, unmappableShare: 0.4 } });
    const run = await completed('lids');
    const chats = chatsOf(ofRun('lids', run));
    expect(chats).toHaveLength(60);
    const people = chats.filter((chat) => chat.chat_type === 'private');
    const hidden = people.filter((chat) => chat.phone === null);
    expect(hidden.length).toBeGreaterThan(0);
    expect(people.length).toBeGreaterThan(hidden.length);
    for (const chat of people) {
      expect(chat.lid).toMatch(/^\d{15}@lid$/);
      expect(chat.chat_id).toBe(chat.phone === null ? chat.lid : `${chat.phone.slice(1)}@c.us`);
    }
    const participants = chats.flatMap((chat) => chat.group?.participants ?? []);
    expect(participants.filter(({ phone }) => phone === null).every(({ jid }) => jid.endsWith('@lid'))).toBe(true);
    expect(participants.filter(({ phone }) => phone !== null).length).toBeGreaterThan(0);
  });

  test('an account without chats is told as such', async () => {
    await bridge.api.pair(world, 'empty');
    expect(await completed('empty')).toMatchObject({ state: 'completed', total: 0, synced: 0, batches: 0, progress: 1 });
    expect((await eventThat(world.receiver, ['empty', 'chats.sync.completed'])).data).toMatchObject({ total: 0, synced: 0 });
    expect(batchesOf('empty')).toEqual([]);
  });

  test('max_chats and sync_window cut a run', async () => {
    const newest = chatsOf(batchesOf('shop')).map(({ chat_id: id }) => id);
    const first = await start('shop', { max_chats: 60 });
    expect(first).toMatchObject({ state: expect.stringMatching(/queued|running/), session_id: 'shop' });
    expect(await completed('shop', first.sync_id)).toMatchObject({ total: 60, synced: 60, batches: 2 });
    expect(chatsOf(ofRun('shop', first)).map(({ chat_id: id }) => id)).toEqual(newest.slice(0, 60));

    const old = await world.hub.seed('shop', { chats: 20, now: Date.now() - 40 * 86_400_000 });
    expect(old.chats).toBe(20);
    const all = await start('shop');
    expect(await completed('shop', all.sync_id)).toMatchObject({ total: 250 });
    const windowed = await start('shop', { sync_window: 30 });
    expect(await completed('shop', windowed.sync_id)).toMatchObject({ total: 230 });
    expect(new Set(chatsOf(ofRun('shop', windowed)).map(({ chat_id: id }) => id))).toEqual(new Set(newest));
  });
});

describe('how it arrives', () => {
  test('with at most five requests in flight, and the last batch alone and after all others', async () => {
    await world.hub.seed('shop', { chats: 350, groupShare: 0 });
    // The hub has them at once, the page a moment later.
    await until(async () => (await chatsInPage('shop')) >= 600, { name: 'the page has them' });
    const inFlight = { now: 0, most: 0, besideLast: -1 };
    let open = (): void => undefined;
    const five = new Promise<void>((resolve) => (open = resolve));
    world.receiver.answerWith(async ({ body }) => {
      if (!body?.batch) return { status: 202, body: {} };
      if ((body.batch as { last: boolean }).last) inFlight.besideLast = inFlight.now;
      inFlight.most = Math.max(inFlight.most, ++inFlight.now);
      if (inFlight.now === 5) open();
      await five;
      // A sixth would come now.
      await sleep(60);
      inFlight.now--;
      return { status: 202, body: {} };
    });
    const run = await start('shop');
    expect(await completed('shop', run.sync_id)).toMatchObject({ total: 600, batches: 12 });
    expect(inFlight).toEqual({ now: 0, most: 5, besideLast: 0 });
    const order = world.receiver.syncBatches().filter(({ sync_id: id }) => id === run.sync_id);
    expect(order.filter(({ batch }) => batch.last)).toEqual([order.at(-1)]);
  });

  test('a second start is refused while one runs, and shows the running one', async () => {
    world.receiver.hang();
    const run = await start('shop', { max_chats: 120 });
    await world.receiver.waitFor(({ requests }) => requests.some(({ body }) => body?.sync_id === run.sync_id && 'chats' in body), { what: 'a first batch' });
    const refused = await bridge.api.request<{ error: { code: string; details: { sync: ChatSyncView } } }>('POST', '/api/sessions/shop/chats/sync', {});
    expect([refused.status, refused.body.error.code]).toEqual([409, 'sync_running']);
    expect(refused.body.error.details.sync).toMatchObject({ sync_id: run.sync_id, session_id: 'shop', state: 'running', total: 120, synced: 0, progress: 0 });
    expect((await bridge.api.session('shop')).sync).toMatchObject({ sync_id: run.sync_id, state: 'running' });
    world.receiver.accept();
    await completed('shop', run.sync_id);
    const again = await start('shop', { max_chats: 1 });
    expect(again.sync_id).not.toBe(run.sync_id);
    await completed('shop', again.sync_id);
  });

  test('a run whose session is stopped goes on when it works again: every chat once, under the same run', async () => {
    let taken = 0;
    world.receiver.answerWith(({ body }) => (body?.batch && ++taken > 3 ? 'hang' : { status: 202, body: {} }));
    const run = await start('shop');
    await until(() => taken > 3, { name: 'three batches are taken, more wait' });
    const seen = await until(async () => {
      const { sync } = await bridge.api.session('shop');
      return sync?.synced === 150 ? sync : null;
    }, { name: 'the three are counted' });
    expect(seen).toMatchObject({ sync_id: run.sync_id, state: 'running', total: 600, progress: 0.25 });
    await bridge.api.ok('POST', '/api/sessions/shop/stop');
    world.receiver.accept();
    await bridge.api.ok('POST', '/api/sessions/shop/start');
    expect(await completed('shop', run.sync_id)).toMatchObject({ total: 600, synced: 600, gone: 0 });
    const batches = ofRun('shop', run);
    const byDelivery = new Map(batches.map((batch) => [batch.delivery_id, batch]));
    expect(chatsOf([...byDelivery.values()])).toHaveLength(600);
    expect(new Set(chatsOf(batches).map(({ chat_id: id }) => id)).size).toBe(600);
    expect(eventsOf(world.receiver, 'shop', 'chats.sync.started').filter(({ data }) => data.sync_id === run.sync_id)).toHaveLength(1);
  });

  test('is written to sync.log with its session, and without a phone number', () => {
    const lines = readFileSync(join(world.dir, 'logs', 'sync.log'), 'utf8').trim().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>);
    const shop = lines.filter((line) => line.session === 'shop');
    const run = shop.filter((line) => line.sync === shop[0]?.sync).map(({ message }) => message);
    expect(run[0]).toBe('Chat sync started');
    // Batches that are settled together share a line.
    const synced = run.slice(1, -1).map((message) => /^Synced (\d+)\/230 chats$/.exec(String(message))?.[1]);
    expect(synced.at(-1)).toBe('230');
    expect(synced.map(Number)).toEqual([...new Set(synced.map(Number))].sort((a, b) => a - b));
    expect(run.at(-1)).toBe('Chat sync completed');
    expect(lines.filter((line) => typeof line.session !== 'string' || typeof line.sync !== 'string')).toEqual([]);
    expect(JSON.stringify(lines)).not.toMatch(/62\d{9,}|\d{10,}@/);
  });
});

describe('other settings', () => {
  beforeAll(async () => {
    await bridge.stop();
    bridge = await InProcessBridge.start(world, { SYNC_ON_READY: 'false', GROUP_PARTICIPANTS: 'count', SYNC_CHATS_PER_SECOND: '100', SYNC_BATCH_SIZE: '20' });
    await bridge.api.inState('empty', 'WORKING');
    await bridge.api.inState('shop', 'WORKING');
  });

  test('without SYNC_ON_READY a new session has no sync', async () => {
    await bridge.api.pair(world, 'asked', { seed: { chats: 3 } });
    const answer = await bridge.api.request<{ error: { code: string } }>('GET', '/api/sessions/asked/chats/sync');
    expect([answer.status, answer.body.error.code]).toEqual([404, 'sync_not_found']);
    expect((await bridge.api.session('asked')).sync).toBeNull();
    const run = await start('asked');
    expect(await completed('asked', run.sync_id)).toMatchObject({ total: 3 });
  });

  test('GROUP_PARTICIPANTS=count tells how many and not who; the rate and the batch size are kept', async () => {
    const run = await start('shop', { max_chats: 100 });
    expect(await completed('shop', run.sync_id)).toMatchObject({ total: 100, batches: 5 });
    const requests = world.receiver.accepted().filter(({ body }) => body?.sync_id === run.sync_id && 'chats' in body);
    // Twenty chats at a hundred a second: each batch a fifth of a second after the one before, or later.
    const first = requests[0]?.at ?? 0;
    requests.forEach(({ at }, index) => expect(at - first).toBeGreaterThanOrEqual(index * 200 - 60));
    const groups = chatsOf(ofRun('shop', run)).filter((chat) => chat.chat_type === 'group');
    expect(groups.length).toBeGreaterThan(0);
    for (const { group } of groups) {
      expect(group?.participants_count).toBe(4);
      expect(group).not.toHaveProperty('participants');
    }
  });
});
