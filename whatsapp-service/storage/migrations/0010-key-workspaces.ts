import type { Kysely, Migration } from 'kysely';

/** API keys that are limited to workspaces. */
export const keyWorkspaces: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema.alterTable('api_key').addColumn('workspaces', 'text').execute();
  },
};
