import type { RecipientReason, RecipientState } from '../../contracts/blast-states.js';
import type { Db } from '../../storage/database.js';
import type { BlastJobRow, BlastRecipientRow } from '../../storage/schema-blast.js';
import { countJob } from './blast-store.js';
import type { MessageLine } from './message-line.js';
import { updateRecipient, updateRecipients } from './recipient-store.js';

export interface ReleaseTo {
  state: 'queued' | 'paused' | 'cancelled' | 'skipped';
  reason: RecipientReason | null;
}

export const BACK_IN_LINE: ReleaseTo = { state: 'queued', reason: null };

/**
 * Takes back what was taken up and has not begun to go out; one whose message is on its way is left to it. A recipient who was tried
 * keeps the session, the message id and the number of attempts. Answers the job as it is then.
 */
export async function release(trx: Db, line: MessageLine, { job, recipients, to, now }: { job: number; recipients: readonly BlastRecipientRow[]; to: ReleaseTo; now: number }): Promise<BlastJobRow | undefined> {
  const taken = new Map((await line.takeBack(trx, recipients.flatMap(({ message_id: id }) => id ?? []))).map(({ id, attempts }) => [id, attempts]));
  const free = recipients.filter(({ message_id: id }) => id === null || taken.has(id));
  const change = { state: to.state, reason: to.reason, detail: null, message_id: null, lease_until: null, updated_at: now };
  const tried = free.filter(({ message_id: id }) => id !== null && (taken.get(id) ?? 0) > 0);
  const untried = free.filter((recipient) => !tried.includes(recipient));
  await updateRecipients(trx, untried.filter(({ attempts }) => attempts === 0).map(({ id }) => id), { ...change, session_id: null });
  await updateRecipients(trx, untried.filter(({ attempts }) => attempts > 0).map(({ id }) => id), change);
  for (const { id, message_id: message } of tried) await updateRecipient(trx, id, { ...change, attempts: taken.get(message ?? '') ?? 0 });
  return countJob(trx, job, { states: movesOf(free, to.state) }, { updated_at: now });
}

/** What moving these to one state does to the counters. */
export function movesOf(recipients: readonly { state: RecipientState }[], to: RecipientState): Partial<Record<RecipientState, number>> {
  const states: Partial<Record<RecipientState, number>> = {};
  for (const { state } of recipients) states[state] = (states[state] ?? 0) - 1;
  states[to] = (states[to] ?? 0) + recipients.length;
  return states;
}
