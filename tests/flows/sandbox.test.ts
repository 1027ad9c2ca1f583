import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { HubClient } from '../../whatsapp-service/sandbox/hub-client.js';
import { SandboxHub } from '../../whatsapp-service/sandbox/sandbox-hub.js';
import {
  inPage, Location, MessageMedia, pairedClient, Poll, sandboxClient, startHubProcess, tempDir, until, type HubProcess, type Message, type SandboxClient,
} from '../helpers/sandbox-client.js';

const dir = tempDir();
const authDir = `${dir.path}/auth`;
let hub: SandboxHub;
const running: SandboxClient[] = [];

/** Stopped after the test. */
const kept = (client: SandboxClient): SandboxClient => {
  running.push(client);
  return client;
};
const paired = async (sessionId: string, chats = 6): Promise<SandboxClient> => {
  await hub.seed(sessionId, { chats, participants: 4 });
  return kept(await pairedClient(hub, { sessionId, authDir }));
};
const messages = (client: SandboxClient, event = 'message'): Message[] => client.of(event).map(([message]) => message as Message);
const byId = (client: SandboxClient, id: string, event = 'message'): Promise<Message> =>
  until(() => messages(client, event).find((message) => message.id._serialized === id), { name: `${event} ${id}` });

beforeAll(async () => {
  hub = await SandboxHub.open({ dataDir: `${dir.path}/hub` });
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((client) => client.stop()));
});
afterAll(async () => {
  await hub.close();
  dir.remove();
});

