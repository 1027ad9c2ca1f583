import type { SessionId } from '../../shared/ids.js';
import type { WorkspaceId } from '../../shared/workspace.js';
import type { FilterSettings, RecipientFacts } from './recipient-filter.js';

/** Whom the filters ask. Each rejects when the answer is not known: then nobody of these is sent to. */
export interface PeopleLookups {
  inAddressBook(workspaceId: WorkspaceId, phones: readonly string[]): Promise<ReadonlySet<string>>;
  optedOut(workspaceId: WorkspaceId, phones: readonly string[]): Promise<ReadonlySet<string>>;
  /** When they last wrote; who never did is left out. */
  lastActive(workspaceId: WorkspaceId, phones: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /** Phone → whether it is on WhatsApp, where WhatsApp says so. */
  onWhatsApp(sessionId: SessionId, phones: readonly string[]): Promise<ReadonlyMap<string, boolean>>;
}

export interface FilterQuestion {
  workspaceId: WorkspaceId;
  settings: FilterSettings;
  /** Null: WhatsApp is not asked. */
  sessionId: SessionId | null;
}

export interface Answers {
  factsOf(phone: string): RecipientFacts;
  /** The address book could not be asked, and did not have to be. */
  addressBookUnknown: boolean;
}

/** Asks for what the settings need to know of these numbers; WhatsApp is asked last, and only of those that the rest lets through. */
export async function askAbout(lookups: PeopleLookups, { workspaceId, settings, sessionId }: FilterQuestion, phones: readonly string[]): Promise<Answers> {
  const { skipRecipientsInAddress, check_on_whatsapp: check, active_within_days: days } = settings;
  let addressBookUnknown = false;
  const [optedOut, inAddressBook, lastActive] = await Promise.all([
    lookups.optedOut(workspaceId, phones),
    lookups.inAddressBook(workspaceId, phones).catch((error: unknown) => {
      // With the flag off the answer only goes into the log.
      if (skipRecipientsInAddress) throw error;
      addressBookUnknown = true;
      return new Set<string>();
    }),
    days === null ? new Map<string, number>() : lookups.lastActive(workspaceId, phones),
  ]);
  const open = phones.filter((phone) => !optedOut.has(phone) && !(skipRecipientsInAddress && inAddressBook.has(phone)));
  const onWhatsApp = check && sessionId !== null && open.length > 0 ? await lookups.onWhatsApp(sessionId, open) : new Map<string, boolean>();
  return {
    addressBookUnknown,
    factsOf: (phone) => ({
      duplicate: false,
      optedOut: optedOut.has(phone),
      inAddressBook: inAddressBook.has(phone),
      onWhatsApp: onWhatsApp.get(phone) ?? null,
      lastActiveAt: lastActive.get(phone) ?? null,
    }),
  };
}
