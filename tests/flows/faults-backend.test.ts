import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { ChatSyncView } from '../../whatsapp-service/contracts/chat-sync-api.js';
import { InProcessBridge, World } from '../helpers/bridge.js';
import { arrivals, attemptsOf, batchDeliveries, brokenPromises, signedAt, withChance } from '../helpers/fault-checks.js';
import { eventThat, faultsOf, rowsOf } from '../helpers/flow.js';
import type { Answer, ReceivedRequest } from '../helpers/recording-receiver.js';
import { until } from '../helpers/sandbox-client.js';

const CHATS = 260;
const BATCH = 20;
const PROBE_MS = 300;
const TIMEOUT_MS = 2_000;
/** No wait between two attempts is longer, up to the jitter. */
const CAP_MS = 500;

let world: World;
let bridge: InProcessBridge;
let nextPhone = 6281700000000;

beforeAll(async () => {
  world = await World.open();
  bridge = await InProcessBridge.start(world, { SYNC_ON_READY: 'false', SYNC_BATCH_SIZE: String(BATCH), WEBHOOK_PROBE_MS: String(PROBE_MS), WEBHOOK_TIMEOUT_MS: String(TIMEOUT_MS) });
  await bridge.api.pair(world, 'shop', { seed: { chats: CHATS, groupShare: 0.3, participants: 4, now: Date.now() - 60_000 } });
  await eventThat(world.receiver, ['shop', 'session.status'], ({ data }) => data.state === 'WORKING');
});
afterEach(async () => {
  await world.receiver.up();
  world.receiver.accept();
  await until(() => pending() === 0, { name: 'the outbox is empty' });
  expect(brokenPromises(world.receiver, 'shop')).toEqual([]);
});
afterAll(async () => {
  const faults = faultsOf(world.receiver);
  await bridge.stop().finally(() => world.close());
  expect(faults).toEqual([]);
});

const dataDir = (): string => join(world.dir, 'data');
const pending = (): number => rowsOf(dataDir(), "select 1 from outbox where state = 'pending'").length;

/** Failed attempts of the deliveries that wait, and of the batches of the run. */
const webhookFailures = (chats: readonly string[]): number[] =>
  chats.map((chat) => rowsOf<{ attempts: number }>(dataDir(), "select max(attempts) as attempts from outbox where state = 'pending' and lane like ?", `%|${chat}`)[0]?.attempts ?? 0);
const batchFailures = (syncId: string): number[] =>
  rowsOf<{ attempts: number }>(dataDir(), "select attempts from chat_sync_batch where sync_id = ? and state = 'pending' and attempts > 0", syncId).map((row) => row.attempts);

interface Burst {
  chats: string[];
  /** By chat, in the order in which they came to WhatsApp. */
  ids: Map<string, string[]>;
}

/** Messages in chats that no other test uses. */
async function burst(chats: number, each: number): Promise<Burst> {
  const ids = new Map<string, string[]>();
  for (let n = 0; n < chats; n++) {
    const from = String(nextPhone++);
    const brought = await world.hub.inbound('shop', { from, body: 'pesan', count: each });
    ids.set(`${from}@c.us`, brought.message_ids);
  }
  const wanted = [...ids.values()].flat();
  // On disk: from here on the backend's faults are all that can keep them.
  await until(() => rowsOf(dataDir(), `select 1 from event where name = 'message' and dedupe_key in (${wanted.map((id) => `'message:${id}'`).join(',')})`).length === wanted.length, { name: 'the burst is committed' });
  return { chats: [...ids.keys()], ids };
}

async function arrived({ chats, ids }: Burst, timeoutMs = 15_000): Promise<void> {
  const count = [...ids.values()].flat().length;
  const found = (): string[][] => chats.map((chat) => arrivals(world.receiver, 'shop').get(chat) ?? []);
  await world.receiver.waitFor(() => found().flat().length >= count, { what: `all ${count} messages`, timeoutMs });
  expect(found()).toEqual(chats.map((chat) => ids.get(chat)));
}

const sync = (): Promise<ChatSyncView> => bridge.api.ok<ChatSyncView>('POST', '/api/sessions/shop/chats/sync', {});
const batchesOf = (syncId: string): ReceivedRequest[] => world.receiver.requests.filter((request) => request.body?.sync_id === syncId && request.body.chats !== undefined);

