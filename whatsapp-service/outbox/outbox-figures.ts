import type { Db } from '../storage/database.js';

export interface OutboxFigures {
  pending: number;
  dead: number;
  /** Milliseconds since the epoch. */
  oldestPendingAt: number | null;
}

/** Both by index, however much was delivered before. */
export async function outboxFigures(db: Db): Promise<OutboxFigures> {
  const rows = await db
    .selectFrom('outbox')
    .select((eb) => ['state', eb.fn.countAll<number | string>().as('count')])
    .where('state', 'in', ['pending', 'dead'])
    .groupBy('state')
    .execute();
  const of = (state: string): number => Number(rows.find((row) => row.state === state)?.count ?? 0);
  // The first by order of insertion: one that is sent again counts from when its event happened.
  const oldest = await db.selectFrom('outbox').select('created_at').where('state', '=', 'pending').orderBy('seq').limit(1).executeTakeFirst();
  return { pending: of('pending'), dead: of('dead'), oldestPendingAt: oldest?.created_at ?? null };
}
