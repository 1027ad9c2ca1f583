import type { SessionId } from '../../shared/ids.js';
import { phoneFromJid } from '../../shared/phone.js';
import type { Db } from '../../storage/database.js';
import type { NumberCheckRow } from '../../storage/schema.js';

/** Values of one `in (…)`: databases bound their number. */
const SLICE = 100;

/** What is known of these JIDs from `since` (milliseconds since the epoch) on. */
export async function findChecks(db: Db, sessionId: SessionId, jids: readonly string[], since: number): Promise<NumberCheckRow[]> {
  const rows: NumberCheckRow[] = [];
  for (let from = 0; from < jids.length; from += SLICE) {
    const slice = jids.slice(from, from + SLICE);
    rows.push(...(await db.selectFrom('number_check').selectAll().where('session_id', '=', sessionId).where('jid', 'in', slice).where('checked_at', '>', since).execute()));
  }
  return rows;
}

/** The number under which a session asked for whom WhatsApp knows by this LID. */
export async function findPhoneOfLid(db: Db, sessionId: SessionId, lid: string): Promise<string | null> {
  const row = await db.selectFrom('number_check').select('jid').where('session_id', '=', sessionId).where('canonical_jid', '=', lid).executeTakeFirst();
  return row === undefined ? null : phoneFromJid(row.jid);
}

export async function saveChecks(trx: Db, rows: readonly NumberCheckRow[]): Promise<void> {
  if (rows.length === 0) return;
  await trx
    .insertInto('number_check')
    .values(rows)
    .onConflict((conflict) =>
      conflict.columns(['session_id', 'jid']).doUpdateSet((eb) => ({
        on_whatsapp: eb.ref('excluded.on_whatsapp'),
        canonical_jid: eb.ref('excluded.canonical_jid'),
        checked_at: eb.ref('excluded.checked_at'),
      })),
    )
    .execute();
}

export async function forgetChecks(db: Db, before: number): Promise<void> {
  await db.deleteFrom('number_check').where('checked_at', '<=', before).execute();
}
