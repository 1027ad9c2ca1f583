import { createHash, randomInt, timingSafeEqual } from 'node:crypto';
import type { ApiKeyView } from '../../contracts/api-key-api.js';
import { ApiError } from '../../contracts/errors.js';
import type { Caller, Scope } from '../../contracts/route.js';
import { iso, type Clock } from '../../shared/clock.js';
import { newKeyId } from '../../shared/ids.js';
import { StartError } from '../../shared/start-error.js';
import type { Db, Storage } from '../../storage/database.js';
import { limitsOf } from './key-limits.js';
import { deleteKey, findKey, findKeyByHash, insertKey, listActiveKeys, listSessionWorkspaces, revokeKey, type ApiKey } from './api-key-store.js';

export interface ApiKeyServiceOptions {
  storage: Pick<Storage, 'db' | 'transaction'>;
  clock: Clock;
  /** A key has stopped working. */
  onRevoked?: (keyId: string) => void;
}

export interface NewApiKey {
  name: string;
  scopes: readonly Scope[];
  /** null: every session. */
  sessions: readonly string[] | null;
  /** null, or absent: every workspace. */
  workspaces?: readonly string[] | null;
}

/** The key of the setting ADMIN_API_KEY keeps its id when its value changes, so that its Idempotency-Keys stay its own. */
export const PRESET_KEY_ID = 'key_preset';

/** How long a key that was looked up is taken for good without looking again. A change made here is seen at once. */
const CACHE_MS = 10_000;
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
/** 40 of 62 characters: 238 bits. */
const KEY_CHARACTERS = 40;

/** Who may use the API. A key is shown once, when it is made; what is kept is its digest. */
export class ApiKeyService {
  private readonly cache = new Map<string, { key: ApiKey; until: number }>();
  private generation = 0;

  constructor(private readonly options: ApiKeyServiceOptions) {}

  /**
   * Makes sure that somebody can use the API: at the first start a key with every right is made, and returned to be shown once.
   * `preset` (the setting ADMIN_API_KEY) is used instead, and follows the setting when that is changed or emptied.
   * @throws Error when the preset is a key that was revoked or may do less.
   */
  async ensureFirstKey(preset: string | null): Promise<{ created: string | null }> {
    const created = await this.change(async (trx) => {
      await this.followPreset(trx, preset);
      if ((await listActiveKeys(trx)).some(isMaster)) return null;
      const key = newKey();
      await this.insert(trx, { name: 'First key', scopes: ['admin'], sessions: null }, key);
      return key;
    });
    return { created };
  }

  /** Whose key it is; null when there is no such key, or it was revoked. */
  async authenticate(key: string): Promise<Caller | null> {
    const hash = hashOf(key);
    const found = await this.activeKey(hash);
    // The lookup by digest tells nothing of a key; the comparison does not hang on where two differ.
    if (!found || !timingSafeEqual(Buffer.from(found.hash, 'hex'), Buffer.from(hash, 'hex'))) return null;
    const isLimited = found.sessions !== null || found.workspaces !== null;
    return { keyId: found.id, scopes: found.scopes, ...limitsOf(found, isLimited ? await listSessionWorkspaces(this.options.storage.db) : []) };
  }

  /** Makes a key. It cannot be shown again. */
  async create(wanted: NewApiKey): Promise<{ key: string; view: ApiKeyView }> {
    const key = newKey();
    const stored = await this.change((trx) => this.insert(trx, wanted, key));
    return { key, view: viewOf(stored) };
  }

  /** The keys that are not revoked. */
  async list(): Promise<ApiKeyView[]> {
    return (await listActiveKeys(this.options.storage.db)).map(viewOf);
  }

  /** The key stops working at once. @throws ApiError for the last key that may do everything, and for that of the setting. */
  async revoke(id: string): Promise<void> {
    await this.change(async (trx) => {
      const key = await findKey(trx, id);
      if (!key || key.revokedAt !== null) throw new ApiError('key_not_found', { key_id: id });
      if (id === PRESET_KEY_ID) throw new ApiError('preset_key', { key_id: id });
      const others = (await listActiveKeys(trx)).filter((other) => other.id !== id);
      if (isMaster(key) && !others.some(isMaster)) throw new ApiError('last_admin_key', { key_id: id });
      await revokeKey(trx, id, this.options.clock.now());
    });
    this.options.onRevoked?.(id);
  }

  /** Another process may have changed a key. */
  forget(): void {
    this.generation++;
    this.cache.clear();
  }

  private async followPreset(trx: Db, preset: string | null): Promise<void> {
    const hash = preset === null ? null : hashOf(preset);
    const current = await findKey(trx, PRESET_KEY_ID);
    if (current && current.hash !== hash) await deleteKey(trx, PRESET_KEY_ID);
    if (preset === null || hash === null || current?.hash === hash) return;
    const same = await findKeyByHash(trx, hash);
    if (same && same.revokedAt !== null) throw new StartError('ADMIN_API_KEY is a key that was revoked. Write another one.');
    if (same && !isMaster(same)) throw new StartError('ADMIN_API_KEY is a key of this service that may not do everything. Write another one.');
    if (!same) await this.insert(trx, { name: 'ADMIN_API_KEY', scopes: ['admin'], sessions: null }, preset, PRESET_KEY_ID);
  }

  private async insert(trx: Db, wanted: NewApiKey, key: string, id = newKeyId()): Promise<ApiKey> {
    const stored = { id, name: wanted.name, hash: hashOf(key), scopes: wanted.scopes, sessions: wanted.sessions, workspaces: wanted.workspaces ?? null, createdAt: this.options.clock.now() };
    await insertKey(trx, stored);
    return { ...stored, revokedAt: null };
  }

  /** Only keys that exist are kept, so that guesses do not fill the memory. */
  private async activeKey(hash: string): Promise<ApiKey | null> {
    const now = this.options.clock.now();
    const cached = this.cache.get(hash);
    if (cached && now < cached.until) return cached.key;
    this.cache.delete(hash);
    const { generation } = this;
    const key = await findKeyByHash(this.options.storage.db, hash);
    if (!key || key.revokedAt !== null) return null;
    // Read before a change that has been committed since: good for this request, too old to be kept.
    if (generation === this.generation) this.cache.set(hash, { key, until: now + CACHE_MS });
    return key;
  }

  private async change<T>(work: (trx: Db) => Promise<T>): Promise<T> {
    try {
      return await this.options.storage.transaction(work);
    } finally {
      this.forget();
    }
  }
}

/** May do everything with every session and workspace: without one of these nobody could make another key. */
const isMaster = (key: ApiKey): boolean => key.scopes.includes('admin') && key.sessions === null && key.workspaces === null;

const hashOf = (key: string): string => createHash('sha256').update(key).digest('hex');

const newKey = (): string => `wab_${Array.from({ length: KEY_CHARACTERS }, () => ALPHABET[randomInt(ALPHABET.length)]).join('')}`;

const viewOf = (key: ApiKey): ApiKeyView => ({
  id: key.id,
  name: key.name,
  scopes: [...key.scopes],
  sessions: key.sessions === null ? null : [...key.sessions],
  workspaces: key.workspaces === null ? null : [...key.workspaces],
  created_at: iso(key.createdAt),
});
