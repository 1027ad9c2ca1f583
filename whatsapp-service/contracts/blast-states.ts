import { z } from 'zod';
import { MESSAGE_REASONS } from './states.js';

/** States of a blast. `DRAFT` takes recipients, `SCHEDULED` waits for its time; the last three are final. */
export const BLAST_STATES = ['DRAFT', 'SCHEDULED', 'RUNNING', 'PAUSED', 'STOPPED', 'COMPLETED', 'FAILED'] as const;
export type BlastState = (typeof BLAST_STATES)[number];

/** States of one recipient. `paused`: held back alone; `processing`: taken up, and not out yet; `retry`: refused, and tried again later. */
export const RECIPIENT_STATES = ['queued', 'paused', 'processing', 'sent', 'delivered', 'read', 'failed', 'retry', 'skipped', 'cancelled', 'unknown'] as const;
export type RecipientState = (typeof RECIPIENT_STATES)[number];

/** Why a recipient was left out. */
export const SKIP_REASONS = {
  in_address_book: 'The number is in the address book, and skipRecipientsInAddress is on.',
  opted_out: 'The recipient has opted out. No setting turns this off.',
  duplicate: 'The number was already among the recipients of this blast.',
  not_on_whatsapp: 'This number has no WhatsApp account.',
  inactive: 'Nothing was heard from the recipient in the days that the filter names.',
} as const;
export type SkipReason = keyof typeof SKIP_REASONS;
export const SKIP_REASON_NAMES = Object.keys(SKIP_REASONS) as readonly SkipReason[];

/** Why a recipient is where it is: it was skipped, it was cancelled, or its message did not go out. */
export const RECIPIENT_REASONS = {
  ...MESSAGE_REASONS,
  ...SKIP_REASONS,
  blast_stopped: 'The blast was stopped before it came to this recipient.',
  message_paused: 'This message alone was paused on request. It waits until it is resumed, also when the whole job is.',
  recipient_removed: 'The recipient was taken out of the blast before it came to them.',
  text_unusable: 'The variables have made a text of this message that is empty or too long.',
  session_deleted: 'The session was deleted while the message was on its way; it may or may not have gone out.',
} as const;
export type RecipientReason = keyof typeof RECIPIENT_REASONS;

/** Why a blast stands still or has failed. */
export const BLAST_REASONS = {
  paused_by_request: 'The blast was paused on request. Resume it with POST /api/whatsapp/blast/{id}/resume.',
  stopped_by_request: 'The blast was stopped on request. Who was not reached can be made a new one.',
  too_many_failures: 'So many messages failed one after the other that the blast was paused. Look at the reasons, then resume it.',
  session_banned: 'WhatsApp refuses the number of a session of this blast. Take the session out, or mend it, then resume.',
  session_logged_out: 'A session of this blast was logged out. Pair it again, or take it out, then resume.',
  session_deleted: 'A session of this blast was deleted. Give the blast another session, then resume it.',
  lookup_failed: 'Whom the blast has to leave out cannot be found out at the moment; it goes on by itself when it can.',
  media_missing: 'The file of this blast is no longer there. Start a new one with its file.',
} as const;
export type BlastReason = keyof typeof BLAST_REASONS;

export const zBlastState = z.enum(BLAST_STATES);
export const zRecipientState = z.enum(RECIPIENT_STATES);

const zCount = z.number().int().nonnegative();
const counts = <K extends string>(names: readonly K[]): z.ZodObject<Record<K, typeof zCount>> => z.object(Object.fromEntries(names.map((name) => [name, zCount])) as Record<K, typeof zCount>);

/** Figures of a blast, kept with it: reading them costs the same for ten recipients and for a million. */
export const zBlastProgress = z.object({
  total: zCount.describe('recipients, each once'),
  done: zCount.describe('those of them whose turn is over: sent or more, failed, skipped, cancelled or unknown'),
  percent: z.number().min(0).max(100).describe('done of total, one decimal'),
  states: counts(RECIPIENT_STATES).describe('recipients by their state; together they are `total`'),
  skipped_by_reason: counts(SKIP_REASON_NAMES).describe('`duplicate` counts rows that were left out because the number was there already; they are not in `total`'),
  invalid: zCount.describe('rows that were no number that can be dialled; not in `total`'),
  messages_per_second: z.number().nonnegative().describe('over the time that the blast has run'),
  seconds_left: z.number().nonnegative().nullable().describe('at that rate; null while it is not known'),
});
export type BlastProgress = z.infer<typeof zBlastProgress>;

export const zBlastReason = z.object({ code: z.string(), message: z.string(), detail: z.string().nullable() });
