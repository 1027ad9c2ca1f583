import { z } from 'zod';

/** Laravel's integer or a name; absent or null: what holds for every workspace. */
export const zWorkspaceId = z.union([z.string().min(1).max(128), z.number().int()]);

export const TAG = /^[^\s,;][^,;\p{C}]{0,62}[^\s,;]$|^[^\s,;\p{C}]$/u;
export const zTag = z.string().regex(TAG, 'must be 1 to 64 characters without commas and semicolons').describe('a group of contacts');

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
