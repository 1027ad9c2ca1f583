import type { EchoedId } from '../../contracts/payloads.js';
import { appendEvents } from '../../outbox/outbox-store.js';
import type { SessionId } from '../../shared/ids.js';
import type { Db } from '../../storage/database.js';
import type { BlastJobRow } from '../../storage/schema-blast.js';
import { eventDataOf } from './blast-figures.js';

export type BlastEventName = 'blast.started' | 'blast.progress' | 'blast.paused' | 'blast.resumed' | 'blast.stopped' | 'blast.completed';

/** The ids of sessions as their caller wrote them; of one that is gone, as text. */
export async function echoedIds(db: Db, sessions: readonly SessionId[]): Promise<Map<SessionId, EchoedId>> {
  const echoed = new Map<SessionId, EchoedId>(sessions.map((id) => [id, id]));
  if (sessions.length === 0) return echoed;
  const rows = await db.selectFrom('session').select(['id', 'echo_id']).where('id', 'in', sessions).execute();
  for (const row of rows) echoed.set(row.id as SessionId, JSON.parse(row.echo_id) as EchoedId);
  return echoed;
}

/** Tells the backend, in the name of the job's first session that there still is. */
export async function appendBlastEvent(trx: Db, job: { row: BlastJobRow; sessions: readonly SessionId[] }, name: BlastEventName, now: number): Promise<void> {
  const { row, sessions } = job;
  const echoed = await echoedIds(trx, sessions);
  const data = eventDataOf(row, [...echoed.values()], now);
  const event = { name, chatId: null, dedupeKey: `${name}:${row.id}:${now}:${row.revision}`, at: now, data };
  for (const session of sessions) if ((await appendEvents(trx, session, [event], now)).length > 0) return;
}
