import type { CountryCode } from 'libphonenumber-js';
import { DEFAULT_BLAST_FILTERS, DEFAULT_BLAST_PACE, type BlastPreview, type DryRun, type InvalidRecipient, type PreviewBlast, type StartBlast } from '../../contracts/blast-api.js';
import { SKIP_REASON_NAMES, type SkipReason } from '../../contracts/blast-states.js';
import type { Caller } from '../../contracts/route.js';
import type { Clock, Random } from '../../shared/clock.js';
import { slices } from '../../shared/slices.js';
import type { Storage } from '../../storage/database.js';
import { textFor, textsOf } from './blast-content.js';
import { estimateMs, type EstimateInput } from './blast-estimate.js';
import { MOST_INVALID, timeOf, type BlastIntake } from './blast-intake.js';
import { askAbout, type PeopleLookups } from './filter-feeds.js';
import { skipReason } from './recipient-filter.js';
import { isInvalid, recipientOf, recipientsOf } from './recipient-input.js';

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

const PIECE = 1_000;

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
  async dryRun(input: StartBlast, caller: Caller): Promise<DryRun> {
    const { storage, intake, lookups, clock, defaultCountry, sessionPace } = this.options;
    const { ids, workspaceId } = await intake.sessionsOf(storage.db, input, caller);
    const { recipients, invalid } = await recipientsOf(input.recipients, defaultCountry);
    const settings = { ...DEFAULT_BLAST_FILTERS, ...input.filters, check_on_whatsapp: false, skipRecipientsInAddress: input.skipRecipientsInAddress };
    const skipped = Object.fromEntries(SKIP_REASON_NAMES.map((reason) => [reason, 0])) as Record<SkipReason, number>;
    const seen = new Set<string>();
    let toSend = 0;
    for (const piece of slices(recipients, PIECE)) {
      const { factsOf } = await askAbout(lookups, { workspaceId, settings, sessionId: null }, piece.map(({ phone }) => phone));
      const now = clock.now();
      for (const { phone } of piece) {
        const reason = skipReason({ ...factsOf(phone), duplicate: seen.has(phone) }, settings, now);
        seen.add(phone);
        if (reason === null) toSend++;
        else skipped[reason]++;
      }
    }
    const since = await storage.db.selectFrom('session').select('created_at').where('id', 'in', ids).execute();
    const from = Math.max(clock.now(), input.schedule ? timeOf(input.schedule) : 0);
    const ms = estimateMs({ messages: toSend, pace: { ...DEFAULT_BLAST_PACE, ...input.pace }, batches: input.batches, sessionsSince: since.map((row) => row.created_at), session: sessionPace, from });
    return {
      dry_run: true,
      skipRecipientsInAddress: input.skipRecipientsInAddress,
      total: input.recipients.length,
      to_send: toSend,
      skipped: recipients.length - toSend,
      skipped_by_reason: skipped,
      invalid: invalid.length,
      invalid_rows: invalid.slice(0, MOST_INVALID),
      seconds: ms === null ? null : Math.ceil(ms / 1_000),
      cost: input.price_per_message === null ? null : Math.round(toSend * input.price_per_message * 100) / 100,
    };
  }
}
