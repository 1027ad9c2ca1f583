import type { Kysely, Migration } from 'kysely';
import { incrementingKey } from '../dialect.js';

/** Sessions, events and their outbox, outbound messages, chat syncs, API keys. */
export const foundation: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    const { schema } = db;

    await schema
      .createTable('api_key')
      .addColumn('id', 'varchar(64)', (c) => c.primaryKey())
      .addColumn('name', 'varchar(200)', (c) => c.notNull())
      .addColumn('hash', 'varchar(64)', (c) => c.notNull().unique())
      .addColumn('scopes', 'text', (c) => c.notNull())
      .addColumn('sessions', 'text')
      .addColumn('created_at', 'bigint', (c) => c.notNull())
      .addColumn('revoked_at', 'bigint')
      .execute();

    await schema
      .createTable('session')
      .addColumn('id', 'varchar(64)', (c) => c.primaryKey())
      .addColumn('echo_id', 'text', (c) => c.notNull())
      .addColumn('workspace_id', 'text')
      .addColumn('desired', 'varchar(16)', (c) => c.notNull())
      .addColumn('state', 'varchar(16)', (c) => c.notNull())
      .addColumn('reason', 'varchar(64)', (c) => c.notNull())
      .addColumn('detail', 'text')
      .addColumn('paired', 'integer', (c) => c.notNull())
      .addColumn('phone', 'varchar(32)')
      .addColumn('lid', 'varchar(64)')
      .addColumn('pushname', 'text')
      .addColumn('last_sequence', 'bigint', (c) => c.notNull())
      .addColumn('inbound_mark', 'bigint')
      .addColumn('created_at', 'bigint', (c) => c.notNull())
      .addColumn('updated_at', 'bigint', (c) => c.notNull())
      .execute();

    await schema
      .createTable('event')
      .addColumn('id', 'varchar(64)', (c) => c.primaryKey())
      .addColumn('session_id', 'varchar(64)', (c) => c.notNull())
      .addColumn('session_echo', 'text', (c) => c.notNull())
      .addColumn('workspace_echo', 'text')
      .addColumn('sequence', 'bigint', (c) => c.notNull())
      .addColumn('name', 'varchar(64)', (c) => c.notNull())
      .addColumn('chat_id', 'varchar(128)')
      .addColumn('dedupe_key', 'varchar(255)', (c) => c.notNull())
      .addColumn('data', 'text', (c) => c.notNull())
      .addColumn('happened_at', 'bigint', (c) => c.notNull())
      .addColumn('created_at', 'bigint', (c) => c.notNull())
      .addUniqueConstraint('event_once', ['session_id', 'dedupe_key'])
      .addUniqueConstraint('event_sequence', ['session_id', 'sequence'])
      .execute();

    await incrementingKey(schema.createTable('outbox'), 'seq')
      .addColumn('id', 'varchar(64)', (c) => c.notNull().unique())
      .addColumn('event_id', 'varchar(64)', (c) => c.notNull())
      .addColumn('session_id', 'varchar(64)', (c) => c.notNull())
      .addColumn('lane', 'varchar(255)', (c) => c.notNull())
      .addColumn('state', 'varchar(16)', (c) => c.notNull())
      .addColumn('attempts', 'integer', (c) => c.notNull())
      .addColumn('last_status', 'integer')
      .addColumn('last_error', 'text')
      .addColumn('created_at', 'bigint', (c) => c.notNull())
      .addColumn('finished_at', 'bigint')
      .execute();
    await schema.createIndex('outbox_lane_head').on('outbox').columns(['lane', 'state', 'seq']).execute();
    await schema.createIndex('outbox_event').on('outbox').column('event_id').execute();
    await schema.createIndex('outbox_oldest').on('outbox').columns(['state', 'created_at']).execute();

    await schema
      .createTable('outbox_lane')
      .addColumn('lane', 'varchar(255)', (c) => c.primaryKey())
      .addColumn('next_attempt_at', 'bigint', (c) => c.notNull())
      .execute();
    await schema.createIndex('outbox_lane_due').on('outbox_lane').column('next_attempt_at').execute();

    await schema
      .createTable('message')
      .addColumn('id', 'varchar(64)', (c) => c.primaryKey())
      .addColumn('session_id', 'varchar(64)', (c) => c.notNull())
      .addColumn('chat_id', 'varchar(128)', (c) => c.notNull())
      .addColumn('phone', 'varchar(32)')
      .addColumn('type', 'varchar(32)', (c) => c.notNull())
      .addColumn('content', 'text', (c) => c.notNull())
      .addColumn('wa_key', 'varchar(64)', (c) => c.notNull())
      .addColumn('wa_message_id', 'varchar(255)')
      .addColumn('state', 'varchar(16)', (c) => c.notNull())
      .addColumn('reason', 'varchar(64)')
      .addColumn('detail', 'text')
      .addColumn('ack', 'integer')
      .addColumn('attempts', 'integer', (c) => c.notNull())
      .addColumn('next_attempt_at', 'bigint', (c) => c.notNull())
      .addColumn('created_at', 'bigint', (c) => c.notNull())
      .addColumn('updated_at', 'bigint', (c) => c.notNull())
      .addColumn('sent_at', 'bigint')
      .addColumn('delivered_at', 'bigint')
      .addColumn('read_at', 'bigint')
      .addUniqueConstraint('message_wa_key', ['session_id', 'wa_key'])
      .execute();
    await schema.createIndex('message_due').on('message').columns(['session_id', 'state', 'next_attempt_at']).execute();

    await schema
      .createTable('idempotency_key')
      .addColumn('api_key_id', 'varchar(64)', (c) => c.notNull())
      .addColumn('key', 'varchar(255)', (c) => c.notNull())
      .addColumn('request_hash', 'varchar(64)', (c) => c.notNull())
      .addColumn('message_id', 'varchar(64)', (c) => c.notNull())
      .addColumn('created_at', 'bigint', (c) => c.notNull())
      .addPrimaryKeyConstraint('idempotency_key_once', ['api_key_id', 'key'])
      .execute();
    await schema.createIndex('idempotency_key_age').on('idempotency_key').column('created_at').execute();

    await schema
      .createTable('chat_sync')
      .addColumn('id', 'varchar(64)', (c) => c.primaryKey())
      .addColumn('session_id', 'varchar(64)', (c) => c.notNull())
      .addColumn('state', 'varchar(16)', (c) => c.notNull())
      .addColumn('options', 'text', (c) => c.notNull())
      .addColumn('total', 'integer', (c) => c.notNull())
      .addColumn('synced', 'integer', (c) => c.notNull())
      .addColumn('gone', 'integer', (c) => c.notNull())
      .addColumn('dead', 'integer', (c) => c.notNull())
      .addColumn('batches', 'integer', (c) => c.notNull())
      .addColumn('private', 'integer', (c) => c.notNull())
      .addColumn('groups', 'integer', (c) => c.notNull())
      .addColumn('error_code', 'varchar(64)')
      .addColumn('error', 'text')
      .addColumn('created_at', 'bigint', (c) => c.notNull())
      .addColumn('started_at', 'bigint')
      .addColumn('finished_at', 'bigint')
      .execute();
    await schema.createIndex('chat_sync_latest').on('chat_sync').columns(['session_id', 'created_at']).execute();

    await schema
      .createTable('chat_sync_batch')
      .addColumn('sync_id', 'varchar(64)', (c) => c.notNull())
      .addColumn('number', 'integer', (c) => c.notNull())
      .addColumn('delivery_id', 'varchar(64)', (c) => c.notNull())
      .addColumn('chat_ids', 'text', (c) => c.notNull())
      .addColumn('state', 'varchar(16)', (c) => c.notNull())
      .addColumn('attempts', 'integer', (c) => c.notNull())
      .addColumn('last_status', 'integer')
      .addColumn('last_error', 'text')
      .addPrimaryKeyConstraint('chat_sync_batch_number', ['sync_id', 'number'])
      .execute();
  },
};
