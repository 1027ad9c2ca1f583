import { z } from 'zod';
import { ROW_REASONS, type RowReason } from './contact-states.js';
import { zSessionIdInput } from './session-api.js';

/** Laravel's integer or a name; absent or null: what holds for every workspace. */
export const zWorkspaceId = z.union([z.string().min(1).max(128), z.number().int()]);

export const TAG = /^[^\s,;][^,;\p{C}]{0,62}[^\s,;]$|^[^\s,;\p{C}]$/u;
export const zTag = z.string().regex(TAG, 'must be 1 to 64 characters without commas and semicolons').describe('a group of contacts');

/** A row that was left out. */
export const zInvalidRow = z.object({
  row: z.number().int().describe('the line of a file; in JSON the place in the list, from 1'),
  reason: z.enum(Object.keys(ROW_REASONS) as [RowReason, ...RowReason[]]),
  message: z.string(),
  value: z.string().nullable().describe('what stands there, cut to 64 characters'),
});
export type InvalidRow = z.infer<typeof zInvalidRow>;

/** Which stored contacts a blast goes to. */
export const zTargetSelection = z.strictObject({
  tag: zTag.optional().describe('absent: all contacts of the workspace'),
  source: z.enum(['bridge', 'backend']).default('bridge').describe("`backend`: read from the main application's own table (CONTACT_TABLE)"),
});
export type TargetSelection = z.infer<typeof zTargetSelection>;

/** One of them, as a recipient. */
export interface ContactTarget {
  /** E.164. */
  phone: string;
  name: string | null;
  /** What texts may name. */
  variables: Record<string, string>;
}

const zTime = z.iso.datetime();
const MAX_ROWS = 20_000;
const zPhoneInput = z.union([z.string().min(1).max(128), z.number().int().positive()]);
const zName = z.string().trim().max(200).nullish();
const zText = z.union([z.string().max(4_096), z.number(), z.boolean()]).transform(String);
const zTags = z.array(zTag).max(50);
/** Of a form: `vip, bandung`. */
const zTagList = z.union([zTags, z.string().max(4_000).transform((text) => text.split(/[,;]/).map((tag) => tag.trim()).filter((tag) => tag !== '')).pipe(zTags)]);
const zVariables = z.record(z.string().min(1).max(64), zText.nullable()).refine((variables) => Object.keys(variables).length <= 200, 'must have at most 200 names');
const workspace = { workspace_id: zWorkspaceId.nullish().describe('absent: what holds for every workspace') };
const workspaceQuery = { workspace_id: z.string().min(1).max(128).optional() };
const page = (most: number) => ({ limit: z.coerce.number().int().min(1).max(most).default(100), cursor: z.string().max(1_024).optional() });
const zPhones = z.array(zPhoneInput.transform(String)).min(1).max(MAX_ROWS);

export const zRowCounts = z.object({
  rows: z.number().int(),
  added: z.number().int(),
  updated: z.number().int().describe('were there before'),
  duplicates: z.number().int().describe('came more than once; the last one counts'),
  invalid: z.number().int(),
  invalid_rows: z.array(zInvalidRow).describe('the first 100 of them'),
});
export type RowCounts = z.infer<typeof zRowCounts>;

// Addresses.

/** One row, in JSON and in NDJSON. */
export const zAddressRow = z.union([zPhoneInput.transform((phone) => ({ phone, name: null })), z.object({ phone: zPhoneInput, name: zName })]);
export const zPutAddresses = z.strictObject({ ...workspace, addresses: z.array(z.unknown()).min(1).max(MAX_ROWS).describe('numbers in any spelling, or `{phone, name}`') });
export const zWorkspaceQuery = z.strictObject(workspaceQuery);
export const zAddressQuery = z.strictObject({ ...workspaceQuery, search: z.string().max(100).optional().describe('part of a name or of a number'), ...page(1_000) });
export const zAddress = z.object({ phone: z.string().describe('E.164'), name: z.string().nullable(), created_at: zTime, updated_at: zTime });
export const zAddressList = z.object({ addresses: z.array(zAddress), next_cursor: z.string().nullable() });
export type AddressListView = z.infer<typeof zAddressList>;
export const zDeleteAddresses = z.strictObject({ ...workspace, phones: zPhones.optional(), all: z.literal(true).optional() }).refine(({ phones, all }) => (phones === undefined) !== (all === undefined), 'must have `phones`, or `all`: true');
export const zDeleted = z.object({ deleted: z.number().int() });
export const zCheckAddresses = z.strictObject({ ...workspace, phones: z.array(zPhoneInput.transform(String)).min(1).max(1_000) });
export const zAddressChecks = z.object({ results: z.array(z.object({ input: z.string(), phone: z.string().nullable(), in_address_book: z.boolean().describe('a blast with `skipRecipientsInAddress` leaves it out'), opted_out: z.boolean().describe('every blast leaves it out') })) });

