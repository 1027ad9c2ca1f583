import { z } from 'zod';
import { zChat, zMessageData } from './payloads.js';
import { zSessionParams } from './session-api.js';
import { zAckName } from './states.js';

const zTime = z.iso.datetime();
const zAddress = z.string().min(1).max(128);

/** `true` and `false`, and PHP's `1` and `0`. */
const zQueryFlag = z.enum(['true', 'false', '1', '0']).transform((text) => text === 'true' || text === '1');
const zCursor = z.string().max(1_024).describe('`next_cursor` of the page before, with the same filter');
const limitOf = (max: number) => z.coerce.number().int().min(1).max(max).default(50);
const zNextCursor = z.string().nullable().describe('null on the last page');

export const zChatParams = zSessionParams.extend({ chat_id: zAddress.describe('a phone number in any spelling, a user JID or a group JID') });
export const zContactParams = zSessionParams.extend({ jid: zAddress.describe('a phone number in any spelling, or a JID') });

export const zChatsQuery = z.strictObject({
  search: z.string().max(100).optional().describe('part of a name or of a phone number'),
  type: z.enum(['private', 'group']).optional(),
  unread: zQueryFlag.optional(),
  archived: zQueryFlag.optional().describe('absent: both'),
  limit: limitOf(200),
  cursor: zCursor.optional(),
});
export type ChatsQuery = z.infer<typeof zChatsQuery>;

export const zChatList = z.object({ chats: z.array(zChat).describe('newest first; a group with the number of its participants'), next_cursor: zNextCursor });
export type ChatListView = z.infer<typeof zChatList>;

export const zMessagesQuery = z.strictObject({ limit: limitOf(100), cursor: zCursor.optional() });
export type MessagesQuery = z.infer<typeof zMessagesQuery>;

export const zTyping = z.strictObject({
  state: z.enum(['start', 'stop']),
  recording: z.boolean().default(false).describe('"recording audio…" instead of "typing…"'),
});
export type Typing = z.infer<typeof zTyping>;

export const zChatMessage = zMessageData.extend({
  ack: z.object({ level: z.number().int(), name: zAckName }).nullable().describe("of this account's own messages"),
}).meta({ id: 'ChatMessage' });
export const zChatMessageList = z.object({ messages: z.array(zChatMessage).describe('newest first'), next_cursor: zNextCursor });
export type ChatMessageListView = z.infer<typeof zChatMessageList>;

export const zContact = z.object({
  jid: z.string(),
  lid: z.string().nullable(),
  phone: z.string().nullable().describe('E.164'),
  name: z.string().nullable().describe("in the account's address book"),
  pushname: z.string().nullable().describe('as the person has chosen it'),
  verified_name: z.string().nullable().describe("a business's, as WhatsApp has verified it"),
  is_business: z.boolean(),
  is_my_contact: z.boolean().describe("in the account's address book"),
  is_blocked: z.boolean(),
  is_me: z.boolean(),
}).meta({ id: 'Contact' });
export type ContactView = z.infer<typeof zContact>;

export const zProfilePicture = z.object({ url: z.string().nullable().describe('valid for some hours; null: there is none, or it is not shown to this account') });

const CHAT_EXAMPLE: z.infer<typeof zChat> = {
  chat_id: '6281234567890@c.us',
  chat_type: 'private',
  provider_type: 'webjs',
  name: 'Budi Santoso',
  phone: '+6281234567890',
  lid: null,
  unread_count: 1,
  last_message_at: '2026-03-02T08:15:00.000Z',
  archived: false,
  pinned: false,
  muted: false,
  last_message: { message_id: 'false_6281234567890@c.us_3A6F2D', type: 'text', body: 'Masih ada?', from_me: false, timestamp: '2026-03-02T08:15:00.000Z' },
};
export const CHAT_LIST_EXAMPLE: ChatListView = { chats: [CHAT_EXAMPLE], next_cursor: 'WyJ4…' };

export const CHAT_MESSAGES_EXAMPLE: ChatMessageListView = {
  messages: [
    {
      message_id: 'false_6281234567890@c.us_3A6F2D',
      chat_id: '6281234567890@c.us',
      chat_type: 'private',
      group_jid: null,
      from: { jid: '6281234567890@c.us', lid: null, phone: '+6281234567890', name: 'Budi' },
      author: null,
      to: '6281111111111@c.us',
      from_me: false,
      type: 'text',
      raw_type: 'chat',
      body: 'Masih ada?',
      timestamp: '2026-03-02T08:15:00.000Z',
      mentions: [],
      forwarded: false,
      ack: null,
    },
  ],
  next_cursor: null,
};

