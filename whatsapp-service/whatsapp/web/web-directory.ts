import type { ChatPayload } from '../../contracts/payloads.js';
import type { ChatList, ChatQuery, ContactInfo, Directory, GroupInfo, MemberResult, MessageList, MessageQuery, NumberCheck } from '../directory.js';
import { decodeChat } from './decode/chat.js';
import {
  decodeContact, decodeGroup, decodeListedMessage, decodeMembers,
  type PageChatList, type PageContact, type PageGroupInfo, type PageMember, type PageMessageList,
} from './decode/directory.js';
import { NOT_LISTED } from './decode/message.js';
import type { PageChat } from './page-script.js';

/** A call of the page bridge; without a deadline (milliseconds) the session's usual one holds. */
export type PageCall = <T>(name: string, args?: unknown, deadlineMs?: number) => Promise<T>;

/** WhatsApp takes its time for each person that is added, and we take ours. */
const MEMBERS_BASE_MS = 60_000;
const MEMBER_MS = 1_500;

/** The directory of whatsapp-web.js: every method is one call into the page. */
export class WebDirectory implements Directory {
  constructor(private readonly call: PageCall) {}

  async checkNumbers(jids: readonly string[]): Promise<NumberCheck[]> {
    const rows = await this.call<[string, 0 | 1 | null, string | null][]>('checkNumbers', { jids });
    return rows.map(([jid, exists, canonicalJid]) => ({ jid, exists: exists === null ? null : exists === 1, canonicalJid }));
  }

  async listChats(query: ChatQuery): Promise<ChatList> {
    const { chats, next } = await this.call<PageChatList>('findChats', query);
    return { chats: chats.map((chat) => decodeChat(chat, false)), next };
  }

  async chat(chatId: string): Promise<ChatPayload | null> {
    const chat = await this.call<PageChat | null>('oneChat', { chatId });
    return chat && decodeChat(chat, false);
  }

  async messages(chatId: string, query: MessageQuery): Promise<MessageList> {
    const { messages, next } = await this.call<PageMessageList>('chatMessages', { chatId, ...query, skip: NOT_LISTED });
    return { messages: messages.map(decodeListedMessage), next };
  }

  async markSeen(chatId: string): Promise<void> {
    await this.call('markSeen', { chatId });
  }

  async showState(chatId: string, state: 'typing' | 'recording' | 'stop'): Promise<void> {
    await this.call('chatState', { chatId, state });
  }

  async groupInfo(groupId: string): Promise<GroupInfo> {
    return decodeGroup(await this.call<PageGroupInfo>('groupInfo', { groupId }));
  }

  async createGroup(subject: string, participants: readonly string[]): Promise<{ groupJid: string; participants: MemberResult[] }> {
    const made = await this.call<{ id: string; members: PageMember[] }>('createGroup', { subject, jids: participants }, deadlineFor(participants));
    return { groupJid: made.id, participants: decodeMembers(made.members) };
  }

  addParticipants(groupId: string, jids: readonly string[]): Promise<MemberResult[]> {
    return this.changeMembers('addMembers', { groupId, jids });
  }

  removeParticipants(groupId: string, jids: readonly string[]): Promise<MemberResult[]> {
    return this.changeMembers('changeMembers', { groupId, jids, change: 'remove' });
  }

  promoteParticipants(groupId: string, jids: readonly string[]): Promise<MemberResult[]> {
    return this.changeMembers('changeMembers', { groupId, jids, change: 'promote' });
  }

  demoteParticipants(groupId: string, jids: readonly string[]): Promise<MemberResult[]> {
    return this.changeMembers('changeMembers', { groupId, jids, change: 'demote' });
  }

  async leaveGroup(groupId: string): Promise<void> {
    await this.call('leaveGroup', { groupId });
  }

  async inviteLink(groupId: string): Promise<string> {
    return linkOf(await this.call<string>('inviteCode', { groupId }));
  }

  async revokeInviteLink(groupId: string): Promise<string> {
    return linkOf(await this.call<string>('revokeInvite', { groupId }));
  }

  async contact(jid: string): Promise<ContactInfo> {
    return decodeContact(await this.call<PageContact>('contact', { jid }));
  }

  async profilePicture(jid: string): Promise<string | null> {
    return this.call<string | null>('profilePicture', { jid });
  }

  private async changeMembers(name: string, args: { groupId: string; jids: readonly string[]; change?: string }): Promise<MemberResult[]> {
    return decodeMembers(await this.call<PageMember[]>(name, args, deadlineFor(args.jids)));
  }
}

const deadlineFor = (jids: readonly string[]): number => MEMBERS_BASE_MS + MEMBER_MS * jids.length;

const linkOf = (code: string): string => `https://chat.whatsapp.com/${code}`;
