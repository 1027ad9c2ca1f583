import { sql, type Kysely, type Migration } from 'kysely';
import { incrementingKey } from '../dialect.js';

/** Further endpoints beside the one of the settings, the attempts of each delivery, and deliveries that are sent again. */
export const endpoints: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    const { schema } = db;

    await schema
      .createTable('webhook_endpoint')
      .addColumn('id', 'varchar(64)', (c) => c.primaryKey())
      .addColumn('session_id', 'varchar(64)')
      .addColumn('url', 'text', (c) => c.notNull())
      .addColumn('secret', 'text', (c) => c.notNull())
      .addColumn('previous_secret', 'text')
      .addColumn('previous_until', 'bigint')
      .addColumn('events', 'text', (c) => c.notNull())
      .addColumn('headers', 'text', (c) => c.notNull())
      .addColumn('created_at', 'bigint', (c) => c.notNull())
      .addColumn('updated_at', 'bigint', (c) => c.notNull())
      .execute();
    await schema.createIndex('webhook_endpoint_session').on('webhook_endpoint').column('session_id').execute();

    await schema.alterTable('outbox').addColumn('endpoint', 'varchar(64)', (c) => c.notNull().defaultTo('default')).execute();
    await schema.alterTable('outbox').addColumn('failures', 'integer', (c) => c.notNull().defaultTo(0)).execute();
    await schema.dropIndex('outbox_oldest').execute();
    await schema.dropIndex('outbox_lane_head').execute();
    await schema.createIndex('outbox_lane_head').on('outbox').columns(['lane', 'seq']).where(sql<boolean>`state = 'pending'`).execute();
    await schema.createIndex('outbox_state').on('outbox').columns(['state', 'seq']).execute();
    await schema.createIndex('outbox_session').on('outbox').columns(['session_id', 'state', 'seq']).execute();

    await schema.alterTable('outbox_lane').addColumn('endpoint', 'varchar(64)', (c) => c.notNull().defaultTo('default')).execute();
    await schema.alterTable('outbox_lane').addColumn('scheduled_at', 'bigint', (c) => c.notNull().defaultTo(0)).execute();
    await schema.alterTable('outbox_lane').addColumn('told', 'integer', (c) => c.notNull().defaultTo(0)).execute();
    await schema.dropIndex('outbox_lane_due').execute();
    await schema.createIndex('outbox_lane_due').on('outbox_lane').columns(['endpoint', 'next_attempt_at']).execute();

    await incrementingKey(schema.createTable('delivery_attempt'), 'id')
      .addColumn('delivery_id', 'varchar(64)', (c) => c.notNull())
      .addColumn('attempt', 'integer', (c) => c.notNull())
      .addColumn('at', 'bigint', (c) => c.notNull())
      .addColumn('duration_ms', 'integer', (c) => c.notNull())
      .addColumn('status', 'integer')
      .addColumn('error', 'text')
      .addColumn('answer', 'text')
      .execute();
    await schema.createIndex('delivery_attempt_of').on('delivery_attempt').columns(['delivery_id', 'attempt']).execute();

    await schema
      .createTable('redelivery')
      .addColumn('id', 'varchar(64)', (c) => c.primaryKey())
      .addColumn('filter', 'text', (c) => c.notNull())
      .addColumn('state', 'varchar(16)', (c) => c.notNull())
      .addColumn('last_seq', 'bigint', (c) => c.notNull())
      .addColumn('done_seq', 'bigint', (c) => c.notNull())
      .addColumn('redelivered', 'integer', (c) => c.notNull())
      .addColumn('created_at', 'bigint', (c) => c.notNull())
      .addColumn('finished_at', 'bigint')
      .execute();
    await schema.createIndex('redelivery_running').on('redelivery').columns(['state', 'created_at']).execute();
  },
};
