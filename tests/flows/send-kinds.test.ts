import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { EVENTS } from '../../whatsapp-service/contracts/payloads.js';
import type { MessageView } from '../../whatsapp-service/contracts/message-api.js';
import type { BridgeApi} from '../helpers/bridge.js';
import { InProcessBridge, TEST_KEY, World } from '../helpers/bridge.js';
import { until } from '../helpers/sandbox-client.js';

const PNG = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');
const OGG = Buffer.concat([Buffer.from('OggS\0\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\x13OpusHead\x01\x01', 'latin1'), Buffer.alloc(2_000)]);
const PDF = Buffer.concat([Buffer.from('%PDF-1.7\n'), Buffer.alloc(3_000, 0x20), Buffer.from('%%EOF')]);
const base64 = (bytes: Buffer, mimetype: string, filename?: string) => ({ base64: bytes.toString('base64'), mimetype, ...(filename && { filename }) });

describe('sending every kind', () => {
  let world: World;
  let bridge: InProcessBridge;
  let api: BridgeApi;
  const to = '0812-9876-5432';
  const jid = '6281298765432@c.us';
  beforeAll(async () => {
    world = await World.open();
    bridge = await InProcessBridge.start(world, { SYNC_ON_READY: 'false' });
    api = bridge.api;
    await api.pair(world, 'sales', { seed: { chats: 20 } });
  });
  afterAll(async () => {
    await bridge.stop();
    await world.close();
  });

  const send = (body: object, headers?: Record<string, string>): Promise<MessageView> => api.ok<MessageView>('POST', '/api/messages?wait=sent', { session_id: 'sales', ...body }, headers);
  const onHub = async (message: MessageView) => (await world.hub.sent('sales')).find((sent) => sent.message_id === message.message_id);
  const sentWebhook = (message: MessageView) =>
    until(() => world.receiver.webhooks('message.sent').find((hook) => hook.data.id === message.id), { name: `message.sent of ${message.id}` });

  test.each([
    ['text', { type: 'text', text: 'halo' }, 'chat'],
    ['image', { type: 'image', media: base64(PNG, 'image/png'), caption: 'Ini ya' }, 'image'],
    ['voice', { type: 'voice', media: base64(OGG, 'audio/ogg') }, 'ptt'],
    ['document', { type: 'document', media: base64(PDF, 'application/pdf', 'invoice.pdf'), caption: 'Invoice' }, 'document'],
    ['sticker', { type: 'sticker', media: base64(PNG, 'image/png') }, 'sticker'],
    ['location', { type: 'location', latitude: -6.1754, longitude: 106.8272, name: 'Monas' }, 'location'],
    ['contact', { type: 'contact', contacts: [{ name: 'Gudang', phone: '0813-1111-2222' }] }, 'vcard'],
    ['contacts', { type: 'contact', contacts: [{ name: 'A', phone: '0813-1111-2222' }, { name: 'B', phone: '0813-1111-3333' }] }, 'multi_vcard'],
    ['poll', { type: 'poll', question: 'Kapan?', options: ['Senin', 'Selasa'] }, 'poll_creation'],
  ])('%s goes out once, and is told of', async (_kind, body, rawType) => {
    const message = await send({ to, ...body });
    expect(['sent', 'delivered', 'read']).toContain(message.state);
    expect(await onHub(message)).toMatchObject({ to: jid, type: rawType, deliveries: 1, attempts: 1 });
    const hook = await sentWebhook(message);
    EVENTS['message.sent'].parse(hook.data);
    expect(hook.data).toMatchObject({ message_id: message.message_id, type: body.type, from_me: true });
  });

  test('to a group', async () => {
    const group = (await world.hub.messages('sales')).find((message) => message.chat.endsWith('@g.us'))!.chat;
    const message = await send({ to: group, text: 'semua' });
    expect(await onHub(message)).toMatchObject({ chat: group, deliveries: 1 });
  });

  test('a reply quotes, by our id and by WhatsApp’s', async () => {
    const first = await send({ to, text: 'pertama' });
    const reply = await send({ to, text: 'kedua', quoted_message_id: first.id });
    expect((await sentWebhook(reply)).data).toMatchObject({ quoted: { message_id: first.message_id } });
    expect(await onHub(reply)).toMatchObject({ deliveries: 1 });
  });

  test('mentions, typing and seen do not change what goes out', async () => {
    const message = await send({ to, text: 'hai @6281311112222', mentions: ['0813-1111-2222'], typing: true, seen: true });
    expect((await sentWebhook(message)).data).toMatchObject({ body: 'hai @6281311112222', mentions: [{ jid: '6281311112222@c.us', phone: '+6281311112222' }] });
  });

  test('a message is edited, reacted to and deleted for everyone', async () => {
    const message = await send({ to, text: 'salah' });
    const told = (event: string, data: object) =>
      until(() => world.receiver.webhooks(event).some((hook) => hook.data.message_id === message.message_id && Object.entries(data).every(([key, value]) => hook.data[key] === value)), { name: event });
    expect((await send({ type: 'edit', message_id: message.id, text: 'benar' })).state).toBe('sent');
    await told('message.edited', { body: 'benar', previous_body: 'salah', from_me: true });
    expect((await send({ type: 'reaction', message_id: message.id, emoji: '👍' })).state).toBe('sent');
    await told('message.reaction', { reaction: '👍' });
    expect((await send({ type: 'delete', message_id: message.id })).state).toBe('sent');
    await told('message.revoked', { from_me: true });
    expect(await onHub(message)).toMatchObject({ deliveries: 1 });
  });

  test('somebody else’s message can be reacted to, and not edited', async () => {
    const { message_ids: [inbound] } = await world.hub.inbound('sales', { from: '6281298765432', body: 'halo' });
    await until(() => world.receiver.webhooks('message').some((hook) => hook.data.message_id === inbound), { name: 'the inbound message' });
    expect((await send({ type: 'reaction', message_id: inbound, emoji: '🙏' })).state).toBe('sent');
    expect(await send({ type: 'edit', message_id: inbound, text: 'x' })).toMatchObject({ state: 'failed', reason: { code: 'message_not_editable' } });
    expect(await send({ type: 'edit', message_id: 'true_6281298765432@c.us_3EB0FFFFFFFFFFFFFFFF', text: 'x' })).toMatchObject({ state: 'failed', reason: { code: 'message_not_found' } });
  });

  test('a file as a part of a form; the same form again sends nothing', async () => {
    const path = join(world.dir, 'gambar.png');
    await writeFile(path, PNG);
    const post = async (): Promise<Response> => {
      const form = new FormData();
      form.set('session_id', 'sales');
      form.set('type', 'image');
      form.set('to', to);
      form.set('caption', 'dari formulir');
      form.set('file', new Blob([PNG], { type: 'image/png' }), 'gambar.png');
      return fetch(`${api.url}/api/messages?wait=sent`, { method: 'POST', headers: { 'X-Api-Key': TEST_KEY, 'Idempotency-Key': 'form-1' }, body: form });
    };
    const first = await post();
    expect(first.status).toBe(202);
    const message = (await first.json()) as MessageView;
    expect(await onHub(message)).toMatchObject({ type: 'image', deliveries: 1 });
    const second = await post();
    expect(second.status).toBe(200);
    expect(((await second.json()) as MessageView).id).toBe(message.id);
  });

  test('a number that is not on WhatsApp fails with its reason, and the backend hears of it', async () => {
    await world.hub.unregister('62899');
    const message = await send({ to: '+62 899 1234 5678', text: 'halo' });
    expect(message).toMatchObject({ state: 'failed', reason: { code: 'number_not_on_whatsapp' } });
    const hook = await until(() => world.receiver.webhooks('message.ack').find((ack) => ack.data.id === message.id), { name: 'the failure as an ack' });
    expect(EVENTS['message.ack'].parse(hook.data)).toMatchObject({ ack: -1, message_id: null, reason: { state: 'failed', code: 'number_not_on_whatsapp' } });
  });

  test('a session that does not work: queue, refuse, cancel, and too old', async () => {
    await api.ok('POST', '/api/sessions/sales/stop');
    const refused = await api.request('POST', '/api/messages', { session_id: 'sales', to, text: 'x', if_not_working: 'refuse' });
    expect(refused).toMatchObject({ status: 409, body: { error: { code: 'session_wrong_state', details: { state: 'STOPPED' } } } });
    const kept = await api.ok<MessageView>('POST', '/api/messages', { session_id: 'sales', to, text: 'kept' });
    const cancelled = await api.ok<MessageView>('POST', '/api/messages', { session_id: 'sales', to, text: 'cancelled' });
    const old = await api.ok<MessageView>('POST', '/api/messages', { session_id: 'sales', to, text: 'old', max_age_seconds: 1 });
    expect(await api.ok('POST', `/api/messages/${cancelled.id}/cancel`)).toMatchObject({ state: 'cancelled' });
    expect(await api.request('POST', `/api/messages/${cancelled.id}/cancel`)).toMatchObject({ status: 409, body: { error: { code: 'message_not_cancellable' } } });
    await until(() => Date.parse(old.expires_at) < Date.now(), { name: 'its age' });
    await api.ok('POST', '/api/sessions/sales/start');
    await api.inState('sales', 'WORKING');
    await api.messageIn(kept.id, 'read');
    expect(await api.messageIn(old.id, 'failed')).toMatchObject({ reason: { code: 'expired' } });
    const bodies = (await world.hub.sent('sales')).map((sent) => sent.body);
    expect(bodies).toContain('kept');
    expect(bodies).not.toContain('cancelled');
    expect(bodies).not.toContain('old');
  });

  test('higher priorities go first, and the list pages', async () => {
    await api.ok('POST', '/api/sessions/sales/stop');
    for (const priority of ['low', 'normal', 'high', 'low', 'normal', 'high']) await api.ok('POST', '/api/messages', { session_id: 'sales', to: '0812 7777 6666', text: priority, priority });
    const queued = await api.ok<{ messages: MessageView[]; next_cursor: string | null }>('GET', '/api/messages?session_id=sales&state=queued&to=081277776666&limit=4');
    expect(queued.messages).toHaveLength(4);
    const rest = await api.ok<{ messages: MessageView[]; next_cursor: string | null }>('GET', `/api/messages?session_id=sales&state=queued&limit=4&cursor=${queued.next_cursor ?? ''}`);
    expect(rest.messages).toHaveLength(2);
    expect(rest.next_cursor).toBeNull();
    await api.ok('POST', '/api/sessions/sales/start');
    await api.inState('sales', 'WORKING');
    const sent = await until(async () => {
      const all = (await world.hub.sent('sales')).filter((message) => message.to === '6281277776666@c.us');
      return all.length === 6 && all;
    });
    expect(sent.map((message) => message.body)).toEqual(['high', 'high', 'normal', 'normal', 'low', 'low']);
  });
});