describe('linking', () => {
  test('shows a QR of five fields, refreshes it, idles, and is ready once it is scanned', async () => {
    await hub.settings('link', { qr_refresh_ms: 100, qr_max_refreshes: 2 });
    const client = kept(await sandboxClient(hub, { sessionId: 'link', authDir }));
    await client.start();
    await until(() => client.of('qr').length >= 1);
    for (const [qr] of client.of('qr')) expect(String(qr).split(',')).toHaveLength(5);
    await until(async () => (await hub.state('link')).page_state === 'UNPAIRED_IDLE');
    await expect(hub.scanQr('link')).rejects.toMatchObject({ code: 'not_waiting_for_scan' });
    const before = client.of('qr').length;
    await hub.settings('link', { qr_refresh_ms: 20_000 });
    await inPage(client, "window.require('WAWebLaunchSocketUtils').refreshQR()");
    await until(() => client.of('qr').length > before);
    expect(new Set(client.of('qr').map(([qr]) => qr)).size).toBe(client.of('qr').length);
    const scanned = await hub.scanQr('link', { phone: '6281234567890', pushname: 'Toko Budi' });
    expect(scanned).toMatchObject({ wid: '6281234567890@c.us', new_account: true });
    await until(() => client.of('ready')[0]);
    expect(client.client.info).toMatchObject({ pushname: 'Toko Budi', wid: { _serialized: '6281234567890@c.us' } });
    expect(await hub.state('link')).toMatchObject({ paired: true, connected: true, page_state: 'CONNECTED', has_synced: true });
  });

  test('links with a pairing code', async () => {
    const client = kept(await sandboxClient(hub, { sessionId: 'code', authDir }));
    await client.start();
    await until(() => client.of('qr')[0]);
    const code = await client.client.requestPairingCode('6281299990000');
    expect(code).toMatch(/^[A-Z0-9]{8}$/);
    expect((await hub.state('code')).pairing_code).toBe(code);
    await hub.scanQr('code', { phone: '6281299990000' });
    await until(() => client.of('ready')[0]);
  });

  test('comes back without a QR after a killed browser, with what arrived meanwhile in its chats', async () => {
    const first = await paired('restore');
    first.kill();
    await until(async () => !(await hub.state('restore')).connected);
    const { message_ids: ids } = await hub.inbound('restore', { from: '6281311112222', body: 'offline', count: 3 });
    const again = kept(await sandboxClient(hub, { sessionId: 'restore', authDir }));
    await again.start();
    await until(() => again.of('ready')[0]);
    expect(again.of('qr')).toHaveLength(0);
    expect(again.of('message')).toHaveLength(0);
    const chat = await inPage<{ unread: number; keys: string[] }>(again, `(() => { const chat = window.require('WAWebCollections').Chat.get('6281311112222@c.us');
      return { unread: chat.unreadCount, keys: chat.msgs.getModelsArray().map((msg) => msg.id._serialized) }; })()`);
    expect(chat).toEqual({ unread: 3, keys: [ids[2]] });
    const found = await (await again.client.getChatById('6281311112222@c.us')).fetchMessages({ limit: 3 });
    expect(found.map((message) => message.id._serialized)).toEqual(ids);
  });

  test('a remote logout brings a new QR, and the library\'s own logout forgets the device', async () => {
    const client = await paired('logout');
    await hub.logoutFromPhone('logout');
    await until(() => client.of('disconnected')[0]);
    expect(client.of('disconnected')).toEqual([['LOGOUT']]);
    await until(() => client.of('qr').length > 1);
    expect((await hub.state('logout')).paired).toBe(false);
    await hub.scanQr('logout');
    await until(() => client.of('ready').length === 2);
    await client.client.logout();
    expect((await hub.state('logout')).paired).toBe(false);
    expect(existsSync(`${authDir}/session-logout`)).toBe(false);
  });

  test('an early hasSynced is never heard of', async () => {
    await (await paired('early')).stop();
    await hub.earlyHasSynced('early', true);
    const client = kept(await sandboxClient(hub, { sessionId: 'early', authDir }));
    await client.start();
    await until(async () => (await hub.state('early')).page_state === 'CONNECTED');
    expect(await inPage(client, "window.require('WAWebSocketModel').Socket.hasSynced")).toBe(true);
    expect(await inPage(client, "window.require('WAWebCollections').Chat.length")).toBe(6);
    expect(client.of('ready')).toHaveLength(0);
    expect(client.of('authenticated')).toHaveLength(0);
  });

  test('a banned number is cut off and cannot be linked', async () => {
    const client = await paired('ban');
    await hub.ban('ban');
    await until(() => client.of('disconnected')[0]);
    expect(client.of('disconnected')).toEqual([['TOS_BLOCK']]);
    const again = kept(await sandboxClient(hub, { sessionId: 'ban', authDir }));
    await again.start();
    await until(() => again.of('qr')[0]);
    await expect(hub.scanQr('ban')).rejects.toMatchObject({ code: 'account_banned' });
  });
});

