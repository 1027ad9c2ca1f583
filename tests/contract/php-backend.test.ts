import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { ChatPayload, ChatSyncBatch } from '../../whatsapp-service/contracts/payloads.js';
import { zChatSyncBatch } from '../../whatsapp-service/contracts/payloads.js';
import { systemClock } from '../../whatsapp-service/shared/clock.js';
import { createBackendClient, type BackendClient, type PostOutcome } from '../../whatsapp-service/signed-http/backend-client.js';
import { signHeaders } from '../../whatsapp-service/signed-http/signature.js';
import { describeWithPhp, PhpReceiver } from '../helpers/php-receiver.js';

const SYNC_PATH = '/api/whatsapp/chats/sync';
const OLD = 'd7c1f60b3e958a24b06fce71935ad82e4419cb03';
const NEW = 'whsec_q1mJ9h0sQf7Wb3VxYk2nTzL8uRc5EoPaD6gKiNwXyH4=';
const NAMES = ['Toko Budi 🛒', 'السَّلَامُ عَلَيْكُمْ', 'Siti / Gudang', 'baris\u2028baru', 'Keluarga 👨‍👩‍👧‍👦', '"kutip" \\ <b>'];

function chat(number: number): ChatPayload {
  const isGroup = number % 7 === 0;
  const name = `${NAMES[number % NAMES.length]} ${number}`;
  const jid = isGroup ? `1203630${number}@g.us` : `62812000${number}@c.us`;
  return {
    chat_id: jid,
    chat_type: isGroup ? 'group' : 'private',
    provider_type: 'webjs',
    name,
    phone: isGroup ? null : `+62812000${number}`,
    lid: null,
    unread_count: number % 5,
    last_message_at: number % 3 === 0 ? null : '2026-01-01T00:00:00.000Z',
    archived: false,
    pinned: number % 50 === 0,
    muted: false,
    ...(isGroup && { group: { group_jid: jid, subject: name, participants: [{ jid: '628111@c.us', phone: '+628111', is_admin: true }], participants_count: 1 } }),
  };
}

function batch(number: number): ChatSyncBatch {
  return zChatSyncBatch.parse({
    delivery_id: `dlv_batch_${number}`,
    sent_at: new Date().toISOString(),
    session_id: 7,
    workspace_id: null,
    sync_id: 'syn_1',
    batch: { number, last: number === 10 },
    chats: Array.from({ length: 50 }, (_, index) => chat((number - 1) * 50 + index)),
  });
}

