import { SandboxError } from '../hub-contract.js';
import { meOf, type Account, type AccountStore } from './account-store.js';
import { newChat, type ChatFlags, type ChatStore } from './chat-store.js';
import type { HubDatabase } from './database.js';
import type { EventLog } from './event-log.js';
import { isGroupJid, personJid, phoneOf, recipientOf, serializeKey } from './identity.js';
import type { MessageStore } from './message-store.js';
import type { LogEvent, WireChat, WireGroup, WireMessage } from './wire.js';

/** Tells every connected page of the account. */
export type Publish = (phone: string, events: LogEvent[]) => void;

export interface MailboxParts {
  db: HubDatabase;
  accounts: AccountStore;
  chats: ChatStore;
  messages: MessageStore;
  log: EventLog;
  publish: Publish;
}

export interface Delivery {
  account: Account;
  message: WireMessage;
}

/** The accounts' mail: every change is committed first and told to the pages afterwards. */
export class Mailbox {
  readonly #parts: MailboxParts;

  constructor(parts: MailboxParts) {
    this.#parts = parts;
  }

  /** Messages that came for the account. `quiet` ones are found by the page at its next start only. */
  receive(account: Account, messages: WireMessage[], quiet = false): void {
    const events = this.#parts.db.transaction(() => messages.map((message) => this.#store(account, message, quiet)));
    if (!quiet) this.#parts.publish(account.phone, events.filter((event) => event !== null));
  }

