import { z } from 'zod';
import { zBlastProgress, zBlastReason, zBlastState, zRecipientState } from './blast-states.js';
import { zTargetSelection } from './contact-api.js';
import { zMediaInput } from './message-api.js';
import { zEchoedId } from './payloads.js';
import { zSessionIdInput } from './session-api.js';

/** What the blast face takes and answers, over HTTP and over Socket.IO alike. */

const zTime = z.iso.datetime();
const notBlank = (text: string): boolean => text.trim() !== '';

/** WhatsApp takes 65,536 characters in one message, and 1,024 under a picture. */
const MAX_TEXT = 65_536;
const MAX_CAPTION = 1_024;
const MAX_VARIANTS = 50;
const MAX_SESSIONS = 50;
const DAY_SECONDS = 86_400;

export const DEFAULT_TIME_ZONE = 'Asia/Jakarta';

const isTimeZone = (zone: string): boolean => {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
};
const zTimeZone = z.string().max(64).refine(isTimeZone, `must be a time zone such as ${DEFAULT_TIME_ZONE}`);

/** On unless it is switched off in so many words. */
export const zSkipFlag = z
  .boolean()
  .nullish()
  .transform((flag) => flag ?? true)
  .describe('leave out who is in the address book; absent and null mean true');

const zVariable = z.union([z.string().max(4_096), z.number(), z.boolean()]).nullable();
export const zVariables = z
  .record(z.string().min(1).max(64), zVariable)
  .refine((variables) => Object.keys(variables).length <= 100, 'must have at most 100 names');
export type Variables = z.infer<typeof zVariables>;

const zPhoneInput = z.union([z.string().min(1).max(128), z.number().int().positive()]).transform(String);
export const zRecipientInput = z.union([
  zPhoneInput.transform((phone) => ({ phone, variables: {} })),
  z.strictObject({ phone: zPhoneInput.describe("any spelling, or a person's JID"), variables: zVariables.nullish().transform((variables) => variables ?? {}) }),
]);
export type RecipientInput = z.infer<typeof zRecipientInput>;

/** As many lists of customers have it. It is told as an invalid row, as in a stream, and stands in nobody else's way. */
const zWithoutPhone = z.union([z.null(), z.literal(''), z.strictObject({ phone: z.union([z.null(), z.literal('')]), variables: zVariables.nullish() })]);
export const zRecipientRow = z.union([zRecipientInput, zWithoutPhone]);
export type RecipientRow = z.infer<typeof zRecipientRow>;

const zTextVariants = z.array(z.string().max(MAX_TEXT).refine(notBlank, 'must not be blank')).max(MAX_VARIANTS).default([]);
const zCaptionVariants = z.array(z.string().max(MAX_CAPTION)).max(MAX_VARIANTS).default([]);
const captioned = { media: zMediaInput, caption: z.string().max(MAX_CAPTION).optional(), variants: zCaptionVariants.describe('further captions; each recipient gets one of all, at random') };

export const zBlastContent = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('text'),
    text: z.string().max(MAX_TEXT).refine(notBlank, 'must not be blank').describe('`{{name|friend}}`: the variable of the recipient, or what stands behind the bar'),
    variants: zTextVariants.describe('further texts; each recipient gets one of all, at random'),
    link_preview: z.boolean().default(true),
  }),
  z.strictObject({ type: z.literal('image'), ...captioned }),
  z.strictObject({ type: z.literal('video'), ...captioned }),
  z.strictObject({ type: z.literal('document'), ...captioned }),
  z.strictObject({ type: z.literal('audio'), media: zMediaInput }),
  z.strictObject({ type: z.literal('voice'), media: zMediaInput }),
]);
export type BlastContentInput = z.infer<typeof zBlastContent>;

const zClockTime = z.string().regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/, 'must be a time of day such as 21:00');
const zQuietHours = z.strictObject({ from: zClockTime, to: zClockTime }).refine(({ from, to }) => from !== to, 'must not begin when it ends');
const zWarmUp = z.strictObject({
  first_day: z.number().int().min(1).max(100_000).describe('messages on the day on which the session was made'),
  growth: z.number().min(1).max(10).describe('each day has so many times the messages of the day before'),
  days: z.number().int().min(1).max(365).describe('from then on only the other limits hold'),
});

