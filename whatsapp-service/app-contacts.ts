import { BackendDatabase } from './backend-database/backend-database.js';
import type { Config } from './config/config.js';
import { AddressService } from './features/address/address-service.js';
import { BackendAddresses } from './features/address/backend-addresses.js';
import { lastActive, storedTargets, type TargetPage } from './features/contact/contact-lookups.js';
import { findOptedOut } from './features/opt-out/opt-out-store.js';
import type { TargetSelection } from './contracts/contact-api.js';
import { workspaceKey, type WorkspaceId } from './shared/workspace.js';
import type { Logger } from './shared/logger.js';
import type { Storage } from './storage/database.js';

/** What a blast asks of its recipients. Each takes any number of people, and rejects when the answer is not known: then nobody may be sent to. */
export interface PeopleLookups {
  /** Those of these numbers (E.164) that are in the address book. */
  inAddressBook(workspaceId: WorkspaceId, phones: readonly string[]): Promise<Set<string>>;
  /** Those of these people (E.164 or `…@lid`) that want no bulk messages. */
  optedOut(workspaceId: WorkspaceId, people: readonly string[]): Promise<Set<string>>;
  /** When each of these numbers last wrote, milliseconds since the epoch; who never did is left out. */
  lastActive(workspaceId: WorkspaceId, phones: readonly string[]): Promise<Map<string, number>>;
  /** A page of a stored list. `after`: the page before's `next`. */
  contactsOfList(workspaceId: WorkspaceId, selection: TargetSelection, after: string | null, limit: number): Promise<TargetPage>;
}

export interface ContactsOptions {
  storage: Storage;
  config: Pick<Config, 'backendDatabase' | 'defaultCountry'>;
  logger: Logger;
}

export interface Contacts {
  lookups: PeopleLookups;
  stop(): Promise<void>;
}

export function createContacts({ storage, config, logger }: ContactsOptions): Contacts {
  const { backendDatabase: settings, defaultCountry } = config;
  const database = settings.url === null ? null : new BackendDatabase({ ...settings, url: settings.url, logger });
  const addresses = new AddressService({ storage, backend: database && settings.addresses && new BackendAddresses({ database, table: settings.addresses, phones: settings.phones, defaultCountry }) });
  return {
    stop: async () => database?.close(),
    lookups: {
      inAddressBook: (workspaceId, phones) => addresses.find(workspaceKey(workspaceId), phones),
      optedOut: (workspaceId, people) => inChunks(people, (chunk) => findOptedOut(storage.db, workspaceKey(workspaceId), chunk)).then((found) => new Set(found)),
      lastActive: (workspaceId, phones) => inChunks(phones, async (chunk) => [...(await lastActive(storage.db, workspaceKey(workspaceId), chunk))]).then((found) => new Map(found)),
      contactsOfList: (workspaceId, selection, after, limit) => storedTargets(storage.db, workspaceId, selection, { after, limit }),
    },
  };
}

/** Of one statement: about 3 ms. */
const CHUNK = 1_000;

/** Asks chunk by chunk, and lets others have their turn in between. */
async function inChunks<T>(items: readonly string[], ask: (chunk: readonly string[]) => Promise<T[]>): Promise<T[]> {
  const found: T[] = [];
  for (let from = 0; from < items.length; from += CHUNK) {
    if (from > 0) await new Promise((resolve) => setImmediate(resolve));
    found.push(...(await ask(items.slice(from, from + CHUNK))));
  }
  return found;
}
