import type { BlastState, RecipientState, SkipReason } from '../../contracts/blast-states.js';
import type { BlastId, SessionId } from '../../shared/ids.js';
import type { Db } from '../../storage/database.js';
import type { BlastCounters, BlastJobChange, BlastJobRow, NewBlastJobRow } from '../../storage/schema-blast.js';

/** A job with who sends its messages, in their order. */
export interface BlastJob extends BlastJobRow {
  sessions: readonly SessionId[];
}

export const FINAL_STATES: readonly BlastState[] = ['STOPPED', 'COMPLETED', 'FAILED'];
export const isOver = ({ state }: { state: BlastState }): boolean => FINAL_STATES.includes(state);

/** Its request is not whole yet; nobody sees it before. */
export const isComing = ({ state, ready, revision }: Pick<BlastJobRow, 'state' | 'ready' | 'revision'>): boolean => state === 'DRAFT' && ready === 0 && revision === 0;

export async function insertJob(trx: Db, row: NewBlastJobRow, sessions: readonly SessionId[]): Promise<number> {
  const { no } = await trx.insertInto('blast_job').values(row).returning('no').executeTakeFirstOrThrow();
  await setSessions(trx, no, sessions);
  return no;
}

export async function setSessions(trx: Db, job: number, sessions: readonly SessionId[]): Promise<void> {
  await trx.deleteFrom('blast_job_session').where('job', '=', job).execute();
  if (sessions.length > 0) await trx.insertInto('blast_job_session').values(sessions.map((id, position) => ({ job, session_id: id, position }))).execute();
}

async function withSessions(db: Db, rows: readonly BlastJobRow[]): Promise<BlastJob[]> {
  if (rows.length === 0) return [];
  const links = await db.selectFrom('blast_job_session').selectAll().where('job', 'in', rows.map(({ no }) => no)).orderBy('job').orderBy('position').execute();
  return rows.map((row) => ({ ...row, sessions: links.filter(({ job }) => job === row.no).map((link) => link.session_id as SessionId) }));
}

export async function findJob(db: Db, id: BlastId): Promise<BlastJob | undefined> {
  return (await withSessions(db, await db.selectFrom('blast_job').selectAll().where('id', '=', id).execute()))[0];
}

export async function jobByNo(db: Db, no: number): Promise<BlastJob | undefined> {
  return (await withSessions(db, await db.selectFrom('blast_job').selectAll().where('no', '=', no).execute()))[0];
}

export async function jobsIn(db: Db, states: readonly BlastState[]): Promise<BlastJob[]> {
  return withSessions(db, await db.selectFrom('blast_job').selectAll().where('state', 'in', states).orderBy('priority', 'desc').orderBy('no').execute());
}

/** The jobs of a session that are in these states, by priority. */
export async function jobsOf(db: Db, session: SessionId, states: readonly BlastState[]): Promise<BlastJob[]> {
  const rows = await db
    .selectFrom('blast_job')
    .selectAll()
    .where('state', 'in', states)
    .where('no', 'in', (eb) => eb.selectFrom('blast_job_session').select('job').where('session_id', '=', session))
    .orderBy('priority', 'desc')
    .orderBy('no')
    .execute();
  return withSessions(db, rows);
}

/** Jobs whose recipients are to be cancelled, and are not all yet. */
export const stoppedWithWaiting = (db: Db): Promise<{ no: number }[]> =>
  db.selectFrom('blast_job').select('no').where('state', 'in', ['STOPPED', 'FAILED']).where((eb) => eb.or([eb('n_queued', '>', 0), eb('n_paused', '>', 0)])).execute();

/** Jobs that were over by then, and have their recipients still. */
export const finishedBefore = (db: Db, before: number): Promise<{ no: number; id: string }[]> =>
  db.selectFrom('blast_job').select(['no', 'id']).where('state', 'in', FINAL_STATES).where('finished_at', '<', before).where('recipients_removed_at', 'is', null).execute();

/** Requests that broke off before all of their recipients were there. */
export const unfinishedDrafts = (db: Db, before: number): Promise<{ id: string }[]> =>
  db.selectFrom('blast_job').select('id').where('state', '=', 'DRAFT').where('ready', '=', 0).where('revision', '=', 0).where('updated_at', '<', before).execute();