describe('receiving', () => {
  test('every kind of message', async () => {
    const client = await paired('kinds');
    const bring = async (spec: Parameters<typeof hub.inbound>[1]): Promise<Message> => byId(client, (await hub.inbound('kinds', spec)).message_ids[0] ?? '');
    const from = '6285700001111';
    const text = await bring({ from, body: 'Halo *kak*', pushname: 'Rina' });
    expect(text).toMatchObject({ body: 'Halo *kak*', type: 'chat', from: `${from}@c.us`, fromMe: false, hasMedia: false });
    expect(text.to).toBe((await hub.state('kinds')).wid);
    expect((await text.getContact()).pushname).toBe('Rina');
    const group = await bring({ group: true, body: 'di grup' });
    expect(group.from).toMatch(/@g\.us$/);
    expect(group.author).toMatch(/^62\d+@c\.us$/);
    const reply = await bring({ from, body: 'balas', quoted: text.id._serialized });
    expect(reply.hasQuotedMsg).toBe(true);
    expect((await reply.getQuotedMessage()).id._serialized).toBe(text.id._serialized);
    expect((await bring({ group: true, body: 'hai @6281200001111', mentions: ['6281200001111'] })).mentionedIds).toEqual(['6281200001111@c.us']);
    const contact = await bring({ from, type: 'contact', contacts: [{ name: 'Siti', phone: '6281311110000' }] });
    expect(contact.type).toBe('vcard');
    expect(contact.vCards[0]).toContain('waid=6281311110000');
    expect((await bring({ from, type: 'multi_contact' })).vCards).toHaveLength(2);
    const location = await bring({ from, type: 'location', location: { latitude: -6.2, longitude: 106.8, name: 'Monas', address: 'Jakarta' } });
    expect(location.location).toMatchObject({ latitude: -6.2, longitude: 106.8, name: 'Monas', address: 'Jakarta' });
    const poll = await bring({ from, type: 'poll', poll: { name: 'Kapan?', options: ['Sabtu', 'Minggu'] } });
    expect(poll).toMatchObject({ type: 'poll_creation', pollName: 'Kapan?' });
    expect((await bring({ from, type: 'something_new', body: '?' })).type).toBe('something_new');
    const own = (await hub.inbound('kinds', { from, fromMe: true, body: 'dari HP' })).message_ids[0] ?? '';
    expect((await byId(client, own, 'message_create')).fromMe).toBe(true);
    expect(messages(client).some((message) => message.id._serialized === own)).toBe(false);
  });

  test('media, and its bytes', async () => {
    const client = await paired('media');
    for (const type of ['image', 'video', 'audio', 'ptt', 'document', 'sticker']) {
      const { message_ids: [id = ''] } = await hub.inbound('media', { from: '6285700002222', type, media: { size: 70_000, ...(type === 'image' ? { caption: 'foto' } : {}) } });
      const message = await byId(client, id);
      expect(message).toMatchObject({ type, hasMedia: true, body: type === 'image' ? 'foto' : '' });
      const media = await message.downloadMedia();
      const bytes = Buffer.from(media.data, 'base64');
      expect(bytes).toHaveLength(70_000);
      expect(createHash('sha256').update(bytes).digest('base64')).toBe((message.rawData as { filehash: string }).filehash);
      expect(media.filename).toBe(type === 'document' ? 'dokumen.pdf' : undefined);
    }
    const { message_ids: [gone = ''] } = await hub.inbound('media', { from: '6285700002222', type: 'image', media: { missing: true } });
    expect(await (await byId(client, gone)).downloadMedia()).toBeUndefined();
  });

  test('edits, deletions, reactions, changes of groups and calls', async () => {
    const client = await paired('changes');
    const { message_ids: [id = ''], chats: [chat = ''] } = await hub.inbound('changes', { from: '6285700003333', body: 'salah' });
    await byId(client, id);
    await hub.edit('changes', id, 'benar');
    await until(() => client.of('message_edit')[0]);
    expect(client.of('message_edit')[0]?.slice(1)).toEqual(['benar', 'salah']);
    await hub.react('changes', id, { emoji: '👍' });
    expect(await until(() => client.of('message_reaction')[0]?.[0])).toMatchObject({ reaction: '👍', senderId: chat, msgId: { _serialized: id } });
    await hub.revoke('changes', id);
    expect((await until(() => client.of('message_revoke_everyone')[0]?.[0]) as Message).id._serialized).toBe(id);
    const group = (await client.client.getChats()).find((found) => found.isGroup)?.id._serialized ?? '';
    await hub.groupJoin('changes', { group, participants: ['6281999990000'], by: '6281999990001' });
    expect(await until(() => client.of('group_join')[0]?.[0])).toMatchObject({ chatId: group, recipientIds: ['6281999990000@c.us'], author: '6281999990001@c.us', type: 'add' });
    await hub.groupLeave('changes', { group, participants: ['6281999990000'] });
    expect(await until(() => client.of('group_leave')[0]?.[0])).toMatchObject({ chatId: group, recipientIds: ['6281999990000@c.us'], type: 'leave' });
    await hub.groupUpdate('changes', { group, subject: 'Nama baru' });
    expect(await until(() => client.of('group_update')[0]?.[0])).toMatchObject({ chatId: group, body: 'Nama baru', type: 'subject' });
    expect((await client.client.getChatById(group)).name).toBe('Nama baru');
    const { call_id: callId } = await hub.call('changes', { from: '6285700003333' });
    expect(await until(() => client.of('call')[0]?.[0])).toMatchObject({ id: callId, from: '6285700003333@c.us', isVideo: false });
  });

  test('LID mode: people come under their LID, most with a phone number behind it', async () => {
    await hub.seed('lid', { chats: 40, lidMode: true, unmappableShare: 0.5 });
    const client = kept(await pairedClient(hub, { sessionId: 'lid', authDir }));
    const phones = await inPage<(string | null)[]>(client, `window.require('WAWebCollections').Chat.filter((chat) => !chat.isGroup)
      .map((chat) => { if (!chat.id.isLid()) throw new Error(chat.id); return window.require('WAWebLidMigrationUtils').toPn(chat.id)?.toString() ?? null; })`);
    expect(phones).toHaveLength(28);
    expect(phones.filter((phone) => phone?.startsWith('628')).length).toBeGreaterThan(0);
    expect(phones.every((phone) => phone === null || /^628\d+@c\.us$/.test(phone))).toBe(true);
    expect((await hub.inbound('lid', { unmappable: true, body: 'siapa?' })).chats[0]).toMatch(/^\d{15}@lid$/);
    const { message_ids: [id = ''] } = await hub.inbound('lid', { from: '6285700004444', body: 'halo' });
    const message = await byId(client, id);
    expect(message.from).toMatch(/^\d{15}@lid$/);
    const sent = await client.client.sendMessage('6285700004444@c.us', 'hai', { waitUntilMsgSent: true });
    expect(sent.to).toBe(message.from);
    expect(await hub.sent('lid')).toMatchObject([{ chat: message.from, to: '6285700004444@c.us', deliveries: 1 }]);
  });
});