/** The run is over, its figures add up, the backend was told of them, and it has every chat that it did not refuse. */
async function completed(syncId: string, dead = 0): Promise<void> {
  const view = await bridge.api.synced('shop');
  expect(view).toMatchObject({ sync_id: syncId, state: 'completed', synced: view.total - dead, gone: 0, dead, progress: 1, error: null });
  expect(view.total).toBeGreaterThanOrEqual(CHATS);
  const told = await eventThat(world.receiver, ['shop', 'chats.sync.completed'], ({ data }) => data.sync_id === syncId);
  expect(told.data).toMatchObject({ total: view.total, synced: view.synced, gone: 0, dead, batches: view.batches });
  const chats = world.receiver.syncBatches().filter((batch) => batch.sync_id === syncId).flatMap((batch) => batch.chats);
  expect(new Set(chats.map((chat) => chat.chat_id)).size).toBe(view.synced);
  const ids = batchDeliveries(world.receiver, syncId);
  expect([...ids.values()].filter((set) => set.size > 1)).toEqual([]);
  expect(ids.size).toBe(view.batches);
}

/** The same id, numbers that count up by one, and a time of its own for each. */
function expectRetries(attempts: readonly ReceivedRequest[], from = 1): void {
  expect(attempts.map((request) => request.attempt)).toEqual(attempts.map((_, index) => from + index));
  for (const request of attempts) {
    expect(Math.abs(signedAt(request) * 1000 - request.at)).toBeLessThan(10_000);
    expect(Math.abs(Date.parse(String(request.body?.sent_at)) - request.at)).toBeLessThan(10_000);
  }
}

/** Attempts that a delivery may have made in this time. */
const mostAttempts = (ms: number): number => 4 + Math.ceil(ms / (CAP_MS * 0.8));

describe.each<{ name: string; attempts: number; begin: () => void | Promise<void>; end: () => void | Promise<void> }>([
  { name: 'refuses connections', attempts: 3, begin: () => world.receiver.down(), end: () => world.receiver.up() },
  { name: 'never answers', attempts: 2, begin: () => world.receiver.hang(), end: () => world.receiver.accept() },
  { name: 'answers 500', attempts: 4, begin: () => world.receiver.answerWith({ status: 500, body: { message: 'Server Error' } }), end: () => world.receiver.accept() },
  { name: 'drops connections', attempts: 4, begin: () => world.receiver.drop(), end: () => world.receiver.accept() },
])('a backend that $name', ({ attempts, begin, end }) => {
  test('is asked again at a measured pace, and has everything once it is back', async () => {
    const first = world.receiver.requests.length;
    await begin();
    const startedAt = Date.now();
    const { sync_id: syncId } = await sync();
    const inbound = await burst(3, 4);
    await until(() => webhookFailures(inbound.chats).every((count) => count >= attempts) && batchFailures(syncId).length >= 5 && batchFailures(syncId).every((count) => count >= attempts), {
      name: `${attempts} failed attempts of each`,
      timeoutMs: 20_000,
    });
    const [webhooks, batches, most] = [webhookFailures(inbound.chats), batchFailures(syncId), mostAttempts(Date.now() - startedAt)];
    // Only the first of a chat is tried, and no more batches than may be under way.
    expect(rowsOf(dataDir(), "select 1 from outbox where state = 'pending' and attempts > 0 and lane not like '%|'")).toHaveLength(3);
    expect(batches).toHaveLength(5);
    for (const count of [...webhooks, ...batches]) expect(count).toBeLessThanOrEqual(most);

    await end();
    await arrived(inbound);
    await completed(syncId);
    const seen = world.receiver.requests.slice(first);
    const heads = inbound.chats.map((chat) => attemptsOf(world.receiver, seen.find((request) => (request.body?.data as { chat_id?: string } | undefined)?.chat_id === chat)?.deliveryId ?? ''));
    for (const [index, requests] of heads.entries()) {
      // What was refused did not come: the first request that did says how many there had been.
      expectRetries(requests, requests[0]?.attempt ?? 0);
      expect(requests.at(-1)?.attempt).toBeGreaterThan(webhooks[index] ?? 0);
      expect(requests.at(-1)?.status).toBe(202);
    }
    for (const deliveries of batchDeliveries(world.receiver, syncId).values()) {
      const requests = attemptsOf(world.receiver, [...deliveries][0] ?? '');
      expectRetries(requests, requests[0]?.attempt ?? 0);
      expect(requests.at(-1)?.status).toBe(202);
    }
  });
});

test('a repeated attempt is signed anew, with its own time', async () => {
  world.receiver.hang();
  const inbound = await burst(1, 1);
  const [messageId] = inbound.ids.get(inbound.chats[0]!) ?? [];
  const attempts = (): ReceivedRequest[] => world.receiver.requests.filter((request) => isAbout(request, messageId));
  await world.receiver.waitFor(() => attempts().length >= 2, { what: 'a second attempt' });
  world.receiver.accept();
  await arrived(inbound);
  const [one, two] = attempts();
  expect([one!.attempt, two!.attempt, two!.deliveryId]).toEqual([1, 2, one!.deliveryId]);
  expect(signedAt(two!)).toBeGreaterThan(signedAt(one!));
  expect(two!.headers['webhook-signature']).not.toBe(one!.headers['webhook-signature']);
  expect(two!.headers['x-webhook-signature']).not.toBe(one!.headers['x-webhook-signature']);
});