/** A session that a job is to send with and that is there no more; null: all are. `id` is null where the job has none left. */
export async function missingSession(db: Db, { sessions }: Pick<BlastJob, 'sessions'>): Promise<{ id: SessionId | null } | null> {
  if (sessions.length === 0) return { id: null };
  const existing = await db.selectFrom('session').select('id').where('id', 'in', sessions).execute();
  const id = sessions.find((session) => !existing.some((row) => row.id === session));
  return id === undefined ? null : { id };
}

export async function updateJob(trx: Db, no: number, change: BlastJobChange): Promise<void> {
  await trx.updateTable('blast_job').set(change).where('no', '=', no).execute();
}

/** What is added to a job's counters; below 0 where it is taken away. */
export interface CountChange {
  states?: Partial<Record<RecipientState, number>>;
  skipped?: Partial<Record<SkipReason, number>>;
  total?: number;
  invalid?: number;
  failuresInRow?: number;
}

/** Adds to the counters, sets the rest, and answers the row as it is then. */
export async function countJob(trx: Db, no: number, { states = {}, skipped = {}, total = 0, invalid = 0, failuresInRow = 0 }: CountChange, change: BlastJobChange): Promise<BlastJobRow | undefined> {
  const added: [keyof BlastCounters | 'total' | 'invalid' | 'failures_in_row', number][] = [
    ...Object.entries(states).map(([state, by]): [keyof BlastCounters, number] => [`n_${state as RecipientState}`, by]),
    ...Object.entries(skipped).map(([reason, by]): [keyof BlastCounters, number] => [`skipped_${reason as SkipReason}`, by]),
    ['total', total],
    ['invalid', invalid],
    ['failures_in_row', failuresInRow],
  ];
  return trx
    .updateTable('blast_job')
    .set((eb) => ({ ...Object.fromEntries(added.filter(([, by]) => by !== 0).map(([column, by]) => [column, eb(column, '+', by)])), ...change }))
    .where('no', '=', no)
    .returningAll()
    .executeTakeFirst();
}

export interface JobFilter {
  /** Only jobs all of whose sessions are among these; null: every job. */
  within: readonly string[] | null;
  /** Only jobs of these, or of none; null: every job. */
  workspaces: readonly string[] | null;
  session: string | null;
  state: BlastState | null;
  /** Those before this one. */
  before: number | null;
  limit: number;
}

/** The newest first. */
export async function listJobs(db: Db, { within, workspaces, session, state, before, limit }: JobFilter): Promise<BlastJob[]> {
  let query = db.selectFrom('blast_job').selectAll().where((eb) => eb.or([eb('state', '!=', 'DRAFT'), eb('ready', '=', 1), eb('revision', '>', 0)])).orderBy('no', 'desc').limit(limit);
  if (state !== null) query = query.where('state', '=', state);
  if (before !== null) query = query.where('no', '<', before);
  if (session !== null) query = query.where('no', 'in', (eb) => eb.selectFrom('blast_job_session').select('job').where('session_id', '=', session));
  if (within) {
    const allowed = within.length > 0 ? within : [''];
    query = query.where('no', 'not in', (eb) => eb.selectFrom('blast_job_session').select('job').where('session_id', 'not in', allowed));
  }
  if (workspaces) {
    // As JSON has them: Laravel's `12` is the workspace `"12"`, too.
    const written = workspaces.flatMap((id) => [JSON.stringify(id), id]);
    query = query.where((eb) => eb.or([eb('workspace_id', 'is', null), eb('workspace_id', 'in', written.length > 0 ? written : [''])]));
  }
  return withSessions(db, await query.execute());
}

/** The service has just started: no edit is under way. A draft that was edited before is whole; one that was not is still being taken in. */
export async function endEdits(db: Db): Promise<void> {
  await db.updateTable('blast_job').set({ ready: 1 }).where((eb) => eb.or([eb('state', '!=', 'DRAFT'), eb('revision', '>', 0)])).where('ready', '=', 0).execute();
}

export async function deleteJob(trx: Db, no: number): Promise<void> {
  await trx.deleteFrom('idempotency_key').where('message_id', 'in', (eb) => eb.selectFrom('blast_job').select('id').where('no', '=', no)).execute();
  await trx.deleteFrom('blast_job_session').where('job', '=', no).execute();
  await trx.deleteFrom('blast_pace').where('job', '=', no).execute();
  await trx.deleteFrom('blast_job').where('no', '=', no).execute();
}

/** Jobs whose row was written since then, by whichever process. */
export async function jobsChangedSince(db: Db, since: number): Promise<number[]> {
  return (await db.selectFrom('blast_job').select('no').where('ready', '=', 1).where('updated_at', '>=', since).execute()).map(({ no }) => no);
}
