import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { MessageView } from '../../whatsapp-service/contracts/message-api.js';
import type { SentMessage } from '../../whatsapp-service/sandbox/hub-contract.js';
import { silentLogger, type Logger } from '../../whatsapp-service/shared/logger.js';
import { InProcessBridge, World } from '../helpers/bridge.js';
import { eventsOf, eventThat, faultsOf, rowsOf } from '../helpers/flow.js';
import { until } from '../helpers/sandbox-client.js';

let world: World;
let bridge: InProcessBridge;
let group: string;
let numbers = 0;
/** Ids of messages, each time that WhatsApp is asked about one. */
const lookUps: unknown[] = [];
const logger: Logger = { ...silentLogger, info: (text, fields) => void (text.startsWith('Looked up a message') && lookUps.push(fields?.id)), child: () => logger };

/** Somebody whom no other test writes to. */
const somebody = (): string => `62812555${String(++numbers).padStart(5, '0')}`;
const send = (to: string | number, text: string, headers: Record<string, string> = {}): Promise<MessageView> =>
  bridge.api.ok<MessageView>('POST', '/api/messages', { session_id: 'shop', to, text }, headers);
const sentTo = (phone: string): Promise<SentMessage[]> => world.hub.sent('shop', { to: `${phone}@c.us` });
const keyOf = (id: string): string => rowsOf<{ wa_key: string }>(join(world.dir, 'data'), 'select wa_key from message where id = ?', id)[0]?.wa_key ?? '';
const acksOf = (id: string): string[] => eventsOf(world.receiver, 'shop', 'message.ack').filter(({ data }) => data.id === id).map(({ data }) => data.ack_name);
const isTold = (id: string, ack: string): Promise<unknown> => eventThat(world.receiver, ['shop', 'message.ack'], ({ data }) => data.id === id && data.ack_name === ack);
const act = (action: string): Promise<unknown> => bridge.api.ok('POST', `/api/sessions/shop/${action}`);

beforeAll(async () => {
  world = await World.open();
  bridge = await InProcessBridge.start(world, { SYNC_ON_READY: 'false', SEND_ACK_TIMEOUT_MS: '800' }, { logger });
  await bridge.api.pair(world, 'shop', { seed: { chats: 6, groupShare: 0.5, participants: 3, now: Date.now() - 3_600_000 } });
  group = (await world.hub.messages('shop')).find(({ chat }) => chat.endsWith('@g.us'))?.chat ?? '';
});
afterEach(async () => {
  await world.hub.failSends('shop', 'off');
  await world.hub.autoAck('shop', 3);
});
afterAll(async () => {
  const faults = faultsOf(world.receiver);
  await bridge.stop();
  await world.close();
  expect(faults).toEqual([]);
});

