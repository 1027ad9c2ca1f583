import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Dispatcher, type DispatcherSettings } from '../../../whatsapp-service/outbox/dispatcher.js';
import { appendEvents, type NewEvent } from '../../../whatsapp-service/outbox/outbox-store.js';
import { systemClock } from '../../../whatsapp-service/shared/clock.js';
import type { SessionId } from '../../../whatsapp-service/shared/ids.js';
import { silentLogger } from '../../../whatsapp-service/shared/logger.js';
import { createBackendClient, type BackendClient } from '../../../whatsapp-service/signed-http/backend-client.js';
import type { OutboxRow } from '../../../whatsapp-service/storage/schema-outbox.js';
import { TEST_SECRET } from '../../helpers/bridge.js';
import { RecordingReceiver, type ReceivedRequest } from '../../helpers/recording-receiver.js';
import { until } from '../../helpers/sandbox-client.js';
import { addSession, tempStorage } from '../../helpers/temp-storage.js';

const SETTINGS: DispatcherSettings = { concurrency: 4, retrySchedule: [30, 30, 30], probeMs: 100, breakerMs: 150 };

let temp: Awaited<ReturnType<typeof tempStorage>>;
let receiver: RecordingReceiver;
let session: SessionId;
let client: BackendClient;
let dispatcher: Dispatcher;

beforeEach(async () => {
  temp = await tempStorage();
  session = await addSession(temp.storage);
  receiver = await RecordingReceiver.start({ secrets: [TEST_SECRET] });
  client = createBackendClient({ url: receiver.url, secrets: [TEST_SECRET], token: null, timeoutMs: 300, clock: systemClock });
});
afterEach(async () => {
  await dispatcher.stop(2_000);
  client.close();
  await receiver.close();
  await temp.remove();
});

function begin(settings: Partial<DispatcherSettings> = {}): void {
  dispatcher = new Dispatcher({ endpoint: 'default', storage: temp.storage, post: (delivery) => client.post('/hook', delivery), settings: { ...SETTINGS, ...settings }, clock: systemClock, random: () => 0.5, logger: silentLogger });
  dispatcher.start();
}

let keys = 0;
/** `count` events of one chat, named `<chat>1`, `<chat>2`, … */
async function happen(chat: string, count = 1): Promise<void> {
  const events = Array.from({ length: count }, (_, index): NewEvent => ({
    name: 'message.revoked', chatId: chat, dedupeKey: `k${++keys}`, at: 5, data: { message_id: `${chat}${index + 1}`, chat_id: chat, from_me: false, timestamp: '2026-01-01T00:00:00.000Z' },
  }));
  await temp.storage.transaction((trx) => appendEvents(trx, session, events, Date.now()));
  dispatcher.wake();
}

const named = (request: ReceivedRequest): string => String((request.body?.data as { message_id?: string }).message_id);
const accepted = (): string[] => receiver.accepted().map(named);
const rows = (): Promise<OutboxRow[]> => temp.storage.db.selectFrom('outbox').selectAll().orderBy('seq').execute();
const settled = (): Promise<OutboxRow[]> => until(async () => ((await rows()).every(({ state }) => state !== 'pending') ? rows() : null), { name: 'everything is settled' });
const attemptsOf = (id: string) => temp.storage.db.selectFrom('delivery_attempt').selectAll().where('delivery_id', '=', id).orderBy('attempt').execute();

describe('a delivery that fails', () => {
  test('has every attempt of its schedule, then it is a dead letter, and its chat goes on', async () => {
    receiver.answerWith((request) => (named(request) === 'a1' ? { status: 500, body: 'oh no' } : { status: 200 }));
    begin();
    await happen('a', 2);
    const [dead, next] = await settled();
    expect(dead).toMatchObject({ state: 'dead', attempts: 4, failures: 4, last_status: 500 });
    expect(next).toMatchObject({ state: 'delivered', attempts: 1, failures: 0, last_error: null });
    expect(receiver.requests.map((request) => [named(request), request.attempt])).toEqual([['a1', 1], ['a1', 2], ['a1', 3], ['a1', 4], ['a2', 1]]);
    expect(new Set(receiver.requests.slice(0, 4).map((request) => request.deliveryId)).size).toBe(1);
    expect(await attemptsOf(dead!.id)).toMatchObject([1, 2, 3, 4].map((attempt) => ({ attempt, status: 500, answer: 'oh no', error: expect.stringContaining('HTTP 500') })));
    expect(await attemptsOf(next!.id)).toMatchObject([{ attempt: 1, status: 200, answer: null, error: null }]);
    expect(await temp.storage.db.selectFrom('outbox_lane').selectAll().execute()).toEqual([]);
  });

  test.each([413, 422])('for good (%i) is dead at once, with what the answer began with', async (status) => {
    receiver.answerNext(1, { status, body: 'x'.repeat(900) });
    begin();
    await happen('a', 2);
    const [dead, next] = await settled();
    expect([dead?.state, dead?.attempts, next?.state]).toEqual(['dead', 1, 'delivered']);
    expect(await attemptsOf(dead!.id)).toMatchObject([{ status, answer: 'x'.repeat(500) }]);
  });

  test('and is told to come back later waits as long, and loses no step of its schedule', async () => {
    receiver.answerNext(2, { status: 429, headers: { 'Retry-After': '1' } });
    begin();
    const startedAt = Date.now();
    await happen('a');
    const [row] = await settled();
    expect(row).toMatchObject({ state: 'delivered', attempts: 3, failures: 0 });
    const times = receiver.requests.map(({ at }) => at - startedAt);
    expect(times[1]! - times[0]!).toBeGreaterThanOrEqual(950);
    expect(times[2]! - times[1]!).toBeGreaterThanOrEqual(950);
    expect(await attemptsOf(row!.id)).toHaveLength(3);
  });

  test('holds up nobody: other chats are delivered while it waits', async () => {
    receiver.answerWith((request) => (named(request).startsWith('stuck') ? { status: 500 } : { status: 200 }));
    begin({ retrySchedule: Array.from({ length: 500 }, () => 20), breakerMs: 60_000 });
    await happen('stuck', 2);
    await until(async () => (await rows())[0]!.failures >= 10);
    await happen('b', 3);
    await receiver.waitFor(() => accepted().length === 3, { what: 'the other chat' });
    expect(accepted()).toEqual(['b1', 'b2', 'b3']);
    expect(dispatcher.state).toEqual({ breaker: 'closed', paused: false });
    receiver.accept();
    await settled();
    expect(accepted().slice(3)).toEqual(['stuck1', 'stuck2']);
  });
});