/** Fields that are left out keep their value; at the start that is the default. */
const zPaceInput = z
  .strictObject({
    per_second: z.number().int().min(0).max(1_000).describe('messages of this blast per second and session; 0: only the limits of the session itself'),
    per_minute: z.number().int().min(0).max(10_000),
    per_day: z.number().int().min(0).max(1_000_000),
    gap_min_ms: z.number().int().min(0).max(3_600_000).describe('the shortest random pause between two messages of a session'),
    gap_max_ms: z.number().int().min(0).max(3_600_000).describe('the longest one; 0: none'),
    quiet_hours: zQuietHours.nullable().describe('nothing goes out from … to …, in `time_zone`'),
    time_zone: zTimeZone,
    warm_up: zWarmUp.nullable(),
    pause_after_failures: z.number().int().min(0).max(10_000).describe('pause when so many attempts in a row failed; 0: never'),
  })
  .partial();
export type PaceInput = z.infer<typeof zPaceInput>;
export type BlastPace = Required<PaceInput>;

export const DEFAULT_BLAST_PACE: BlastPace = {
  per_second: 0, per_minute: 0, per_day: 0, gap_min_ms: 0, gap_max_ms: 0, quiet_hours: null, time_zone: DEFAULT_TIME_ZONE, warm_up: null, pause_after_failures: 10,
};

const zFiltersInput = z
  .strictObject({
    check_on_whatsapp: z.boolean().describe('ask WhatsApp first, and leave out who is not there'),
    active_within_days: z.number().int().min(1).max(3_650).nullable().describe('leave out whom nothing was heard from for so long'),
  })
  .partial();
export type BlastFilters = Required<z.infer<typeof zFiltersInput>>;
export const DEFAULT_BLAST_FILTERS: BlastFilters = { check_on_whatsapp: false, active_within_days: null };

const zRetryInput = z
  .strictObject({
    max_attempts: z.number().int().min(1).max(10).describe('attempts in all; another one is made only when WhatsApp says that the one before did not go out'),
    interval_seconds: z.number().int().min(1).max(DAY_SECONDS),
  })
  .partial();
export type BlastRetry = Required<z.infer<typeof zRetryInput>>;
export const DEFAULT_BLAST_RETRY: BlastRetry = { max_attempts: 3, interval_seconds: 60 };

const zBatches = z.strictObject({
  size: z.number().int().min(1).max(1_000_000).describe('messages, then'),
  pause_seconds: z.number().int().min(1).max(7 * DAY_SECONDS).describe('nothing for so long'),
});
export type BlastBatches = z.infer<typeof zBatches>;

const zSchedule = z.strictObject({
  at: z
    .string()
    .max(40)
    .regex(/^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-](?:0\d|1[0-4]):?[0-5]\d)?$/, 'must be a time such as 2026-12-01T09:00')
    .describe('local time in `time_zone`, unless it names its offset; one that has passed begins at once'),
  time_zone: zTimeZone.default(DEFAULT_TIME_ZONE),
});
export type BlastSchedule = z.infer<typeof zSchedule>;

const sessions = {
  session_id: zSessionIdInput.optional().describe('who sends; or'),
  session_ids: z.array(zSessionIdInput).min(1).max(MAX_SESSIONS).optional().describe('several who share the work'),
};

const oneOfBoth = (input: { session_id?: unknown; session_ids?: unknown }): boolean => (input.session_id === undefined) !== (input.session_ids === undefined);

/** All of a blast but its recipients. */
export const START_FIELDS = {
  ...sessions,
  name: z.string().min(1).max(200).nullish().transform((name) => name ?? null),
  content: zBlastContent,
  skipRecipientsInAddress: zSkipFlag,
  filters: zFiltersInput.default({}),
  pace: zPaceInput.default({}),
  retry: zRetryInput.default({}),
  batches: zBatches.nullish().transform((batches) => batches ?? null),
  priority: z.enum(['high', 'normal', 'low']).default('normal').describe('among blasts; a single message always goes before'),
  schedule: zSchedule.nullish().transform((schedule) => schedule ?? null),
  price_per_message: z.number().min(0).max(1_000_000).nullish().transform((price) => price ?? null).describe('for the cost in a dry run, in your own currency'),
  draft: z.boolean().default(false).describe('keep it as DRAFT: recipients can be added, and `resume` starts it'),
  dry_run: z.boolean().default(false).describe('send nothing and store nothing; tell what would happen'),
};

const PEOPLE_FIELDS = {
  recipients: z.array(zRecipientRow).default([]).describe('phone numbers, or `{phone, variables}`'),
  list: zTargetSelection.optional().describe('stored contacts, in the place of `recipients`'),
};

