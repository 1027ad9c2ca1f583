import type { SkipReason } from '../../contracts/blast-states.js';
import type { Logger } from '../../shared/logger.js';
import type { Count } from '../../shared/metrics.js';

/** Lines of one piece with a number each; the rest of it is told in one. */
const MOST_LINES = 100;

/** Says whom a blast leaves out and why, and whom it would leave out if it were told to. */
export class SkipLog {
  constructor(
    private readonly logger: Logger,
    private readonly skipped: Count<'reason' | 'flag'>,
  ) {}

  told({ blast, flag }: { blast: string; flag: boolean }, recipients: readonly { phone: string; reason: SkipReason }[]): void {
    for (const { phone, reason } of recipients.slice(0, MOST_LINES)) this.logger.info(`Recipient SKIPPED: ${reason}, skipRecipientsInAddress=${flag}`, { blast, phone, reason, skipRecipientsInAddress: flag });
    for (const [reason, count] of countsOf(recipients.slice(MOST_LINES))) this.logger.info(`Further recipients SKIPPED: ${reason}, skipRecipientsInAddress=${flag}`, { blast, count, reason, skipRecipientsInAddress: flag });
    for (const [reason, count] of countsOf(recipients)) this.skipped.inc({ reason, flag: String(flag) }, count);
  }

  /** Rows that were left out because their number was there already. */
  duplicates({ blast, flag }: { blast: string; flag: boolean }, count: number): void {
    if (count === 0) return;
    this.logger.info(`Recipients SKIPPED: duplicate, skipRecipientsInAddress=${flag}`, { blast, count, reason: 'duplicate', skipRecipientsInAddress: flag });
    this.skipped.inc({ reason: 'duplicate', flag: String(flag) }, count);
  }

  /** The flag is off. */
  sentAnyway(blast: string, phones: readonly string[], unknown: boolean): void {
    for (const phone of phones) this.logger.info('The number is in the address book and is sent to: the filter is off, skipRecipientsInAddress=false', { blast, phone, skipRecipientsInAddress: false });
    if (unknown) this.logger.warn('The address book does not answer; the filter is off, skipRecipientsInAddress=false, and the blast goes on', { blast, skipRecipientsInAddress: false });
  }
}

function countsOf(recipients: readonly { reason: SkipReason }[]): Map<SkipReason, number> {
  const counts = new Map<SkipReason, number>();
  for (const { reason } of recipients) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return counts;
}
