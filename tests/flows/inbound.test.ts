import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { EventData, EventName, MessageData } from '../../whatsapp-service/contracts/payloads.js';
import type { InboundSpec } from '../../whatsapp-service/sandbox/hub-contract.js';
import { InProcessBridge, World } from '../helpers/bridge.js';
import { eventsOf, eventThat, faultsOf, hubWithScript, messageThat } from '../helpers/flow.js';
import { until } from '../helpers/sandbox-client.js';

const FROM = '6285700001111';
const PERSON = { jid: `${FROM}@c.us`, lid: null, phone: `+${FROM}` };

/** A minute ago: newer than any margin of the catch-up, older than a pairing of this test. */
const BEFORE = Date.now() - 60_000;

/** The simulated phones do not forward: the page marks what begins so as WhatsApp Web marks a forwarded message. */
const FORWARDED = `(() => {
  let own;
  const marked = (msg) => (String(msg.body).startsWith('Diteruskan: ') ? { ...msg, isForwarded: true } : msg);
  Object.defineProperty(window, 'onAddMessageEvent', { configurable: true, get: () => own, set: (bridge) => { own = (msg) => bridge(marked(msg)); } });
})();`;

let world: World;
let bridge: InProcessBridge;
/** JID of the account that most tests write to. */
let me: string;
/** A group of four, the account among them. */
let group: string;

const bring = async (spec: InboundSpec, session = 'shop'): Promise<MessageData> => {
  const { message_ids: ids } = await world.hub.inbound(session, spec);
  return (await messageThat(world.receiver, session, ids[0])).data;
};
const about = async <N extends EventName>(name: N, matches: (data: EventData<N>) => boolean): Promise<EventData<N>> =>
  (await eventThat(world.receiver, ['shop', name], (event) => matches(event.data as EventData<N>))).data;
const idsOf = (session: string): string[] => eventsOf(world.receiver, session, 'message').map(({ data }) => data.message_id);
/** Sequence numbers of everything that came from a session, sorted; each once. */
const sequencesOf = (session: string): number[] => {
  const webhooks = world.receiver.webhooks().filter(({ session_id: id }) => id === session);
  expect(new Set(webhooks.map(({ event_id: id }) => id)).size).toBe(webhooks.length);
  return webhooks.map(({ sequence }) => sequence).sort((a, b) => a - b);
};
const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

beforeAll(async () => {
  world = await World.open();
  bridge = await InProcessBridge.start(world, { SYNC_ON_READY: 'false' }, { hub: hubWithScript(world.hub, FORWARDED) });
  await bridge.api.pair(world, 'shop', { seed: { chats: 10, groupShare: 0.3, participants: 4 } });
  me = (await world.hub.state('shop')).wid ?? '';
  group = (await world.hub.messages('shop')).find(({ chat }) => chat.endsWith('@g.us'))?.chat ?? '';
});
afterAll(async () => {
  const faults = faultsOf(world.receiver);
  await bridge.stop();
  await world.close();
  expect(faults).toEqual([]);
});

