import type { Kysely, Migration } from 'kysely';

/** The address book, contacts with their tags, the opt-out list, and when people last wrote. */
export const contacts: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    const { schema } = db;

    await schema
      .createTable('address')
      .addColumn('workspace', 'varchar(128)', (c) => c.notNull())
      .addColumn('phone', 'varchar(32)', (c) => c.notNull())
      .addColumn('name', 'text')
      .addColumn('created_at', 'bigint', (c) => c.notNull())
      .addColumn('updated_at', 'bigint', (c) => c.notNull())
      .addPrimaryKeyConstraint('address_once', ['workspace', 'phone'])
      .execute();

    await schema
      .createTable('contact')
      .addColumn('workspace', 'varchar(128)', (c) => c.notNull())
      .addColumn('phone', 'varchar(32)', (c) => c.notNull())
      .addColumn('name', 'text')
      .addColumn('variables', 'text', (c) => c.notNull())
      .addColumn('on_whatsapp', 'integer')
      .addColumn('jid', 'varchar(128)')
      .addColumn('checked_at', 'bigint')
      .addColumn('created_at', 'bigint', (c) => c.notNull())
      .addColumn('updated_at', 'bigint', (c) => c.notNull())
      .addPrimaryKeyConstraint('contact_once', ['workspace', 'phone'])
      .execute();

    await schema
      .createTable('contact_tag')
      .addColumn('workspace', 'varchar(128)', (c) => c.notNull())
      .addColumn('tag', 'varchar(64)', (c) => c.notNull())
      .addColumn('phone', 'varchar(32)', (c) => c.notNull())
      .addPrimaryKeyConstraint('contact_tag_once', ['workspace', 'tag', 'phone'])
      .execute();
    await schema.createIndex('contact_tag_person').on('contact_tag').columns(['workspace', 'phone']).execute();

    await schema
      .createTable('contact_activity')
      .addColumn('workspace', 'varchar(128)', (c) => c.notNull())
      .addColumn('phone', 'varchar(32)', (c) => c.notNull())
      .addColumn('last_at', 'bigint', (c) => c.notNull())
      .addPrimaryKeyConstraint('contact_activity_once', ['workspace', 'phone'])
      .execute();

    await schema
      .createTable('contact_check')
      .addColumn('workspace', 'varchar(128)', (c) => c.primaryKey())
      .addColumn('session_id', 'varchar(64)', (c) => c.notNull())
      .addColumn('tag', 'varchar(64)')
      .addColumn('state', 'varchar(16)', (c) => c.notNull())
      .addColumn('after_phone', 'varchar(32)', (c) => c.notNull())
      .addColumn('stale_before', 'bigint', (c) => c.notNull())
      .addColumn('total', 'integer', (c) => c.notNull())
      .addColumn('checked', 'integer', (c) => c.notNull())
      .addColumn('on_whatsapp', 'integer', (c) => c.notNull())
      .addColumn('started_at', 'bigint', (c) => c.notNull())
      .addColumn('finished_at', 'bigint')
      .execute();

    await schema
      .createTable('opt_out')
      .addColumn('workspace', 'varchar(128)', (c) => c.notNull())
      .addColumn('person', 'varchar(64)', (c) => c.notNull())
      .addColumn('lid', 'varchar(64)')
      .addColumn('opted_out', 'integer', (c) => c.notNull())
      .addColumn('source', 'varchar(16)', (c) => c.notNull())
      .addColumn('session_id', 'varchar(64)')
      .addColumn('changed_at', 'bigint', (c) => c.notNull())
      .addPrimaryKeyConstraint('opt_out_once', ['workspace', 'person'])
      .execute();
    await schema.createIndex('opt_out_lid').on('opt_out').columns(['workspace', 'lid']).execute();
  },
};
