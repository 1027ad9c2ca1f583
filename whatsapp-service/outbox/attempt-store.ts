import { groupBy } from '../shared/group-by.js';
import type { DeliveryId } from '../shared/ids.js';
import type { Db } from '../storage/database.js';
import { among } from '../storage/dialect.js';
import type { NewDeliveryAttempt } from '../storage/schema-outbox.js';

/** What came of one request. */
export interface AttemptEnd {
  id: DeliveryId;
  /** Pending: it is tried again. */
  state: 'pending' | 'delivered' | 'dead';
  /** It used a step of the schedule. */
  counts: boolean;
  status: number | null;
  error: string | null;
  /** Null: it is not listed among the delivery's attempts. */
  attempt: { number: number; at: number; durationMs: number; answer: string | null } | null;
}

/** Rows of one statement. */
const CHUNK = 500;

/** Writes down what came of these requests, in their order. */
export async function recordAttempts(trx: Db, ends: readonly AttemptEnd[], now: number): Promise<void> {
  // Deliveries that ended alike, usually all of them, are one statement.
  for (const group of groupBy(ends, ({ state, counts, status, error }) => JSON.stringify([state, counts, status, error]))) {
    const [{ state, counts, status, error }] = group as [AttemptEnd];
    await trx
      .updateTable('outbox')
      .set((eb) => ({
        attempts: eb('attempts', '+', 1),
        ...(counts && { failures: eb('failures', '+', 1) }),
        last_status: status,
        last_error: error,
        // One that was given up meanwhile, with its endpoint, stays so.
        ...(state !== 'pending' && { state, finished_at: now }),
      }))
      .where(among('id', group.map(({ id }) => id)))
      .execute();
  }
  const listed = ends.flatMap(attemptRow);
  for (let start = 0; start < listed.length; start += CHUNK) {
    await trx
      .insertInto('delivery_attempt')
      .values(listed.slice(start, start + CHUNK))
      .execute();
  }
}

function attemptRow({ id, status, error, attempt }: AttemptEnd): NewDeliveryAttempt[] {
  if (!attempt) return [];
  return [{ delivery_id: id, attempt: attempt.number, at: attempt.at, duration_ms: attempt.durationMs, status, error, answer: attempt.answer }];
}