describe('a message', () => {
  test('of a person', async () => {
    const data = await bring({ from: FROM, body: 'Halo *kak* 👋', pushname: 'Rina', at: 1_760_000_000_000 });
    expect(data).toEqual({
      message_id: expect.stringMatching(new RegExp(`^false_${FROM}@c\\.us_[0-9A-F]+$`)), chat_id: `${FROM}@c.us`, chat_type: 'private', group_jid: null,
      from: { ...PERSON, name: 'Rina' }, author: null, to: me, from_me: false, type: 'text', raw_type: 'chat', body: 'Halo *kak* 👋',
      timestamp: '2025-10-09T08:53:20.000Z', mentions: [], forwarded: false,
    });
  });

  test('in a group, with its writer and its participants', async () => {
    const data = await bring({ chat: group, body: 'di grup' });
    expect(data).toMatchObject({ chat_id: group, chat_type: 'group', group_jid: group, participants_count: 4, from: { jid: group, phone: null }, from_me: false, type: 'text', body: 'di grup' });
    expect(data.group_name).toMatch(/\w/);
    expect(data.participants).toHaveLength(4);
    expect(data.participants).toContainEqual({ jid: me, phone: `+${me.split('@')[0]}`, is_admin: expect.any(Boolean) });
    expect(data.participants?.map(({ jid }) => jid)).toContain(data.author?.jid);
    expect(data.author?.phone).toBe(`+${data.author?.jid.split('@')[0]}`);
  });

  test.each([
    ['image', 'image', { mimetype: 'image/jpeg', size: 2_048, width: 1, height: 1, duration: null, filename: null }],
    ['video', 'video', { mimetype: 'video/mp4', size: 8_192, width: 640, height: 360, duration: 5, filename: null }],
    ['audio', 'audio', { mimetype: 'audio/mpeg', size: 4_096, duration: 7 }],
    ['ptt', 'voice', { mimetype: 'audio/ogg; codecs=opus', duration: 3 }],
    ['document', 'document', { mimetype: 'application/pdf', filename: 'dokumen.pdf' }],
    ['sticker', 'sticker', { mimetype: 'image/webp', width: 512, height: 512 }],
  ])('that is a %s, with its metadata', async (kind, type, media) => {
    for (const chat of [`${FROM}@c.us`, group]) {
      const data = await bring({ chat, type: kind, media: { caption: 'Lihat ini' } });
      expect(data).toMatchObject({ chat_id: chat, type, raw_type: kind, body: 'Lihat ini', media: { ...media, caption: 'Lihat ini', sha256: expect.stringMatching(/^[\w+/]{43}=$/) } });
    }
    expect(await bring({ from: FROM, type: kind })).toMatchObject({ body: null, media: { caption: null } });
  });

  test('that is a location, a contact, several contacts, or a poll', async () => {
    const place = await bring({ from: FROM, type: 'location', location: { latitude: -6.2, longitude: 106.8, name: 'Monas', address: 'Jakarta', url: 'https://example.com/monas' } });
    expect(place).toMatchObject({ type: 'location', body: null, location: { latitude: -6.2, longitude: 106.8, description: 'Monas\nJakarta', url: 'https://example.com/monas' } });
    const one = await bring({ chat: group, type: 'contact', contacts: [{ name: 'Siti', phone: '6281311110000' }] });
    expect(one).toMatchObject({ type: 'contact', raw_type: 'vcard', body: null, contacts: [{ name: 'Siti', vcard: expect.stringContaining('waid=6281311110000') }] });
    const several = await bring({ from: FROM, type: 'multi_contact' });
    expect(several).toMatchObject({ type: 'contacts', raw_type: 'multi_vcard', contacts: [{ name: 'Budi Santoso' }, { name: 'Siti Rahayu' }] });
    const poll = await bring({ chat: group, type: 'poll', poll: { name: 'Kapan kumpul?', options: ['Sabtu', 'Minggu'] } });
    expect(poll).toMatchObject({ type: 'poll', raw_type: 'poll_creation', body: 'Kapan kumpul?' });
  });

  test('that answers another one names it', async () => {
    for (const chat of [`${FROM}@c.us`, group]) {
      const original = await bring({ chat, body: 'masih ada?' });
      const reply = await bring({ chat, body: 'masih', quoted: original.message_id });
      expect(reply.quoted).toEqual({ message_id: original.message_id, author: (original.author ?? original.from).jid, type: 'text', body: 'masih ada?' });
      const picture = await bring({ chat, type: 'image', media: { caption: 'merah' } });
      expect((await bring({ chat, body: 'bagus', quoted: picture.message_id })).quoted).toMatchObject({ message_id: picture.message_id, type: 'image' });
      const { message_ids: own } = await world.hub.inbound('shop', { chat, body: 'dari ponsel', fromMe: true });
      expect((await bring({ chat, body: 'oke', quoted: own[0] })).quoted).toMatchObject({ message_id: own[0], author: me });
    }
  });

  test('that mentions people names them', async () => {
    const data = await bring({ chat: group, body: 'hai @6281200001111', mentions: ['6281200001111', me] });
    expect(data.mentions).toEqual([{ jid: '6281200001111@c.us', phone: '+6281200001111' }, { jid: me, phone: `+${me.split('@')[0]}` }]);
  });

  test('that was forwarded says so', async () => {
    expect(await bring({ from: FROM, body: 'Diteruskan: promo' })).toMatchObject({ body: 'Diteruskan: promo', forwarded: true });
    expect(await bring({ from: FROM, body: 'promo' })).toMatchObject({ forwarded: false });
  });

  test("of a kind that nobody knows comes with WhatsApp's word for it; notices of WhatsApp itself do not come", async () => {
    await world.hub.inbound('shop', { from: FROM, type: 'e2e_notification' });
    expect(await bring({ from: FROM, type: 'hologram', body: 'dari masa depan' })).toMatchObject({ type: 'hologram', raw_type: 'hologram', body: 'dari masa depan' });
    expect(eventsOf(world.receiver, 'shop', 'message').filter(({ data }) => data.raw_type === 'e2e_notification')).toEqual([]);
  });

  test("written on the account's own phone is message.sent, without an id of ours", async () => {
    for (const chat of [`${FROM}@c.us`, group]) {
      const { message_ids: [id] } = await world.hub.inbound('shop', { chat, body: 'saya balas dari ponsel', fromMe: true });
      const sent = await about('message.sent', (data) => data.message_id === id);
      expect(sent).toMatchObject({ id: null, chat_id: chat, from_me: true, type: 'text', body: 'saya balas dari ponsel' });
      expect(idsOf('shop')).not.toContain(id);
    }
  });
});

