import { randomBytes } from 'node:crypto';
import { SandboxError, type SandboxSettings } from '../hub-contract.js';
import type { HubDatabase } from './database.js';
import { lidOfPhone, phoneOfSession } from './identity.js';

export interface Account {
  phone: string;
  wid: string;
  lid: string;
  pushname: string;
  lidMode: boolean;
  banned: boolean;
}

interface AccountRow {
  phone: string;
  wid: string;
  lid: string;
  pushname: string;
  lid_mode: number;
  banned: number;
}

export const DEFAULT_SETTINGS: Readonly<SandboxSettings> = {
  auto_ack: 3,
  ack_delay_ms: 5,
  answer_ms: 0,
  slow_ms: 0,
  early_has_synced: false,
  fail_sends: 'off',
  keep_unsent: false,
  instant_upload: false,
  missing: [],
  qr_refresh_ms: 20_000,
  qr_max_refreshes: 5,
};

const toAccount = (row: AccountRow): Account => ({
  phone: row.phone, wid: row.wid, lid: row.lid, pushname: row.pushname, lidMode: row.lid_mode === 1, banned: row.banned === 1,
});

/** The JID by which the account itself is known in its chats. */
export const meOf = (account: Account): string => (account.lidMode ? account.lid : account.wid);

/** Accounts, the sessions that use them, and the devices that are linked to them. */
export class AccountStore {
  readonly #db: HubDatabase;

  constructor(db: HubDatabase) {
    this.#db = db;
  }

  byPhone(phone: string): Account | null {
    const row = this.#db.get<AccountRow>('SELECT * FROM accounts WHERE phone = ?', phone);
    return row ? toAccount(row) : null;
  }

  ofSession(sessionId: string): Account | null {
    const row = this.#db.get<AccountRow>('SELECT a.* FROM sessions s JOIN accounts a ON a.phone = s.account WHERE s.id = ?', sessionId);
    return row ? toAccount(row) : null;
  }

  /** The session's account, made with the session's own number if it has none yet. */
  ensure(sessionId: string, wish: { phone?: string; pushname?: string; lidMode?: boolean } = {}): { account: Account; created: boolean } {
    const current = this.ofSession(sessionId);
    const phone = wish.phone?.replace(/\D/g, '') || current?.phone || phoneOfSession(sessionId);
    if (phone.length < 6 || phone.length > 15) throw new SandboxError('invalid', 'A phone number has 6 to 15 digits.');
    return this.#db.transaction(() => {
      const existing = this.byPhone(phone);
      const created = existing === null;
      if (created) {
        this.#db.run('INSERT INTO accounts (phone, wid, lid, pushname, lid_mode) VALUES (?, ?, ?, ?, ?)',
          phone, `${phone}@c.us`, `${lidOfPhone(phone)}@lid`, wish.pushname ?? 'Sandbox', wish.lidMode ? 1 : 0);
      } else if (wish.pushname !== undefined && wish.pushname !== existing.pushname) {
        this.#db.run('UPDATE accounts SET pushname = ? WHERE phone = ?', wish.pushname, phone);
      }
      if (current?.phone !== phone) {
        this.#db.run('INSERT INTO sessions (id, account) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET account = excluded.account', sessionId, phone);
      }
      const account = this.byPhone(phone);
      if (!account) throw new Error('account was not stored');
      return { account, created };
    });
  }

  setBanned(phone: string, banned: boolean): void {
    this.#db.run('UPDATE accounts SET banned = ? WHERE phone = ?', banned ? 1 : 0, phone);
  }

  /** Makes a linked device of the session; the one before, if any, stays linked only if it belongs to another account. */
  link(sessionId: string, account: Account): string {
    const token = randomBytes(24).toString('base64url');
    this.#db.transaction(() => {
      this.#db.run('UPDATE devices SET unlinked_at = ? WHERE session = ? AND unlinked_at IS NULL', Date.now(), sessionId);
      this.#db.run('INSERT INTO devices (token, account, session, linked_at) VALUES (?, ?, ?, ?)', token, account.phone, sessionId, Date.now());
    });
    return token;
  }

  /** The account of a token that is still linked to this session. */
  byToken(sessionId: string, token: string): Account | null {
    const row = this.#db.get<AccountRow>(
      'SELECT a.* FROM devices d JOIN accounts a ON a.phone = d.account WHERE d.token = ? AND d.session = ? AND d.unlinked_at IS NULL', token, sessionId);
    return row ? toAccount(row) : null;
  }

  isPaired(sessionId: string): boolean {
    return this.#db.get('SELECT 1 FROM devices WHERE session = ? AND unlinked_at IS NULL', sessionId) !== undefined;
  }

  unlink(sessionId: string): boolean {
    return this.#db.run('UPDATE devices SET unlinked_at = ? WHERE session = ? AND unlinked_at IS NULL', Date.now(), sessionId).changes > 0;
  }

  settings(sessionId: string): SandboxSettings {
    const row = this.#db.get<{ settings: string }>('SELECT settings FROM sessions WHERE id = ?', sessionId);
    return { ...DEFAULT_SETTINGS, ...(row ? (JSON.parse(row.settings) as Partial<SandboxSettings>) : {}) };
  }

  saveSettings(sessionId: string, settings: SandboxSettings): void {
    this.#db.run('INSERT INTO sessions (id, settings) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET settings = excluded.settings', sessionId, JSON.stringify(settings));
  }

  unregistered(): string[] {
    return this.#db.all<{ prefix: string }>('SELECT prefix FROM unregistered ORDER BY prefix').map((row) => row.prefix);
  }

  setUnregistered(prefix: string, unregistered: boolean): void {
    const digits = prefix.replace(/\D/g, '');
    if (!digits) throw new SandboxError('invalid', 'A prefix is digits of a phone number.');
    if (unregistered) this.#db.run('INSERT INTO unregistered (prefix) VALUES (?) ON CONFLICT DO NOTHING', digits);
    else this.#db.run('DELETE FROM unregistered WHERE prefix = ?', digits);
  }

  isRegistered(phone: string): boolean {
    return this.#db.get('SELECT 1 FROM unregistered WHERE substr(?, 1, length(prefix)) = prefix LIMIT 1', phone) === undefined;
  }
}
