import type { Kysely, Migration } from 'kysely';

/** How a session's browser is started. */
export const sessions: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema.alterTable('session').addColumn('proxy', 'text').execute();
    await db.schema.alterTable('session').addColumn('device_name', 'varchar(100)').execute();
  },
};
