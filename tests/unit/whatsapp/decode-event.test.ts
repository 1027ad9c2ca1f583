import { describe, expect, test } from '@jest/globals';
import { EVENTS } from '../../../whatsapp-service/contracts/payloads.js';
import { decodeBatch } from '../../../whatsapp-service/whatsapp/web/decode/event.js';
import { IGNORED_TYPES } from '../../../whatsapp-service/whatsapp/web/decode/message.js';
import type { PageEvent, PageMessage } from '../../../whatsapp-service/whatsapp/web/page-script.js';

const NOW = 1_800_000_000_000;
const message = (change: Partial<PageMessage> = {}): PageMessage => ({
  kind: 'message',
  id: 'false_6281234567890@c.us_3A01',
  key: '3A01',
  fromMe: false,
  chat: ['6281234567890@c.us', null],
  author: null,
  to: '6281111111111@c.us',
  name: 'Budi',
  type: 'chat',
  status: false,
  body: 'halo',
  t: 1_799_999_999,
  ack: null,
  mentions: [],
  forwarded: false,
  ...change,
});
const group = { name: 'Reseller', participants: '6281234567890@c.us* 777@lid' };
const decode = (event: PageEvent | object, withParticipants = true) =>
  decodeBatch({ epoch: 'e', first: 1, events: [event as PageEvent], groups: { '120@g.us': group } }, { now: NOW, withParticipants });

describe('page events as provider events', () => {
  test('a private text', () => {
    const [event] = decode(message());
    expect(event).toMatchObject({ kind: 'message', dedupeKey: 'message:false_6281234567890@c.us_3A01', chatId: '6281234567890@c.us', at: 1_799_999_999_000 });
    const data = EVENTS.message.parse(event?.data);
    expect(data).toMatchObject({ type: 'text', raw_type: 'chat', chat_type: 'private', group_jid: null, from: { phone: '+6281234567890', name: 'Budi' }, author: null, body: 'halo' });
  });

  test('a group message carries its participants, or only their number', () => {
    const inGroup = message({ chat: ['120@g.us', null], group: '120@g.us', author: ['777@lid', '777@lid'] });
    expect(decode(inGroup)[0]?.data).toMatchObject({
      chat_type: 'group',
      group_jid: '120@g.us',
      group_name: 'Reseller',
      participants: [
        { jid: '6281234567890@c.us', phone: '+6281234567890', is_admin: true },
        { jid: '777@lid', phone: null, is_admin: false },
      ],
      author: { jid: '777@lid', lid: '777@lid', phone: null, name: 'Budi' },
      from: { phone: null, name: null },
    });
    const cut = decode(inGroup, false)[0]?.data;
    expect(cut).toMatchObject({ participants_count: 2 });
    expect(cut).not.toHaveProperty('participants');
  });

  test('our own message is another kind, and carries its key', () => {
    expect(decode(message({ fromMe: true, key: '3EB0AA' }))[0]).toMatchObject({ kind: 'message_sent', key: '3EB0AA' });
  });

  test('a kind that nobody knows goes out with its raw type', () => {
    expect(decode(message({ type: 'hologram', body: null }))[0]?.data).toMatchObject({ type: 'hologram', raw_type: 'hologram', body: null });
  });

  test.each([...IGNORED_TYPES])('a notice of WhatsApp Web is left out: %s', (type) => expect(decode(message({ type }))).toEqual([]));
  test('status posts and channels are left out', () => {
    expect(decode(message({ status: true }))).toEqual([]);
    expect(decode(message({ chat: ['123@newsletter', null] }))).toEqual([]);
    expect(decode(message({ chat: ['status@broadcast', null] }))).toEqual([]);
  });

  test('acks of others are none of ours, and a level that does not exist is none', () => {
    const ack = { kind: 'ack', id: 'true_x@c.us_K', key: 'K', fromMe: true, chat: ['x@c.us', null], ack: 2 };
    expect(decode(ack)[0]).toMatchObject({ kind: 'ack', dedupeKey: 'ack:true_x@c.us_K:2', data: { ack: 2 } });
    expect(decode({ ...ack, fromMe: false })).toEqual([]);
    expect(decode({ ...ack, ack: 9 })).toEqual([]);
  });

  test.each([
    ['add', 'group_join'],
    ['invite', 'group_join'],
    ['leave', 'group_leave'],
    ['remove', 'group_leave'],
    ['subject', 'group_update'],
    ['promote', 'group_update'],
    ['something new', 'group_update'],
  ])('group change %s → %s', (action, kind) => {
    const change = { kind: 'group', id: 'n1', chat: ['120@g.us', null], action, author: null, recipients: [['777@lid', '777@lid']], body: null, t: 5 };
    const [event] = decode(change);
    expect(event?.kind).toBe(kind);
    expect(EVENTS['group.update'].parse(event?.data)).toMatchObject({ action, recipients: [{ jid: '777@lid' }] });
  });

  test('what cannot be read is kept as unknown, each on its own', () => {
    const batch = { epoch: 'e', first: 7, events: [{ kind: 'teleport' }, { kind: 'message' }, message()] as unknown as PageEvent[], groups: {} };
    const events = decodeBatch(batch, { now: NOW, withParticipants: true });
    expect(events.map((event) => [event.kind, event.dedupeKey])).toEqual([
      ['unknown', 'unknown:e:7'],
      ['unknown', 'unknown:e:8'],
      ['message', 'message:false_6281234567890@c.us_3A01'],
    ]);
  });

  test('two edits without a time of their own are two', () => {
    const edit = { kind: 'edit', id: 'm', key: 'k', fromMe: false, chat: ['x@c.us', null], body: 'b', previous: 'a', edited: null, t: 5 };
    const events = decodeBatch({ epoch: 'e', first: 1, events: [edit, edit] as PageEvent[], groups: {} }, { now: NOW, withParticipants: true });
    expect(new Set(events.map((event) => event.dedupeKey)).size).toBe(2);
  });
});