describe('an endpoint that is away', () => {
  test('is tried now and then, which uses no step of the schedule; once it is back, everything is due at once', async () => {
    await receiver.down();
    begin({ retrySchedule: [3_600_000] });
    for (const chat of ['a', 'b', 'c', 'd', 'e', 'f', 'g']) await happen(chat, 2);
    await until(() => dispatcher.state.breaker === 'open', { name: 'the breaker is open' });
    // Several tries ahead of the schedule, which has one step of an hour.
    await until(async () => Math.max(...(await rows()).map(({ attempts }) => attempts)) >= 3, { name: 'tries' });
    expect(Math.max(...(await rows()).map(({ failures }) => failures))).toBe(1);
    await receiver.up();
    const all = await settled();
    expect(all.map(({ state }) => state)).toEqual(Array.from({ length: 14 }, () => 'delivered'));
    expect(dispatcher.state.breaker).toBe('closed');
    for (const events of receiver.perChatOrder().values()) expect(events).toHaveLength(2);
  });

  test('answers nothing in time, in five chats: the breaker opens, and nobody asks in a circle', async () => {
    receiver.hang();
    begin({ concurrency: 8, retrySchedule: Array.from({ length: 500 }, () => 10), breakerMs: 400 });
    for (const chat of ['a', 'b', 'c', 'd', 'e', 'f']) await happen(chat);
    await until(() => dispatcher.state.breaker !== 'closed', { name: 'the breaker is open' });
    const [before, since] = [receiver.requests.length, Date.now()];
    const underWay = 8;
    await until(() => receiver.requests.length >= before + 3, { name: 'tries' });
    expect(receiver.requests.length - before).toBeLessThanOrEqual(underWay + 1 + (Date.now() - since) / 400);
    // Were it not for the breaker, each of them would be asked again after 10 ms, hundreds of times by now.
    expect(Math.max(...(await rows()).map(({ attempts }) => attempts))).toBeLessThan(12);
    receiver.accept();
    await settled();
  });
});

describe('an endpoint that refuses our credentials', () => {
  test.each([401, 403])('with %i is paused and probed, and everything is kept', async (status) => {
    receiver.answerWith({ status });
    begin({ retrySchedule: [10] });
    for (const chat of ['a', 'b', 'c']) await happen(chat, 2);
    await receiver.waitFor(() => receiver.requests.length >= 8, { what: 'probes' });
    expect(dispatcher.state.paused).toBe(true);
    const waiting = await rows();
    expect(waiting.map(({ state, failures }) => [state, failures])).toEqual(Array.from({ length: 6 }, () => ['pending', 0]));
    // Probes are not listed, or a weekend would fill the table.
    expect((await temp.storage.db.selectFrom('delivery_attempt').selectAll().execute()).length).toBeLessThanOrEqual(1);
    // One at a time.
    const probes = receiver.requests.slice(4).map(({ at }) => at);
    for (const [index, time] of probes.slice(1).entries()) expect(time - probes[index]!).toBeGreaterThanOrEqual(90);
    receiver.accept();
    expect((await settled()).every(({ state }) => state === 'delivered')).toBe(true);
    expect(dispatcher.state.paused).toBe(false);
  });
});

test('a stop in the middle of an exchange uses no step of the schedule', async () => {
  receiver.hang();
  begin({ retrySchedule: [] });
  await happen('a');
  await receiver.waitFor(() => receiver.requests.length === 1, { what: 'the request' });
  const stopped = dispatcher.stop(1_000);
  client.close();
  await stopped;
  expect(await rows()).toMatchObject([{ state: 'pending', failures: 0 }]);
});
