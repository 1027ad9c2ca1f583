import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import type { DeliveryView, RedeliveryView } from '../../../whatsapp-service/contracts/webhook-api.js';
import { updateSession } from '../../../whatsapp-service/features/session/session-store.js';
import type { SessionId } from '../../../whatsapp-service/shared/ids.js';
import { until } from '../../helpers/sandbox-client.js';
import { addSession } from '../../helpers/temp-storage.js';
import { OutboxWorld } from './webhook-fixture.js';

const PATH = '/api/webhooks/deliveries';
const DAY = 86_400_000;

let world: OutboxWorld;
let sales: SessionId;
let ahead = 0;

beforeEach(async () => {
  ahead = 0;
  world = await OutboxWorld.open({}, { now: () => Date.now() + ahead });
  sales = await addSession(world.storage);
});
afterEach(() => world.close());

type Page = { deliveries: DeliveryView[]; next_cursor: string | null };
const list = async (query = '', key = 'read-key'): Promise<Page> => (await world.server.ask('GET', `${PATH}${query}`, { key })).body as Page;
const ask = async <T>(method: string, path: string, body?: unknown, key = 'admin-key'): Promise<{ status: number; body: T }> => {
  const answer = await world.server.ask(method, path, { key, ...(body !== undefined && { json: body }) });
  return { status: answer.status, body: answer.body as T };
};
const named = (): string[] => world.receiver.accepted().map(({ body }) => String((body?.data as { message_id?: string }).message_id));

/** Dead letters of these chats, one each. */
async function dead(...chats: string[]): Promise<void> {
  world.receiver.answerWith({ status: 422, body: { message: 'no' } });
  for (const chat of chats) await world.happen(sales, chat);
  await world.settled();
  world.receiver.accept();
}

describe('looking', () => {
  test('lists by state, session and event, the newest first, by page', async () => {
    const other = await addSession(world.storage, 'other');
    await dead('a', 'b');
    await world.happen(sales, 'c', 3);
    await world.happen(other, 'd', 1, 'session.qr');
    await world.settled();
    expect((await list('?state=dead')).deliveries.map(({ chat_id: chat, last_status: status }) => [chat, status])).toEqual([['b', 422], ['a', 422]]);
    expect((await list('?session_id=other')).deliveries).toMatchObject([{ event: 'session.qr', session_id: 'other', state: 'delivered', attempts: 1, endpoint: 'default', finished_at: expect.any(String) }]);
    expect((await list('?event=session.qr')).deliveries).toHaveLength(1);
    expect((await list('?endpoint=whk_none')).deliveries).toEqual([]);
    const seen: number[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page: Page = await list(`?session_id=sales&limit=2${cursor && `&cursor=${cursor}`}`);
      seen.push(...page.deliveries.map(({ sequence }) => sequence));
      cursor = page.next_cursor;
    }
    expect(seen).toEqual([5, 4, 3, 2, 1]);
    const { next_cursor: foreign } = await list('?limit=2');
    for (const query of [`?state=dead&cursor=${foreign}`, '?cursor=x', '?state=lost', '?limit=0', '?event=mesage', '?stat=dead']) expect((await ask('GET', PATH + query)).status).toBe(400);
  });

  test('shows a delivery with its payload and its attempts', async () => {
    world.receiver.answerNext(2, { status: 500, body: 'oh no' });
    await world.happen(sales, 'a');
    const [row] = await world.settled();
    const { body } = await ask('GET', `${PATH}/${row!.id}`, undefined, 'read-key');
    expect(body).toMatchObject({
      state: 'delivered', attempts: 3, next_attempt_at: null, data: { message_id: 'a1' },
      attempts_made: [{ attempt: 1, status: 500, answer: 'oh no', error: expect.stringContaining('HTTP 500'), duration_ms: expect.any(Number), at: expect.any(String) }, { attempt: 2, status: 500 }, { attempt: 3, status: 202, answer: '{}', error: null }],
    });
    expect((await ask('GET', `${PATH}/dlv_none`)).status).toBe(404);
  });

  test('a key that is limited to sessions sees only theirs', async () => {
    const other = await addSession(world.storage, 'other');
    await world.happen(other, 'x');
    await world.happen(sales, 'a');
    const rows = await world.settled();
    expect((await list('', 'limited-key')).deliveries.map(({ session_id: id }) => id)).toEqual(['sales']);
    expect((await ask('GET', `${PATH}/${rows[0]!.id}`, undefined, 'limited-key')).status).toBe(404);
    expect((await ask('POST', `${PATH}/${rows[0]!.id}/redeliver`, undefined, 'limited-key')).status).toBe(404);
    expect((await ask('GET', `${PATH}?session_id=other`, undefined, 'limited-key')).status).toBe(403);
  });
});

