import { afterAll, afterEach, beforeEach, expect, test } from '@jest/globals';
import { AccountStore, type Account } from '../../../whatsapp-service/sandbox/hub/account-store.js';
import { ChatStore } from '../../../whatsapp-service/sandbox/hub/chat-store.js';
import { HubDatabase } from '../../../whatsapp-service/sandbox/hub/database.js';
import { EventLog } from '../../../whatsapp-service/sandbox/hub/event-log.js';
import { serializeKey } from '../../../whatsapp-service/sandbox/hub/identity.js';
import { Mailbox } from '../../../whatsapp-service/sandbox/hub/mailbox.js';
import { MessageStore } from '../../../whatsapp-service/sandbox/hub/message-store.js';
import { SendQueue } from '../../../whatsapp-service/sandbox/hub/send-queue.js';
import type { LogEvent, WireMessage } from '../../../whatsapp-service/sandbox/hub/wire.js';
import { tempDir } from '../../helpers/sandbox-client.js';

const dir = tempDir();
const opened: HubDatabase[] = [];

function open(name: string) {
  const db = HubDatabase.open(`${dir.path}/${name}`);
  opened.push(db);
  const published: LogEvent[] = [];
  const accounts = new AccountStore(db);
  const messages = new MessageStore(db);
  const chats = new ChatStore(db, messages);
  const log = new EventLog(db, messages, chats);
  const mailbox = new Mailbox({ db, accounts, chats, messages, log, publish: (_phone, events) => published.push(...events) });
  return { db, accounts, messages, chats, log, mailbox, published, sends: new SendQueue({ mailbox, accounts, messages }) };
}

let hub: ReturnType<typeof open>;
let account: Account;
let n = 0;

beforeEach(() => {
  hub = open(`db-${n++}`);
  account = hub.accounts.ensure('s', { phone: '6281100000000' }).account;
});
afterEach(() => {
  for (const db of opened.splice(0)) db.close();
});

afterAll(() => dir.remove());

const message = (id: string, change: Partial<WireMessage> = {}): WireMessage => {
  const chat = change.chat ?? '62812000@c.us';
  const fromMe = change.from_me ?? true;
  return { id, chat, participant: null, from_me: fromMe, ack: 0, t: 100, type: 'chat', body: id, data: {}, ...change, key: serializeKey({ fromMe, chat, id }) };
};

test('a recipient gets an id once, and every attempt is counted', () => {
  expect(hub.mailbox.send([{ account, message: message('A') }, { account, message: message('A') }, { account, message: message('B') }])).toEqual([true, false, true]);
  expect(hub.mailbox.send([{ account, message: message('A') }])).toEqual([false]);
  expect(hub.messages.sent('6281100000000').map(({ raw_id: id, deliveries, attempts }) => [id, deliveries, attempts])).toEqual([['A', 1, 3], ['B', 1, 1]]);
  expect(hub.mailbox.send([{ account, message: message('A', { chat: '62812999@c.us' }) }])).toEqual([true]);
});

test('a refused send counts as an attempt, and its repetition is delivered', () => {
  hub.mailbox.refuse({ account, message: message('A') });
  expect(hub.messages.sent(account.phone)).toMatchObject([{ deliveries: 0, attempts: 1 }]);
  expect(hub.mailbox.send([{ account, message: message('A') }])).toEqual([true]);
  expect(hub.messages.sent(account.phone)).toMatchObject([{ deliveries: 1, attempts: 2 }]);
});

test('acknowledgements rise and never fall', () => {
  const { key } = message('A');
  hub.mailbox.send([{ account, message: message('A') }]);
  hub.mailbox.acknowledge(account, [key], 3);
  hub.mailbox.acknowledge(account, [key], 2);
  expect(hub.messages.byKey(account.phone, key)?.ack).toBe(3);
  expect(hub.published.filter(({ kind }) => kind === 'ack').map(({ data }) => data.ack)).toEqual([3]);
});

test('unread counts rise with what others write; the newest message is the chat\'s last', () => {
  hub.mailbox.receive(account, [message('A', { from_me: false, t: 5 }), message('B', { from_me: false, t: 7 }), message('C', { t: 6 })]);
  expect(hub.chats.full(account.phone, '62812000@c.us')).toMatchObject({ unread: 2, t: 7, last: { id: 'B' } });
  expect(hub.published.map(({ data }) => data.unread)).toEqual([1, 2, 2]);
});

test('what a page missed can be told again, in order; what is quiet cannot', () => {
  hub.mailbox.receive(account, [message('A', { from_me: false })]);
  const { seq } = hub.published[0] ?? { seq: 0 };
  hub.mailbox.receive(account, [message('Q', { from_me: false })], true);
  hub.mailbox.receive(account, [message('B', { from_me: false })]);
  hub.mailbox.edit(account, message('B', { from_me: false }).key, 'anders');
  expect(hub.log.since(account.phone, seq, 10).map(({ kind, message: told }) => [kind, told?.body ?? null])).toEqual([['message', 'anders'], ['edit', null]]);
  expect(hub.messages.earlier(account.phone, '62812000@c.us', null, 50).map(({ id }) => id)).toEqual(['A', 'Q', 'B']);
});

test('earlier messages come in time order, before the one that is given', () => {
  hub.mailbox.receive(account, [3, 1, 2, 5, 4].map((t) => message(`M${t}`, { from_me: false, t })));
  const key = message('M4', { from_me: false }).key;
  expect(hub.messages.earlier(account.phone, '62812000@c.us', key, 2).map(({ t }) => t)).toEqual([2, 3]);
});

test('a number that is not on WhatsApp is refused, by prefix', async () => {
  hub.accounts.setUnregistered('+62 999', true);
  expect([hub.accounts.isRegistered('62999123'), hub.accounts.isRegistered('62998123')]).toEqual([false, true]);
  const settings = hub.accounts.settings('s');
  expect(await hub.sends.submit(account, settings, message('A', { chat: '62999123@c.us' }))).toMatchObject({ ok: false, ack: -1 });
  hub.accounts.setUnregistered('62999', false);
  expect(await hub.sends.submit(account, { ...settings, auto_ack: 'off' }, message('B', { chat: '62999123@c.us' }))).toMatchObject({ ok: true, ack: 0 });
  hub.sends.close();
});

test('a linked device is known by its token until it is unlinked', () => {
  const token = hub.accounts.link('s', account);
  expect(hub.accounts.byToken('s', token)?.phone).toBe(account.phone);
  expect(hub.accounts.byToken('other', token)).toBeNull();
  const second = hub.accounts.link('s', account);
  expect(hub.accounts.byToken('s', token)).toBeNull();
  expect(hub.accounts.unlink('s')).toBe(true);
  expect(hub.accounts.byToken('s', second)).toBeNull();
});

test('a failed transaction leaves nothing behind', () => {
  expect(() => hub.db.transaction(() => {
    hub.accounts.setUnregistered('1', true);
    throw new Error('no');
  })).toThrow('no');
  expect(hub.accounts.unregistered()).toEqual([]);
});