describe('sending', () => {
  test('every kind, acknowledged 1, 2, 3 and delivered once', async () => {
    const client = await paired('send');
    const to = '6281388880000@c.us';
    const send = (content: Parameters<typeof client.client.sendMessage>[1], options?: Parameters<typeof client.client.sendMessage>[2]): Promise<Message> => client.client.sendMessage(to, content, options);
    const text = await send('satu');
    expect(text).toMatchObject({ fromMe: true, body: 'satu', to });
    expect(text.id.id).toMatch(/^3EB0[0-9A-F]{18}$/);
    await until(() => client.of('message_ack').length === 3);
    expect(client.of('message_ack').map(([, ack]) => ack)).toEqual([1, 2, 3]);
    expect((await send('dua', { quotedMessageId: text.id._serialized })).hasQuotedMsg).toBe(true);
    const bytes = Buffer.from('isi berkas '.repeat(1000));
    const media = await send(new MessageMedia('application/pdf', bytes.toString('base64'), 'nota.pdf'), { caption: 'nota' });
    expect(media).toMatchObject({ type: 'document', hasMedia: true, body: 'nota' });
    expect(Buffer.from((await media.downloadMedia()).data, 'base64').equals(bytes)).toBe(true);
    await send(new Location(-6.2, 106.8, { name: 'Toko' }));
    await send(new Poll('Mau?', ['Ya', 'Tidak']));
    await send('BEGIN:VCARD\nVERSION:3.0\nFN:Budi\nTEL;waid=628123:+628123\nEND:VCARD');
    const group = (await client.client.getChats()).find((chat) => chat.isGroup)?.id._serialized ?? '';
    expect((await client.client.sendMessage(group, 'grup')).id._serialized).toMatch(/^true_\d+@g\.us_3EB0[0-9A-F]{18}_62\d+@c\.us$/);
    const sent = await until(async () => {
      const list = await hub.sent('send');
      return list.length === 7 && list.every((one) => one.ack === 3) && list;
    });
    expect(sent.map((one) => one.type)).toEqual(['chat', 'chat', 'document', 'location', 'poll_creation', 'vcard', 'chat']);
    expect(sent.map((one) => [one.deliveries, one.attempts])).toEqual(sent.map(() => [1, 1]));
    await text.edit('satu!');
    await until(() => client.of('message_edit')[0]);
    await text.react('🙏');
    expect(await until(() => client.of('message_reaction')[0]?.[0])).toMatchObject({ reaction: '🙏' });
    await text.delete(true);
    expect((await until(() => client.of('message_revoke_everyone')[0]?.[0]) as Message).id._serialized).toBe(text.id._serialized);
    await hub.unregister('62999');
    expect(await client.client.getNumberId('6281388880000')).toMatchObject({ _serialized: to });
    expect(await client.client.getNumberId('6299912345')).toBeNull();
    await expect(client.client.sendMessage('6299912345@c.us', 'x')).rejects.toThrow('No LID for user');
  });

  test('the same id twice is one delivery', async () => {
    const client = await paired('twice');
    const [first, second] = await inPage<string[]>(client, `(async () => {
      const MsgKey = window.require('WAWebMsgKey'); const id = await MsgKey.newId(); MsgKey.newId = async () => id;
      const { chat } = await window.require('WAWebFindChatAction').findOrCreateLatestChat(window.require('WAWebWidFactory').createWid('6281377770000@c.us'));
      const send = async () => (await window.WWebJS.sendMessage(chat, 'sekali', { waitUntilMsgSent: true })).id._serialized;
      return [await send(), await send()]; })()`);
    expect(first).toBe(second);
    expect(await hub.sent('twice')).toMatchObject([{ message_id: first, to: '6281377770000@c.us', deliveries: 1, attempts: 2 }]);
    await client.stop();
    const again = kept(await sandboxClient(hub, { sessionId: 'twice', authDir }));
    await again.start();
    await until(() => again.of('ready')[0]);
    expect((await again.client.getMessageById(first ?? ''))?.body).toBe('sekali');
  });

  test('what is sent while the connection is lost goes out when it is back', async () => {
    const client = await paired('lost');
    const { message_ids: [before = ''] } = await hub.inbound('lost', { from: '6281366660000', body: 'ada?' });
    await byId(client, before);
    await hub.loseConnection('lost');
    await until(() => client.of('change_state').some(([state]) => state === 'TIMEOUT'));
    const message = await client.client.sendMessage('6281366660000@c.us', 'tunggu');
    expect(message.ack).toBe(0);
    const { message_ids: [missed = ''] } = await hub.inbound('lost', { from: '6281366660000', body: 'halo?' });
    expect(await hub.sent('lost')).toEqual([]);
    await hub.restoreConnection('lost');
    await byId(client, missed);
    await until(async () => (await hub.sent('lost'))[0]?.ack === 3);
    expect(await hub.sent('lost')).toMatchObject([{ message_id: message.id._serialized, deliveries: 1, attempts: 1 }]);
    await until(() => client.of('change_state').some(([state]) => state === 'CONNECTED'));
    expect(client.of('change_state').map(([state]) => state)).toEqual(['TIMEOUT', 'CONNECTED']);
  });

  test('sends can fail, hang, or be delivered without an answer', async () => {
    const client = await paired('fail');
    const to = '6281355550000@c.us';
    await hub.failSends('fail', 'error');
    const failed = await client.client.sendMessage(to, 'gagal');
    await until(() => client.of('message_ack').some(([message, ack]) => (message as Message).id._serialized === failed.id._serialized && ack === -1));
    await hub.failSends('fail', 'hang');
    const hanging = await client.client.sendMessage(to, 'gantung');
    await until(async () => (await hub.sent('fail')).length === 2);
    await hub.failSends('fail', 'lost_ack');
    const unanswered = await client.client.sendMessage(to, 'sampai');
    await until(async () => (await hub.sent('fail')).length === 3);
    expect((await hub.sent('fail')).map((sent) => sent.deliveries)).toEqual([0, 0, 1]);
    await hub.failSends('fail', 'off');
    await hub.loseConnection('fail', 1);
    await until(async () => (await hub.sent('fail')).every((sent) => sent.message_id === failed.id._serialized || sent.ack === 3));
    expect((await hub.sent('fail')).map(({ message_id: id, deliveries, attempts }) => ({ id, deliveries, attempts }))).toEqual([
      { id: failed.id._serialized, deliveries: 0, attempts: 1 },
      { id: hanging.id._serialized, deliveries: 1, attempts: 2 },
      { id: unanswered.id._serialized, deliveries: 1, attempts: 2 },
    ]);
  });

  test('a page that keeps what it could not send sends it when it starts again, once', async () => {
    const client = await paired('unsent');
    const { message_ids: [before = ''] } = await hub.inbound('unsent', { from: '6281355550000', body: 'ada?' });
    await byId(client, before);
    await hub.settings('unsent', { keep_unsent: true, fail_sends: 'hang' });
    const message = await client.client.sendMessage('6281355550000@c.us', 'nanti');
    await until(async () => (await hub.sent('unsent')).length === 1);
    client.kill();
    const again = kept(await sandboxClient(hub, { sessionId: 'unsent', authDir }));
    await again.start();
    await until(() => again.of('ready')[0]);
    expect((await again.client.getMessageById(message.id._serialized))?.ack).toBe(0);
    await hub.failSends('unsent', 'off');
    await hub.loseConnection('unsent', 1);
    await until(async () => (await hub.sent('unsent'))[0]?.ack === 3);
    expect(await hub.sent('unsent')).toMatchObject([{ message_id: message.id._serialized, deliveries: 1, attempts: 3 }]);
  });

  test('one account of the hub writes to another', async () => {
    const [anna, beno] = [await paired('anna'), await paired('beno')];
    const sent = await anna.client.sendMessage((await hub.state('beno')).wid ?? '', 'halo Beno');
    const got = await until(() => messages(beno)[0]);
    expect(got).toMatchObject({ body: 'halo Beno', from: (await hub.state('anna')).wid, id: { id: sent.id.id } });
  });
});

