import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { zChatList, zChatMessageList, zContact, type ChatListView, type ChatMessageListView, type ContactView } from '../../whatsapp-service/contracts/chat-api.js';
import type { ChatPayload } from '../../whatsapp-service/contracts/payloads.js';
import { BridgeApi, InProcessBridge, World } from '../helpers/bridge.js';
import { messageThat } from '../helpers/flow.js';
import { until } from '../helpers/sandbox-client.js';

interface ErrorBody {
  error: { code: string; details?: { fields?: { field: string }[] } };
}

let world: World;
let bridge: InProcessBridge;

const pathOf = (session: string, rest: string, query: Record<string, string | number> = {}): string => {
  const search = new URLSearchParams(Object.entries(query).map(([name, value]): [string, string] => [name, String(value)])).toString();
  return `/api/sessions/${session}/${rest}${search && `?${search}`}`;
};
const chats = async (session: string, query: Record<string, string | number> = {}): Promise<ChatListView> => zChatList.strict().parse(await bridge.api.ok('GET', pathOf(session, 'chats', query)));
const messages = async (session: string, chat: string, query: Record<string, string | number> = {}): Promise<ChatMessageListView> =>
  zChatMessageList.strict().parse(await bridge.api.ok('GET', pathOf(session, `chats/${encodeURIComponent(chat)}/messages`, query)));
const refused = async (path: string, api: BridgeApi = bridge.api): Promise<[number, string]> => {
  const { status, body } = await api.request<ErrorBody>('GET', path);
  return [status, body.error.code];
};

/** Every page of a list, one after the other; `between` happens after each. */
async function walk(session: string, query: Record<string, string | number>, between: (page: ChatPayload[]) => Promise<void> = () => Promise.resolve()): Promise<ChatPayload[][]> {
  const pages: ChatPayload[][] = [];
  let cursor: string | null = null;
  do {
    const page: ChatListView = await chats(session, { ...query, ...(cursor !== null && { cursor }) });
    pages.push(page.chats);
    cursor = page.next_cursor;
    await between(page.chats);
  } while (cursor !== null && pages.length < 100);
  return pages;
}
const idsOf = (pages: ChatPayload[][]): string[] => pages.flat().map((chat) => chat.chat_id);

beforeAll(async () => {
  world = await World.open();
  bridge = await InProcessBridge.start(world, { SYNC_ON_READY: 'false' });
  await bridge.api.pair(world, 'sales', { seed: { chats: 120, groupShare: 0.25, participants: 6, messagesPerChat: 3 } });
});
afterAll(async () => {
  await bridge.stop();
  await world.close();
});