  #store(account: Account, message: WireMessage, quiet: boolean): LogEvent | null {
    const { chats, messages, log } = this.#parts;
    const chat = this.ensureChat(account, message.chat, typeof message.data.notifyName === 'string' ? message.data.notifyName : '');
    if (!messages.insert(account.phone, message)) return null;
    const unread = chats.touch(account.phone, message, !message.from_me && message.type !== 'gp2');
    return quiet ? null : { ...log.append(account.phone, { kind: 'message', ref: message.key, data: { unread } }), message, chat };
  }

  /** The chat, made if the account has none with this JID. */
  ensureChat(account: Account, jid: string, name = ''): WireChat {
    const existing = this.#parts.chats.get(account.phone, jid);
    if (existing) return existing;
    const phone = phoneOf(jid);
    const chat = newChat(jid, name || (phone ? `+${phone}` : jid), 0, isGroupJid(jid) ? this.#newGroup(account) : undefined);
    this.#parts.chats.insert(account.phone, chat);
    return chat;
  }

  #newGroup(account: Account): WireGroup {
    return { subject: 'Grup baru', owner: meOf(account), creation: Math.floor(Date.now() / 1000), participants: [{ id: meOf(account), admin: true }] };
  }

  /**
   * Messages that pages send, in one commit. The second send of an id to the same recipient is counted and otherwise ignored.
   * Answers for each whether it was delivered now.
   */
  send(deliveries: Delivery[]): boolean[] {
    const { db, chats, messages, log, publish } = this.#parts;
    const events = new Map<string, LogEvent[]>();
    const tell = (phone: string, event: LogEvent): void => {
      const list = events.get(phone);
      if (list) list.push(event);
      else events.set(phone, [event]);
    };
    const delivered = db.transaction(() => deliveries.map(({ account, message }) => {
      const recipient = recipientOf(message.chat);
      messages.countAttempt(account.phone, recipient, message);
      if (!messages.deliver(account.phone, recipient, message.id, message.t)) return false;
      const chat = this.ensureChat(account, message.chat);
      messages.insert(account.phone, message);
      chats.touch(account.phone, message, false);
      tell(account.phone, { ...log.append(account.phone, { kind: 'message', ref: message.key, data: { unread: chat.unread } }), message, chat });
      const peer = this.#peerCopy(account, message);
      const event = peer && this.#store(peer.account, peer.message, false);
      if (peer && event) tell(peer.account.phone, event);
      return true;
    }));
    for (const [phone, list] of events) publish(phone, list);
    return delivered;
  }

  /** Counts a send that WhatsApp does not take. */
  refuse({ account, message }: Delivery): void {
    this.#parts.messages.countAttempt(account.phone, recipientOf(message.chat), message);
  }

  /** A private message to another account of this hub arrives there. */
  #peerCopy(from: Account, message: WireMessage): Delivery | null {
    const phone = isGroupJid(message.chat) ? null : phoneOf(message.chat);
    const account = phone === null || phone === from.phone ? null : this.#parts.accounts.byPhone(phone);
    if (!account) return null;
    const chat = personJid(from.phone, account.lidMode);
    const copy = { ...message, chat, key: serializeKey({ fromMe: false, chat, id: message.id }), participant: null, from_me: false, ack: 1 };
    return { account, message: { ...copy, data: { ...message.data, notifyName: from.pushname } } };
  }

  /** Raises the acknowledgement of the account's own messages. */
  acknowledge(account: Account, keys: string[], level: number): void {
    this.#commit(account, () => keys.filter((key) => this.#parts.messages.raiseAck(account.phone, key, level))
      .map((key) => this.#parts.log.append(account.phone, { kind: 'ack', ref: key, data: { ack: level } })));
  }

  edit(account: Account, key: string, body: string): void {
    const message = this.message(account, key);
    const data = { ...message.data, latestEditMsgKey: key, latestEditSenderTimestampMs: Date.now() };
    this.#commit(account, () => {
      this.#parts.messages.setBody(account.phone, key, body, data);
      return [this.#parts.log.append(account.phone, { kind: 'edit', ref: key, data: { body, t: data.latestEditSenderTimestampMs } })];
    });
  }

  revoke(account: Account, key: string): void {
    const { data } = this.message(account, key);
    this.#commit(account, () => {
      this.#parts.messages.setRevoked(account.phone, key, { notifyName: data.notifyName ?? '' });
      return [this.#parts.log.append(account.phone, { kind: 'revoke', ref: key, data: {} })];
    });
  }

  /** "Delete for me": only this account forgets the message. */
  remove(account: Account, key: string): void {
    this.#commit(account, () => {
      this.#parts.messages.remove(account.phone, key);
      return [this.#parts.log.append(account.phone, { kind: 'remove', ref: key, data: {} })];
    });
  }

  react(account: Account, key: string, reaction: { id: string; sender: string; emoji: string }): void {
    this.message(account, key);
    this.#commit(account, () => [this.#parts.log.append(account.phone, { kind: 'reaction', ref: key, data: { ...reaction, t: Date.now() } })]);
  }

  changeGroup(account: Account, jid: string, group: WireGroup, notice: WireMessage): void {
    this.#commit(account, () => {
      this.#parts.chats.setGroup(account.phone, jid, group);
      const told = this.#parts.log.append(account.phone, { kind: 'group', ref: jid, data: {} });
      const chat = this.#parts.chats.get(account.phone, jid);
      const noticed = this.#store(account, notice, false);
      return [{ ...told, ...(chat ? { chat } : {}) }, ...(noticed ? [noticed] : [])];
    });
  }

  setFlags(account: Account, jid: string, flags: ChatFlags): void {
    this.#parts.chats.setFlags(account.phone, jid, flags);
  }

  call(account: Account, ref: string, data: Record<string, unknown>): void {
    this.#commit(account, () => [this.#parts.log.append(account.phone, { kind: 'call', ref, data })]);
  }

  /** Chats that have appeared by themselves, as after a seed. */
  addChats(account: Account, chats: { chat: WireChat; messages: WireMessage[] }[]): void {
    this.#commit(account, () => chats.map(({ chat, messages }) => {
      for (const message of messages) this.#parts.messages.insert(account.phone, message);
      this.#parts.chats.insert(account.phone, chat);
      return { ...this.#parts.log.append(account.phone, { kind: 'chat', ref: chat.jid, data: {} }), chat };
    }));
  }

  message(account: Account, key: string): WireMessage {
    const message = this.#parts.messages.byKey(account.phone, key);
    if (!message) throw new SandboxError('message_not_found', `The account has no message ${key}.`);
    return message;
  }

  #commit(account: Account, work: () => LogEvent[]): void {
    const events = this.#parts.db.transaction(work);
    if (events.length > 0) this.#parts.publish(account.phone, events);
  }
}
