import type { RecipientState, SkipReason } from '../../contracts/blast-states.js';
import type { SessionId } from '../../shared/ids.js';
import { toJson } from '../../shared/json.js';
import { slices } from '../../shared/slices.js';
import type { Db } from '../../storage/database.js';
import { insertMany } from '../../storage/dialect.js';
import type { BlastRecipientChange, BlastRecipientRow } from '../../storage/schema-blast.js';
import type { NewRecipient } from './recipient-input.js';

/** Values of one `in (…)`. */
const SLICE = 500;

const COLUMNS = ['job', 'phone', 'jid', 'variables', 'state', 'reason', 'updated_at'] as const;

/** A recipient, and why it is left out already at its arrival. */
export interface Arrival extends NewRecipient {
  skip: SkipReason | null;
}

/** Adds them, in their order. Nobody of them is in the job yet: see `KnownPhones`. */
export async function insertRecipients(trx: Db, job: number, arrivals: readonly Arrival[], now: number): Promise<void> {
  const rows = arrivals.map(({ phone, jid, variables, skip }) => [job, phone, jid, variables && toJson(variables), skip === null ? 'queued' : 'skipped', skip, now]);
  await insertMany(trx, { table: 'blast_recipient', columns: COLUMNS, rows });
}

export async function countRecipients(db: Db, job: number): Promise<number> {
  return (await db.selectFrom('blast_job').select('total').where('no', '=', job).executeTakeFirst())?.total ?? 0;
}

/** Their numbers, in their order. */
export const phonesAfter = (db: Db, job: number, { after, limit }: { after: number; limit: number }): Promise<{ id: number; phone: string }[]> =>
  db.selectFrom('blast_recipient').select(['id', 'phone']).where('job', '=', job).where('id', '>', after).orderBy('id').limit(limit).execute();

export const findRecipient = (db: Db, id: number): Promise<BlastRecipientRow | undefined> => db.selectFrom('blast_recipient').selectAll().where('id', '=', id).executeTakeFirst();

export interface Claim {
  job: number;
  session: SessionId;
  limit: number;
  /** Milliseconds since the epoch; until then they are this claim's. */
  leaseUntil: number;
  now: number;
}

/** Takes up the next ones that this session may send to, in their order. One who was tried by a session before stays with it. */
export async function takeUp(trx: Db, { job, session, limit, leaseUntil, now }: Claim): Promise<BlastRecipientRow[]> {
  const rows = await trx
    .selectFrom('blast_recipient')
    .selectAll()
    .where('job', '=', job)
    .where('state', '=', 'queued')
    .where((eb) => eb.or([eb('session_id', 'is', null), eb('session_id', '=', session)]))
    .orderBy('id')
    .limit(limit)
    .execute();
  await updateRecipients(trx, rows.map(({ id }) => id), { state: 'processing', session_id: session, lease_until: leaseUntil, updated_at: now });
  return rows;
}

/** Those of them that are still this claim's. */
export async function stillClaimed(trx: Db, { session, leaseUntil }: Pick<Claim, 'session' | 'leaseUntil'>, ids: readonly number[]): Promise<BlastRecipientRow[]> {
  const found: BlastRecipientRow[] = [];
  for (const slice of slices(ids, SLICE)) {
    found.push(
      ...(await trx.selectFrom('blast_recipient').selectAll().where('id', 'in', slice).where('state', '=', 'processing').where('session_id', '=', session).where('lease_until', '=', leaseUntil).where('message_id', 'is', null).orderBy('id').execute()),
    );
  }
  return found;
}

export async function updateRecipient(trx: Db, id: number, change: BlastRecipientChange): Promise<void> {
  await trx.updateTable('blast_recipient').set(change).where('id', '=', id).execute();
}

export async function updateRecipients(trx: Db, ids: readonly number[], change: BlastRecipientChange): Promise<void> {
  for (const slice of slices(ids, SLICE)) await trx.updateTable('blast_recipient').set(change).where('id', 'in', slice).execute();
}

/** Those who were taken up and whose end is not known, of one session or of all. */
export function underWay(db: Db, job: number, session: SessionId | null): Promise<BlastRecipientRow[]> {
  let query = db.selectFrom('blast_recipient').selectAll().where('job', '=', job).where('state', 'in', ['processing', 'retry']);
  if (session !== null) query = query.where('session_id', '=', session);
  return query.execute();
}

/** How many a session has taken up that have not gone out. */
export async function countTakenUp(db: Db, job: number, session: SessionId): Promise<number> {
  const row = await db.selectFrom('blast_recipient').select((eb) => eb.fn.countAll<number | string>().as('count')).where('job', '=', job).where('state', '=', 'processing').where('session_id', '=', session).executeTakeFirst();
  return Number(row?.count ?? 0);
}

/** Taken up, without a message, by a claim that is over. */
export const abandonedClaims = (db: Db, now: number): Promise<BlastRecipientRow[]> =>
  db
    .selectFrom('blast_recipient')
    .selectAll()
    .where('job', 'in', (eb) => eb.selectFrom('blast_job').select('no').where('n_processing', '>', 0))
    .where('state', '=', 'processing')
    .where('message_id', 'is', null)
    .where('lease_until', '<=', now)
    .execute();

/** The first ids of one state, in their order; with `reason`, only those that are there for it. */
export async function idsIn(db: Db, job: number, state: RecipientState, { reason, limit }: { reason?: SkipReason; limit: number }): Promise<number[]> {
  let query = db.selectFrom('blast_recipient').select('id').where('job', '=', job).where('state', '=', state).orderBy('id').limit(limit);
  if (reason !== undefined) query = query.where('reason', '=', reason);
  return (await query.execute()).map(({ id }) => id);
}

/** Those that nothing has been begun for, in their order; cancelled ones, too. */
export const waitingAfter = (db: Db, job: number, { state, after, limit }: { state: 'queued' | 'paused' | 'cancelled'; after: number; limit: number }): Promise<{ id: number; phone: string }[]> =>
  db.selectFrom('blast_recipient').select(['id', 'phone']).where('job', '=', job).where('state', '=', state).where('id', '>', after).orderBy('id').limit(limit).execute();

export interface RecipientPage {
  states: readonly RecipientState[] | null;
  /** After this one. */
  after: number;
  limit: number;
}

/** In their order. */
export function listRecipients(db: Db, job: number, { states, after, limit }: RecipientPage): Promise<BlastRecipientRow[]> {
  let query = db.selectFrom('blast_recipient').selectAll().where('job', '=', job).where('id', '>', after).orderBy('id').limit(limit);
  if (states) query = query.where('state', 'in', states);
  return query.execute();
}

/** Deletes some of a job's recipients; how many. */
export async function deleteSome(trx: Db, job: number, limit: number): Promise<number> {
  const rows = await trx.selectFrom('blast_recipient').select('id').where('job', '=', job).limit(limit).execute();
  for (const slice of slices(rows.map(({ id }) => id), SLICE)) await trx.deleteFrom('blast_recipient').where('id', 'in', slice).execute();
  return rows.length;
}

/** No session's any more: whoever takes part in the job may send to them. */
export async function freeFromSessions(trx: Db, job: number, kept: readonly SessionId[]): Promise<void> {
  await trx.updateTable('blast_recipient').set({ session_id: null }).where('job', '=', job).where('state', 'in', ['queued', 'paused']).where('session_id', 'is not', null).where('session_id', 'not in', kept.length > 0 ? kept : ['']).execute();
}
