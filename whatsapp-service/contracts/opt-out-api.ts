import { z } from 'zod';
import { zInvalidRow, zWorkspaceId } from './contact-api.js';
import { OPT_OUT_SOURCES } from './contact-states.js';

const zTime = z.iso.datetime();
const zPerson = z.union([z.string().min(1).max(128), z.number().int().positive()]).transform(String);
const MAX_PEOPLE = 20_000;

export const zAddOptOuts = z.strictObject({
  workspace_id: zWorkspaceId.nullish(),
  people: z.array(zPerson).min(1).max(MAX_PEOPLE).describe("phone numbers in any spelling, or people's JIDs"),
});
export const zAddedOptOuts = z.object({
  added: z.number().int(),
  already: z.number().int().describe('were on the list before'),
  invalid: z.number().int(),
  invalid_rows: z.array(zInvalidRow),
});
export type AddedOptOuts = z.infer<typeof zAddedOptOuts>;

export const zOptOutQuery = z.strictObject({
  workspace_id: z.string().min(1).max(128).optional(),
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
  cursor: z.string().max(1_024).optional(),
});
export const zOptOutParams = z.object({ person: z.string().min(1).max(128).describe('a phone number in any spelling, or a JID') });
export const zOptOutScope = z.strictObject({ workspace_id: z.string().min(1).max(128).optional() });

export const zOptOut = z.object({
  phone: z.string().nullable().describe('E.164; null where WhatsApp shows only a LID'),
  lid: z.string().nullable(),
  source: z.enum(OPT_OUT_SOURCES),
  session_id: z.string().nullable().describe('the session that heard it'),
  opted_out_at: zTime,
});
export type OptOutView = z.infer<typeof zOptOut>;
export const zOptOutList = z.object({ opt_outs: z.array(zOptOut), next_cursor: z.string().nullable() });
export type OptOutListView = z.infer<typeof zOptOutList>;

export const ADD_OPT_OUTS_EXAMPLE = { workspace_id: 7, people: ['0812-3456-7890', '+65 8123 4567'] };
