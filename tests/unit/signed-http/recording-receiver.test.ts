import { afterEach, describe, expect, test } from '@jest/globals';
import { signHeaders } from '../../../whatsapp-service/signed-http/signature.js';
import { RecordingReceiver, type RecordingReceiverOptions } from '../../helpers/recording-receiver.js';

const SECRET = 'd7c1f60b3e958a24b06fce71935ad82e4419cb03';
const NEW = 'whsec_q1mJ9h0sQf7Wb3VxYk2nTzL8uRc5EoPaD6gKiNwXyH4=';

let receiver: RecordingReceiver;
afterEach(() => receiver.close());

async function start(changes: Partial<RecordingReceiverOptions> = {}): Promise<void> {
  receiver = await RecordingReceiver.start({ secrets: [SECRET], ...changes });
}

interface Sent {
  secrets?: string[];
  deliveryId?: string;
  timestamp?: number;
  headers?: Record<string, string>;
}

async function send(payload: Record<string, unknown>, sent: Sent = {}): Promise<number> {
  const body = Buffer.from(JSON.stringify(payload));
  const headers = signHeaders({
    secrets: sent.secrets ?? [SECRET],
    deliveryId: sent.deliveryId ?? String(payload.delivery_id),
    body,
    timestamp: sent.timestamp ?? 1_000,
    attempt: 1,
    event: String(payload.event),
  });
  const response = await fetch(`${receiver.url}/api/whatsapp/webhook`, { method: 'POST', headers: { ...headers, ...sent.headers }, body });
  await response.arrayBuffer();
  return response.status;
}

const webhook = (sequence: number, chatId: string, session: string | number = 'shop'): Record<string, unknown> => ({
  delivery_id: `dlv_${session}_${sequence}`,
  event: sequence % 2 ? 'message' : 'message.ack',
  event_id: `evt_${sequence}`,
  sequence,
  session_id: session,
  data: { chat_id: chatId, message_id: `m${sequence}` },
});
const batch = (number: number): Record<string, unknown> => ({ delivery_id: `dlv_batch_${number}`, batch: { number, last: false }, chats: [{ chat_id: `a${number}` }, { chat_id: 'b' }] });

describe('what it writes down', () => {
  test('each request as it came', async () => {
    await start();
    await send(webhook(1, 'a@c.us'));
    expect(receiver.requests).toEqual([
      expect.objectContaining({ number: 1, method: 'POST', path: '/api/whatsapp/webhook', body: webhook(1, 'a@c.us'), deliveryId: 'dlv_shop_1', event: 'message', attempt: 1, plainOk: true, standardOk: true, status: 202 }),
    ]);
    expect(receiver.requests[0]!.raw.toString()).toBe(JSON.stringify(webhook(1, 'a@c.us')));
  });

  test.each([
    ['signed with another secret', { secrets: [NEW] }, false, false],
    ['a wrong plain signature', { headers: { 'X-Webhook-Signature': 'f'.repeat(64) } }, false, true],
    ['another id than was signed', { headers: { 'webhook-id': 'dlv_other' } }, true, false],
    ['another time than was signed', { headers: { 'webhook-timestamp': '1001' } }, true, false],
    ['no time', { headers: { 'webhook-timestamp': 'now' } }, true, false],
    ['during a rotation, also signed with the new one', { secrets: [SECRET, NEW] }, true, true],
  ])('whether the signatures are right: %s', async (_, sent, plainOk, standardOk) => {
    await start();
    await send(webhook(1, 'a@c.us'), sent);
    expect(receiver.requests[0]).toMatchObject({ plainOk, standardOk });
    expect(receiver.badSignatures()).toHaveLength(plainOk && standardOk ? 0 : 1);
    expect(receiver.counts().badSignatures).toBe(plainOk && standardOk ? 0 : 1);
  });

  test('verifies whsec_ secrets', async () => {
    await start({ secrets: [NEW] });
    await send(webhook(1, 'a@c.us'), { secrets: [NEW] });
    expect(receiver.requests[0]).toMatchObject({ plainOk: true, standardOk: true });
  });

  test('webhooks, batches, chats, ids and the order in each chat', async () => {
    await start();
    await send(webhook(1, 'a@c.us'));
    await send(webhook(2, 'b@c.us'));
    await send(webhook(3, 'a@c.us'));
    await send(webhook(3, 'a@c.us'));
    await send(webhook(1, 'a@c.us', 7));
    await send(batch(1));
    await send(batch(2));
    expect(receiver.webhooks()).toHaveLength(5);
    expect(receiver.webhooks('message.ack').map(({ sequence }) => sequence)).toEqual([2]);
    expect(receiver.syncBatches().map((one) => one.batch.number)).toEqual([1, 2]);
    expect(receiver.chats().map((chat) => chat.chat_id)).toEqual(['a1', 'b', 'a2', 'b']);
    expect(receiver.deliveryIds()).toEqual(['dlv_shop_1', 'dlv_shop_2', 'dlv_shop_3', 'dlv_shop_3', 'dlv_7_1', 'dlv_batch_1', 'dlv_batch_2']);
    const order = [...receiver.perChatOrder()].map(([chat, events]) => [chat, events.map(({ sequence, messageId }) => `${sequence} ${messageId}`)]);
    expect(order).toEqual([
      ['shop/a@c.us', ['1 m1', '3 m3']],
      ['shop/b@c.us', ['2 m2']],
      ['7/a@c.us', ['1 m1']],
    ]);
    expect(receiver.counts()).toEqual({ requests: 7, accepted: 7, webhooks: 5, batches: 2, chats: 4, distinctChats: 3, byEvent: { message: 4, 'message.ack': 1 }, duplicates: 1, badSignatures: 0 });
  });

  test('in mode `counts` only numbers', async () => {
    await start({ record: 'counts' });
    await send(webhook(1, 'a@c.us'));
    await send(batch(1));
    await send(batch(1), { secrets: [NEW] });
    expect(receiver.requests).toEqual([]);
    expect(receiver.counts()).toMatchObject({ requests: 3, accepted: 3, webhooks: 1, batches: 2, chats: 4, distinctChats: 2, duplicates: 1, badSignatures: 1 });
  });
});

