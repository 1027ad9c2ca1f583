import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { recordAttempts } from '../../../whatsapp-service/outbox/attempt-store.js';
import { hastenPart, laneHead, settleLanes, soonestLanes, type DueLane } from '../../../whatsapp-service/outbox/lane-store.js';
import { insertEndpoint } from '../../../whatsapp-service/outbox/endpoint-store.js';
import { outboxFigures } from '../../../whatsapp-service/outbox/outbox-figures.js';
import { appendEvents, laneOf, type NewEvent } from '../../../whatsapp-service/outbox/outbox-store.js';
import { webhookBody } from '../../../whatsapp-service/outbox/webhook-body.js';
import type { SessionId } from '../../../whatsapp-service/shared/ids.js';
import type { WebhookEndpointRow } from '../../../whatsapp-service/storage/schema-outbox.js';
import { addSession, tempStorage } from '../../helpers/temp-storage.js';

const event = (key: string, chatId: string | null, text = key): NewEvent => ({
  name: 'message.revoked',
  chatId,
  dedupeKey: key,
  at: 5,
  data: { message_id: text, chat_id: chatId ?? '', from_me: false, timestamp: '2026-01-01T00:00:00.000Z' },
});

const endpoint = (id: string, sessionId: string | null, events: string[]): WebhookEndpointRow => ({
  id, session_id: sessionId, url: 'https://crm.example/hook', secret: 's', previous_secret: null, previous_until: null, events: JSON.stringify(events), headers: '{}', created_at: 1, updated_at: 1,
});