// Files.

const zColumns = z.strictObject({ phone: z.string().min(1).max(200), name: z.string().min(1).max(200), tags: z.string().min(1).max(200) }).partial();
export const zImportFile = z.strictObject({
  ...workspace,
  dry_run: z.boolean().default(false).describe('only tell what would happen'),
  header: z.boolean().default(true).describe('the first row names the columns; else they are named 1, 2, …'),
  columns: zColumns.default({}).describe('the header of each column; what is not given is found by the usual names'),
  tags: zTagList.default([]).describe('for every row, beside its own'),
});
export type ImportFile = z.infer<typeof zImportFile>;
export const zImported = zRowCounts.extend({
  dry_run: z.boolean(),
  columns: z.object({ phone: z.string(), name: z.string().nullable(), tags: z.string().nullable(), variables: z.array(z.string()) }),
});
export type Imported = z.infer<typeof zImported>;

// Contacts.

export const zContactRow = z.object({ phone: zPhoneInput, name: zName, tags: zTags.default([]), variables: zVariables.default({}) });
export const zPutContacts = z.strictObject({ ...workspace, contacts: z.array(z.unknown()).min(1).max(MAX_ROWS).describe('`{phone, name, tags, variables}`; what is not given stays as it is') });
export const zStoredContactParams = z.object({ phone: z.string().min(1).max(128) });
export const zPatchContact = z.strictObject({ name: zName, tags: zTags.optional().describe('all of them'), variables: zVariables.optional().describe('those that are given; null removes one') });
export type PatchContact = z.infer<typeof zPatchContact>;
export const zStoredContactsQuery = z.strictObject({
  ...workspaceQuery,
  search: z.string().max(100).optional().describe('part of a name or of a number'),
  tag: zTag.optional(),
  on_whatsapp: z.enum(['true', 'false', 'unknown']).optional(),
  source: z.enum(['bridge', 'backend']).default('bridge').describe("`backend`: the main application's own table, as it is now; only `tag` filters there"),
  ...page(500),
});
export type StoredContactsQuery = z.infer<typeof zStoredContactsQuery>;
export const zExportQuery = z.strictObject({ ...workspaceQuery, tag: zTag.optional() });
export const zStoredContact = z.object({
  phone: z.string().describe('E.164'),
  name: z.string().nullable(),
  tags: z.array(z.string()),
  variables: z.record(z.string(), z.string()),
  on_whatsapp: z.boolean().nullable().describe('null: not checked yet'),
  jid: z.string().nullable(),
  checked_at: zTime.nullable(),
  opted_out: z.boolean(),
  updated_at: zTime.nullable(),
}).meta({ id: 'StoredContact' });
export type StoredContactView = z.infer<typeof zStoredContact>;
export const zStoredContactList = z.object({ contacts: z.array(zStoredContact), next_cursor: z.string().nullable() });
export type StoredContactList = z.infer<typeof zStoredContactList>;
export const zDeleteContacts = z.strictObject({ ...workspace, phones: zPhones.optional(), tag: zTag.optional(), all: z.literal(true).optional() }).refine(({ phones, tag, all }) => [phones, tag, all].filter((given) => given !== undefined).length === 1, 'must have one of `phones`, `tag` and `all`: true');
export type DeleteContacts = z.infer<typeof zDeleteContacts>;
export const zTagCounts = z.object({ tags: z.array(z.object({ tag: z.string(), contacts: z.number().int() })) });

// The check in the background.

export const zStartContactCheck = z.strictObject({ ...workspace, session_id: zSessionIdInput, tag: zTag.optional(), older_than_days: z.number().int().min(0).max(3_650).default(30).describe('whom WhatsApp was asked for since then is not asked for again') });
export const zContactCheck = z.object({
  session_id: z.string(),
  tag: z.string().nullable(),
  state: z.enum(['running', 'completed', 'stopped']),
  total: z.number().int(),
  checked: z.number().int(),
  on_whatsapp: z.number().int(),
  started_at: zTime,
  finished_at: zTime.nullable(),
}).meta({ id: 'ContactCheck' });
export type ContactCheckView = z.infer<typeof zContactCheck>;

export const PUT_ADDRESSES_EXAMPLE = { workspace_id: 7, addresses: ['0812-3456-7890', { phone: '+65 8123 4567', name: 'Siti' }] };
export const PUT_CONTACTS_EXAMPLE = { workspace_id: 7, contacts: [{ phone: '0812-3456-7890', name: 'Budi', tags: ['vip'], variables: { city: 'Bandung' } }] };