describe('trouble', () => {
  test('a conflict ends the client; one that takes over goes on', async () => {
    const client = await paired('conflict');
    await hub.conflict('conflict');
    await until(() => client.of('disconnected')[0]);
    expect(client.of('disconnected')).toEqual([['CONFLICT']]);
    await until(() => client.client.pupBrowser?.connected === false);
    const other = kept(await pairedClient(hub, { sessionId: 'conflict', authDir, client: { takeoverOnConflict: true, takeoverTimeoutMs: 10 } }));
    await hub.conflict('conflict');
    const { message_ids: [id = ''] } = await hub.inbound('conflict', { body: 'saat konflik' });
    await byId(other, id);
    await until(() => other.of('change_state').length === 2);
    expect(other.of('change_state').map(([state]) => state)).toEqual(['CONFLICT', 'CONNECTED']);
  });

  test('a hung page answers nothing until it is free; a slow one answers late', async () => {
    const client = await paired('hang');
    await hub.hangPage('hang', 600);
    const asked = Date.now();
    expect(await client.client.getState()).toBe('CONNECTED');
    expect(Date.now() - asked).toBeGreaterThan(400);
    await hub.slowPage('hang', 200);
    const slow = Date.now();
    await client.client.getNumberId('6281344440000');
    expect(Date.now() - slow).toBeGreaterThanOrEqual(380);
  });

  test('nothing leaves the machine, and nothing else on it is reached', async () => {
    const connections: string[] = [];
    const other = createServer((socket) => {
      connections.push('tcp');
      socket.destroy();
    });
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    const client = await paired('leak');
    const errors: (string | undefined)[] = [];
    client.client.pupPage?.on('requestfailed', (request) => errors.push(request.failure()?.errorText));
    const urls = ['https://example.com/', 'https://www.whatsapp.com/', 'https://1.1.1.1/', `http://127.0.0.1:${port}/`, `http://localhost:${port}/`, `https://127.0.0.1:${hub.pagePort}/`];
    const outcome = (code: string): Promise<string> =>
      inPage(client, `new Promise((resolve) => { const [ok, no] = [() => resolve('reached'), () => resolve('failed')]; try { ${code} } catch { no(); } })`);
    for (const url of urls) {
      expect([url, await outcome(`fetch('${url}', { mode: 'no-cors' }).then(ok, no)`)]).toEqual([url, 'failed']);
      expect([url, await outcome(`const image = new Image(); image.onload = ok; image.onerror = no; image.src = '${url}favicon.png'`)]).toEqual([url, 'failed']);
      expect([url, await outcome(`const socket = new WebSocket('${url.replace('http', 'ws')}'); socket.onopen = ok; socket.onerror = no`)]).toEqual([url, 'failed']);
    }
    await until(() => errors.length >= 2 * urls.length);
    expect(new Set(errors)).toEqual(new Set(['net::ERR_NAME_NOT_RESOLVED']));
    expect(connections).toEqual([]);
    expect(await outcome("fetch('https://web.whatsapp.com/favicon.ico').then(ok, no)")).toBe('reached');
    await new Promise((resolve) => other.close(resolve));
  });
});

