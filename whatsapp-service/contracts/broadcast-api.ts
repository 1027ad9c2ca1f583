import { z } from 'zod';
import { START_FIELDS, zBlastContent, zBlastJob, zInvalidRecipient, zRecipientInput, type StartBlast } from './blast-api.js';
import { zTag } from './contact-api.js';

/** The broadcast face: the same blasts, under the paths and in the words of a broadcast module. */

const zPeople = {
  recipients: z.array(zRecipientInput).default([]).describe('phone numbers, or `{phone, variables}`'),
  tag: zTag.optional().describe('the contacts of this tag, in the place of `recipients`'),
  all_contacts: z.boolean().default(false).describe('every contact of the workspace, in the place of `recipients`'),
};

const { content: _content, ...settings } = START_FIELDS;

export const zBroadcast = z
  .strictObject({
    ...settings,
    message: z.string().max(65_536).refine((text) => text.trim() !== '', 'must not be blank').optional().describe('a text; `{{name|friend}}` is a variable of the recipient'),
    content: zBlastContent.optional().describe('anything else, as in POST /api/whatsapp/blast/start'),
    ...zPeople,
  })
  .refine(({ session_id: one, session_ids: several }) => (one === undefined) !== (several === undefined), { path: ['session_id'], message: 'give either session_id or session_ids' })
  .refine(({ message, content }) => (message === undefined) !== (content === undefined), { path: ['message'], message: 'give either message or content' })
  .refine(({ recipients, tag, all_contacts: all }) => [recipients.length > 0, tag !== undefined, all].filter(Boolean).length === 1, { path: ['recipients'], message: 'give one of recipients, tag and all_contacts' });
export type Broadcast = z.output<typeof zBroadcast>;

/** The blast that a broadcast is, without its recipients. */
export function blastOfBroadcast({ message, content, recipients: _recipients, tag: _tag, all_contacts: _all, ...rest }: Broadcast): Omit<StartBlast, 'recipients'> {
  return { ...rest, content: content ?? zBlastContent.parse({ type: 'text', text: message }) };
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
