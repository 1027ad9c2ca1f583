import type { Kysely, Migration } from 'kysely';

/** Requests for new groups that came with an Idempotency-Key. */
export const groupRequests: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema
      .createTable('group_request')
      .addColumn('api_key_id', 'varchar(64)', (c) => c.notNull())
      .addColumn('key', 'varchar(255)', (c) => c.notNull())
      .addColumn('session_id', 'varchar(64)', (c) => c.notNull())
      .addColumn('request_hash', 'varchar(64)', (c) => c.notNull())
      .addColumn('answer', 'text')
      .addColumn('created_at', 'bigint', (c) => c.notNull())
      .addPrimaryKeyConstraint('group_request_once', ['api_key_id', 'key'])
      .execute();
    await db.schema.createIndex('group_request_age').on('group_request').column('created_at').execute();
  },
};