describe('a list of chats', () => {
  test('comes by page, newest first, each chat once', async () => {
    const pages = await walk('sales', { limit: 50 });
    expect(pages.map((page) => page.length)).toEqual([50, 50, 20]);
    expect(new Set(idsOf(pages)).size).toBe(120);
    const times = pages.flat().map((chat) => chat.last_message_at ?? '');
    expect(times).toEqual(times.toSorted().reverse());
    const group = pages.flat().find((chat) => chat.chat_type === 'group');
    expect(group?.group).toMatchObject({ participants_count: 6 });
    expect(group?.group).not.toHaveProperty('participants');
    expect(pages[0]?.[0]?.last_message?.body).toBeTruthy();
  });

  test('keeps its order while chats move: none is left out, none comes twice', async () => {
    const before = idsOf(await walk('sales', { limit: 200 }));
    // The page's last chats jump to the top, and so does one that was given already; a new one appears.
    const movers = [before.at(-1), before.at(-30), before[3]].map((id) => id ?? '');
    const pages = await walk('sales', { limit: 20 }, async (page) => {
      if (page[0]?.chat_id !== before[0]) return;
      for (const chat of movers) await messageThat(world.receiver, 'sales', (await world.hub.inbound('sales', { chat, body: 'pindah' })).message_ids[0]);
      await messageThat(world.receiver, 'sales', (await world.hub.inbound('sales', { from: '6281700000001' })).message_ids[0]);
    });
    expect(idsOf(pages)).toEqual(before);
    const after = idsOf(await walk('sales', { limit: 200 }));
    expect(after).toHaveLength(121);
    expect(new Set(after.slice(0, 4))).toEqual(new Set([...movers, '6281700000001@c.us']));
  });

  test('goes on after a restart of the page from the last chat that was given', async () => {
    const first = await chats('sales', { limit: 40 });
    await bridge.api.ok('POST', '/api/sessions/sales/restart');
    await bridge.api.inState('sales', 'WORKING');
    const rest = await walk('sales', { limit: 100, cursor: first.next_cursor ?? '' }).then((pages) => pages.flat());
    const second = await chats('sales', { limit: 200, cursor: first.next_cursor ?? '' });
    expect(rest.slice(0, 81)).toEqual(second.chats);
    expect(new Set([...first.chats, ...second.chats].map((chat) => chat.chat_id)).size).toBe(121);
  });

  test('is searched by name and by number, in any case and spelling', async () => {
    const all = (await chats('sales', { limit: 200 })).chats;
    const person = all.find((chat) => chat.chat_type === 'private' && chat.name?.includes(' '));
    const [given = ''] = person?.name?.split(' ') ?? [];
    const byName = await chats('sales', { search: given.toUpperCase(), limit: 200 });
    expect(byName.chats.map((chat) => chat.chat_id)).toEqual(all.filter((chat) => chat.name?.toLowerCase().includes(given.toLowerCase())).map((chat) => chat.chat_id));
    expect(byName.chats.length).toBeGreaterThan(1);
    const phone = person?.phone ?? '';
    for (const search of [phone, `0${phone.slice(3, 6)}-${phone.slice(6)}`, phone.slice(1), phone.slice(5)]) {
      expect((await chats('sales', { search })).chats.map((chat) => chat.chat_id)).toEqual([person?.chat_id]);
    }
    expect((await chats('sales', { search: 'tidak ada' })).chats).toEqual([]);
  });

  test('is filtered by kind, unread and archived, also together and page by page', async () => {
    const all = (await chats('sales', { limit: 200 })).chats;
    const expected = (test: (chat: ChatPayload) => boolean): string[] => all.filter(test).map((chat) => chat.chat_id);
    const got = async (query: Record<string, string | number>): Promise<string[]> => idsOf(await walk('sales', { limit: 7, ...query }));
    expect(await got({ type: 'group' })).toEqual(expected((chat) => chat.chat_type === 'group'));
    expect(await got({ type: 'private', unread: 'true' })).toEqual(expected((chat) => chat.chat_type === 'private' && chat.unread_count > 0));
    expect(await got({ archived: '1' })).toEqual(expected((chat) => chat.archived));
    expect((await got({ archived: 'true' })).length).toBeGreaterThan(0);
    expect((await got({ archived: '0', unread: '0' })).length).toBe(expected((chat) => !chat.archived && chat.unread_count === 0).length);
  });

  test('a cursor is for its own filter and session only', async () => {
    const { next_cursor: cursor } = await chats('sales', { limit: 5, type: 'group' });
    expect(await refused(pathOf('sales', 'chats', { limit: 5, cursor: cursor ?? '' }))).toEqual([400, 'invalid_request']);
    expect(await refused(pathOf('sales', 'chats', { cursor: 'AAAA' }))).toEqual([400, 'invalid_request']);
    expect(await refused(pathOf('sales', 'chats', { limit: 0 }))).toEqual([400, 'invalid_request']);
  });

  test('5,000 chats: the whole list comes, once each', async () => {
    await bridge.api.pair(world, 'large', { seed: { chats: 5_000, participants: 3 } });
    const pages = await walk('large', { limit: 200 });
    expect([pages.length, new Set(idsOf(pages)).size]).toEqual([25, 5_000]);
    await bridge.api.ok('POST', '/api/sessions/large/stop');
  });
});

describe('one chat', () => {
  test('by any spelling of its number, or by its JID', async () => {
    await world.hub.inbound('sales', { from: '6281234567890', pushname: 'Budi', body: 'Masih ada?' });
    for (const spelling of ['0812-3456-7890', '+6281234567890', '6281234567890@c.us']) {
      expect(await bridge.api.ok('GET', pathOf('sales', `chats/${encodeURIComponent(spelling)}`))).toMatchObject({ chat_id: '6281234567890@c.us', phone: '+6281234567890', last_message: { body: 'Masih ada?' } });
    }
    const { chats: [group] } = await chats('sales', { type: 'group' });
    expect(await bridge.api.ok('GET', pathOf('sales', `chats/${group?.chat_id}`))).toEqual(group);
  });

  test('none is told as such', async () => {
    expect(await refused(pathOf('sales', 'chats/081299999999'))).toEqual([404, 'chat_not_found']);
    expect(await refused(pathOf('sales', 'chats/081299999999/messages'))).toEqual([404, 'chat_not_found']);
    expect(await refused(pathOf('sales', 'chats/budi'))).toEqual([400, 'invalid_phone']);
    expect(await refused(pathOf('nobody', 'chats'))).toEqual([404, 'session_not_found']);
  });
});

