import { expect, test } from '@jest/globals';
import { decodeChatList } from '../../../whatsapp-service/whatsapp/web/decode/chat.js';
import { bridgeWith, wid, type Modules } from '../../helpers/page-bridge.js';

const GROUP = '120363000000000001@g.us';

interface Chat {
  id: string;
  t?: number;
  title?: string;
}

/** A page with these chats. */
const withChats = (chats: readonly Chat[]): Modules => {
  const models = chats.map(({ id, t, title }) => ({ id: wid(id), t, formattedTitle: title, msgs: { getModelsArray: () => [] }, groupMetadata: { participants: { getModelsArray: () => [] } } }));
  return {
    WAWebCollections: { Chat: { getModelsArray: () => models, get: (id: string) => models.find((model) => model.id._serialized === id) }, GroupMetadata: { update: async () => undefined } },
    WAWebLidMigrationUtils: { toPn: ({ _serialized: id }: { _serialized: string }) => (id === '88888@lid' ? wid('6288@c.us') : null) },
  };
};

test('the list of chats is one text, newest first, a person with two chats once and under the phone', async () => {
  const chats = [{ id: '6281@c.us', t: 100 }, { id: 'status@broadcast', t: 900 }, { id: GROUP, t: 300 }, { id: '88888@lid', t: 200 }, { id: '6288@c.us', t: 50 }, { id: '6289@c.us' }];
  const answer = (await bridgeWith(withChats(chats))('listChats')) as { ok: string };
  expect(answer.ok).toBe(`${GROUP} 300 6288@c.us 200 6281@c.us 100 6289@c.us -`);
  expect(decodeChatList(answer.ok)).toEqual([
    { id: GROUP, lastMessageAt: 300_000 },
    { id: '6288@c.us', lastMessageAt: 200_000 },
    { id: '6281@c.us', lastMessageAt: 100_000 },
    { id: '6289@c.us', lastMessageAt: null },
  ]);
});

test('an account without chats has an empty list', async () => {
  const answer = (await bridgeWith(withChats([]))('listChats')) as { ok: string };
  expect(decodeChatList(answer.ok)).toEqual([]);
});

test('what leaves the page is ASCII, and says what it said', async () => {
  const title = 'Pasar \u{1F600} caf\u00e9 "\\ \u2028\u0000\u007f \ud83d';
  const bridge = bridgeWith(withChats([{ id: '6281@c.us', t: 1, title }, { id: GROUP, t: 2, title: '\u65e5\u672c' }]));
  const args = { ids: ['6281@c.us', GROUP, '6289@c.us'] };
  expect(await bridge.text('chats', args)).toMatch(/^[ -~]+$/);
  const { ok: rows } = (await bridge('chats', args)) as { ok: (unknown[] | null)[] };
  expect(rows).toHaveLength(3);
  expect(rows[0]).toEqual(['6281@c.us', null, title, 0, 1, 0, null, null, null]);
  expect(rows[1]).toEqual([GROUP, null, '\u65e5\u672c', 0, 2, 0, null, '\u65e5\u672c', '']);
  expect(rows[2]).toBeNull();
});

test('an error is ASCII, too, and keeps its words', async () => {
  const broken: Modules = { WAWebCollections: { get Chat() { throw new Error('caf\u00e9 \u{1F600}'); } } };
  expect(await bridgeWith(broken).text('listChats')).toMatch(/^[ -~]+$/);
  expect(await bridgeWith(broken)('listChats')).toEqual({ error: { code: 'page', message: 'caf\u00e9 \u{1F600}' } });
});