export const CONTACT_EXAMPLE: ContactView = {
  jid: '6281234567890@c.us', lid: '187654321098765@lid', phone: '+6281234567890', name: 'Budi Santoso', pushname: 'Budi', verified_name: null,
  is_business: false, is_my_contact: true, is_blocked: false, is_me: false,
};

// Groups.

export const zGroupParams = zSessionParams.extend({
  group_id: z.string().regex(/^(?:\d{10,24}|\d{5,15}-\d{8,14})@g\.us$/, "must be a group's JID, such as 120363000000000001@g.us"),
});

/** More at once take longer than a caller waits: each is asked for on its own, with a pause. */
const MAX_ADDED = 50;
const MAX_MEMBERS = 256;
const peopleUpTo = (max: number) => z.array(z.union([z.string().min(1).max(128), z.number().int().positive()]).transform(String)).min(1).max(max).describe('phone numbers in any spelling, or user JIDs');

export const zCreateGroup = z.strictObject({
  subject: z.string().trim().min(1).max(100),
  participants: peopleUpTo(MAX_MEMBERS),
});
export type CreateGroup = z.infer<typeof zCreateGroup>;
export const zAddParticipants = z.strictObject({ add: peopleUpTo(MAX_ADDED) });
export const zNamedParticipants = z.strictObject({ participants: peopleUpTo(MAX_MEMBERS) });

export const MEMBER_REASONS = ['not_on_whatsapp', 'not_a_member', 'adding_not_allowed', 'recently_left', 'group_full', 'refused'] as const;

export const zMemberResult = z.object({
  input: z.string().describe('as it was given'),
  jid: z.string(),
  phone: z.string().nullable(),
  status: z
    .enum(['added', 'removed', 'promoted', 'demoted', 'invited', 'unchanged', 'failed'])
    .describe('`invited`: the person allows no direct adding and got an invitation; `unchanged`: it was so before'),
  code: z.number().int().describe("WhatsApp's own code, which reads like an HTTP status"),
  reason: z.enum(MEMBER_REASONS).nullable().describe('why it failed'),
}).meta({ id: 'MemberResult' });
export type MemberView = z.infer<typeof zMemberResult>;
export const zMemberResults = z.object({ results: z.array(zMemberResult).describe('one for each person') });

export const zCreatedGroup = z.object({ group_jid: z.string(), subject: z.string(), participants: z.array(zMemberResult) });
export type CreatedGroupView = z.infer<typeof zCreatedGroup>;

const zPersonRef = z.object({ jid: z.string(), lid: z.string().nullable(), phone: z.string().nullable().describe('E.164; null where WhatsApp shows only a LID') });

export const zGroup = z.object({
  group_jid: z.string(),
  subject: z.string().nullable(),
  description: z.string().nullable(),
  owner: zPersonRef.nullable(),
  created_at: zTime.nullable(),
  announce: z.boolean().describe('only admins may write'),
  restrict: z.boolean().describe('only admins may change subject, description and picture'),
  is_member: z.boolean().describe('this account is in the group'),
  is_admin: z.boolean().describe('this account is an admin'),
  participants_count: z.number().int(),
  participants: z.array(zPersonRef.extend({ is_admin: z.boolean() })),
}).meta({ id: 'Group' });
export type GroupView = z.infer<typeof zGroup>;

export const zInviteLink = z.object({ invite_link: z.string() });

const MEMBER_EXAMPLES: MemberView[] = [
  { input: '0812-3456-7890', jid: '6281234567890@c.us', phone: '+6281234567890', status: 'added', code: 200, reason: null },
  { input: '+65 8123 4567', jid: '6581234567@c.us', phone: '+6581234567', status: 'failed', code: 404, reason: 'not_on_whatsapp' },
];
export const MEMBER_RESULTS_EXAMPLE: z.infer<typeof zMemberResults> = { results: MEMBER_EXAMPLES };
export const CREATE_GROUP_EXAMPLE = { subject: 'Reseller Bandung', participants: ['0812-3456-7890', '+65 8123 4567'] };
export const CREATED_GROUP_EXAMPLE: CreatedGroupView = { group_jid: '120363000000000001@g.us', subject: 'Reseller Bandung', participants: MEMBER_EXAMPLES };
export const GROUP_EXAMPLE: GroupView = {
  group_jid: '120363000000000001@g.us', subject: 'Reseller Bandung', description: null, owner: { jid: '6281111111111@c.us', lid: null, phone: '+6281111111111' },
  created_at: '2026-03-02T08:15:00.000Z', announce: false, restrict: false, is_member: true, is_admin: true, participants_count: 1,
  participants: [{ jid: '6281111111111@c.us', lid: null, phone: '+6281111111111', is_admin: true }],
};
