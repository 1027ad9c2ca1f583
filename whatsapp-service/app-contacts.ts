import { BackendDatabase } from './backend-database/backend-database.js';
import type { Config } from './config/config.js';
import { AddressService } from './features/address/address-service.js';
import { BackendAddresses } from './features/address/backend-addresses.js';
import { addressRoutes } from './features/address/address-routes.js';
import { BackendContacts } from './features/contact/backend-contacts.js';
import { lastActive, saveActivity } from './features/contact/contact-activity.js';
import { ContactChecker } from './features/contact/contact-checker.js';
import { contactRoutes } from './features/contact/contact-routes.js';
import { ContactService } from './features/contact/contact-service.js';
import { findPhoneOfLid } from './features/number/number-store.js';
import { InboundOptOut } from './features/opt-out/inbound-opt-out.js';
import { optOutRoutes } from './features/opt-out/opt-out-routes.js';
import { OptOutService } from './features/opt-out/opt-out-service.js';
import { findOptedOut, spreadToPhones } from './features/opt-out/opt-out-store.js';
import type { NewEvent } from './outbox/outbox-store.js';
import type { ContactTarget, TargetSelection } from './contracts/contact-api.js';
import type { CheckNumbers, NumberResult } from './contracts/number-api.js';
import type { Route } from './contracts/route.js';
import type { Clock } from './shared/clock.js';
import type { SessionId } from './shared/ids.js';
import { workspaceFromJson, type WorkspaceId, workspaceKey, type WorkspaceKey } from './shared/workspace.js';
import type { Logger } from './shared/logger.js';
import { fileImporter } from './table-file/import-file.js';
import type { Db, Storage } from './storage/database.js';

/** What a blast asks of its recipients. Each takes any number of people, and rejects when the answer is not known: then nobody may be sent to. */
export interface PeopleLookups {
  /** Those of these numbers (E.164) that are in the address book. */
  inAddressBook(workspaceId: WorkspaceId, phones: readonly string[]): Promise<Set<string>>;
  /** Those of these people (E.164 or `…@lid`) that want no bulk messages. */
  optedOut(workspaceId: WorkspaceId, people: readonly string[]): Promise<Set<string>>;
  /** The same of one person, inside the caller's transaction. */
  hasOptedOut(trx: Db, workspaceId: WorkspaceId, phone: string): Promise<boolean>;
  /** When each of these numbers last wrote, milliseconds since the epoch; who never did is left out. */
  lastActive(workspaceId: WorkspaceId, phones: readonly string[]): Promise<Map<string, number>>;
  /** A page of a stored list. `after`: the page before's `next`. */
  contactsOfList(workspaceId: WorkspaceId, selection: TargetSelection, after: string | null, limit: number): Promise<{ targets: ContactTarget[]; next: string | null }>;
}

export interface ContactsOptions {
  storage: Storage;
  config: Pick<Config, 'backendDatabase' | 'contacts' | 'defaultCountry'>;
  clock: Clock;
  /** Where files are written while they arrive. */
  uploadFolder: string;
  requireSession(id: SessionId): Promise<unknown>;
  checkNumbers(input: CheckNumbers): Promise<NumberResult[]>;
  logger: Logger;
}

export interface Contacts {
  routes: Route[];
  /** What people wrote to the account alone: when, and whether they want no more. In the transaction of the messages. */
  heard(trx: Db, sessionId: SessionId, messages: readonly NewEvent<'message'>[]): Promise<void>;
  /** Who is known to have opted out by a LID alone, and now by their number, too. In the transaction in which that is written down. */
  lidsLearned(trx: Db, sessionId: SessionId, people: readonly { phone: string; lid: string }[]): Promise<void>;
  lookups: PeopleLookups;
  start(): void;
  stop(): Promise<void>;
}