test('20,000 chats and a burst of 5,000 messages', async () => {
  const seeded = await hub.seed('big', { chats: 20_000 });
  expect(seeded).toEqual({ chats: 20_000, groups: 6_000, messages: 20_000 });
  // Without this the library asks for the whole chat again with every message.
  const client = kept(await sandboxClient(hub, { sessionId: 'big', authDir, script: 'window.onChatUnreadCountEvent = () => {};' }));
  await client.start();
  await until(() => client.of('qr')[0]);
  await hub.scanQr('big');
  await until(() => client.of('ready')[0]);
  expect(await inPage(client, "window.require('WAWebCollections').Chat.length")).toBe(20_000);
  const { message_ids: ids } = await hub.inbound('big', { body: 'ramai', count: 5_000, spread: 300 });
  await until(() => client.of('message').length >= 5_000, { timeoutMs: 40_000 });
  expect(messages(client).map((message) => message.id._serialized)).toEqual(ids);
  expect((await hub.messages('big')).slice(-5_000).map((message) => message.message_id)).toEqual(ids);
});

describe('a hub in a process of its own', () => {
  let child: HubProcess | undefined;
  afterEach(() => child?.kill());

  const startHub = async (): Promise<HubClient> => {
    child = await startHubProcess(`${dir.path}/own-hub`);
    return HubClient.connect(child);
  };

  test('is driven in the same way, and keeps what it has committed through a kill', async () => {
    const first = await startHub();
    await expect(first.scanQr('far')).rejects.toMatchObject({ code: 'not_waiting_for_scan' });
    const client = kept(await pairedClient(first, { sessionId: 'far', authDir }));
    await client.client.sendMessage('6281322220000@c.us', 'sebelum', { waitUntilMsgSent: true });
    child?.kill();
    await until(() => client.of('change_state').some(([state]) => state === 'TIMEOUT'));
    const second = await startHub();
    await until(() => client.of('change_state').some(([state]) => state === 'CONNECTED'));
    const { message_ids: [id = ''] } = await second.inbound('far', { from: '6281322220000', body: 'sesudah' });
    await byId(client, id);
    await until(async () => (await second.sent('far'))[0]?.ack === 3);
    expect(await second.sent('far')).toMatchObject([{ body: 'sebelum', deliveries: 1, attempts: 1 }]);
    await client.stop();
  });
});
