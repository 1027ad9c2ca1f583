import { sql, type Kysely, type Migration } from 'kysely';

/** Priorities, an age limit and the further ends of a message; the pace of each session. */
export const sending: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    const add = (column: string, type: 'integer' | 'bigint' | 'varchar(64)', value?: number): Promise<void> =>
      db.schema
        .alterTable('message')
        .addColumn(column, type, (c) => (value === undefined ? c : c.notNull().defaultTo(value)))
        .execute();
    await add('priority', 'integer', 0);
    await add('expires_at', 'bigint', Number.MAX_SAFE_INTEGER);
    await add('media_id', 'varchar(64)');
    await add('played_at', 'bigint');
    await add('ended_at', 'bigint');
    await db.schema.dropIndex('message_due').execute();
    // Each is of the few messages that are on their way: what is done weighs on none of them, and a change of state moves only what it must.
    await db.schema.createIndex('message_due').on('message').columns(['session_id', 'priority desc', 'created_at', 'id', 'next_attempt_at']).where(sql<boolean>`state = 'queued'`).execute();
    await db.schema.createIndex('message_age').on('message').column('expires_at').where(sql<boolean>`state = 'queued'`).execute();
    await db.schema.createIndex('message_sending').on('message').columns(['session_id', 'state', 'created_at', 'id']).where(sql<boolean>`state = 'sending'`).execute();
    await db.schema.createIndex('message_unread').on('message').columns(['session_id', 'next_attempt_at']).where(sql<boolean>`state in ('sent', 'delivered')`).execute();
    await db.schema.createIndex('message_listed').on('message').columns(['session_id', 'created_at', 'id']).execute();

    await db.schema.createIndex('message_media').on('message').column('media_id').execute();

    await db.schema
      .createTable('send_pace')
      .addColumn('session_id', 'varchar(64)', (c) => c.notNull())
      .addColumn('span', 'varchar(16)', (c) => c.notNull())
      .addColumn('tokens', 'double precision', (c) => c.notNull())
      .addColumn('at', 'bigint', (c) => c.notNull())
      .addPrimaryKeyConstraint('send_pace_span', ['session_id', 'span'])
      .execute();
  },
};