test.each([401, 403])('a backend that answers %i is only probed, keeps nothing from us, and gets everything afterwards', async (status) => {
  const first = world.receiver.requests.length;
  world.receiver.answerWith({ status, body: { message: 'Unauthenticated.' } });
  const { sync_id: syncId } = await sync();
  const inbound = await burst(20, 2);
  const refused = (): { webhooks: ReceivedRequest[]; batches: ReceivedRequest[] } => {
    const requests = world.receiver.requests.slice(first);
    return { webhooks: requests.filter((request) => request.event !== 'chats.sync'), batches: requests.filter((request) => request.event === 'chats.sync') };
  };
  const blocked = await until(async () => {
    const view = await bridge.api.ok<ChatSyncView>('GET', '/api/sessions/shop/chats/sync');
    return view.state === 'blocked' ? view : null;
  }, { name: 'the sync is blocked' });
  // What was under way at the first refusal, and four probes.
  await until(() => refused().webhooks.length >= 8 + 4 && refused().batches.length >= 5 + 4, { name: 'four probes of each' });
  const { webhooks, batches } = refused();
  const probes = Math.ceil((Date.now() - (world.receiver.requests[first]?.at ?? 0)) / PROBE_MS) + 1;
  expect(webhooks.length).toBeLessThanOrEqual(8 + probes);
  expect(batches.length).toBeLessThanOrEqual(5 + probes);
  expect(blocked.error).toMatchObject({ code: 'backend_unauthorized', message: expect.stringContaining('WEBHOOK_SECRET') });
  expect(world.receiver.requests.slice(first).filter((request) => request.status === 202)).toEqual([]);

  world.receiver.accept();
  await arrived(inbound);
  await completed(syncId);
});

const isBatch = (request: ReceivedRequest, number: number): boolean => (request.body?.batch as { number: number } | undefined)?.number === number;
const isAbout = (request: ReceivedRequest, messageId: string | undefined): boolean => (request.body?.data as { message_id?: string } | undefined)?.message_id === messageId;

test.each([413, 422])('what a backend refuses with %i becomes a dead letter, and what follows goes on', async (status) => {
  const reason = { message: `The given data was invalid (${status}).`, errors: { chats: ['too many'] } };
  const told: { bad?: string } = {};
  world.receiver.answerWith((request): Answer => (isAbout(request, told.bad) || isBatch(request, 2) || isBatch(request, 5) ? { status, body: reason } : { status: 202, body: {} }));
  await world.receiver.down();
  const inbound = await burst(2, 3);
  const [chat] = inbound.chats;
  const [refused, ...rest] = inbound.ids.get(chat!) ?? [];
  told.bad = refused;
  await world.receiver.up();
  const { sync_id: syncId } = await sync();
  inbound.ids.set(chat!, rest);
  await arrived(inbound);
  await completed(syncId, 2 * BATCH);

  expect(world.receiver.requests.filter((request) => isAbout(request, told.bad))).toHaveLength(1);
  // What became of a delivery is written down a moment after the answer.
  const letter = await until(
    () =>
      rowsOf<{ state: string; last_status: number; last_error: string }>(
        dataDir(), "select o.state, o.last_status, o.last_error from outbox o join event e on e.id = o.event_id where e.dedupe_key = ? and o.state != 'pending'", `message:${told.bad ?? ''}`,
      )[0],
    { name: 'the refused webhook is settled' },
  );
  expect(letter).toEqual({ state: 'dead', last_status: status, last_error: JSON.stringify(reason) });
  const batches = rowsOf(dataDir(), "select number, last_status, last_error from chat_sync_batch where sync_id = ? and state = 'dead' order by number", syncId);
  expect(batches).toEqual([2, 5].map((number) => ({ number, last_status: status, last_error: JSON.stringify(reason) })));
  for (const number of [2, 5]) expect(batchesOf(syncId).filter((request) => isBatch(request, number))).toHaveLength(1);
  // A number is missing for good: the backend sees the gap where it refused.
  await eventThat(world.receiver, ['shop', 'chats.sync.completed'], ({ data }) => data.sync_id === syncId);
  forgive(told.bad);
});

/** Lets the numbers be checked without the one that the backend refused. */
function forgive(messageId: string | undefined): void {
  for (const request of world.receiver.requests) if (isAbout(request, messageId)) request.status = 202;
}

