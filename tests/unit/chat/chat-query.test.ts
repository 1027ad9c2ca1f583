import { describe, expect, test } from '@jest/globals';
import {
  CHAT_LIST_EXAMPLE, CHAT_MESSAGES_EXAMPLE, CONTACT_EXAMPLE, CREATE_GROUP_EXAMPLE, CREATED_GROUP_EXAMPLE, GROUP_EXAMPLE, MEMBER_RESULTS_EXAMPLE,
  zAddParticipants, zChatList, zChatMessageList, zChatsQuery, zContact, zCreatedGroup, zCreateGroup, zGroup, zGroupParams, zMemberResults, zMessagesQuery,
} from '../../../whatsapp-service/contracts/chat-api.js';
import { addressOf, peopleOf } from '../../../whatsapp-service/features/chat/address.js';
import { filterOf } from '../../../whatsapp-service/features/chat/chat-search.js';

const filter = (query: Record<string, unknown>) => filterOf(zChatsQuery.parse(query));

test('the examples are what the schemas say', () => {
  for (const [schema, example] of [
    [zChatList, CHAT_LIST_EXAMPLE], [zChatMessageList, CHAT_MESSAGES_EXAMPLE], [zContact, CONTACT_EXAMPLE], [zCreateGroup, CREATE_GROUP_EXAMPLE],
    [zCreatedGroup, CREATED_GROUP_EXAMPLE], [zGroup, GROUP_EXAMPLE], [zMemberResults, MEMBER_RESULTS_EXAMPLE],
  ] as const) expect(schema.parse(example)).toEqual(example);
});

describe('what is looked for', () => {
  test.each([
    ['Budi ', 'budi', null],
    ['𝗕𝘂𝗱𝗶', 'budi', null],
    ['0812-34', '0812-34', '81234'],
    ['+62 812 34', '+62 812 34', '6281234'],
    ['006281234', '006281234', '6281234'],
    ['(0812)', '(0812)', '812'],
    ['RT 05', 'rt 05', null],
    ['05', '05', null],
    ['12', '12', null],
    ['0812 budi', '0812 budi', null],
  ])('%s', (search, text, digits) => expect(filter({ search })).toMatchObject({ search: text, searchDigits: digits }));

  test.each([[{}], [{ search: '' }], [{ search: '   ' }]])('nothing: %j', (query) =>
    expect(filter(query)).toEqual({ search: null, searchDigits: null, type: null, unread: null, archived: null }));

  test("flags are also PHP's", () => {
    expect(filter({ unread: '1', archived: '0', type: 'group' })).toMatchObject({ unread: true, archived: false, type: 'group' });
    expect(filter({ unread: 'false', archived: 'true' })).toMatchObject({ unread: false, archived: true });
  });

  test.each([[{ limit: '0' }], [{ limit: '201' }], [{ limit: 'x' }], [{ type: 'channel' }], [{ unread: 'yes' }], [{ serach: 'budi' }], [{ cursor: 'x'.repeat(1_025) }]])('is refused: %j', (query) =>
    expect(zChatsQuery.safeParse(query).success).toBe(false));

  test('pages are of 50 unless it is said otherwise', () => {
    expect([zChatsQuery.parse({}).limit, zMessagesQuery.parse({}).limit, zMessagesQuery.parse({ limit: '100' }).limit]).toEqual([50, 50, 100]);
  });
});

describe('whom it is about', () => {
  test('one address in any spelling', () => {
    expect(addressOf('0812-3456-7890', 'params.jid', 'ID')).toMatchObject({ jid: '6281234567890@c.us', phone: '+6281234567890', isGroup: false });
    expect(addressOf('120363000000000001@g.us', 'params.jid', 'ID')).toMatchObject({ isGroup: true, phone: null });
    expect(() => addressOf('budi', 'params.jid', 'ID')).toThrow(expect.objectContaining({ code: 'invalid_phone', details: { fields: [expect.objectContaining({ field: 'params.jid' })] } }));
  });

  test('people, each once, with the spelling that came first', () => {
    expect(peopleOf(['0812-3456-7890', '+6281234567890', '777777777@lid'], 'body.add', 'ID').map(({ input, jid }) => [input, jid])).toEqual([
      ['0812-3456-7890', '6281234567890@c.us'], ['777777777@lid', '777777777@lid'],
    ]);
  });

  test('every wrong one is named', () => {
    expect(() => peopleOf(['budi', '081234567890', '120363000000000001@g.us'], 'body.participants', 'ID')).toThrow(
      expect.objectContaining({ code: 'invalid_phone', details: { fields: [expect.objectContaining({ field: 'body.participants.0' }), expect.objectContaining({ field: 'body.participants.2' })] } }),
    );
  });

  test('bounds of groups', () => {
    const people = (count: number) => Array.from({ length: count }, (_, index) => 6281200000000 + index);
    expect([zCreateGroup.safeParse({ subject: ' Arisan ', participants: people(256) }).data?.subject, zCreateGroup.safeParse({ subject: ' ', participants: people(1) }).success]).toEqual(['Arisan', false]);
    expect([257, 0].map((count) => zCreateGroup.safeParse({ subject: 'Arisan', participants: people(count) }).success)).toEqual([false, false]);
    expect([50, 51].map((count) => zAddParticipants.safeParse({ add: people(count) }).success)).toEqual([true, false]);
    expect(['120363000000000001@g.us', '628123456789-1400000000@g.us', '6281234567890@c.us', 'x@g.us'].map((id) => zGroupParams.safeParse({ id: 'sales', group_id: id }).success)).toEqual([true, true, false, false]);
  });
});