/** Whom a start without a draft reaches is looked at when it is known whether a file came with it. */
export const zStartBlast = z
  .strictObject({ ...START_FIELDS, ...PEOPLE_FIELDS })
  .refine(oneOfBoth, { path: ['session_id'], message: 'give either session_id or session_ids' });
export type StartBlast = z.infer<typeof zStartBlast>;
export type StartPeople = Pick<StartBlast, keyof typeof PEOPLE_FIELDS>;
/** A blast without its recipients. */
export type BlastHead = Omit<StartBlast, keyof typeof PEOPLE_FIELDS>;

export function splitStart({ recipients, list, ...head }: StartBlast): { head: BlastHead; people: StartPeople } {
  return { head, people: { recipients, ...(list && { list }) } };
}

/** The head of a stream, whose recipients follow. */
export const zStartBlastHeader = z
  .strictObject({ ...START_FIELDS, recipients: z.array(z.never()).optional() })
  .refine(oneOfBoth, { path: ['session_id'], message: 'give either session_id or session_ids' });

export const zEditBlast = z
  .strictObject({
    ...sessions,
    name: z.string().min(1).max(200).nullable().optional(),
    content: zBlastContent.optional(),
    skipRecipientsInAddress: z.boolean().nullable().optional().transform((flag) => (flag === undefined ? undefined : (flag ?? true))).describe('left out: as it is; null means true'),
    filters: zFiltersInput.optional(),
    pace: zPaceInput.optional(),
    retry: zRetryInput.optional(),
    batches: zBatches.nullable().optional(),
    priority: z.enum(['high', 'normal', 'low']).optional(),
    schedule: zSchedule.nullable().optional().describe('only while the blast has not begun; null: it begins when it is resumed'),
    price_per_message: z.number().min(0).max(1_000_000).nullable().optional(),
    add_recipients: z.array(zRecipientInput).default([]),
    remove_recipients: z.array(zPhoneInput).max(100_000).default([]).describe('those of them who were not sent to yet are cancelled'),
  })
  .refine((input) => input.session_id === undefined || input.session_ids === undefined, { path: ['session_id'], message: 'give either session_id or session_ids' });
export type EditBlast = z.infer<typeof zEditBlast>;

export const zPreviewBlast = z.strictObject({
  content: zBlastContent.describe('a file of it is not fetched'),
  recipients: z.array(zRecipientInput).min(1),
  first: z.number().int().min(1).max(100).default(5),
});
export type PreviewBlast = z.infer<typeof zPreviewBlast>;

/** A row that is no recipient. `row` counts from 1, in the order in which they came. */
export const zInvalidRecipient = z.object({ row: z.number().int(), reason: z.enum(['invalid_phone', 'no_person', 'invalid_row']), message: z.string() });
export type InvalidRecipient = z.infer<typeof zInvalidRecipient>;

export const zBlastPreview = z.object({
  previews: z.array(z.object({ row: z.number().int(), phone: z.string(), variant: z.number().int().describe('0 is the text itself'), text: z.string().nullable(), missing_variables: z.array(z.string()) })),
  invalid: z.array(zInvalidRecipient),
});
export type BlastPreview = z.infer<typeof zBlastPreview>;

export const zDryRun = z.object({
  dry_run: z.literal(true),
  skipRecipientsInAddress: z.boolean(),
  total: z.number().int().describe('rows that came'),
  to_send: z.number().int(),
  skipped: z.number().int(),
  skipped_by_reason: zBlastProgress.shape.skipped_by_reason,
  invalid: z.number().int(),
  invalid_rows: z.array(zInvalidRecipient).describe('the first of them'),
  seconds: z.number().nullable().describe('how long it takes at the set pace, quiet hours and batches included; null: longer than a year'),
  cost: z.number().nullable(),
});
export type DryRun = z.infer<typeof zDryRun>;

