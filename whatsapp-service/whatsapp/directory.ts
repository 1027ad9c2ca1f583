import type { AckLevel } from '../contracts/states.js';
import type { ChatPayload, MessageData } from '../contracts/payloads.js';

/**
 * What a session's account knows, and what it may change about its groups: numbers, chats, messages, groups, contacts.
 *
 * People are named by their phone's JID wherever it is known, and by their LID otherwise; either is taken.
 * Times are milliseconds since the Unix epoch. Every method rejects with `ProviderError`: `timeout` and `page_unavailable` when the page
 * did not answer, otherwise the codes that are named at the method.
 */
export interface Directory {
  /** Whether these people (at most 500 JIDs) have WhatsApp, in their order. A few are asked for at once. */
  checkNumbers(jids: readonly string[]): Promise<NumberCheck[]>;

  /**
   * One page of the chats, newest first. The order is kept from page to page: a chat that moves meanwhile is neither left out nor repeated,
   * for as long as the page of WhatsApp Web lives and remembers the listing.
   */
  listChats(query: ChatQuery): Promise<ChatList>;
  /** As in a list. Null when the account has no such chat. */
  chat(chatId: string): Promise<ChatPayload | null>;
  /** One page of a chat's messages, newest first; older ones are loaded from the phone's history. `chat_not_found`. */
  messages(chatId: string, query: MessageQuery): Promise<MessageList>;

  /** Marks everything in a chat as read; the other side sees it where both allow that. `chat_not_found` */
  markSeen(chatId: string): Promise<void>;
  /** What the other side sees above the chat; WhatsApp takes it away by itself after some seconds. `chat_not_found` */
  showState(chatId: string, state: 'typing' | 'recording' | 'stop'): Promise<void>;

  /** `group_not_found` */
  groupInfo(groupId: string): Promise<GroupInfo>;
  /** Who cannot be added is invited by a message. `refused` */
  createGroup(subject: string, participants: readonly string[]): Promise<{ groupJid: string; participants: MemberResult[] }>;
  /** Who cannot be added is invited by a message. `group_not_found`, `group_forbidden`, `refused` */
  addParticipants(groupId: string, jids: readonly string[]): Promise<MemberResult[]>;
  /** `group_not_found`, `group_forbidden`, `refused` */
  removeParticipants(groupId: string, jids: readonly string[]): Promise<MemberResult[]>;
  /** Makes admins. `group_not_found`, `group_forbidden`, `refused` */
  promoteParticipants(groupId: string, jids: readonly string[]): Promise<MemberResult[]>;
  /** Takes the admin's rights away. `group_not_found`, `group_forbidden`, `refused` */
  demoteParticipants(groupId: string, jids: readonly string[]): Promise<MemberResult[]>;
  /** `group_not_found`, `group_forbidden` when the account has left it before, `refused` */
  leaveGroup(groupId: string): Promise<void>;
  /** The link by which anybody may join. `group_not_found`, `group_forbidden`, `refused` */
  inviteLink(groupId: string): Promise<string>;
  /** The link before is void; this is the new one. `group_not_found`, `group_forbidden`, `refused` */
  revokeInviteLink(groupId: string): Promise<string>;

  /** `number_not_on_whatsapp` */
  contact(jid: string): Promise<ContactInfo>;
  /** The URL of the picture of a person or a group, valid for some hours; null when there is none, or it is not shown to this account. */
  profilePicture(jid: string): Promise<string | null>;
}

export interface NumberCheck {
  /** As it was asked for. */
  jid: string;
  /** Null: WhatsApp did not say, for this one. */
  exists: boolean | null;
  /** The id under which WhatsApp knows this person, which may differ from the one that was asked for. */
  canonicalJid: string | null;
}

export interface ChatFilter {
  /** Part of a name, in any case. */
  search: string | null;
  /** Part of a phone number: digits. A chat matches when its name or its number does. */
  searchDigits: string | null;
  type: 'private' | 'group' | null;
  unread: boolean | null;
  archived: boolean | null;
}

export interface ChatQuery {
  filter: ChatFilter;
  limit: number;
  /** `next` of the page before, with the same filter. */
  after: ChatPosition | null;
}

/** Where a listing goes on. The last chat stands in for a listing that the page has forgotten. */
export interface ChatPosition {
  listing: string;
  offset: number;
  lastId: string;
  /** Unix seconds, as in the page. */
  lastT: number;
}

export interface ChatList {
  /** Groups with the number of their participants, without their names. */
  chats: ChatPayload[];
  next: ChatPosition | null;
}

export interface MessageQuery {
  limit: number;
  /** `next` of the page before. */
  before: MessagePosition | null;
}

export interface MessagePosition {
  id: string;
  /** Unix seconds, as in the page. */
  t: number;
}

/** As the `message` event carries it, without the group's participants. */
export interface ListedMessage {
  data: MessageData;
  /** Of the account's own messages. */
  ack: AckLevel | null;
}

export interface MessageList {
  messages: ListedMessage[];
  next: MessagePosition | null;
}

export interface GroupMember {
  jid: string;
  lid: string | null;
  phone: string | null;
  isAdmin: boolean;
}

export interface GroupInfo {
  groupJid: string;
  subject: string | null;
  description: string | null;
  /** Who made it; null where WhatsApp does not say. */
  owner: { jid: string; lid: string | null; phone: string | null } | null;
  createdAt: number | null;
  /** Only admins may write. */
  announce: boolean;
  /** Only admins may change subject, description and picture. */
  restrict: boolean;
  /** This account's own place. */
  isMember: boolean;
  isAdmin: boolean;
  participants: GroupMember[];
}

export interface MemberResult {
  /** As it was asked for. */
  jid: string;
  /** `unchanged`: it was so before. `invited`: the person allows no direct adding and got an invitation. */
  status: 'added' | 'removed' | 'promoted' | 'demoted' | 'invited' | 'unchanged' | 'failed';
  /** WhatsApp's own code, which reads like an HTTP status. */
  code: number;
}

export interface ContactInfo {
  jid: string;
  lid: string | null;
  phone: string | null;
  /** In the account's address book. */
  name: string | null;
  /** As the person has chosen it. */
  pushname: string | null;
  /** A business's name that WhatsApp has verified. */
  verifiedName: string | null;
  isBusiness: boolean;
  /** In the account's address book. */
  isMyContact: boolean;
  isBlocked: boolean;
  isMe: boolean;
}