describe('how it answers', () => {
  test('as it is told, and what it refused counts as not accepted', async () => {
    await start();
    receiver.answerWith((request) => ({ status: request.body?.sequence === 1 ? 500 : 201 }));
    receiver.answerNext(2, { status: 429, headers: { 'Retry-After': '3' } });
    const statuses = [];
    for (const sequence of [1, 2, 1, 2]) statuses.push(await send(webhook(sequence, 'a@c.us')));
    expect(statuses).toEqual([429, 429, 500, 201]);
    expect(receiver.requests).toHaveLength(4);
    expect(receiver.webhooks().map(({ sequence }) => sequence)).toEqual([2]);
    receiver.accept();
    expect(await send(webhook(1, 'a@c.us'))).toBe(202);
  });

  test('hangs until it is let go', async () => {
    await start();
    receiver.hang();
    const sending = send(webhook(1, 'a@c.us'));
    await receiver.waitFor(() => receiver.requests.length === 1, { what: 'request' });
    expect(receiver.webhooks()).toEqual([]);
    receiver.accept();
    expect(await sending).toBe(202);
    expect(receiver.webhooks()).toHaveLength(1);
  });

  test('breaks the connection', async () => {
    await start();
    receiver.answerNext(1, 'drop');
    await expect(send(webhook(1, 'a@c.us'))).rejects.toThrow();
    expect(receiver.requests[0]!.status).toBeNull();
    expect(await send(webhook(1, 'a@c.us'))).toBe(202);
  });

  test('goes down and comes back at the same place', async () => {
    await start();
    const { url } = receiver;
    await receiver.down();
    await expect(send(webhook(1, 'a@c.us'))).rejects.toThrow();
    await receiver.up();
    expect(receiver.url).toBe(url);
    expect(await send(webhook(1, 'a@c.us'))).toBe(202);
    expect(receiver.requests).toHaveLength(1);
  });

  test('takes its time', async () => {
    await start();
    receiver.delay(150);
    const startedAt = performance.now();
    await send(webhook(1, 'a@c.us'));
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(145);
  });
});

describe('waitFor', () => {
  test('resolves with what was waited for, as soon as it is there', async () => {
    await start();
    const waiting = receiver.waitFor(() => receiver.webhooks().find(({ sequence }) => sequence === 2), { what: 'webhook 2' });
    await send(webhook(1, 'a@c.us'));
    await send(webhook(2, 'a@c.us'));
    expect((await waiting)?.event).toBe('message.ack');
    expect(await receiver.waitFor(() => receiver.requests.length, { what: 'request' })).toBe(2);
  });

  test('says what was missing', async () => {
    await start();
    await send(webhook(1, 'a@c.us'));
    await expect(receiver.waitFor(() => receiver.chats().length > 0, { timeoutMs: 50, what: 'chat' })).rejects.toThrow(/After \d+ ms the receiver still had no chat.*"webhooks":1/);
  });

  test('an error in what is asked is an error at once', async () => {
    await start();
    const asked = (): boolean => {
      throw new Error('asked wrongly');
    };
    await expect(receiver.waitFor(asked, { what: 'nothing' })).rejects.toThrow('asked wrongly');
  });
});