describe('the outbox', () => {
  let temp: Awaited<ReturnType<typeof tempStorage>>;
  let session: SessionId;
  beforeEach(async () => {
    temp = await tempStorage();
    session = await addSession(temp.storage, 12, 'acme');
  });
  afterEach(() => temp.remove());

  const append = (events: NewEvent[], id = session): Promise<NewEvent[]> => temp.storage.transaction((trx) => appendEvents(trx, id, events, 10));
  const soonest = (busy: string[] = [], endpoint = 'default'): Promise<DueLane[]> => soonestLanes(temp.storage.db, endpoint, { busy, limit: 10 });
  const dueLanes = async (now: number, busy: string[] = []): Promise<string[]> => (await soonest(busy)).filter((lane) => lane.nextAttemptAt <= now).map(({ lane }) => lane);
  const waiting = (chat: string, until: number) => ({ lane: laneOf(session, chat), nextAttemptAt: until, scheduledAt: until, told: false });
  const head = (chat: string | null): ReturnType<typeof laneHead> => laneHead(temp.storage.db, laneOf(session, chat), 100);

  test('the same happening is one event, within a batch and between batches', async () => {
    expect((await append([event('a', 'x'), event('a', 'x'), event('b', 'x')])).map((e) => e.dedupeKey)).toEqual(['a', 'b']);
    expect((await append([event('b', 'x'), event('c', 'x')])).map((e) => e.dedupeKey)).toEqual(['c']);
    expect((await head('x')).map((d) => d.sequence)).toEqual([1, 2, 3]);
  });

  test('sequence counts per session without a gap', async () => {
    const other = await addSession(temp.storage, 'other');
    await append([event('a', 'x'), event('b', 'y')]);
    await append([event('a', 'x')], other);
    await append([event('a', 'x'), event('c', null)]);
    const rows = await temp.storage.db.selectFrom('event').select(['session_id', 'sequence']).orderBy('session_id').orderBy('sequence').execute();
    expect(rows).toEqual([
      { session_id: '12', sequence: 1 },
      { session_id: '12', sequence: 2 },
      { session_id: '12', sequence: 3 },
      { session_id: 'other', sequence: 1 },
    ]);
  });

  test('a thousand events in one batch keep their order', async () => {
    await append(Array.from({ length: 1_200 }, (_, i) => event(`k${i}`, `chat${i % 3}`, String(i))));
    const delivered = await laneHead(temp.storage.db, laneOf(session, 'chat1'), 1_000);
    expect(delivered.map((d) => Number((JSON.parse(d.data) as { message_id: string }).message_id))).toEqual(Array.from({ length: 400 }, (_, i) => i * 3 + 1));
  });

  test('only lanes that are due are given out, and a lane with nothing left is gone', async () => {
    await append([event('a', 'x'), event('b', 'y')]);
    expect(await dueLanes(9)).toEqual([]);
    expect((await dueLanes(10)).length).toBe(2);
    expect(await dueLanes(10, [laneOf(session, 'x')])).toEqual([laneOf(session, 'y')]);
    expect(await soonest([], 'another')).toEqual([]);
    const [first] = await head('x');
    await temp.storage.transaction(async (trx) => {
      await recordAttempts(trx, [{ id: first!.id, state: 'delivered', status: 200, error: null, counts: false, attempt: { number: 1, at: 10, durationMs: 3, answer: 'ok' } }], 11);
      await settleLanes(trx, [waiting('x', 999), waiting('y', 999)]);
    });
    expect(await temp.storage.db.selectFrom('delivery_attempt').selectAll().execute()).toEqual([{ id: 1, delivery_id: first!.id, attempt: 1, at: 10, duration_ms: 3, status: 200, error: null, answer: 'ok' }]);
    expect(await dueLanes(998)).toEqual([]);
    expect(await dueLanes(999)).toEqual([laneOf(session, 'y')]);
    expect((await soonest())[0]).toEqual(waiting('y', 999));
    expect(await outboxFigures(temp.storage.db)).toEqual({ pending: 1, dead: 0, oldestPendingAt: 10 });
  });

  test('a new event does not make a lane due that waits for its time', async () => {
    await append([event('a', 'x')]);
    await temp.storage.transaction((trx) => settleLanes(trx, [waiting('x', 5_000)]));
    await append([event('b', 'x')]);
    expect(await dueLanes(4_999)).toEqual([]);
  });

  test('lanes are made due at once, but not those whose time the endpoint has named; their schedule stays', async () => {
    await append([event('a', 'x'), event('b', 'y'), event('c', 'z')]);
    await temp.storage.transaction((trx) => settleLanes(trx, [waiting('x', 5_000), { ...waiting('y', 5_000), told: true }, waiting('z', 5)]));
    expect(await temp.storage.transaction((trx) => hastenPart(trx, 'default', 50))).toBe(1);
    expect(await temp.storage.transaction((trx) => hastenPart(trx, 'default', 50))).toBe(0);
    expect(await dueLanes(50)).toEqual([laneOf(session, 'z'), laneOf(session, 'x')]);
    expect((await soonest([laneOf(session, 'z')]))[0]).toEqual({ ...waiting('x', 50), scheduledAt: 5_000 });
  });

  test('the body echoes the ids with the type they came with', async () => {
    await append([event('a', 'x', 'emoji 😀 / \u2028')]);
    const [delivery] = await head('x');
    expect(JSON.parse(webhookBody(delivery!, 1_000))).toEqual({
      delivery_id: delivery!.id,
      sent_at: '1970-01-01T00:00:01.000Z',
      event: 'message.revoked',
      event_id: delivery!.eventId,
      sequence: 1,
      session_id: 12,
      workspace_id: 'acme',
      data: event('a', 'x', 'emoji 😀 / \u2028').data,
    });
  });

  test('each endpoint that wants an event has a delivery of it, in a lane of its own; the one of the settings hears all', async () => {
    const { storage } = temp;
    await storage.transaction(async (trx) => {
      await insertEndpoint(trx, endpoint('whk_a', '12', ['message.*']));
      await insertEndpoint(trx, endpoint('whk_b', null, ['group.join', 'call']));
      await insertEndpoint(trx, endpoint('whk_c', 'another', ['*']));
    });
    await append([event('a', 'x'), { name: 'call', chatId: 'x', dedupeKey: 'c', at: 5, data: { call_id: '1', from: { jid: 'x', lid: null, phone: null, name: null }, is_video: false, is_group: false, timestamp: '2026-01-01T00:00:00.000Z' } }]);
    const rows = await storage.db.selectFrom('outbox as o').innerJoin('event as e', 'e.id', 'o.event_id').select(['o.endpoint', 'o.lane', 'e.name']).orderBy('o.seq').execute();
    expect(rows).toEqual([
      { endpoint: 'default', lane: 'default|12|x', name: 'message.revoked' },
      { endpoint: 'whk_a', lane: 'whk_a|12|x', name: 'message.revoked' },
      { endpoint: 'default', lane: 'default|12|x', name: 'call' },
      { endpoint: 'whk_b', lane: 'whk_b|12|x', name: 'call' },
    ]);
    expect((await soonest([], 'whk_b')).map(({ lane }) => lane)).toEqual(['whk_b|12|x']);
  });

  test('an unknown session has no events', async () => {
    expect(await append([event('a', 'x')], 'nobody' as SessionId)).toEqual([]);
  });
});
