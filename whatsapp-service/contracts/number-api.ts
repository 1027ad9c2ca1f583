import { z } from 'zod';
import { zSessionIdInput } from './session-api.js';

const zTime = z.iso.datetime();

/** Longer than anything that is a number; what is no number is answered as such, and no fault of the request. */
const MAX_INPUT = 256;

export const zCheckNumbers = z.strictObject({
  session_id: zSessionIdInput,
  numbers: z
    .array(z.union([z.string().max(MAX_INPUT), z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER)]).transform(String))
    .min(1)
    .max(500)
    .describe('phone numbers in any spelling, or JIDs of people'),
  refresh: z.boolean().default(false).describe('ask WhatsApp even where the answer is known'),
});
export type CheckNumbers = z.infer<typeof zCheckNumbers>;

export const CHECK_NUMBERS_EXAMPLE = { session_id: 'sales', numbers: ['0812-3456-7890', '+65 8123 4567', 'budi'] };

/** Why there is no answer for a number. */
export const NUMBER_REASONS = {
  invalid_phone: 'This is no number that can be dialled.',
  check_failed: 'WhatsApp did not say, for this one. Ask again later.',
} as const;
export type NumberReason = keyof typeof NUMBER_REASONS;

export const zNumberResult = z.object({
  input: z.string().describe('as it was given'),
  phone: z.string().nullable().describe('E.164; null when it is no number, or WhatsApp shows only a LID'),
  jid: z.string().nullable().describe('the id under which WhatsApp knows the person; null when it knows nobody'),
  on_whatsapp: z.boolean().nullable().describe('null: not known, see `reason`'),
  reason: z.enum(Object.keys(NUMBER_REASONS) as [NumberReason, ...NumberReason[]]).optional(),
  checked_at: zTime.nullable().describe('when WhatsApp said so'),
  cached: z.boolean().describe('it was known from before'),
}).meta({ id: 'NumberResult' });
export type NumberResult = z.infer<typeof zNumberResult>;

export const zNumberResults = z.object({ results: z.array(zNumberResult).describe('one for each number, in their order') });

export const NUMBER_RESULTS_EXAMPLE: z.infer<typeof zNumberResults> = {
  results: [
    { input: '0812-3456-7890', phone: '+6281234567890', jid: '6281234567890@c.us', on_whatsapp: true, checked_at: '2026-03-02T08:15:00.000Z', cached: false },
    { input: '+65 8123 4567', phone: '+6581234567', jid: null, on_whatsapp: false, checked_at: '2026-03-01T20:01:12.000Z', cached: true },
    { input: 'budi', phone: null, jid: null, on_whatsapp: null, reason: 'invalid_phone', checked_at: null, cached: false },
  ],
};