describe('sending again', () => {
  test('one, under the same id', async () => {
    await dead('a');
    const [row] = await world.rows();
    const { status, body } = await ask<DeliveryView>('POST', `${PATH}/${row!.id}/redeliver`);
    expect([status, body.state]).toEqual([202, 'pending']);
    expect((await world.settled())[0]).toMatchObject({ id: row!.id, state: 'delivered', attempts: 2 });
    expect(world.receiver.deliveryIds()).toEqual([row!.id]);
    expect((await ask('POST', `${PATH}/${row!.id}/redeliver`, undefined, 'send-key')).status).toBe(403);
  });

  test('all dead letters; a chat keeps its order; those that are delivered stay', async () => {
    await world.happen(sales, 'z');
    await world.settled();
    await dead('a', 'b', 'a');
    const { status, body } = await ask<RedeliveryView>('POST', '/api/webhooks/redeliveries', {});
    expect(status).toBe(202);
    await world.receiver.waitFor(() => named().length === 4, { what: 'three more' });
    expect(await until(async () => ((await ask<RedeliveryView>('GET', `/api/webhooks/redeliveries/${body.id}`)).body.state === 'completed' ? 'completed' : null))).toBe('completed');
    expect((await ask<RedeliveryView>('GET', `/api/webhooks/redeliveries/${body.id}`)).body.redelivered).toBe(3);
    await world.settled();
    const inA = world.receiver.perChatOrder().get('sales/a')?.map(({ sequence }) => sequence);
    expect(inA).toEqual([2, 4]);
    expect((await ask('GET', `/api/webhooks/redeliveries/${body.id}`, undefined, 'limited-key')).status).toBe(404);
  });

  test('a range of time', async () => {
    await world.happen(sales, 'a', 2);
    await world.settled();
    const from = new Date(Date.now() + 1).toISOString();
    await until(() => Date.now() > Date.parse(from));
    await world.happen(sales, 'b', 2);
    await world.settled();
    expect((await ask('POST', '/api/webhooks/redeliveries', { state: 'delivered' })).status).toBe(400);
    expect((await ask('POST', '/api/webhooks/redeliveries', { from, to: '2020-01-01T00:00:00Z' })).status).toBe(400);
    await ask('POST', '/api/webhooks/redeliveries', { state: 'delivered', from });
    await world.receiver.waitFor(() => named().length === 6, { what: 'two again' });
    expect(named().slice(4)).toEqual(['b1', 'b2']);
    expect(world.receiver.counts().duplicates).toBe(2);
  });

  test('more than one commit holds', async () => {
    for (let chat = 0; chat < 60; chat++) await world.happen(sales, `chat${chat}`, 10);
    await world.settled();
    const { body } = await ask<RedeliveryView>('POST', '/api/webhooks/redeliveries', { state: 'delivered', from: '2020-01-01T00:00:00Z' });
    await world.receiver.waitFor(() => world.receiver.accepted().length === 1_200, { what: 'all of them again', timeoutMs: 30_000 });
    expect((await ask<RedeliveryView>('GET', `/api/webhooks/redeliveries/${body.id}`)).body).toMatchObject({ state: 'completed', redelivered: 600 });
  });
});

