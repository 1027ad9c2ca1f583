import type { Kysely, Migration } from 'kysely';

/** Files that messages carry. */
export const media: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema
      .createTable('media')
      .addColumn('id', 'varchar(64)', (c) => c.primaryKey())
      .addColumn('mimetype', 'varchar(255)', (c) => c.notNull())
      .addColumn('size', 'bigint', (c) => c.notNull())
      .addColumn('sha256', 'varchar(64)', (c) => c.notNull())
      .addColumn('filename', 'text', (c) => c.notNull())
      .addColumn('created_at', 'bigint', (c) => c.notNull())
      .execute();
    await db.schema.createIndex('media_age').on('media').column('created_at').execute();
  },
};
