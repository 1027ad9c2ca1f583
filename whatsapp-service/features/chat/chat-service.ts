import type { CountryCode } from 'libphonenumber-js';
import { z } from 'zod';
import type { ChatListView, ChatMessageListView, ChatsQuery, ContactView, MessagesQuery, Typing } from '../../contracts/chat-api.js';
import { ApiError } from '../../contracts/errors.js';
import type { ChatPayload } from '../../contracts/payloads.js';
import { withMediaPath } from '../../contracts/media-path.js';
import { ackName } from '../../contracts/states.js';
import type { SessionId } from '../../shared/ids.js';
import type { Logger } from '../../shared/logger.js';
import type { ChatPosition, Directory, ListedMessage, MessagePosition } from '../../whatsapp/directory.js';
import { answered } from '../../whatsapp/provider-answer.js';
import { addressOf } from './address.js';
import { filterOf } from './chat-search.js';
import { Cursors } from '../../contracts/cursor.js';

export interface DirectoryOptions {
  /** Rejects with the error that the caller is to see, unless the session works. */
  working(id: SessionId): Promise<{ directory: Directory }>;
  /** Of numbers that are written without one. */
  country: CountryCode;
  logger: Logger;
}

const chatCursors = new Cursors<ChatPosition>(
  z.strictObject({ listing: z.string().max(64), offset: z.number().int().nonnegative(), lastId: z.string().max(128), lastT: z.number() }),
);
const messageCursors = new Cursors<MessagePosition>(z.strictObject({ id: z.string().max(256), t: z.number() }));

/** Chats, their messages and contacts, as WhatsApp Web has them now: nothing of it is kept here. */
export class ChatService {
  constructor(private readonly options: DirectoryOptions) {}

  async list(id: SessionId, query: ChatsQuery): Promise<ChatListView> {
    const filter = filterOf(query);
    const scope = [id, filter];
    const after = chatCursors.decode(query.cursor, scope);
    const { chats, next } = await this.ask(id, (directory) => directory.listChats({ filter, limit: query.limit, after }));
    return { chats, next_cursor: chatCursors.encode(next, scope) };
  }

  async chat(id: SessionId, chatId: string): Promise<ChatPayload> {
    const { jid } = this.address(chatId, 'params.chat_id');
    const chat = await this.ask(id, (directory) => directory.chat(jid));
    if (!chat) throw new ApiError('chat_not_found');
    return chat;
  }

  async messages(id: SessionId, chatId: string, query: MessagesQuery): Promise<ChatMessageListView> {
    const { jid } = this.address(chatId, 'params.chat_id');
    const scope = [id, jid];
    const before = messageCursors.decode(query.cursor, scope);
    const { messages, next } = await this.ask(id, (directory) => directory.messages(jid, { limit: query.limit, before }));
    return { messages: messages.map(({ data, ack }) => messageView({ data: withMediaPath(id, data), ack })), next_cursor: messageCursors.encode(next, scope) };
  }

  async markSeen(id: SessionId, chatId: string): Promise<void> {
    const { jid } = this.address(chatId, 'params.chat_id');
    await this.ask(id, (directory) => directory.markSeen(jid));
  }

  async showTyping(id: SessionId, chatId: string, { state, recording }: Typing): Promise<void> {
    const { jid } = this.address(chatId, 'params.chat_id');
    await this.ask(id, (directory) => directory.showState(jid, state === 'stop' ? 'stop' : recording ? 'recording' : 'typing'));
  }

  async contact(id: SessionId, who: string): Promise<ContactView> {
    const { jid, isGroup } = this.address(who, 'params.jid');
    if (isGroup) throw new ApiError('invalid_phone', { fields: [{ field: 'params.jid', code: 'invalid_phone', message: 'must be a person; a group is at /groups/{group_id}' }] });
    const contact = await this.ask(id, (directory) => directory.contact(jid));
    const { verifiedName, isBusiness, isMyContact, isBlocked, isMe, ...names } = contact;
    return { ...names, verified_name: verifiedName, is_business: isBusiness, is_my_contact: isMyContact, is_blocked: isBlocked, is_me: isMe };
  }

  async profilePicture(id: SessionId, who: string): Promise<string | null> {
    const { jid } = this.address(who, 'params.jid');
    return this.ask(id, (directory) => directory.profilePicture(jid));
  }

  private address(input: string, field: string): { jid: string; isGroup: boolean } {
    return addressOf(input, field, this.options.country);
  }

  private async ask<T>(id: SessionId, question: (directory: Directory) => Promise<T>): Promise<T> {
    const { directory } = await this.options.working(id);
    return answered(question(directory), this.options.logger);
  }
}

const messageView = ({ data, ack }: ListedMessage): ChatMessageListView['messages'][number] => ({ ...data, ack: ack === null ? null : { level: ack, name: ackName(ack) } });
