import type { Kysely, Migration } from 'kysely';

/** Files of messages that were fetched from WhatsApp, or are to be. */
export const inboundMedia: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema
      .createTable('inbound_media')
      .addColumn('id', 'varchar(64)', (c) => c.primaryKey())
      .addColumn('session_id', 'varchar(64)', (c) => c.notNull())
      .addColumn('message_id', 'varchar(255)', (c) => c.notNull())
      .addColumn('state', 'varchar(16)', (c) => c.notNull())
      .addColumn('mimetype', 'text')
      .addColumn('filename', 'text')
      .addColumn('size', 'bigint')
      .addColumn('sha256', 'varchar(64)')
      .addColumn('attempts', 'integer', (c) => c.notNull())
      .addColumn('next_attempt_at', 'bigint', (c) => c.notNull())
      .addColumn('error', 'text')
      .addColumn('created_at', 'bigint', (c) => c.notNull())
      .addColumn('kept_at', 'bigint')
      .addUniqueConstraint('inbound_media_once', ['session_id', 'message_id'])
      .execute();
    await db.schema.createIndex('inbound_media_due').on('inbound_media').columns(['state', 'session_id', 'next_attempt_at']).execute();
    await db.schema.createIndex('inbound_media_age').on('inbound_media').columns(['state', 'kept_at']).execute();
  },
};