describe('a text', () => {
  test('goes from queued to read, each step once in the API and once to the backend', async () => {
    await world.hub.autoAck('shop', 'off');
    const to = somebody();
    const text = 'Halo 👋🏽 kak,\n*pesanan* sudah dikirim: https://example.com/a?b=1 \u2028 "ok"';
    const accepted = await bridge.api.request<MessageView>('POST', '/api/messages', { session_id: 'shop', to: `+${to}`, text });
    expect(accepted.status).toBe(202);
    expect(accepted.body).toMatchObject({ session_id: 'shop', to: `${to}@c.us`, phone: `+${to}`, type: 'text', state: 'queued', reason: null, message_id: null, ack: null, sent_at: null });
    const { id } = accepted.body;
    const [sent] = await until(async () => ((await sentTo(to)).length > 0 ? sentTo(to) : null), { name: 'the hub has it' });
    expect(sent).toMatchObject({ body: text, type: 'chat', deliveries: 1, raw_id: keyOf(id) });
    const messageId = sent?.message_id ?? '';
    expect(await bridge.api.messageIn(id, 'sending')).toMatchObject({ attempts: 1, sent_at: null });

    const steps = [[1, 'SERVER', 'sent'], [2, 'DEVICE', 'delivered'], [3, 'READ', 'read'], [4, 'PLAYED', 'played']] as const;
    for (const [level, name, state] of steps) {
      await world.hub.ack('shop', messageId, level);
      expect(await bridge.api.messageIn(id, state)).toMatchObject({ message_id: messageId, ack: { level, name } });
      await isTold(id, name);
    }
    expect(acksOf(id)).toEqual(['SERVER', 'DEVICE', 'READ', 'PLAYED']);
    const done = await bridge.api.ok<MessageView>('GET', `/api/messages/${id}`);
    expect([done.sent_at, done.delivered_at, done.read_at].every((time) => time !== null && time >= done.created_at)).toBe(true);
    // A late and lower acknowledgement changes nothing.
    await world.hub.ack('shop', messageId, 2);
    const told = eventsOf(world.receiver, 'shop', 'message.sent').filter(({ data }) => data.message_id === messageId);
    expect(told.map(({ data }) => data)).toEqual([expect.objectContaining({ id, chat_id: `${to}@c.us`, chat_type: 'private', from_me: true, type: 'text', body: text })]);
    const first = eventsOf(world.receiver, 'shop', 'message.ack').find(({ data }) => data.id === id);
    expect(told[0]?.sequence).toBeLessThan(first?.sequence ?? 0);
    expect((await bridge.api.messageIn(id, 'played')).state).toBe('played');
  });

  test('reaches the same person, however the number is written', async () => {
    const local = '81255599887';
    const spellings = [`0812-5559-9887`, `+62 812 5559 9887`, `62${local}`, local, `(0812) 5559.9887`, Number(`62${local}`), `62${local}@c.us`, `62${local}@s.whatsapp.net`];
    const messages: MessageView[] = [];
    for (const [index, to] of spellings.entries()) messages.push(await send(to, `nomor ${index}`));
    expect(new Set(messages.map(({ to, phone }) => `${to} ${phone}`))).toEqual(new Set([`62${local}@c.us +62${local}`]));
    await bridge.api.messageIn(messages.at(-1)?.id ?? '', 'read');
    // In the order in which they were given, too.
    expect((await sentTo(`62${local}`)).map(({ body, deliveries }) => [body, deliveries])).toEqual(spellings.map((_, index) => [`nomor ${index}`, 1]));
  });

  test('reaches a group', async () => {
    const { id, phone, to } = await send(group, 'Halo semua');
    expect([phone, to]).toEqual([null, group]);
    await bridge.api.messageIn(id, 'read');
    expect(await world.hub.sent('shop', { chat: group })).toMatchObject([{ body: 'Halo semua', deliveries: 1, raw_id: keyOf(id) }]);
    const { data } = await eventThat(world.receiver, ['shop', 'message.sent'], (event) => event.data.id === id);
    expect(data).toMatchObject({ chat_id: group, chat_type: 'group', group_jid: group });
    await isTold(id, 'READ');
  });

  test('of 65,536 characters goes out whole', async () => {
    const to = somebody();
    const text = 'panjang '.repeat(8_192);
    await bridge.api.messageIn((await send(to, text)).id, 'read');
    expect((await sentTo(to))[0]?.body).toBe(text);
  });

  test('to another session of this service arrives there', async () => {
    const { phone } = await bridge.api.pair(world, 'branch');
    const { id } = await send(phone ?? '', 'untuk cabang');
    await bridge.api.messageIn(id, 'read');
    const { data } = await eventThat(world.receiver, ['branch', 'message']);
    expect(data).toMatchObject({ body: 'untuk cabang', from_me: false, from: { phone: (await bridge.api.session('shop')).phone } });
    await bridge.api.ok('DELETE', '/api/sessions/branch');
  });
});

describe('an Idempotency-Key', () => {
  test('answers a repeated request with the first message, and refuses another body', async () => {
    const to = somebody();
    const headers = { 'Idempotency-Key': 'order-1001' };
    const body = { session_id: 'shop', to, text: 'sekali saja' };
    const answers = await Promise.all(Array.from({ length: 5 }, () => bridge.api.request<MessageView>('POST', '/api/messages', body, headers)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 200, 202]);
    expect(new Set(answers.map((answer) => answer.body.id)).size).toBe(1);
    const other = await bridge.api.request<{ error: { code: string } }>('POST', '/api/messages', { ...body, text: 'lain' }, headers);
    expect([other.status, other.body.error.code]).toEqual([409, 'idempotency_key_reused']);
    await bridge.api.messageIn(answers[0]?.body.id ?? '', 'read');
    expect(await bridge.api.request<MessageView>('POST', '/api/messages', body, headers)).toMatchObject({ status: 200, body: { state: 'read' } });
    expect(await sentTo(to)).toHaveLength(1);
  });

  test('without one the same request makes two messages', async () => {
    const to = somebody();
    const [first, second] = [await send(to, 'dua kali'), await send(to, 'dua kali')];
    expect(first.id).not.toBe(second.id);
    await bridge.api.messageIn(second.id, 'read');
    expect(await sentTo(to)).toHaveLength(2);
  });
});