describeWithPhp('a PHP backend', () => {
  let backend: PhpReceiver;
  const clients: BackendClient[] = [];

  beforeAll(async () => {
    backend = await PhpReceiver.start([NEW]);
  });
  afterAll(async () => {
    for (const client of clients) client.close();
    await backend.close();
  });

  function connect(secrets: string[], token: string | null = null): BackendClient {
    const client = createBackendClient({ url: backend.url, secrets, token, timeoutMs: 10_000, clock: systemClock });
    clients.push(client);
    return client;
  }

  const send = (client: BackendClient, one: ChatSyncBatch): Promise<PostOutcome> =>
    client.post(SYNC_PATH, { deliveryId: one.delivery_id, event: 'chats.sync', attempt: 1, body: JSON.stringify(one) });

  test('takes in 10 batches of 50 chats, each chat once and as it was', async () => {
    const client = connect([NEW]);
    const batches = Array.from({ length: 10 }, (_, index) => batch(index + 1));
    const outcomes = await Promise.all(batches.map((one) => send(client, one)));
    expect(outcomes.map(({ verdict, status }) => [verdict.kind, status])).toEqual(batches.map(() => ['done', 202]));
    expect(await backend.stats()).toEqual({ requests: 10, accepted: 10, duplicates: 0, bad: 0, webhooks: 0, batches: 10, chats: 500, distinct_chats: 500 });

    const arrived = backend.accepted().map(({ payload }) => payload as unknown as ChatSyncBatch);
    const inOrder = arrived.sort((a, b) => a.batch.number - b.batch.number);
    expect(inOrder).toEqual(batches);
    expect(backend.accepted().every(({ path, event, attempt }) => path === SYNC_PATH && event === 'chats.sync' && attempt === 1)).toBe(true);
  });

  test('knows a repeat by its delivery id, which is as good as done', async () => {
    const client = connect([NEW]);
    const repeated = { ...batch(1), delivery_id: 'dlv_repeated' };
    expect((await send(client, repeated)).status).toBe(202);
    expect(await send(client, repeated)).toMatchObject({ verdict: { kind: 'done' }, status: 409 });
    expect((await backend.stats()).duplicates).toBe(1);
  });

  test('of two workers with the same delivery only one takes it in', async () => {
    const client = connect([NEW]);
    const raced = { ...batch(1), delivery_id: 'dlv_raced' };
    const outcomes = await Promise.all(Array.from({ length: 6 }, () => send(client, raced)));
    expect(outcomes.map(({ status }) => status).sort()).toEqual([202, 409, 409, 409, 409, 409]);
  });

  test('gets the bearer token beside the signature', async () => {
    await send(connect([NEW], '1|sanctum'), { ...batch(1), delivery_id: 'dlv_token' });
    expect(backend.accepted().find(({ payload }) => payload.delivery_id === 'dlv_token')?.authorization).toBe('Bearer 1|sanctum');
  });

  test('refuses a sender with another secret', async () => {
    const before = await backend.stats();
    expect((await send(connect([OLD]), { ...batch(1), delivery_id: 'dlv_stranger' })).verdict).toEqual({ kind: 'unauthorized', status: 401 });
    expect(await backend.stats()).toMatchObject({ bad: before.bad + 1, accepted: before.accepted });
  });

  const body = Buffer.from(JSON.stringify({ delivery_id: 'dlv_tampered', event: 'message', data: { body: 'halo' } }));
  const good = (timestamp = Math.floor(Date.now() / 1000)): Record<string, string> =>
    signHeaders({ secrets: [NEW], deliveryId: 'dlv_tampered', body, timestamp, attempt: 1, event: 'message' });
  const without = (name: string): Record<string, string> => Object.fromEntries(Object.entries(good()).filter(([key]) => key !== name));
  const post = async (headers: Record<string, string>, bytes: Buffer): Promise<number> =>
    (await fetch(`${backend.url}/api/whatsapp/webhook`, { method: 'POST', headers, body: new Uint8Array(bytes) })).status;

  test.each([
    ['one byte of the body', () => post(good(), Buffer.from(body.toString().replace('halo', 'Halo')))],
    ['the same JSON, written again with a space', () => post(good(), Buffer.from(body.toString().replace(':', ': ')))],
    ['the id', () => post({ ...good(), 'webhook-id': 'dlv_another' }, body)],
    ['the time', () => post({ ...good(), 'webhook-timestamp': String(Math.floor(Date.now() / 1000) + 1) }, body)],
    ['a replay, six minutes old and rightly signed', () => post(good(Math.floor(Date.now() / 1000) - 360), body)],
    ['the plain signature', () => post({ ...good(), 'X-Webhook-Signature': 'f'.repeat(64) }, body)],
    ['no plain signature', () => post(without('X-Webhook-Signature'), body)],
    ['no standard signature', () => post(without('webhook-signature'), body)],
    ['no headers at all', () => post({}, body)],
  ])('answers 401 when this was changed: %s', async (_, request) => {
    const before = await backend.stats();
    expect(await request()).toBe(401);
    expect(await backend.stats()).toMatchObject({ bad: before.bad + 1, accepted: before.accepted });
  });

  test('takes the same request unchanged', async () => {
    expect(await post(good(), body)).toBe(202);
  });

  test('during a rotation, a backend that has both secrets takes the new one first', async () => {
    const rotating = await PhpReceiver.start([OLD, NEW]);
    const client = createBackendClient({ url: rotating.url, secrets: [NEW, OLD], token: null, timeoutMs: 10_000, clock: systemClock });
    try {
      expect((await send(client, batch(1))).verdict).toEqual({ kind: 'done' });
      expect(await rotating.stats()).toMatchObject({ accepted: 1, bad: 0 });
    } finally {
      client.close();
      await rotating.close();
    }
  });
});
