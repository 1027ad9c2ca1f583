import { sql, type SqlBool } from 'kysely';
import { groupBy } from '../shared/group-by.js';
import type { DeliveryId } from '../shared/ids.js';
import type { Db } from '../storage/database.js';
import { among, tableOf } from '../storage/dialect.js';

/** One delivery with what its body is made of. */
export interface PendingDelivery {
  id: DeliveryId;
  lane: string;
  attempts: number;
  failures: number;
  createdAt: number;
  eventId: string;
  name: string;
  sessionId: string;
  /** JSON of the ids as the caller wrote them. */
  sessionEcho: string;
  workspaceEcho: string | null;
  sequence: number;
  /** JSON. */
  data: string;
}

/** When a lane may be worked, and when the schedule says so. */
export interface LaneTime {
  nextAttemptAt: number;
  scheduledAt: number;
  /** The endpoint itself has named the time. */
  told: boolean;
}

export interface DueLane extends LaneTime {
  lane: string;
}

/** Lanes of this endpoint that are in nobody's hand, in the order in which they are due, whether or not they are yet. */
export async function soonestLanes(db: Db, endpoint: string, { busy, limit }: { busy: readonly string[]; limit: number }): Promise<DueLane[]> {
  const rows = await db
    .selectFrom('outbox_lane')
    .select(['lane', 'next_attempt_at', 'scheduled_at', 'told'])
    .where('endpoint', '=', endpoint)
    .where((eb) => eb.not(among('lane', busy)))
    .orderBy('next_attempt_at')
    .limit(limit)
    .execute();
  return rows.map((row) => ({ lane: row.lane, nextAttemptAt: row.next_attempt_at, scheduledAt: row.scheduled_at, told: row.told === 1 }));
}

const COLUMNS = ['o.id', 'o.lane', 'o.attempts', 'o.failures', 'o.created_at', 'e.id as event_id', 'e.name', 'e.session_id', 'e.session_echo', 'e.workspace_echo', 'e.sequence', 'e.data'] as const;
/** As in its index: a state that is a parameter would not find it. */
export const PENDING = sql<SqlBool>`state = 'pending'`;

/** A lane's first deliveries, in order. */
export async function laneHead(db: Db, lane: string, limit: number): Promise<PendingDelivery[]> {
  const rows = await db.selectFrom('outbox as o').innerJoin('event as e', 'e.id', 'o.event_id').select(COLUMNS).where('o.lane', '=', lane).where(PENDING).orderBy('o.seq').limit(limit).execute();
  return rows.map(pendingOf);
}

/** The first deliveries of each of these lanes, at most `limit` of each, in order. */
export async function laneHeads(db: Db, lanes: readonly string[], limit: number): Promise<Map<string, PendingDelivery[]>> {
  const rows = await db
    .selectFrom(tableOf(lanes).as('l'))
    .innerJoin('outbox as o', (join) => join.on((eb) => eb('o.seq', 'in', eb.selectFrom('outbox').select('seq').whereRef('lane', '=', 'l.value').where(PENDING).orderBy('seq').limit(limit))))
    .innerJoin('event as e', 'e.id', 'o.event_id')
    .select(COLUMNS)
    .orderBy('o.seq')
    .execute();
  const heads = new Map<string, PendingDelivery[]>(lanes.map((lane) => [lane, []]));
  for (const row of rows) heads.get(row.lane)?.push(pendingOf(row));
  return heads;
}

interface HeadRow {
  id: string;
  lane: string;
  attempts: number;
  failures: number;
  created_at: number;
  event_id: string;
  name: string;
  session_id: string;
  session_echo: string;
  workspace_echo: string | null;
  sequence: number;
  data: string;
}

const pendingOf = (row: HeadRow): PendingDelivery => ({
  id: row.id as DeliveryId,
  lane: row.lane,
  attempts: row.attempts,
  failures: row.failures,
  createdAt: row.created_at,
  eventId: row.event_id,
  name: row.name,
  sessionId: row.session_id,
  sessionEcho: row.session_echo,
  workspaceEcho: row.workspace_echo,
  sequence: row.sequence,
  data: row.data,
});

/** Lanes with nothing left disappear; the others are due at their time. */
export async function settleLanes(trx: Db, worked: readonly DueLane[]): Promise<void> {
  const lanes = worked.map(({ lane }) => lane);
  if (lanes.length === 0) return;
  const done = await trx
    .deleteFrom('outbox_lane')
    .where(among('lane', lanes))
    .where(({ not, exists, selectFrom }) => not(exists(selectFrom('outbox').select('seq').whereRef('outbox.lane', '=', 'outbox_lane.lane').where(PENDING))))
    .returning('lane')
    .execute();
  if (done.length === lanes.length) return;
  const empty = new Set(done.map(({ lane }) => lane));
  for (const group of groupBy(worked.filter(({ lane }) => !empty.has(lane)), ({ nextAttemptAt, scheduledAt, told }) => `${nextAttemptAt}:${scheduledAt}:${told}`)) {
    const [{ nextAttemptAt, scheduledAt, told }] = group as [DueLane];
    await trx
      .updateTable('outbox_lane')
      .set({ next_attempt_at: nextAttemptAt, scheduled_at: scheduledAt, told: told ? 1 : 0 })
      .where(among('lane', group.map(({ lane }) => lane)))
      .execute();
  }
}

/**
 * Makes a part of the lanes due that wait for their turn on the schedule, because their endpoint is back. Those whose time the endpoint
 * has named itself go on waiting. Returns how many; 0 when there are none left.
 */
export async function hastenPart(trx: Db, endpoint: string, now: number): Promise<number> {
  const PART = 500;
  const rows = await trx
    .selectFrom('outbox_lane')
    .select('lane')
    .where('endpoint', '=', endpoint)
    .where('next_attempt_at', '>', now)
    .where('told', '=', 0)
    .limit(PART)
    .execute();
  if (rows.length === 0) return 0;
  await trx
    .updateTable('outbox_lane')
    .set({ next_attempt_at: now })
    .where('lane', 'in', rows.map(({ lane }) => lane))
    .execute();
  return rows.length;
}
