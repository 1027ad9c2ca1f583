import type { BlastReason } from '../../contracts/blast-states.js';
import type { SessionReason } from '../../contracts/states.js';
import type { Db } from '../../storage/database.js';
import type { SessionRow } from '../../storage/schema.js';
import { missingSession, type BlastJob } from './blast-store.js';

/** Ends of a session that no restart mends: its jobs stand still until an operator has looked. */
const HALTED_BY: Partial<Record<SessionReason | 'session_deleted', BlastReason>> = {
  banned: 'session_banned',
  logged_out: 'session_logged_out',
  auth_failure: 'session_logged_out',
  session_deleted: 'session_deleted',
};

export const haltReason = (end: SessionReason | 'session_deleted'): BlastReason | null => HALTED_BY[end] ?? null;

/** The first session of a job that no restart mends, with its reason; it may also be stopped, after a logout on request. */
export async function endedSession(db: Db, { sessions }: Pick<BlastJob, 'sessions'>): Promise<Pick<SessionRow, 'id' | 'state' | 'reason'> | null> {
  const rows = await db.selectFrom('session').select(['id', 'state', 'reason']).where('id', 'in', sessions).execute();
  return rows.find(({ reason }) => haltReason(reason) !== null) ?? null;
}

/** Why a job had better not begin: one of its sessions is gone, banned or logged out. null: nothing. */
export async function obstacleTo(db: Db, job: Pick<BlastJob, 'sessions'>): Promise<BlastReason | null> {
  if (await missingSession(db, job)) return 'session_deleted';
  const ended = await endedSession(db, job);
  return ended && haltReason(ended.reason);
}
