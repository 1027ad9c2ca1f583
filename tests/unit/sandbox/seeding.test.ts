import { expect, test } from '@jest/globals';
import { phoneOf } from '../../../whatsapp-service/sandbox/hub/identity.js';
import { personPhone, seededChats, type SeedPlan } from '../../../whatsapp-service/sandbox/hub/seeding.js';

const plan: SeedPlan = {
  me: '6281100000000@c.us', lidMode: false, first: 0, chats: 200, groupShare: 0.3, participants: 20, messagesPerChat: 3, now: 1_800_000_000, unmappableShare: 0,
};
const seeded = (change: Partial<SeedPlan> = {}) => [...seededChats({ ...plan, ...change })];

test('the same plan gives the same chats, and other chats after those', () => {
  expect(seeded()).toEqual(seeded());
  const jids = new Set([...seeded(), ...seeded({ first: 200 })].map(({ chat }) => chat.jid));
  expect(jids.size).toBe(400);
});

test('a share of them are groups with the account among the participants', () => {
  const groups = seeded().filter(({ chat }) => chat.group);
  expect(groups).toHaveLength(60);
  for (const { chat } of groups) {
    const ids = chat.group?.participants.map(({ id }) => id) ?? [];
    expect(new Set(ids).size).toBe(20);
    expect(ids).toContain(plan.me);
  }
  expect(seeded({ groupShare: 0 }).some(({ chat }) => chat.group)).toBe(false);
  expect(seeded({ groupShare: 1 }).every(({ chat }) => chat.group)).toBe(true);
});

test('chats come newest first, their messages oldest first, with different ids', () => {
  const all = seeded();
  for (const [index, { chat, messages }] of all.entries()) {
    expect(chat.t).toBe(plan.now - index * 60);
    expect(messages.map(({ t }) => t)).toEqual([chat.t - 40, chat.t - 20, chat.t]);
    expect(chat.last).toBe(messages[2]);
    expect(chat.last?.from_me).toBe(false);
  }
  expect(new Set(all.flatMap(({ messages }) => messages.map(({ key }) => key))).size).toBe(600);
});

test('numbers look Indonesian and differ', () => {
  const phones = Array.from({ length: 50_000 }, (_, index) => personPhone(index));
  expect(phones.every((phone) => /^628\d{10}$/.test(phone))).toBe(true);
  expect(new Set(phones).size).toBe(phones.length);
});

test('in LID mode a share of the people has no phone number', () => {
  const people = seeded({ lidMode: true, groupShare: 0, chats: 100, unmappableShare: 0.2 }).map(({ chat }) => chat.jid);
  expect(people.every((jid) => jid.endsWith('@lid'))).toBe(true);
  expect(people.filter((jid) => phoneOf(jid) === null)).toHaveLength(20);
});