describe('what happens to messages, groups and calls', () => {
  test('an edit and a revocation', async () => {
    const { message_id: id, chat_id: chat } = await bring({ from: FROM, body: 'besok jam 10' });
    await world.hub.edit('shop', id, 'besok jam 11');
    expect(await about('message.edited', (data) => data.message_id === id)).toMatchObject({ chat_id: chat, from_me: false, body: 'besok jam 11', previous_body: 'besok jam 10' });
    await world.hub.edit('shop', id, 'besok jam 12');
    expect(await about('message.edited', (data) => data.message_id === id && data.body === 'besok jam 12')).toMatchObject({ previous_body: 'besok jam 11' });
    await world.hub.revoke('shop', id);
    expect(await about('message.revoked', (data) => data.message_id === id)).toMatchObject({ chat_id: chat, from_me: false });
    expect(eventsOf(world.receiver, 'shop', 'message.edited').filter(({ data }) => data.message_id === id)).toHaveLength(2);
  });

  test('a reaction, and the same taken back', async () => {
    for (const chat of [`${FROM}@c.us`, group]) {
      const { message_id: id, from, author } = await bring({ chat, body: 'siap' });
      const sender = (author ?? from).jid;
      await world.hub.react('shop', id, { emoji: '👍', from: sender });
      expect(await about('message.reaction', (data) => data.message_id === id)).toMatchObject({ chat_id: chat, reaction: '👍', sender: { jid: sender } });
      await world.hub.react('shop', id, { emoji: '', from: sender });
      await about('message.reaction', (data) => data.message_id === id && data.reaction === null);
    }
  });

  test('people who join and leave a group, and its new subject', async () => {
    const [first, second] = ['6281299900001', '6281299900002'];
    await world.hub.groupJoin('shop', { group, participants: [first, second], by: me });
    const joined = await about('group.join', (data) => data.group_jid === group);
    expect(joined).toMatchObject({ action: 'add', author: { jid: me }, recipients: [{ jid: `${first}@c.us`, phone: `+${first}` }, { jid: `${second}@c.us` }] });
    expect(await bring({ chat: group, body: 'selamat datang' })).toMatchObject({ participants_count: 6 });
    await world.hub.groupLeave('shop', { group, participants: [first] });
    expect(await about('group.leave', (data) => data.action === 'leave')).toMatchObject({ group_jid: group, recipients: [{ jid: `${first}@c.us` }] });
    await world.hub.groupLeave('shop', { group, participants: [second], by: me });
    expect(await about('group.leave', (data) => data.action === 'remove')).toMatchObject({ author: { jid: me }, recipients: [{ jid: `${second}@c.us` }] });
    await world.hub.groupUpdate('shop', { group, subject: 'Arisan Baru', by: me });
    expect(await about('group.update', (data) => data.action === 'subject')).toMatchObject({ group_jid: group, body: 'Arisan Baru', author: { jid: me } });
    expect(await bring({ chat: group, body: 'nama baru' })).toMatchObject({ group_name: 'Arisan Baru', participants_count: 4 });
    expect(eventsOf(world.receiver, 'shop', 'message').filter(({ data }) => data.raw_type === 'gp2')).toEqual([]);
  });

  test('a call', async () => {
    const { call_id: voice } = await world.hub.call('shop', { from: FROM });
    expect(await about('call', (data) => data.call_id === voice)).toMatchObject({ from: { jid: `${FROM}@c.us`, phone: `+${FROM}` }, is_video: false, is_group: false });
    const { call_id: video } = await world.hub.call('shop', { from: FROM, video: true });
    expect(await about('call', (data) => data.call_id === video)).toMatchObject({ is_video: true });
  });
});