describe("a chat's messages", () => {
  test('come by page to the very first, newest first, also when new ones come meanwhile', async () => {
    const from = '6281399999999';
    const { message_ids: ids } = await world.hub.inbound('sales', { from, body: 'pesan', count: 180 });
    await messageThat(world.receiver, 'sales', ids.at(-1));
    // Anew: the page then knows the last one only, and has the others loaded.
    await bridge.api.ok('POST', '/api/sessions/sales/restart');
    await bridge.api.inState('sales', 'WORKING');
    const found: string[] = [];
    let cursor: string | null = null;
    do {
      const page: ChatMessageListView = await messages('sales', from, { limit: 70, ...(cursor !== null && { cursor }) });
      found.push(...page.messages.map((message) => message.message_id));
      cursor = page.next_cursor;
      if (found.length === 70) await messageThat(world.receiver, 'sales', (await world.hub.inbound('sales', { from, body: 'baru' })).message_ids[0]);
    } while (cursor !== null);
    expect(found).toEqual(ids.toReversed());
    expect((await messages('sales', from, { limit: 1 })).messages[0]?.body).toBe('baru');
  });

  test('a cursor outlives a restart of the page', async () => {
    const first = await messages('sales', '6281399999999', { limit: 60 });
    await bridge.api.ok('POST', '/api/sessions/sales/restart');
    await bridge.api.inState('sales', 'WORKING');
    const second = await messages('sales', '6281399999999', { limit: 100, cursor: first.next_cursor ?? '' });
    const third = await messages('sales', '6281399999999', { limit: 100, cursor: second.next_cursor ?? '' });
    expect(new Set([...first.messages, ...second.messages, ...third.messages].map((message) => message.message_id)).size).toBe(181);
    expect(third.next_cursor).toBeNull();
  });

  test('are what the webhook told, with the ack of our own', async () => {
    const { message_ids: [image] } = await world.hub.inbound('sales', { from: '6281234567890', type: 'image', media: { caption: 'Ini ya' } });
    const told = await messageThat(world.receiver, 'sales', image);
    const { id } = await bridge.api.ok<{ id: string }>('POST', '/api/messages', { session_id: 'sales', to: '081234567890', text: 'Siap' });
    await bridge.api.messageIn(id, 'read');
    const [own, theirs] = (await messages('sales', '081234567890', { limit: 2 })).messages;
    expect(own).toMatchObject({ from_me: true, body: 'Siap', ack: { level: 3, name: 'READ' } });
    expect({ ...theirs, ack: undefined }).toEqual({ ...told.data, ack: undefined });
    expect(theirs?.ack).toBeNull();
  });

  test("a group's have their authors, and no notices among them", async () => {
    const { chats: [group] } = await chats('sales', { type: 'group', limit: 1 });
    const chat = group?.chat_id ?? '';
    await world.hub.groupUpdate('sales', { group: chat, subject: 'Nama baru' });
    const { messages: list } = await messages('sales', chat);
    expect(list.length).toBeGreaterThanOrEqual(3);
    for (const message of list) expect([message.chat_type, message.raw_type, message.from_me || message.author !== null]).toEqual(['group', 'chat', true]);
  });
});