export function createContacts(options: ContactsOptions): Contacts {
  const { storage, config, clock, logger, uploadFolder } = options;
  const { backendDatabase: settings, defaultCountry } = config;
  const database = settings.url === null ? null : new BackendDatabase({ ...settings, url: settings.url, logger });
  const addresses = new AddressService({ storage, defaultCountry, clock, backend: database && settings.addresses && new BackendAddresses({ database, table: settings.addresses, phones: settings.phones, defaultCountry }) });
  const optOuts = new OptOutService({ storage, defaultCountry, clock });
  const inbound = new InboundOptOut({ ...config.contacts, phoneOfLid: findPhoneOfLid, logger });
  const optedOut = (workspace: WorkspaceKey, people: readonly string[]): Promise<Set<string>> => optOuts.find(workspace, people);
  const contacts = new ContactService({ storage, optedOut, defaultCountry, clock, backend: database && settings.contacts && new BackendContacts({ database, table: settings.contacts, defaultCountry }) });
  const checker = new ContactChecker({ storage, ask: (session, phones) => askNumbers(options, session, phones), requireSession: options.requireSession, perMinute: config.contacts.checksPerMinute, clock, logger });
  const limitBytes = config.contacts.importMaxBytes;
  const importFile = fileImporter({ rows: config.contacts.importMaxRows + 1, unpackedBytes: UNPACKED * limitBytes });
  return {
    routes: [
      ...addressRoutes({ service: addresses, optedOut, importFile, defaultCountry, uploadFolder, limitBytes }),
      ...contactRoutes({ service: contacts, checker, importFile, uploadFolder, limitBytes }),
      ...optOutRoutes(optOuts),
    ],
    heard: async (trx, sessionId, messages) => {
      if (messages.length === 0) return;
      const workspace = await workspaceOfSession(trx, sessionId);
      await saveActivity(trx, workspace, latestOf(messages));
      await inbound.take(trx, { sessionId, workspace, messages });
    },
    lidsLearned: async (trx, sessionId, people) => {
      if (people.length > 0) await spreadToPhones(trx, await workspaceOfSession(trx, sessionId), people);
    },
    start: () => checker.start(),
    stop: async () => {
      await checker.stop();
      await database?.close();
    },
    lookups: {
      inAddressBook: (workspaceId, phones) => addresses.find(workspaceKey(workspaceId), phones),
      optedOut: (workspaceId, people) => optOuts.find(workspaceKey(workspaceId), people),
      hasOptedOut: async (trx, workspaceId, phone) => (await findOptedOut(trx, workspaceKey(workspaceId), [phone])).length > 0,
      lastActive: (workspaceId, phones) => inChunks(phones, async (chunk) => [...(await lastActive(storage.db, workspaceKey(workspaceId), chunk))]).then((found) => new Map(found)),
      contactsOfList: (workspaceId, selection, after, limit) => contacts.targets(workspaceKey(workspaceId), selection, after, limit),
    },
  };
}

/** How much larger an XLSX file is unpacked. */
const UNPACKED = 5;

async function askNumbers({ checkNumbers }: ContactsOptions, session: SessionId, phones: readonly string[]): Promise<{ phone: string; onWhatsApp: boolean | null; jid: string | null }[]> {
  const results = await checkNumbers({ session_id: session, numbers: [...phones], refresh: false });
  return results.flatMap(({ phone, on_whatsapp, jid }) => (phone === null ? [] : [{ phone, onWhatsApp: on_whatsapp, jid }]));
}

async function workspaceOfSession(trx: Db, id: SessionId): Promise<WorkspaceKey> {
  const row = await trx.selectFrom('session').select('workspace_id').where('id', '=', id).executeTakeFirst();
  return workspaceKey(workspaceFromJson(row?.workspace_id));
}

/** When each of those who wrote wrote last. */
function latestOf(messages: readonly NewEvent<'message'>[]): Map<string, number> {
  const latest = new Map<string, number>();
  for (const { data, at } of messages) if (data.from.phone !== null) latest.set(data.from.phone, Math.max(at, latest.get(data.from.phone) ?? 0));
  return latest;
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