describe('a message that cannot go out', () => {
  test('because the number is not on WhatsApp fails at once and is not sent', async () => {
    await world.hub.unregister('62899');
    const { id } = await send('0899-1234-5678', 'halo?');
    expect(await bridge.api.messageIn(id, 'failed')).toMatchObject({ reason: { code: 'number_not_on_whatsapp' }, attempts: 1, message_id: null });
    expect(await sentTo('6289912345678')).toEqual([]);
    // It holds up nobody.
    await bridge.api.messageIn((await send(somebody(), 'berikutnya')).id, 'read');
  });

  test('because the account is not in the group fails, and says so', async () => {
    const { id } = await send('120363999999999999@g.us', 'halo?');
    expect(await bridge.api.messageIn(id, 'failed')).toMatchObject({ reason: { code: 'chat_not_found' } });
  });

  test('because WhatsApp refuses it fails after the last attempt, all under one id', async () => {
    await world.hub.failSends('shop', 'error');
    const to = somebody();
    const { id } = await send(to, 'ditolak');
    expect(await bridge.api.messageIn(id, 'failed')).toMatchObject({ reason: { code: 'send_failed' }, attempts: 3 });
    expect(await sentTo(to)).toMatchObject([{ raw_id: keyOf(id), attempts: 3, deliveries: 0 }]);
    await isTold(id, 'ERROR');
  });

  test('waits while its session does not work, with its id chosen already, and goes out when it does', async () => {
    await act('stop');
    const to = somebody();
    const messages = [await send(to, 'satu'), await send(to, 'dua'), await send(to, 'tiga')];
    const keys = messages.map(({ id }) => keyOf(id));
    for (const key of keys) expect(key).toMatch(/^3EB0[0-9A-F]{18}$/);
    await act('start');
    await bridge.api.messageIn(messages[2]?.id ?? '', 'read');
    expect((await sentTo(to)).map(({ body, raw_id: raw, deliveries }) => [body, raw, deliveries])).toEqual([['satu', keys[0], 1], ['dua', keys[1], 1], ['tiga', keys[2], 1]]);
    expect(await bridge.api.ok('GET', `/api/messages/${messages[0]?.id}`)).toMatchObject({ state: 'read', attempts: 1 });
  });
});