describe('nothing is lost, nothing comes twice', () => {
  test('a burst of 2,000 messages over 50 chats keeps the order of each chat', async () => {
    await bridge.api.pair(world, 'burst', { seed: { chats: 50, groupShare: 0.2, participants: 3, now: BEFORE } });
    const { message_ids: ids } = await world.hub.inbound('burst', { count: 2_000, spread: 50, body: 'ramai' });
    await world.receiver.waitFor((receiver) => (receiver.counts().byEvent.message ?? 0) >= 2_000 && idsOf('burst').length >= 2_000, { what: '2,000 messages', timeoutMs: 40_000 });
    const arrived = idsOf('burst');
    expect(new Set(arrived)).toEqual(new Set(ids));
    expect(arrived).toHaveLength(2_000);
    const chatOf = (id: string): string => id.split('_')[1] ?? '';
    const chats = [...new Set(ids.map(chatOf))];
    expect(chats).toHaveLength(50);
    for (const chat of chats) expect(arrived.filter((id) => chatOf(id) === chat)).toEqual(ids.filter((id) => chatOf(id) === chat));
    const sequences = sequencesOf('burst');
    expect(sequences).toEqual(upTo(sequences.length));
    // Within a chat the numbers rise, too.
    for (const events of world.receiver.perChatOrder().values()) {
      const numbers = events.map(({ sequence }) => sequence);
      expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
    }
  });

  test('what came while the session was stopped is caught up in its order, once; what was there before the pairing is not', async () => {
    await bridge.api.pair(world, 'away', { seed: { chats: 5, groupShare: 0.4, participants: 3, messagesPerChat: 2, now: BEFORE } });
    // WhatsApp dates messages in whole seconds: those of the second of the pairing may be the account's past.
    const paired = Date.now();
    await until(() => Date.now() >= Math.ceil(paired / 1000) * 1000);
    const before = await bring({ from: FROM, body: 'sebelum' }, 'away');
    await bridge.api.ok('POST', '/api/sessions/away/stop');
    const missed: string[] = [];
    for (const body of ['satu', 'dua', 'tiga']) missed.push(...(await world.hub.inbound('away', { from: FROM, body })).message_ids);
    const { message_ids: quiet } = await world.hub.inbound('away', { from: '6285700002222', body: 'diam-diam', offline: true, count: 3 });
    const { message_ids: own } = await world.hub.inbound('away', { from: FROM, body: 'dari ponsel', fromMe: true });
    await bridge.api.ok('POST', '/api/sessions/away/start');
    await bridge.api.inState('away', 'WORKING');
    const after = await bring({ from: FROM, body: 'sesudah' }, 'away');
    await eventThat(world.receiver, ['away', 'message.sent'], ({ data }) => data.message_id === own[0]);
    await world.receiver.waitFor(() => idsOf('away').length >= 8, { what: 'eight messages' });
    const inChat = (person: string): string[] => idsOf('away').filter((id) => id.includes(person));
    expect(inChat(FROM)).toEqual([before.message_id, ...missed, after.message_id]);
    expect(inChat('6285700002222')).toEqual(quiet);
    expect(idsOf('away')).toHaveLength(8);

    // And once more, with nothing new.
    await bridge.api.ok('POST', '/api/sessions/away/restart');
    await bridge.api.inState('away', 'WORKING');
    const last = await bring({ from: FROM, body: 'terakhir' }, 'away');
    expect(idsOf('away')).toHaveLength(9);
    expect(idsOf('away').at(-1)).toBe(last.message_id);
    const sequences = sequencesOf('away');
    expect(sequences).toEqual(upTo(sequences.length));
  });
});

