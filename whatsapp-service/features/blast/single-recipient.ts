import { ApiError } from '../../contracts/errors.js';
import type { RecipientReason } from '../../contracts/blast-states.js';
import type { Clock } from '../../shared/clock.js';
import type { SessionId } from '../../shared/ids.js';
import type { Db, Storage } from '../../storage/database.js';
import type { BlastRecipientRow } from '../../storage/schema-blast.js';
import type { BlastControl } from './blast-control.js';
import { countJob, isOver, jobByNo, type BlastJob } from './blast-store.js';
import type { MessageLine } from './message-line.js';
import { movesOf, release } from './recipient-release.js';
import { findRecipient, updateRecipients } from './recipient-store.js';

export interface SingleRecipientOptions {
  storage: Storage;
  line: MessageLine;
  control: BlastControl;
  wakePump(job: number, session: SessionId): void;
  wakeOutbox(): void;
  changed(job: number): void;
  clock: Clock;
}

type Held = 'paused' | 'cancelled';
const REASONS: Record<Held, RecipientReason> = { paused: 'message_paused', cancelled: 'cancelled_by_request' };

/** Takes one message out of a job, for a while or for good. Each rejects with `recipient_not_found`, or with `blast_wrong_state` when it is too late. */
export class SingleRecipient {
  constructor(private readonly options: SingleRecipientOptions) {}

  /** It waits until it is resumed; the job goes on with the others, and is not over before. */
  pause(job: number, id: number): Promise<void> {
    return this.move(job, id, (trx, found) => this.takeOut(trx, found, 'paused'));
  }

  cancel(job: number, id: number): Promise<void> {
    return this.move(job, id, (trx, found) => this.takeOut(trx, found, 'cancelled'));
  }

  /** A message that is in line already stays there. */
  resume(job: number, id: number): Promise<void> {
    return this.move(job, id, async (trx, { job: row, recipient }) => {
      if (isOver(row)) throw new ApiError('blast_wrong_state', { state: row.state });
      if (['queued', 'processing', 'retry'].includes(recipient.state)) return;
      if (recipient.state !== 'paused') throw tooLate(recipient);
      await this.put(trx, recipient, { state: 'queued', reason: null });
      for (const session of row.sessions) this.options.wakePump(job, session);
    });
  }

  private async takeOut(trx: Db, { job, recipient }: Found, to: Held): Promise<void> {
    const { line, clock, control } = this.options;
    const { state } = recipient;
    if (state === to) return;
    if (to === 'paused' && isOver(job)) throw new ApiError('blast_wrong_state', { state: job.state });
    const target = { state: to, reason: REASONS[to] };
    if (state === 'queued' || state === 'paused') await this.put(trx, recipient, target);
    else if (state === 'processing' || state === 'retry') {
      await release(trx, line, { job: job.no, recipients: [recipient], to: target, now: clock.now() });
      // A message that has begun to go out is left to it.
      if ((await findRecipient(trx, recipient.id))?.state !== to) throw tooLate(recipient);
    } else throw tooLate(recipient);
    await control.completeIfDone(trx, job.no);
  }

  private async put(trx: Db, recipient: BlastRecipientRow, { state, reason }: { state: Held | 'queued'; reason: RecipientReason | null }): Promise<void> {
    const now = this.options.clock.now();
    await updateRecipients(trx, [recipient.id], { state, reason, updated_at: now });
    await countJob(trx, recipient.job, { states: movesOf([recipient], state) }, { updated_at: now });
  }

  private async move(no: number, id: number, work: (trx: Db, found: Found) => Promise<void>): Promise<void> {
    const { storage, wakeOutbox, changed } = this.options;
    await storage.transaction(async (trx) => {
      const [job, recipient] = [await jobByNo(trx, no), await findRecipient(trx, id)];
      if (!job || recipient?.job !== no) throw new ApiError('recipient_not_found');
      await work(trx, { job, recipient });
    });
    wakeOutbox();
    changed(no);
  }
}

interface Found {
  job: BlastJob;
  recipient: BlastRecipientRow;
}

const tooLate = ({ state }: BlastRecipientRow): ApiError => new ApiError('blast_wrong_state', { recipient_state: state });
