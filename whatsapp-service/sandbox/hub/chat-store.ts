import type { HubDatabase } from './database.js';
import { isGroupJid } from './identity.js';
import type { MessageStore } from './message-store.js';
import type { WireChat, WireGroup, WireMessage } from './wire.js';

interface ChatRow {
  jid: string;
  name: string;
  saved: number;
  t: number;
  unread: number;
  archived: number;
  pinned: number;
  mute: number;
  last_key: string | null;
  meta: string | null;
}

export interface ChatFlags {
  unread?: number;
  archived?: boolean;
  pinned?: number;
  mute?: number;
}

const toWire = (row: ChatRow): WireChat => ({
  jid: row.jid, name: row.name, saved: row.saved === 1, t: row.t, unread: row.unread, archived: row.archived === 1, pinned: row.pinned, mute: row.mute,
  ...(row.meta === null ? {} : { group: JSON.parse(row.meta) as WireGroup }),
});

/** Chats of all accounts. */
export class ChatStore {
  readonly #db: HubDatabase;
  readonly #messages: MessageStore;

  constructor(db: HubDatabase, messages: MessageStore) {
    this.#db = db;
    this.#messages = messages;
  }

  get(account: string, jid: string): WireChat | null {
    const row = this.#db.get<ChatRow>('SELECT * FROM chats WHERE account = ? AND jid = ?', account, jid);
    return row ? toWire(row) : null;
  }

  /** With its newest message. */
  full(account: string, jid: string): WireChat | null {
    const row = this.#db.get<ChatRow>('SELECT * FROM chats WHERE account = ? AND jid = ?', account, jid);
    return row ? this.#withLast(account, row) : null;
  }

  #withLast(account: string, row: ChatRow): WireChat {
    const last = row.last_key === null ? null : this.#messages.byKey(account, row.last_key);
    return { ...toWire(row), ...(last ? { last } : {}) };
  }

  insert(account: string, chat: WireChat): void {
    this.#db.run(
      `INSERT INTO chats (account, jid, name, saved, t, unread, archived, pinned, mute, last_key, meta) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (account, jid) DO NOTHING`,
      account, chat.jid, chat.name, chat.saved ? 1 : 0, chat.t, chat.unread, chat.archived ? 1 : 0, chat.pinned, chat.mute, chat.last?.key ?? null,
      chat.group ? JSON.stringify(chat.group) : null);
  }

  /** A message came to the chat or left from it; gives the unread count after it. */
  touch(account: string, message: WireMessage, counts: boolean): number {
    this.#db.run(
      `UPDATE chats SET unread = CASE WHEN ? THEN unread + 1 ELSE unread END,
         last_key = CASE WHEN t <= ? THEN ? ELSE last_key END, t = max(t, ?) WHERE account = ? AND jid = ?`,
      counts ? 1 : 0, message.t, message.key, message.t, account, message.chat);
    return this.#db.get<{ unread: number }>('SELECT unread FROM chats WHERE account = ? AND jid = ?', account, message.chat)?.unread ?? 0;
  }

  setFlags(account: string, jid: string, flags: ChatFlags): void {
    const chat = this.get(account, jid);
    if (!chat) return;
    const next = { ...chat, ...flags };
    this.#db.run('UPDATE chats SET unread = ?, archived = ?, pinned = ?, mute = ? WHERE account = ? AND jid = ?',
      next.unread, next.archived ? 1 : 0, next.pinned, next.mute, account, jid);
  }

  setGroup(account: string, jid: string, group: WireGroup): void {
    this.#db.run('UPDATE chats SET name = ?, meta = ? WHERE account = ? AND jid = ?', group.subject, JSON.stringify(group), account, jid);
  }

  remove(account: string, jid: string): void {
    this.#db.run('DELETE FROM chats WHERE account = ? AND jid = ?', account, jid);
  }

  /** JIDs of the newest chats. */
  newest(account: string, limit: number, kind: 'private' | 'group' | 'any' = 'any'): string[] {
    const filter = kind === 'any' ? '' : `AND jid ${kind === 'group' ? '' : 'NOT '}LIKE '%@g.us'`;
    return this.#db.all<{ jid: string }>(`SELECT jid FROM chats WHERE account = ? ${filter} ORDER BY t DESC, jid LIMIT ?`, account, limit).map((row) => row.jid);
  }

  /** A slice of all chats with their newest messages, in the order of their JIDs. */
  slice(account: string, after: string, limit: number): WireChat[] {
    return this.#db.all<ChatRow>('SELECT * FROM chats WHERE account = ? AND jid > ? ORDER BY jid LIMIT ?', account, after, limit).map((row) => this.#withLast(account, row));
  }

  count(account: string): number {
    return this.#db.get<{ n: number }>('SELECT count(*) AS n FROM chats WHERE account = ?', account)?.n ?? 0;
  }
}

/** A chat that has had no message yet. */
export function newChat(jid: string, name: string, t: number, group?: WireGroup): WireChat {
  return { jid, name, saved: false, t, unread: 0, archived: false, pinned: 0, mute: 0, ...(group && isGroupJid(jid) ? { group } : {}) };
}
