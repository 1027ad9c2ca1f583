import type { BlastPace } from '../../contracts/blast-api.js';
import type { RecipientState } from '../../contracts/blast-states.js';
import type { Clock } from '../../shared/clock.js';
import type { SessionId } from '../../shared/ids.js';
import type { Db } from '../../storage/database.js';
import type { BlastJobRow, BlastRecipientRow } from '../../storage/schema-blast.js';
import type { MessageRow } from '../../storage/schema.js';
import type { BlastControl } from './blast-control.js';
import { waitingIn } from './blast-figures.js';
import { countJob, jobByNo } from './blast-store.js';
import { findRecipient, updateRecipient } from './recipient-store.js';

export interface BlastOutcomesOptions {
  control: BlastControl;
  /** A session has one fewer to send to. */
  settled(job: number, session: SessionId): void;
  changed(job: number): void;
  clock: Clock;
}

const REACHED: readonly RecipientState[] = ['sent', 'delivered', 'read'];

/** Where a recipient is when the message is there; null: nothing is known yet. */
export function recipientStateOf({ state, attempts }: Pick<MessageRow, 'state' | 'attempts'>): RecipientState | null {
  if (state === 'queued') return attempts > 0 ? 'retry' : null;
  if (state === 'played') return 'read';
  return state === 'sending' ? null : state;
}

/** What became of a blast's messages, into its recipients and its figures, inside the transaction that told it of the message. */
export class BlastOutcomes {
  constructor(private readonly options: BlastOutcomesOptions) {}

  async changed(trx: Db, message: MessageRow): Promise<void> {
    const recipient = await findRecipient(trx, message.recipient_id ?? 0);
    // The message was taken back and the recipient is in another's hands.
    if (recipient?.message_id !== message.id) return;
    const state = recipientStateOf(message) ?? recipient.state;
    const now = this.options.clock.now();
    await updateRecipient(trx, recipient.id, {
      state,
      attempts: message.attempts,
      reason: message.state === 'queued' ? 'send_failed' : message.reason,
      detail: message.detail,
      wa_message_id: message.wa_message_id,
      sent_at: message.sent_at,
      delivered_at: message.delivered_at,
      read_at: message.read_at,
      updated_at: now,
    });
    const failed = message.state === 'queued' || state === 'failed';
    if (state === recipient.state && !failed) return;
    const row = await this.count(trx, recipient, { state, failed, now });
    if (row) await this.follow(trx, row, failed);
    if (recipient.state === 'processing' && state !== 'processing') this.options.settled(recipient.job, message.session_id as SessionId);
    this.options.changed(recipient.job);
  }

  private count(trx: Db, recipient: BlastRecipientRow, { state, failed, now }: { state: RecipientState; failed: boolean; now: number }): Promise<BlastJobRow | undefined> {
    const wentOut = REACHED.includes(state) && !REACHED.includes(recipient.state);
    const moved = state === recipient.state ? {} : { states: { [recipient.state]: -1, [state]: 1 } };
    return countJob(trx, recipient.job, { ...moved, ...(failed && { failuresInRow: 1 }) }, { updated_at: now, ...(wentOut && { failures_in_row: 0 }) });
  }

  /** What the figures lead to: it has to stand still, or it is done. */
  private async follow(trx: Db, row: BlastJobRow, failed: boolean): Promise<void> {
    const { control } = this.options;
    if (row.state !== 'RUNNING') return;
    const { pause_after_failures: limit } = JSON.parse(row.pace) as BlastPace;
    if (failed && limit > 0 && row.failures_in_row >= limit && waitingIn(row) > 0) {
      const job = await jobByNo(trx, row.no);
      if (job) await control.pause(trx, job, 'too_many_failures');
    } else if (waitingIn(row) === 0) await control.completeIfDone(trx, row.no);
  }
}
