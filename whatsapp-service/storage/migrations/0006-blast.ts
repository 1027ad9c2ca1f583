import type { Kysely, Migration } from 'kysely';
import { RECIPIENT_STATES, SKIP_REASON_NAMES } from '../../contracts/blast-states.js';
import { incrementingKey } from '../dialect.js';

/** Blasts: jobs, their recipients, and their pace. */
export const blast: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    const { schema } = db;
    const counters = [...RECIPIENT_STATES.map((state) => `n_${state}`), ...SKIP_REASON_NAMES.map((reason) => `skipped_${reason}`)];

    let job = incrementingKey(schema.createTable('blast_job'), 'no')
      .addColumn('id', 'varchar(64)', (c) => c.notNull().unique())
      .addColumn('workspace_id', 'text')
      .addColumn('name', 'varchar(200)')
      .addColumn('state', 'varchar(16)', (c) => c.notNull())
      .addColumn('reason', 'varchar(64)')
      .addColumn('detail', 'text')
      .addColumn('skip_recipients_in_address', 'integer')
      .addColumn('content', 'text', (c) => c.notNull())
      .addColumn('media_id', 'varchar(64)')
      .addColumn('filters', 'text', (c) => c.notNull())
      .addColumn('pace', 'text', (c) => c.notNull())
      .addColumn('retry', 'text', (c) => c.notNull())
      .addColumn('batches', 'text')
      .addColumn('priority', 'integer', (c) => c.notNull())
      .addColumn('scheduled_at', 'bigint')
      .addColumn('time_zone', 'varchar(64)', (c) => c.notNull())
      .addColumn('price_per_message', 'double precision')
      .addColumn('total', 'integer', (c) => c.notNull().defaultTo(0))
      .addColumn('invalid', 'integer', (c) => c.notNull().defaultTo(0))
      .addColumn('failures_in_row', 'integer', (c) => c.notNull().defaultTo(0))
      .addColumn('batch_sent', 'integer', (c) => c.notNull().defaultTo(0))
      .addColumn('batch_until', 'bigint', (c) => c.notNull().defaultTo(0))
      .addColumn('ready', 'integer', (c) => c.notNull())
      .addColumn('revision', 'integer', (c) => c.notNull().defaultTo(0))
      .addColumn('ran_ms', 'bigint', (c) => c.notNull().defaultTo(0))
      .addColumn('running_since', 'bigint')
      .addColumn('created_at', 'bigint', (c) => c.notNull())
      .addColumn('updated_at', 'bigint', (c) => c.notNull())
      .addColumn('started_at', 'bigint')
      .addColumn('finished_at', 'bigint')
      .addColumn('recipients_removed_at', 'bigint');
    for (const counter of counters) job = job.addColumn(counter, 'integer', (c) => c.notNull().defaultTo(0));
    await job.execute();
    await schema.createIndex('blast_job_media').on('blast_job').column('media_id').execute();
    await schema.createIndex('blast_job_state').on('blast_job').columns(['state', 'scheduled_at']).execute();

    await schema
      .createTable('blast_job_session')
      .addColumn('job', 'integer', (c) => c.notNull())
      .addColumn('session_id', 'varchar(64)', (c) => c.notNull())
      .addColumn('position', 'integer', (c) => c.notNull())
      .addPrimaryKeyConstraint('blast_job_session_once', ['job', 'session_id'])
      .execute();
    await schema.createIndex('blast_job_of_session').on('blast_job_session').column('session_id').execute();

    await incrementingKey(schema.createTable('blast_recipient'), 'id')
      .addColumn('job', 'integer', (c) => c.notNull())
      .addColumn('phone', 'varchar(32)', (c) => c.notNull())
      .addColumn('jid', 'varchar(128)')
      .addColumn('variables', 'text')
      .addColumn('state', 'varchar(16)', (c) => c.notNull())
      .addColumn('reason', 'varchar(64)')
      .addColumn('detail', 'text')
      .addColumn('attempts', 'integer', (c) => c.notNull().defaultTo(0))
      .addColumn('session_id', 'varchar(64)')
      .addColumn('wa_key', 'varchar(64)')
      .addColumn('message_id', 'varchar(64)')
      .addColumn('wa_message_id', 'varchar(255)')
      .addColumn('lease_until', 'bigint')
      .addColumn('updated_at', 'bigint', (c) => c.notNull())
      .addColumn('sent_at', 'bigint')
      .addColumn('delivered_at', 'bigint')
      .addColumn('read_at', 'bigint')
      .execute();
    await schema.createIndex('blast_recipient_order').on('blast_recipient').columns(['job', 'id']).execute();
    await schema.createIndex('blast_recipient_state').on('blast_recipient').columns(['job', 'state', 'id']).execute();

    await schema
      .createTable('blast_pace')
      .addColumn('job', 'integer', (c) => c.notNull())
      .addColumn('session_id', 'varchar(64)', (c) => c.notNull())
      .addColumn('span', 'varchar(16)', (c) => c.notNull())
      .addColumn('tokens', 'double precision', (c) => c.notNull())
      .addColumn('at', 'bigint', (c) => c.notNull())
      .addPrimaryKeyConstraint('blast_pace_span', ['job', 'session_id', 'span'])
      .execute();
    await schema
      .createTable('blast_day')
      .addColumn('session_id', 'varchar(64)', (c) => c.notNull())
      .addColumn('day', 'varchar(10)', (c) => c.notNull())
      .addColumn('sent', 'integer', (c) => c.notNull())
      .addPrimaryKeyConstraint('blast_day_once', ['session_id', 'day'])
      .execute();

    const add = (column: string, type: 'integer' | 'bigint'): Promise<void> => schema.alterTable('message').addColumn(column, type).execute();
    await add('recipient_id', 'bigint');
    await add('max_attempts', 'integer');
    await add('retry_ms', 'bigint');
  },
};
