import { z } from 'zod';
import { START_FIELDS, zBlastContent, zBlastJob, zInvalidRecipient, zRecipientRow, type BlastHead, type StartPeople } from './blast-api.js';
import { zTag } from './contact-api.js';

/** The broadcast face: the same blasts, under the paths and in the words of a broadcast module. */

const zPeople = {
  recipients: z.array(zRecipientRow).default([]).describe('phone numbers, or `{phone, variables}`'),
  tag: zTag.optional().describe('the contacts of this tag, in the place of `recipients`'),
  all_contacts: z.boolean().default(false).describe('every contact of the workspace, in the place of `recipients`'),
};

const { content: _content, ...settings } = START_FIELDS;

const CONTENT_FIELDS = {
  ...settings,
  message: z.string().max(65_536).refine((text) => text.trim() !== '', 'must not be blank').optional().describe('a text; `{{name|friend}}` is a variable of the recipient'),
  content: zBlastContent.optional().describe('anything else, as in POST /api/whatsapp/blast/start'),
};

interface Given {
  session_id?: unknown;
  session_ids?: unknown;
  message?: unknown;
  content?: unknown;
}
const oneSender = ({ session_id: one, session_ids: several }: Given): boolean => (one === undefined) !== (several === undefined);
const oneContent = ({ message, content }: Given): boolean => (message === undefined) !== (content === undefined);
const ONE_SENDER = { path: ['session_id'], message: 'give either session_id or session_ids' };
const ONE_CONTENT = { path: ['message'], message: 'give either message or content' };

export const zBroadcast = z
  .strictObject({ ...CONTENT_FIELDS, ...zPeople })
  .refine(oneSender, ONE_SENDER)
  .refine(oneContent, ONE_CONTENT)
  .refine(({ recipients, tag, all_contacts: all }) => [recipients.length > 0, tag !== undefined, all].filter(Boolean).length <= 1, { path: ['recipients'], message: 'give one of recipients, tag and all_contacts' });
export type Broadcast = z.output<typeof zBroadcast>;

/** The head of a stream, whose recipients follow. */
export const zBroadcastHeader = z.strictObject({ ...CONTENT_FIELDS, recipients: z.array(z.never()).optional() }).refine(oneSender, ONE_SENDER).refine(oneContent, ONE_CONTENT);

type Head = Omit<Broadcast, keyof typeof zPeople>;

/** The blast that a broadcast is. */
export const blastOfBroadcast = ({ message, content, ...head }: Head): BlastHead => ({ ...head, content: content ?? zBlastContent.parse({ type: 'text', text: message }) });

/** Whom it is for, and all else. */
export function splitBroadcast({ recipients, tag, all_contacts: all, ...head }: Broadcast): { head: Head; people: StartPeople } {
  return { head, people: { recipients, ...((tag !== undefined || all) && { list: { ...(tag !== undefined && { tag }), source: 'bridge' } }) } };
}

const notice = z.string().nullable().describe('what stands in the way of sending: the service does not run');

export const zBroadcastStarted = z.object({
  job_id: z.string(),
  job: zBlastJob,
  accepted: z.number().int(),
  duplicates: z.number().int(),
  invalid: z.number().int(),
  invalid_rows: z.array(zInvalidRecipient),
  notice,
});
export const zBroadcastJob = z.object({ job_id: z.string(), job: zBlastJob, notice });
export const zBroadcastList = z.object({ jobs: z.array(zBlastJob), next_cursor: z.string().nullable(), notice });

export const zBroadcastParams = z.object({ job_id: z.string().regex(/^bls_[0-9a-f]{32}$/, 'must be an id that POST /broadcast answered') });
/** Without it the whole job is meant. */
export const zOneOfBroadcast = z.strictObject({ recipient_id: z.number().int().positive().optional().describe('one message alone: an id of GET /api/whatsapp/blast/{id}/recipients') });

export const BROADCAST_EXAMPLE = { session_id: 'sales', message: 'Halo {{name|friend}}!', recipients: ['0812-3456-7890', { phone: '+6281399998888', variables: { name: 'Budi' } }] };
