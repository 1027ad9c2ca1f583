import type { Kysely, Migration } from 'kysely';

/** What WhatsApp last said of each number. */
export const numbers: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema
      .createTable('number_check')
      .addColumn('session_id', 'varchar(64)', (c) => c.notNull())
      .addColumn('jid', 'varchar(128)', (c) => c.notNull())
      .addColumn('on_whatsapp', 'integer', (c) => c.notNull())
      .addColumn('canonical_jid', 'varchar(128)')
      .addColumn('checked_at', 'bigint', (c) => c.notNull())
      .addPrimaryKeyConstraint('number_check_once', ['session_id', 'jid'])
      .execute();
    await db.schema.createIndex('number_check_age').on('number_check').column('checked_at').execute();
  },
};
