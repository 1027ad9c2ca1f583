import type { CountryCode } from 'libphonenumber-js';
import { DEFAULT_BLAST_FILTERS, DEFAULT_BLAST_PACE, type BlastHead, type BlastPreview, type DryRun, type InvalidRecipient, type PreviewBlast } from '../../contracts/blast-api.js';
import { SKIP_REASON_NAMES, type SkipReason } from '../../contracts/blast-states.js';
import type { Caller } from '../../contracts/route.js';
import type { Clock, Random } from '../../shared/clock.js';
import { NumberSet } from '../../shared/number-set.js';
import type { Storage } from '../../storage/database.js';
import { textFor, textsOf } from './blast-content.js';
import { estimateMs, type EstimateInput } from './blast-estimate.js';
import { MOST_INVALID, timeOf, type BlastIntake } from './blast-intake.js';
import { askAbout, type PeopleLookups } from './filter-feeds.js';
import { skipReason } from './recipient-filter.js';
import { isInvalid, readLot, recipientOf, type Lots } from './recipient-input.js';

export interface BlastPlannerOptions {
  storage: Storage;
  intake: BlastIntake;
  lookups: PeopleLookups;
  /** The limits that each session has of its own. */
  sessionPace: EstimateInput['session'];
  defaultCountry: CountryCode;
  clock: Clock;
  random: Random;
}

/** Tells what a blast would do, and stores and sends nothing. */
export class BlastPlanner {
  constructor(private readonly options: BlastPlannerOptions) {}

  /** The first recipients' texts. */
  preview({ content, recipients, first }: PreviewBlast): BlastPreview {
    const texts = textsOf(content);
    const previews: BlastPreview['previews'] = [];
    const invalid: InvalidRecipient[] = [];
    for (const [index, input] of recipients.entries()) {
      if (previews.length === first) break;
      const recipient = recipientOf(input, index + 1, this.options.defaultCountry);
      if (isInvalid(recipient)) {
        if (invalid.length < MOST_INVALID) invalid.push(recipient);
        continue;
      }
      const { phone, variables } = recipient;
      const text = textFor(texts, { phone, ...variables }, this.options.random);
      previews.push({ row: index + 1, phone, variant: text?.variant ?? 0, text: text?.text ?? null, missing_variables: text?.missing ?? [] });
    }
    return { previews, invalid };
  }

  /** WhatsApp is not asked who is there: that would cost what a blast costs. */
  async dryRun(input: BlastHead, lots: Lots, caller: Caller): Promise<DryRun> {
    const { storage, intake, lookups, clock, defaultCountry, sessionPace } = this.options;
    const { ids, workspaceId } = await intake.sessionsOf(storage.db, input, caller);
    const settings = { ...DEFAULT_BLAST_FILTERS, ...input.filters, check_on_whatsapp: false, skipRecipientsInAddress: input.skipRecipientsInAddress };
    const skipped = Object.fromEntries(SKIP_REASON_NAMES.map((reason) => [reason, 0])) as Record<SkipReason, number>;
    const counts = { total: 0, valid: 0, toSend: 0, invalid: 0 };
    const invalidRows: InvalidRecipient[] = [];
    /** E.164 has at most 15 digits, and such a number is a number. */
    const seen = new NumberSet();
    for await (const lot of lots) {
      counts.total += lot.rows.length;
      for (const { recipients, invalid } of readLot(lot, defaultCountry)) {
        counts.valid += recipients.length;
        counts.invalid += invalid.length;
        invalidRows.push(...invalid.slice(0, MOST_INVALID - invalidRows.length));
        const { factsOf } = await askAbout(lookups, { workspaceId, settings, sessionId: null }, recipients.map(({ phone }) => phone));
        const now = clock.now();
        for (const { phone } of recipients) {
          const reason = skipReason({ ...factsOf(phone), duplicate: !seen.add(Number(phone.slice(1))) }, settings, now);
          if (reason === null) counts.toSend++;
          else skipped[reason]++;
        }
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
    const since = await storage.db.selectFrom('session').select('created_at').where('id', 'in', ids).execute();
    const from = Math.max(clock.now(), input.schedule ? timeOf(input.schedule) : 0);
    const ms = estimateMs({ messages: counts.toSend, pace: { ...DEFAULT_BLAST_PACE, ...input.pace }, batches: input.batches, sessionsSince: since.map((row) => row.created_at), session: sessionPace, from });
    return {
      dry_run: true,
      skipRecipientsInAddress: input.skipRecipientsInAddress,
      total: counts.total,
      to_send: counts.toSend,
      skipped: counts.valid - counts.toSend,
      skipped_by_reason: skipped,
      invalid: counts.invalid,
      invalid_rows: invalidRows,
      seconds: ms === null ? null : Math.ceil(ms / 1_000),
      cost: input.price_per_message === null ? null : Math.round(counts.toSend * input.price_per_message * 100) / 100,
    };
  }
}