describe('an account that knows people by LID', () => {
  beforeAll(async () => {
    await bridge.api.pair(world, 'lid', { lidMode: true, seed: { chats: 4, groupShare: 0.5, participants: 4, unmappableShare: 0 } });
  });

  test('tells the phone number beside the LID where WhatsApp knows it', async () => {
    const data = await bring({ from: FROM, body: 'halo' }, 'lid');
    expect(data.message_id).toMatch(/^false_\d{15}@lid_/);
    expect(data).toMatchObject({ chat_id: `${FROM}@c.us`, from: { jid: `${FROM}@c.us`, phone: `+${FROM}`, lid: expect.stringMatching(/^\d{15}@lid$/) } });
    const inGroup = await bring({ group: true, from: FROM, mentions: [FROM], body: 'halo semua' }, 'lid');
    expect(inGroup).toMatchObject({ author: { jid: `${FROM}@c.us`, phone: `+${FROM}`, lid: data.from.lid }, mentions: [{ jid: `${FROM}@c.us`, phone: `+${FROM}` }] });
    expect(inGroup.participants?.every(({ phone }) => phone !== null)).toBe(true);
    const reply = await bring({ from: FROM, body: 'balas', quoted: data.message_id }, 'lid');
    expect(reply.quoted).toMatchObject({ message_id: data.message_id, author: `${FROM}@c.us` });
  });

  test('tells the LID alone where it does not', async () => {
    const data = await bring({ unmappable: true, from: '6285700003333', body: 'tersembunyi' }, 'lid');
    expect(data.from).toMatchObject({ jid: data.chat_id, lid: data.chat_id, phone: null });
    expect(data.chat_id).toMatch(/@lid$/);
    // And is answered under it.
    const { id } = await bridge.api.ok<{ id: string }>('POST', '/api/messages', { session_id: 'lid', to: data.chat_id, text: 'siapa ini?' });
    expect(await bridge.api.messageIn(id, 'read')).toMatchObject({ to: data.chat_id, phone: null });
    expect(await world.hub.sent('lid', { to: data.chat_id })).toMatchObject([{ chat: data.chat_id, body: 'siapa ini?', deliveries: 1 }]);
  });

  test('has one chat with a person, whichever id a message or its fate comes under', async () => {
    const inbound = await bring({ from: FROM, body: 'masih ada?' }, 'lid');
    const { id } = await bridge.api.ok<{ id: string }>('POST', '/api/messages', { session_id: 'lid', to: FROM, text: 'masih' });
    expect(await bridge.api.messageIn(id, 'read')).toMatchObject({ to: `${FROM}@c.us`, phone: `+${FROM}` });
    const ack = await eventThat(world.receiver, ['lid', 'message.ack'], ({ data }) => data.id === id && data.ack_name === 'READ');
    expect(ack.data.chat_id).toBe(inbound.chat_id);
    expect((await eventThat(world.receiver, ['lid', 'message.sent'], ({ data }) => data.id === id)).data.chat_id).toBe(inbound.chat_id);
    const [sent, ...more] = await world.hub.sent('lid', { to: `${FROM}@c.us` });
    expect(more).toEqual([]);
    expect(sent).toMatchObject({ to: `${FROM}@c.us`, deliveries: 1, chat: inbound.message_id.split('_')[1] });
  });
});
