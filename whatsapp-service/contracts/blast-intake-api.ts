import { z } from 'zod';
import { zInvalidRecipient, zRecipientRow } from './blast-api.js';
import { zTargetSelection } from './contact-api.js';

/** Recipients that are added to a draft, when they do not come as a stream. */
export const zAddRecipients = z
  .strictObject({ recipients: z.array(zRecipientRow).min(1).optional(), list: zTargetSelection.optional().describe('stored contacts') })
  .refine(({ recipients, list }) => recipients === undefined || list === undefined, { path: ['recipients'], message: 'give either recipients or list' });

export const zAddedRecipients = z.object({
  accepted: z.number().int().describe('recipients that were taken in'),
  duplicates: z.number().int(),
  invalid: z.number().int(),
  invalid_rows: z.array(zInvalidRecipient).describe('the first of them; `row` is the line, the header included'),
});
