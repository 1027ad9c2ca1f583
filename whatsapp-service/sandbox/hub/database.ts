import { DatabaseSync } from '@photostructure/sqlite';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

type Connection = InstanceType<typeof DatabaseSync>;
type Statement = ReturnType<Connection['prepare']>;
export type Param = string | number | null;

const SCHEMA = `
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS accounts (
  phone TEXT PRIMARY KEY, wid TEXT NOT NULL, lid TEXT NOT NULL, pushname TEXT NOT NULL,
  lid_mode INTEGER NOT NULL DEFAULT 0, banned INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sessions (
  id TEXT PRIMARY KEY, account TEXT, settings TEXT NOT NULL DEFAULT '{}') WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS devices (
  token TEXT PRIMARY KEY, account TEXT NOT NULL, session TEXT NOT NULL, linked_at INTEGER NOT NULL, unlinked_at INTEGER) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS devices_session ON devices (session) WHERE unlinked_at IS NULL;
CREATE TABLE IF NOT EXISTS chats (
  account TEXT NOT NULL, jid TEXT NOT NULL, name TEXT NOT NULL, saved INTEGER NOT NULL DEFAULT 0, t INTEGER NOT NULL, unread INTEGER NOT NULL DEFAULT 0,
  archived INTEGER NOT NULL DEFAULT 0, pinned INTEGER NOT NULL DEFAULT 0, mute INTEGER NOT NULL DEFAULT 0,
  last_key TEXT, meta TEXT, PRIMARY KEY (account, jid)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS chats_newest ON chats (account, t);
CREATE TABLE IF NOT EXISTS messages (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, account TEXT NOT NULL, key TEXT NOT NULL, chat TEXT NOT NULL, id TEXT NOT NULL, participant TEXT,
  from_me INTEGER NOT NULL, ack INTEGER NOT NULL, t INTEGER NOT NULL, type TEXT NOT NULL, body TEXT NOT NULL, data TEXT NOT NULL,
  UNIQUE (account, key));
CREATE INDEX IF NOT EXISTS messages_chat ON messages (account, chat, t, seq);
CREATE INDEX IF NOT EXISTS messages_unread_by_them ON messages (account, ack) WHERE from_me = 1 AND ack < 3;
CREATE TABLE IF NOT EXISTS sent (
  account TEXT NOT NULL, recipient TEXT NOT NULL, id TEXT NOT NULL, chat TEXT NOT NULL, key TEXT NOT NULL, type TEXT NOT NULL, body TEXT NOT NULL,
  t INTEGER NOT NULL, n INTEGER NOT NULL, attempts INTEGER NOT NULL, PRIMARY KEY (account, recipient, id)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS sent_order ON sent (account, n);
CREATE TABLE IF NOT EXISTS deliveries (
  account TEXT NOT NULL, recipient TEXT NOT NULL, id TEXT NOT NULL, t INTEGER NOT NULL, PRIMARY KEY (account, recipient, id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS log (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, account TEXT NOT NULL, kind TEXT NOT NULL, ref TEXT NOT NULL, data TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS log_account ON log (account, seq);
CREATE TABLE IF NOT EXISTS media (path TEXT PRIMARY KEY, mimetype TEXT NOT NULL, size INTEGER NOT NULL, file TEXT, missing INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS unregistered (prefix TEXT PRIMARY KEY) WITHOUT ROWID;
`;

/** The hub's own database: `<dataDir>/sandbox.sqlite`. What it has committed survives a kill of the process. */
export class HubDatabase {
  readonly #db: Connection;
  readonly #statements = new Map<string, Statement>();
  #depth = 0;

  private constructor(db: Connection) {
    this.#db = db;
  }

  static open(dataDir: string): HubDatabase {
    mkdirSync(dataDir, { recursive: true });
    const db = new DatabaseSync(join(dataDir, 'sandbox.sqlite'));
    db.exec('PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=5000;');
    db.exec(SCHEMA);
    return new HubDatabase(db);
  }

  #prepare(sql: string): Statement {
    const known = this.#statements.get(sql);
    if (known) return known;
    const statement = this.#db.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }

  run(sql: string, ...params: Param[]): { changes: number; id: number } {
    const done = this.#prepare(sql).run(...params);
    return { changes: done.changes, id: Number(done.lastInsertRowid) };
  }

  // The caller knows its columns, as with `all`.
   
  get<Row>(sql: string, ...params: Param[]): Row | undefined {
    return this.#prepare(sql).get(...params) as Row | undefined;
  }

  all<Row>(sql: string, ...params: Param[]): Row[] {
    return this.#prepare(sql).all(...params) as Row[];
  }

  /** All or nothing; a transaction inside another joins it. */
  transaction<T>(work: () => T): T {
    if (this.#depth > 0) return work();
    this.#db.exec('BEGIN IMMEDIATE');
    this.#depth += 1;
    try {
      const result = work();
      this.#db.exec('COMMIT');
      return result;
    } catch (error) {
      this.#db.exec('ROLLBACK');
      throw error;
    } finally {
      this.#depth -= 1;
    }
  }

  /** A value that is made once and kept. */
  meta(key: string, make: () => string): string {
    const row = this.get<{ value: string }>('SELECT value FROM meta WHERE key = ?', key);
    if (row) return row.value;
    const value = make();
    this.setMeta(key, value);
    return value;
  }

  setMeta(key: string, value: string): void {
    this.run('INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value', key, value);
  }

  close(): void {
    this.#statements.clear();
    this.#db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    this.#db.close();
  }
}