describe('deleting', () => {
  test('takes only what is finished, with its attempts and its event', async () => {
    await world.happen(sales, 'a', 2);
    await world.settled();
    await dead('b');
    world.receiver.hang();
    await world.happen(sales, 'c');
    const before = new Date(Date.now() + DAY).toISOString();
    expect((await ask('POST', `${PATH}/purge`, { state: 'pending', before })).status).toBe(400);
    expect((await ask('POST', `${PATH}/purge`, { state: 'delivered', before: '2020-01-01T00:00:00Z' })).body).toEqual({ deleted: 0 });
    expect((await ask('POST', `${PATH}/purge`, { state: 'delivered', before })).body).toEqual({ deleted: 2 });
    expect((await world.rows()).map(({ state }) => state)).toEqual(['dead', 'pending']);
    expect(await world.storage.db.selectFrom('event').select('chat_id').execute()).toEqual([{ chat_id: 'b' }, { chat_id: 'c' }]);
    expect(await world.storage.db.selectFrom('delivery_attempt').select('status').execute()).toEqual([{ status: 422 }]);
    expect((await ask('POST', `${PATH}/purge`, { state: 'dead', before })).body).toEqual({ deleted: 1 });
    world.receiver.accept();
  });

  test('keeps the events by which a repeat is recognised, for as long as a catch-up may bring them', async () => {
    await world.happen(sales, 'a');
    await world.settled();
    await updateSession(world.storage.db, sales, { inbound_mark: Date.now() }, 1);
    const purge = () => ask('POST', `${PATH}/purge`, { state: 'delivered', before: new Date(Date.now() + DAY).toISOString() });
    expect((await purge()).body).toEqual({ deleted: 0 });
    await updateSession(world.storage.db, sales, { inbound_mark: Date.now() + DAY }, 1);
    expect((await purge()).body).toEqual({ deleted: 1 });
  });

  test('by itself, when their time is over', async () => {
    await world.happen(sales, 'a', 3);
    await world.settled();
    await dead('b');
    ahead = 6 * DAY;
    await world.outbox.sweep();
    expect(await world.rows()).toHaveLength(4);
    ahead = 8 * DAY;
    await world.outbox.sweep();
    expect((await world.rows()).map(({ state }) => state)).toEqual(['dead']);
    ahead = 91 * DAY;
    await world.outbox.sweep();
    expect(await world.rows()).toEqual([]);
  });
});

test('/ready and the metrics tell how long the oldest one waits', async () => {
  expect(await world.outbox.check()).toEqual({ ok: true, pending: 0, dead: 0, oldest_undelivered_seconds: 0 });
  world.receiver.hang();
  await world.happen(sales, 'a');
  ahead = 400_000;
  const { oldest_undelivered_seconds: seconds, ...rest } = await world.outbox.check();
  expect(rest).toEqual({ ok: false, pending: 1, dead: 0 });
  expect(seconds).toBeGreaterThanOrEqual(400);
  const { text } = await world.metrics.render();
  expect(Number(/^bridge_outbox_oldest_seconds (\S+)$/m.exec(text)?.[1])).toBeGreaterThanOrEqual(400);
  expect(text).toContain('bridge_outbox_pending 1');
  expect(text).toContain('bridge_endpoint_breaker{endpoint="default"} 0');
  world.receiver.accept();
});

test('what is asked for all the time is found by index, however much there is', async () => {
  const { db } = world.storage;
  const queries = {
    'due lanes': "select lane from outbox_lane where endpoint = 'default' and next_attempt_at <= 5 order by next_attempt_at limit 64",
    'head of a lane': "select o.id from outbox o join event e on e.id = o.event_id where o.lane = 'x' and o.state = 'pending' order by o.seq limit 50",
    'oldest that waits': "select created_at from outbox where state = 'pending' order by seq limit 1",
    'how many wait': "select state, count(*) from outbox where state in ('pending', 'dead') group by state",
    'how many wait of each session': "select session_id, count(*) from outbox where session_id = 'a' and state = 'pending'",
    'dead letters': "select o.id from outbox o join event e on e.id = o.event_id where o.state = 'dead' order by o.seq desc limit 50",
    'attempts': "select * from delivery_attempt where delivery_id = 'x' order by attempt desc limit 100",
    'what an endpoint did not get': "select id from outbox where lane >= 'whk|' and lane < 'whk}' and state = 'pending' limit 500",
    'what was seen already': "select dedupe_key from event where session_id = 'a' and dedupe_key in ('x')",
  };
  for (const [name, query] of Object.entries(queries)) {
    const plan = (await sql<{ detail: string }>`explain query plan ${sql.raw(query)}`.execute(db)).rows.map(({ detail }) => detail);
    expect([name, plan.filter((step) => /^SCAN|TEMP B-TREE/.test(step))]).toEqual([name, []]);
  }
});
