import type { SessionHealth } from '../../contracts/health-api.js';
import type { SessionView } from '../../contracts/session-api.js';
import { iso, type Clock } from '../../shared/clock.js';
import type { Db, Storage } from '../../storage/database.js';
import type { DeliveryRates } from './delivery-rates.js';

export interface HealthParts {
  storage: Storage;
  rates: DeliveryRates;
  clock: Clock;
}

/** Chat syncs whose time is averaged. */
const AVERAGED_SYNCS = 10;

export async function healthOf(session: SessionView, { storage, rates, clock }: HealthParts): Promise<SessionHealth> {
  const id = String(session.id);
  const [depth, dead, completed] = [await deliveriesIn(storage.db, id, 'pending'), await deliveriesIn(storage.db, id, 'dead'), await completedSyncs(storage.db, id)];
  const { perSecond, successRate } = rates.of(id, clock.now());
  const times = completed.map(({ started_at: start, finished_at: end }) => ((end ?? 0) - (start ?? 0)) / 1000);
  const [last] = completed;
  return {
    status: session.state,
    session_id: session.id,
    workspace_id: session.workspace_id,
    sync: {
      last_sync_at: last?.finished_at ? iso(last.finished_at) : null,
      total_synced: session.sync?.synced ?? 0,
      sync_status: session.sync?.state ?? 'never',
      last_error: session.sync?.error?.message ?? null,
    },
    queue: { depth, failed_jobs: dead, processing_rate: rounded(perSecond) },
    performance: {
      avg_sync_time: times.length === 0 ? null : rounded(times.reduce((sum, time) => sum + time, 0) / times.length),
      success_rate: rounded(successRate),
      error_rate: rounded(1 - successRate),
    },
  };
}

const rounded = (value: number): number => Math.round(value * 1000) / 1000;

async function deliveriesIn(db: Db, sessionId: string, state: 'pending' | 'dead'): Promise<number> {
  const row = await db.selectFrom('outbox').select((eb) => eb.fn.countAll<number | string>().as('count')).where('session_id', '=', sessionId).where('state', '=', state).executeTakeFirst();
  return Number(row?.count ?? 0);
}

/** The latest first. */
const completedSyncs = (db: Db, sessionId: string): Promise<{ started_at: number | null; finished_at: number | null }[]> =>
  db
    .selectFrom('chat_sync')
    .select(['started_at', 'finished_at'])
    .where('session_id', '=', sessionId)
    .where('state', '=', 'completed')
    .orderBy('created_at', 'desc')
    .limit(AVERAGED_SYNCS)
    .execute();
