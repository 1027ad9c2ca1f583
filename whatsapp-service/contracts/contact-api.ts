import { z } from 'zod';
import { ROW_REASONS, type RowReason } from './contact-states.js';

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
