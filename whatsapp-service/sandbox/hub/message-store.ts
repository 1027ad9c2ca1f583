import type { MessageFilter, ReceivedMessage, SentFilter, SentMessage } from '../hub-contract.js';
import type { HubDatabase, Param } from './database.js';
import type { WireMessage } from './wire.js';

interface MessageRow {
  seq: number;
  key: string;
  chat: string;
  id: string;
  participant: string | null;
  from_me: number;
  ack: number;
  t: number;
  type: string;
  body: string;
  data: string;
}

const COLUMNS = 'seq, key, chat, id, participant, from_me, ack, t, type, body, data';

const toWire = (row: MessageRow): WireMessage => ({
  key: row.key, id: row.id, chat: row.chat, participant: row.participant, from_me: row.from_me === 1, ack: row.ack, t: row.t, type: row.type, body: row.body,
  data: JSON.parse(row.data) as Record<string, unknown>,
});

/** Messages of all accounts, what was sent to whom, and how often it arrived. */
export class MessageStore {
  readonly #db: HubDatabase;

  constructor(db: HubDatabase) {
    this.#db = db;
  }

  /** False if the account has the key already. */
  insert(account: string, message: WireMessage): boolean {
    return this.#db.run(
      `INSERT INTO messages (account, key, chat, id, participant, from_me, ack, t, type, body, data) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (account, key) DO NOTHING`,
      account, message.key, message.chat, message.id, message.participant, message.from_me ? 1 : 0, message.ack, message.t, message.type, message.body,
      JSON.stringify(message.data)).changes > 0;
  }

  byKey(account: string, key: string): WireMessage | null {
    const row = this.#db.get<MessageRow>(`SELECT ${COLUMNS} FROM messages WHERE account = ? AND key = ?`, account, key);
    return row ? toWire(row) : null;
  }

  /** Up to `limit` messages before `key` (or the newest ones), oldest first. */
  earlier(account: string, chat: string, key: string | null, limit: number): WireMessage[] {
    const edge = key === null ? undefined : this.#db.get<{ t: number; seq: number }>('SELECT t, seq FROM messages WHERE account = ? AND key = ?', account, key);
    const rows = edge
      ? this.#db.all<MessageRow>(
        `SELECT ${COLUMNS} FROM messages WHERE account = ? AND chat = ? AND (t, seq) < (?, ?) ORDER BY t DESC, seq DESC LIMIT ?`, account, chat, edge.t, edge.seq, limit)
      : this.#db.all<MessageRow>(`SELECT ${COLUMNS} FROM messages WHERE account = ? AND chat = ? ORDER BY t DESC, seq DESC LIMIT ?`, account, chat, limit);
    return rows.reverse().map(toWire);
  }

  /** Raises the acknowledgement (never lowers it, except to -1); false if nothing changed. */
  raiseAck(account: string, key: string, level: number): boolean {
    return this.#db.run('UPDATE messages SET ack = ? WHERE account = ? AND key = ? AND from_me = 1 AND (ack < ? OR ? < 0)', level, account, key, level, level).changes > 0;
  }

  /** Keys of the account's own messages that wait for an acknowledgement below `level`. */
  waitingForAck(account: string, level: number): string[] {
    return this.#db.all<{ key: string }>('SELECT key FROM messages WHERE account = ? AND from_me = 1 AND ack < 3 AND ack >= 0 AND ack < ? ORDER BY seq', account, level)
      .map((row) => row.key);
  }

  setBody(account: string, key: string, body: string, data: Record<string, unknown>): void {
    this.#db.run('UPDATE messages SET body = ?, data = ? WHERE account = ? AND key = ?', body, JSON.stringify(data), account, key);
  }

  setRevoked(account: string, key: string, data: Record<string, unknown>): void {
    this.#db.run("UPDATE messages SET type = 'revoked', body = '', data = ? WHERE account = ? AND key = ?", JSON.stringify(data), account, key);
  }

  remove(account: string, key: string): void {
    this.#db.run('DELETE FROM messages WHERE account = ? AND key = ?', account, key);
  }

  /** Counts one try to send this id to this recipient. */
  countAttempt(account: string, recipient: string, message: WireMessage): void {
    const { changes } = this.#db.run('UPDATE sent SET attempts = attempts + 1 WHERE account = ? AND recipient = ? AND id = ?', account, recipient, message.id);
    if (changes > 0) return;
    const n = (this.#db.get<{ n: number | null }>('SELECT max(n) AS n FROM sent WHERE account = ?', account)?.n ?? 0) + 1;
    this.#db.run('INSERT INTO sent (account, recipient, id, chat, key, type, body, t, n, attempts) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 1)',
      account, recipient, message.id, message.chat, message.key, message.type, message.body, message.t, n);
  }

  /** False if the recipient has this id already: WhatsApp drops the second one. */
  deliver(account: string, recipient: string, id: string, t: number): boolean {
    return this.#db.run('INSERT INTO deliveries (account, recipient, id, t) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING', account, recipient, id, t).changes > 0;
  }

  sent(account: string, filter: SentFilter = {}): SentMessage[] {
    const where = ['s.account = ?'];
    const params: Param[] = [account];
    if (filter.chat !== undefined) {
      where.push('s.chat = ?');
      params.push(filter.chat);
    }
    if (filter.to !== undefined) {
      where.push('s.recipient = ?');
      params.push(filter.to);
    }
    if (filter.after !== undefined) {
      where.push('s.n > ?');
      params.push(filter.after);
    }
    params.push(filter.limit ?? -1);
    return this.#db.all<SentMessage>(
      `SELECT s.n AS "order", s.chat AS chat, s.recipient AS "to", s.key AS message_id, s.id AS raw_id, s.type AS type, s.body AS body, s.t AS t, coalesce(m.ack, 0) AS ack,
         (SELECT count(*) FROM deliveries d WHERE d.account = s.account AND d.recipient = s.recipient AND d.id = s.id) AS deliveries, s.attempts AS attempts
       FROM sent s LEFT JOIN messages m ON m.account = s.account AND m.key = s.key
       WHERE ${where.join(' AND ')} ORDER BY s.n LIMIT ?`, ...params).map((row) => ({ ...row }));
  }

  received(account: string, filter: MessageFilter = {}): ReceivedMessage[] {
    const where = ['account = ?', 'from_me = 0'];
    const params: Param[] = [account];
    if (filter.chat !== undefined) {
      where.push('chat = ?');
      params.push(filter.chat);
    }
    if (filter.after !== undefined) {
      where.push('seq > ?');
      params.push(filter.after);
    }
    params.push(filter.limit ?? -1);
    return this.#db.all<ReceivedMessage>(
      `SELECT seq AS "order", key AS message_id, id AS raw_id, chat, participant AS author, type, body, t FROM messages
       WHERE ${where.join(' AND ')} ORDER BY seq LIMIT ?`, ...params).map((row) => ({ ...row }));
  }

  counts(account: string): { messages: number; sent: number } {
    const row = this.#db.get<{ messages: number; sent: number }>(
      'SELECT (SELECT count(*) FROM messages WHERE account = ?) AS messages, (SELECT count(*) FROM sent WHERE account = ?) AS sent', account, account);
    return { messages: row?.messages ?? 0, sent: row?.sent ?? 0 };
  }
}
