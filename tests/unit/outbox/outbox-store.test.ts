import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { appendEvents, dueLanes, laneHead, laneOf, markFinished, outboxFigures, settleLanes, type NewEvent } from '../../../whatsapp-service/outbox/outbox-store.js';
import { webhookBody } from '../../../whatsapp-service/outbox/webhook-body.js';
import type { SessionId } from '../../../whatsapp-service/shared/ids.js';
import { addSession, tempStorage } from '../../helpers/temp-storage.js';

const event = (key: string, chatId: string | null, text = key): NewEvent => ({
  name: 'message.revoked',
  chatId,
  dedupeKey: key,
  at: 5,
  data: { message_id: text, chat_id: chatId ?? '', from_me: false, timestamp: '2026-01-01T00:00:00.000Z' },
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
    expect(await dueLanes(temp.storage.db, 9, [], 10)).toEqual([]);
    expect((await dueLanes(temp.storage.db, 10, [], 10)).length).toBe(2);
    expect(await dueLanes(temp.storage.db, 10, [laneOf(session, 'x')], 10)).toEqual([laneOf(session, 'y')]);
    const [first] = await head('x');
    await temp.storage.transaction(async (trx) => {
      await markFinished(trx, [{ id: first!.id, state: 'delivered', status: 200, error: null }], 11);
      await settleLanes(trx, [
        { lane: laneOf(session, 'x'), nextAttemptAt: 999 },
        { lane: laneOf(session, 'y'), nextAttemptAt: 999 },
      ]);
    });
    expect(await dueLanes(temp.storage.db, 998, [], 10)).toEqual([]);
    expect(await dueLanes(temp.storage.db, 999, [], 10)).toEqual([laneOf(session, 'y')]);
    expect(await outboxFigures(temp.storage.db)).toEqual({ pending: 1, dead: 0, oldestPendingAt: 10 });
  });

  test('a new event does not make a lane due that waits for its time', async () => {
    await append([event('a', 'x')]);
    await temp.storage.transaction((trx) => settleLanes(trx, [{ lane: laneOf(session, 'x'), nextAttemptAt: 5_000 }]));
    await append([event('b', 'x')]);
    expect(await dueLanes(temp.storage.db, 4_999, [], 10)).toEqual([]);
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

  test('an unknown session has no events', async () => {
    expect(await append([event('a', 'x')], 'nobody' as SessionId)).toEqual([]);
  });
});
