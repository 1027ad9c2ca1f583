import type { BlastFilters } from '../../contracts/blast-api.js';
import type { SkipReason } from '../../contracts/blast-states.js';

/** What is known of one recipient. */
export interface RecipientFacts {
  /** The number was among the recipients of the job before. */
  duplicate: boolean;
  optedOut: boolean;
  inAddressBook: boolean;
  /** null: not asked, or WhatsApp did not say. */
  onWhatsApp: boolean | null;
  /** When they last wrote, milliseconds since the epoch; null: never, or not asked. */
  lastActiveAt: number | null;
}

export interface FilterSettings extends BlastFilters {
  skipRecipientsInAddress: boolean;
}

const DAY_MS = 86_400_000;

/** On unless it was switched off in so many words: a row without the flag is older than it. */
export const flagOf = (stored: number | boolean | null | undefined): boolean => stored === null || stored === undefined || Boolean(stored);

/** Why this recipient is left out; null: they get the message. */
export function skipReason(facts: RecipientFacts, settings: FilterSettings, now: number): SkipReason | null {
  if (facts.duplicate) return 'duplicate';
  if (facts.optedOut) return 'opted_out';
  if (facts.inAddressBook && settings.skipRecipientsInAddress) return 'in_address_book';
  if (settings.check_on_whatsapp && facts.onWhatsApp === false) return 'not_on_whatsapp';
  const { active_within_days: days } = settings;
  if (days !== null && (facts.lastActiveAt === null || facts.lastActiveAt < now - days * DAY_MS)) return 'inactive';
  return null;
}