describe('contacts', () => {
  const contact = async (session: string, who: string): Promise<ContactView> => zContact.strict().parse(await bridge.api.ok('GET', pathOf(session, `contacts/${encodeURIComponent(who)}`)));
  const picture = async (who: string): Promise<string | null> => (await bridge.api.ok<{ url: string | null }>('GET', pathOf('sales', `contacts/${encodeURIComponent(who)}/profile-picture`))).url;

  test('saved, met, and unknown ones', async () => {
    const saved = (await chats('sales', { type: 'private', limit: 200 })).chats.find((chat) => chat.name?.includes(' '));
    expect(await contact('sales', saved?.phone ?? '')).toMatchObject({ jid: saved?.chat_id, phone: saved?.phone, name: saved?.name, is_my_contact: true, is_me: false, is_blocked: false });
    expect(await contact('sales', '0812-3456-7890')).toMatchObject({ phone: '+6281234567890', pushname: 'Budi', is_my_contact: false });
    expect(await contact('sales', '081277777777')).toMatchObject({ phone: '+6281277777777', name: null });
    await world.hub.unregister('62812666');
    expect(await refused(pathOf('sales', 'contacts/081266600001'))).toEqual([404, 'contact_not_found']);
    expect(await refused(pathOf('sales', 'contacts/120363000000000001@g.us'))).toEqual([400, 'invalid_phone']);
  });

  test('pictures of people and groups, where there are any', async () => {
    const all = (await chats('sales', { limit: 200 })).chats;
    const saved = all.find((chat) => chat.chat_type === 'private' && chat.name?.includes(' '));
    const group = all.find((chat) => chat.chat_type === 'group');
    expect(await picture(saved?.chat_id ?? '')).toMatch(/^https:\/\/pps\.whatsapp\.net\//);
    expect(await picture(group?.chat_id ?? '')).toMatch(/^https:\/\/pps\.whatsapp\.net\//);
    expect(await picture('6281700000001')).toBeNull();
    expect(await picture('6281255555555')).toBeNull();
    expect(idsOf([(await chats('sales', { limit: 200 })).chats])).not.toContain('6281255555555@c.us');
  });
});

describe('what is seen of us in a chat', () => {
  const post = async (rest: string, body?: unknown): Promise<[number, string | undefined]> => {
    const { status, body: answer } = await bridge.api.request<ErrorBody | ''>('POST', pathOf('sales', rest), body);
    return [status, answer === '' ? undefined : answer.error.code];
  };
  const marks = async (): Promise<[string, string][]> => (await world.hub.marks('sales')).map(({ chat, mark }) => [chat, mark]);

  test('blue ticks and typing… reach WhatsApp, in any spelling of the number', async () => {
    const { chats: [chat] } = await world.hub.inbound('sales', { from: '6281700000002', body: 'ada orang?' });
    const before = await marks();
    expect((await chats('sales', { search: '081700000002' })).chats[0]?.unread_count).toBe(1);
    expect(await post('chats/0817-0000-0002/typing', { state: 'start' })).toEqual([204, undefined]);
    expect(await post(`chats/${chat}/typing`, { state: 'start', recording: true })).toEqual([204, undefined]);
    expect(await post(`chats/${chat}/typing`, { state: 'stop' })).toEqual([204, undefined]);
    expect(await post('chats/+6281700000002/seen')).toEqual([204, undefined]);
    await until(async () => (await marks()).length === before.length + 4, { name: 'WhatsApp has seen all four' });
    expect((await marks()).slice(before.length)).toEqual([[chat, 'typing'], [chat, 'recording'], [chat, 'paused'], [chat, 'seen']]);
    expect((await chats('sales', { search: '081700000002' })).chats[0]?.unread_count).toBe(0);
  });

  test.each([
    ['chats/081799999999/seen', undefined, [404, 'chat_not_found']],
    ['chats/budi/seen', undefined, [400, 'invalid_phone']],
    ['chats/081700000002/typing', { state: 'dance' }, [400, 'invalid_request']],
    ['chats/081700000002/typing', {}, [400, 'invalid_request']],
  ])('%s %j: %j', async (rest, body, answer) => expect(await post(rest, body)).toEqual(answer));
});

describe('an account that knows people by LID', () => {
  test('has them by their phones, whichever id is asked for', async () => {
    await bridge.api.pair(world, 'lids', { lidMode: true, seed: { chats: 30, messagesPerChat: 2, unmappableShare: 0.1 } });
    const all = (await chats('lids', { limit: 200 })).chats;
    const known = all.find((chat) => chat.phone !== null);
    expect(known?.chat_id).toBe(`${known?.phone?.slice(1)}@c.us`);
    expect(all.some((chat) => chat.chat_type === 'private' && chat.phone === null && chat.chat_id.endsWith('@lid'))).toBe(true);
    for (const id of [known?.chat_id, known?.lid, known?.phone]) {
      expect(await bridge.api.ok('GET', pathOf('lids', `chats/${encodeURIComponent(id ?? '')}`))).toEqual(known);
      expect((await messages('lids', id ?? '')).messages.map((message) => message.chat_id)).toEqual([known?.chat_id, known?.chat_id]);
      expect(await bridge.api.ok('GET', pathOf('lids', `contacts/${encodeURIComponent(id ?? '')}`))).toMatchObject({ jid: known?.chat_id, lid: known?.lid, phone: known?.phone });
    }
    expect((await chats('lids', { search: known?.phone ?? '' })).chats).toEqual([known]);
  });
});

test('keys: reading needs `read`, and the session', async () => {
  const { key } = await bridge.api.ok<{ key: string }>('POST', '/api/keys', { name: 'reader', scopes: ['read'], sessions: ['sales'] });
  const reader = new BridgeApi(bridge.api.url, key);
  expect((await reader.request('GET', pathOf('sales', 'chats', { limit: 1 }))).status).toBe(200);
  for (const rest of ['chats', 'chats/081234567890', 'chats/081234567890/messages', 'contacts/081234567890']) expect(await refused(pathOf('lids', rest), reader)).toEqual([403, 'forbidden']);
  await bridge.api.ok('POST', '/api/sessions/lids/stop');
  expect(await refused(pathOf('lids', 'chats'))).toEqual([409, 'session_wrong_state']);
});
