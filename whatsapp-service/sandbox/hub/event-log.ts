import type { ChatStore } from './chat-store.js';
import type { HubDatabase } from './database.js';
import type { MessageStore } from './message-store.js';
import type { LogEvent, LogKind } from './wire.js';

/** Events that are kept for pages that were away. A page that starts anew reads its state instead. */
const KEPT = 200_000;

interface LogRow {
  seq: number;
  kind: LogKind;
  ref: string;
  data: string;
}

/** What happened to each account, in order. Messages and chats are kept by reference. */
export class EventLog {
  readonly #db: HubDatabase;
  readonly #messages: MessageStore;
  readonly #chats: ChatStore;

  constructor(db: HubDatabase, messages: MessageStore, chats: ChatStore) {
    this.#db = db;
    this.#messages = messages;
    this.#chats = chats;
  }

  append(account: string, event: Omit<LogEvent, 'seq'>): LogEvent {
    const { id } = this.#db.run('INSERT INTO log (account, kind, ref, data) VALUES (?, ?, ?, ?)', account, event.kind, event.ref, JSON.stringify(event.data));
    return { seq: id, ...event };
  }

  head(): number {
    return this.#db.get<{ seq: number | null }>('SELECT max(seq) AS seq FROM log')?.seq ?? 0;
  }

  since(account: string, seq: number, limit: number): LogEvent[] {
    return this.#db.all<LogRow>('SELECT seq, kind, ref, data FROM log WHERE account = ? AND seq > ? ORDER BY seq LIMIT ?', account, seq, limit)
      .map((row) => this.#hydrate(account, row));
  }

  #hydrate(account: string, row: LogRow): LogEvent {
    const event: LogEvent = { seq: row.seq, kind: row.kind, ref: row.ref, data: JSON.parse(row.data) as Record<string, unknown> };
    if (row.kind === 'message') {
      const message = this.#messages.byKey(account, row.ref);
      const chat = message ? this.#chats.get(account, message.chat) : null;
      return { ...event, ...(message ? { message } : {}), ...(chat ? { chat } : {}) };
    }
    if (row.kind === 'chat' || row.kind === 'group') {
      const chat = this.#chats.full(account, row.ref);
      return { ...event, ...(chat ? { chat } : {}) };
    }
    return event;
  }

  prune(): void {
    this.#db.run('DELETE FROM log WHERE seq <= ?', this.head() - KEPT);
  }
}