export const zBlastJob = z
  .object({
    id: z.string(),
    name: z.string().nullable(),
    state: zBlastState,
    reason: zBlastReason.nullable().describe('why it stands still or has failed'),
    workspace_id: zEchoedId.nullable(),
    session_ids: z.array(zEchoedId),
    skipRecipientsInAddress: z.boolean(),
    content: z.object({
      type: z.string(),
      text: z.string().nullable().describe('the text or the caption'),
      variants: z.array(z.string()),
      media: z.object({ id: z.string(), mimetype: z.string(), filename: z.string().nullable(), size: z.number().int() }).nullable(),
    }),
    filters: z.object({ check_on_whatsapp: z.boolean(), active_within_days: z.number().int().nullable() }),
    pace: z.object({
      per_second: z.number(), per_minute: z.number(), per_day: z.number(), gap_min_ms: z.number(), gap_max_ms: z.number(),
      quiet_hours: z.object({ from: z.string(), to: z.string() }).nullable(),
      time_zone: z.string(),
      warm_up: z.object({ first_day: z.number(), growth: z.number(), days: z.number() }).nullable(),
      pause_after_failures: z.number(),
    }),
    retry: z.object({ max_attempts: z.number().int(), interval_seconds: z.number().int() }),
    batches: z.object({ size: z.number().int(), pause_seconds: z.number().int() }).nullable(),
    priority: z.enum(['high', 'normal', 'low']),
    scheduled_at: zTime.nullable(),
    time_zone: z.string(),
    price_per_message: z.number().nullable(),
    progress: zBlastProgress,
    created_at: zTime,
    started_at: zTime.nullable(),
    finished_at: zTime.nullable(),
    recipients_removed_at: zTime.nullable().describe('its recipients were cleared away (BLAST_KEEP_RECIPIENTS_DAYS); the figures stay'),
    updated_at: zTime,
  })
  .meta({ id: 'Blast' });
export type BlastJobView = z.infer<typeof zBlastJob>;

/** The answer to a start: the job, and what was wrong with its rows. */
export const zStartedBlast = z.object({
  job: zBlastJob,
  accepted: z.number().int().describe('recipients that were taken in'),
  duplicates: z.number().int(),
  invalid: z.number().int(),
  invalid_rows: z.array(zInvalidRecipient).describe('the first of them'),
});
export type StartedBlast = z.infer<typeof zStartedBlast>;

export const zBlastRecipient = z.object({
  id: z.number().int(),
  phone: z.string().describe('E.164'),
  jid: z.string(),
  variables: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
  state: zRecipientState,
  reason: zBlastReason.nullable(),
  attempts: z.number().int(),
  session_id: zEchoedId.nullable().describe('who sends, or has sent, to them'),
  message_id: z.string().nullable().describe('ours, as in GET /api/messages/{id}'),
  whatsapp_message_id: z.string().nullable(),
  updated_at: zTime,
  sent_at: zTime.nullable(),
  delivered_at: zTime.nullable(),
  read_at: zTime.nullable(),
});
export type BlastRecipientView = z.infer<typeof zBlastRecipient>;

export const zBlastParams = z.object({ id: z.string().regex(/^bls_[0-9a-f]{32}$/, 'must be an id that POST /api/whatsapp/blast/start answered') });

export const zBlastRecipientParams = zBlastParams.extend({ recipient_id: z.coerce.number().int().positive().max(Number.MAX_SAFE_INTEGER) });

const page = { limit: z.coerce.number().int().min(1).max(500).default(50), cursor: z.string().max(300).optional() };
export const zBlastQuery = z.object({ session_id: z.string().max(64).optional(), state: zBlastState.optional(), ...page });
export type BlastQuery = z.infer<typeof zBlastQuery>;
export const zBlastList = z.object({ jobs: z.array(zBlastJob), next_cursor: z.string().nullable() });
export type BlastList = z.infer<typeof zBlastList>;

export const zBlastRecipientQuery = z.object({ state: zRecipientState.optional(), ...page });
export type BlastRecipientQuery = z.infer<typeof zBlastRecipientQuery>;
export const zBlastRecipientList = z.object({ recipients: z.array(zBlastRecipient), next_cursor: z.string().nullable() });
export type BlastRecipientList = z.infer<typeof zBlastRecipientList>;

/** Which recipients of a job become a new one. */
export const zRepeatBlast = z.strictObject({
  states: z.array(z.enum(['failed', 'cancelled', 'skipped'])).min(1).default(['failed']),
  name: z.string().min(1).max(200).nullish().transform((name) => name ?? null),
  draft: z.boolean().default(false),
});
export type RepeatBlast = z.infer<typeof zRepeatBlast>;

export const START_BLAST_EXAMPLE = {
  session_id: 'sales',
  name: 'Ramadan offer',
  content: { type: 'text', text: 'Halo {{name|friend}}, your voucher is {{code}}.', variants: ['Hi {{name|there}}! Use {{code}} this week.'] },
  recipients: ['0812-3456-7890', { phone: '+6281399998888', variables: { name: 'Budi', code: 'HEMAT10' } }],
  skipRecipientsInAddress: true,
  pace: { per_minute: 20, gap_min_ms: 1_000, gap_max_ms: 4_000, quiet_hours: { from: '21:00', to: '07:00' } },
};