describe('a message is delivered once', () => {
  test('when WhatsApp refuses it at first', async () => {
    await world.hub.failSends('shop', 'error');
    const to = somebody();
    const { id } = await send(to, 'coba lagi');
    await until(async () => (await sentTo(to))[0]?.attempts === 1 || null, { name: 'a refused attempt' });
    await world.hub.failSends('shop', 'off');
    expect((await bridge.api.messageIn(id, 'read')).attempts).toBeGreaterThan(1);
    expect(await sentTo(to)).toMatchObject([{ raw_id: keyOf(id), deliveries: 1 }]);
    await isTold(id, 'READ');
    // What was tried again with success was no error.
    expect(acksOf(id)).toEqual(['SERVER', 'DEVICE', 'READ']);
    expect(eventsOf(world.receiver, 'shop', 'message.sent').filter(({ data }) => data.id === id)).toHaveLength(1);
  });

  test('when the page never hears that it was', async () => {
    await world.hub.failSends('shop', 'lost_ack');
    await world.hub.autoAck('shop', 'off');
    const to = somebody();
    const { id } = await send(to, 'tanpa kabar');
    await until(async () => (await sentTo(to))[0]?.deliveries === 1 || null, { name: 'a delivery' });
    await world.hub.failSends('shop', 'off');
    await act('restart');
    await bridge.api.inState('shop', 'WORKING');
    await world.hub.ack('shop', (await sentTo(to))[0]?.message_id ?? '', 3);
    await bridge.api.messageIn(id, 'read');
    expect(await sentTo(to)).toMatchObject([{ raw_id: keyOf(id), deliveries: 1, attempts: 1 }]);
  });

  test('when the page never hears that it was, and nothing else happens: WhatsApp is asked by itself, ever more seldom, until it tells', async () => {
    await world.hub.failSends('shop', 'lost_ack');
    await world.hub.autoAck('shop', 'off');
    const to = somebody();
    const { id } = await send(to, 'sendirian');
    const times = (): number => lookUps.filter((asked) => asked === id).length;
    const since = performance.now();
    await until(() => times() >= 3, { name: 'WhatsApp is asked three times' });
    // 800 ms after the send, 800 after the first time, and then after as long as it has waited.
    expect(times()).toBeLessThanOrEqual(2 + Math.log2((performance.now() - since) / 800));
    expect(await bridge.api.messageIn(id, 'sending')).toMatchObject({ attempts: 1 });
    await world.hub.failSends('shop', 'off');
    await world.hub.autoAck('shop', 3);
    await bridge.api.messageIn((await send(somebody(), 'sesudahnya')).id, 'read');
    const before = times();
    await world.hub.ack('shop', (await sentTo(to))[0]?.message_id ?? '', 3);
    await bridge.api.messageIn(id, 'read');
    expect(await sentTo(to)).toMatchObject([{ raw_id: keyOf(id), deliveries: 1, attempts: 1 }]);
    expect(times() - before).toBeLessThanOrEqual(1);
  });

  test('when WhatsApp does not answer, and the session is restarted', async () => {
    await world.hub.failSends('shop', 'hang');
    const to = somebody();
    const { id } = await send(to, 'digantung');
    await until(async () => (await sentTo(to))[0]?.attempts === 1 || null, { name: 'an unanswered attempt' });
    expect(await bridge.api.messageIn(id, 'sending')).toMatchObject({ attempts: 1 });
    await world.hub.failSends('shop', 'off');
    await act('restart');
    await bridge.api.messageIn(id, 'read');
    expect(await sentTo(to)).toMatchObject([{ raw_id: keyOf(id), deliveries: 1 }]);
  });

  test('when the connection is lost during the send', async () => {
    const to = somebody();
    await world.hub.loseConnection('shop');
    await bridge.api.inState('shop', 'STARTING');
    const waiting = await send(to, 'saat terputus');
    await world.hub.restoreConnection('shop');
    await bridge.api.inState('shop', 'WORKING');
    await bridge.api.messageIn(waiting.id, 'read');
    // This one is in the page's hands when the connection goes.
    await world.hub.slowPage('shop', 300);
    const under = await send(to, 'sedang dikirim');
    await bridge.api.messageIn(under.id, 'sending');
    await world.hub.loseConnection('shop');
    await bridge.api.inState('shop', 'STARTING');
    expect((await sentTo(to)).map(({ body }) => body)).toEqual(['saat terputus']);
    await world.hub.restoreConnection('shop');
    await world.hub.slowPage('shop', 0);
    await bridge.api.messageIn(under.id, 'read');
    expect(await sentTo(to)).toMatchObject([{ raw_id: keyOf(waiting.id), deliveries: 1 }, { raw_id: keyOf(under.id), deliveries: 1 }]);
    await isTold(under.id, 'READ');
  });

  test('when the service is stopped and started again in between', async () => {
    await world.hub.failSends('shop', 'lost_ack');
    const to = somebody();
    const { id } = await send(to, 'sebelum berhenti');
    await until(async () => (await sentTo(to))[0]?.deliveries === 1 || null, { name: 'a delivery' });
    const next = await send(to, 'sesudah mulai');
    await bridge.stop();
    await world.hub.failSends('shop', 'off');
    bridge = await InProcessBridge.start(world, { SYNC_ON_READY: 'false', SEND_ACK_TIMEOUT_MS: '800' });
    await bridge.api.messageIn(id, 'read');
    await bridge.api.messageIn(next.id, 'read');
    const sent = await sentTo(to);
    expect(sent.map(({ raw_id: raw }) => raw)).toEqual([keyOf(id), keyOf(next.id)]);
    expect(sent.map(({ deliveries }) => deliveries)).toEqual([1, 1]);
  });
});