test('a backend that limits its rate is not asked before the time it named, and loses nothing', async () => {
  const WAIT_S = 2;
  const limited = new Set<string>();
  const limit = (answer: Answer) => (request: ReceivedRequest, wanted: boolean): Answer | null => {
    if (!wanted || limited.has(request.deliveryId ?? '')) return null;
    limited.add(request.deliveryId ?? '');
    return answer;
  };
  const byHeader = limit({ status: 429, headers: { 'Retry-After': String(WAIT_S) }, body: { message: 'Too Many Attempts.' } });
  const byJson = limit({ status: 429, body: { message: 'Too Many Attempts.', retry_after: WAIT_S } });
  const byDate = limit({ status: 503, headers: { 'Retry-After': new Date(Date.now() + (WAIT_S + 1) * 1000).toUTCString() } });
  const refuse = limit({ status: 401 });
  await world.receiver.down();
  const inbound = await burst(5, 3);
  const [header, json, date, refused] = inbound.chats.map((chat) => inbound.ids.get(chat)?.[0]);
  world.receiver.answerWith((request): Answer =>
    byHeader(request, isAbout(request, header) || isBatch(request, 1)) ??
    byJson(request, isAbout(request, json) || isBatch(request, 3)) ??
    byDate(request, isAbout(request, date)) ??
    // Taking up again after this refusal is no reason to come early elsewhere.
    refuse(request, isAbout(request, refused)) ?? { status: 202, body: {} });
  await world.receiver.up();
  const { sync_id: syncId } = await sync();
  await arrived(inbound);
  await completed(syncId);

  expect(limited.size).toBe(6);
  const free = world.receiver.requests.filter((request) => isAbout(request, inbound.ids.get(inbound.chats[4]!)?.at(-1)));
  for (const messageId of [header, json, date]) {
    const [one, two, ...more] = world.receiver.requests.filter((request) => isAbout(request, messageId));
    expect(more).toEqual([]);
    expect(two!.at - one!.at).toBeGreaterThanOrEqual(WAIT_S * 1000 - 50);
    // The other chats did not wait with it.
    expect(free[0]!.at).toBeLessThan(two!.at);
  }
  for (const number of [1, 3]) {
    const [one, two, ...more] = batchesOf(syncId).filter((request) => isBatch(request, number));
    expect(more).toEqual([]);
    expect(two!.at - one!.at).toBeGreaterThanOrEqual(WAIT_S * 1000 - 50);
  }
});

test('409 is taken as done', async () => {
  await world.receiver.down();
  const inbound = await burst(1, 2);
  const [known, next] = inbound.ids.get(inbound.chats[0]!) ?? [];
  world.receiver.answerWith((request): Answer => (isAbout(request, known) || isBatch(request, 4) ? { status: 409, body: { message: 'known' } } : { status: 202, body: {} }));
  await world.receiver.up();
  const { sync_id: syncId } = await sync();
  expect(await bridge.api.synced('shop')).toMatchObject({ sync_id: syncId, state: 'completed', dead: 0 });
  await world.receiver.waitFor(({ requests }) => requests.find((request) => isAbout(request, next) && request.status === 202), { what: 'the message after the known one' });
  expect(world.receiver.requests.filter((request) => isAbout(request, known))).toHaveLength(1);
  expect(batchesOf(syncId).filter((request) => isBatch(request, 4))).toHaveLength(1);
  const view = await bridge.api.synced('shop');
  expect(view.synced).toBe(view.total);
  forgive(known);
});

test('a slow chat does not hold up the others', async () => {
  await world.receiver.down();
  const inbound = await burst(30, 3);
  const slow = inbound.chats[0]!;
  world.receiver.answerWith((request): Answer => ((request.body?.data as { chat_id?: string } | undefined)?.chat_id === slow ? 'hang' : { status: 202, body: {} }));
  await world.receiver.up();
  const ids = inbound.ids.get(slow)!;
  inbound.ids.set(slow, []);
  await arrived(inbound);
  const held = world.receiver.requests.filter((request) => (request.body?.data as { chat_id?: string } | undefined)?.chat_id === slow);
  expect(new Set(held.map((request) => request.deliveryId)).size).toBe(1);
  // Beside it, and not in the gaps between its attempts.
  const [{ number, at } = { number: 0, at: 0 }] = held;
  expect(world.receiver.requests.filter((request) => request.number > number && request.at < at + TIMEOUT_MS - 100 && request.status === 202).length).toBeGreaterThan(0);
  world.receiver.accept();
  inbound.ids.set(slow, ids);
  await arrived(inbound);
});

test('under faults of every kind at random, order and numbers hold', async () => {
  await withChance(async (chance) => {
    const faults: Answer[] = [{ status: 500 }, { status: 502 }, 'drop', { status: 429, headers: { 'Retry-After': '1' } }];
    world.receiver.answerWith((): Answer => (chance.next() < 0.25 ? faults[chance.between(0, faults.length - 1)]! : { status: chance.next() < 0.1 ? 200 : 202, body: {} }));
    const { sync_id: syncId } = await sync();
    const inbound = await burst(12, 8);
    await arrived(inbound, 40_000);
    await completed(syncId);
  });
});
