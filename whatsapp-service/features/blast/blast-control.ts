import { BLAST_STATES, type BlastReason, type BlastState } from '../../contracts/blast-states.js';
import type { Clock } from '../../shared/clock.js';
import { groupBy } from '../../shared/group-by.js';
import type { SessionId } from '../../shared/ids.js';
import type { Logger } from '../../shared/logger.js';
import type { Db, Storage } from '../../storage/database.js';
import type { BlastJobChange } from '../../storage/schema-blast.js';
import { appendBlastEvent, type BlastEventName } from './blast-events.js';
import { waitingIn } from './blast-figures.js';
import { countJob, endEdits, jobByNo, jobsIn, jobsOf, updateJob, type BlastJob } from './blast-store.js';
import type { MessageLine } from './message-line.js';
import { BACK_IN_LINE, movesOf, release } from './recipient-release.js';
import { obstacleTo } from './session-obstacles.js';
import { abandonedClaims, idsIn, underWay, updateRecipients } from './recipient-store.js';

export interface BlastControlOptions {
  storage: Storage;
  line: MessageLine;
  /** A session has something to do for a job. */
  wakePump(job: number, session: SessionId): void;
  wakeOutbox(): void;
  /** A job's figures or its state have changed, or are about to with the transaction that is under way. */
  changed(job: number): void;
  clock: Clock;
  logger: Logger;
}

/** Recipients that are moved in one transaction. */
const PIECE = 1_000;

/** Moves jobs from state to state: each move is one commit, with what goes with it. */
export class BlastControl {
  constructor(private readonly options: BlastControlOptions) {}

  /** The service has just started: whatever was taken up and not written yet, or in the middle of an edit, is nobody's. */
  async begin(): Promise<void> {
    await endEdits(this.options.storage.db);
    await this.takeBackAbandoned(Number.MAX_SAFE_INTEGER);
  }

  /** Begins a job whose turn has come; where one of its sessions cannot send any more, it stands still and says so. */
  async start(trx: Db, job: BlastJob): Promise<void> {
    const obstacle = await obstacleTo(trx, job);
    if (obstacle) await this.pause(trx, job, obstacle);
    else await this.run(trx, job);
  }

  /** Begins, or goes on. */
  async run(trx: Db, job: BlastJob): Promise<void> {
    const now = this.options.clock.now();
    const name: BlastEventName = job.started_at === null ? 'blast.started' : 'blast.resumed';
    await this.move(trx, job, { state: 'RUNNING', change: { started_at: job.started_at ?? now, running_since: now, failures_in_row: 0, scheduled_at: null }, event: name });
    for (const session of job.sessions) this.options.wakePump(job.no, session);
    await this.completeIfDone(trx, job.no);
  }

  async schedule(trx: Db, job: BlastJob): Promise<void> {
    await this.move(trx, job, { state: 'SCHEDULED' });
  }

  /** When this is committed, nothing more of the job begins to go out. */
  async pause(trx: Db, job: BlastJob, reason: BlastReason): Promise<void> {
    await release(trx, this.options.line, { job: job.no, recipients: await underWay(trx, job.no, null), to: BACK_IN_LINE, now: this.options.clock.now() });
    await this.move(trx, job, { state: 'PAUSED', reason, event: 'blast.paused' });
    if (reason !== 'paused_by_request') this.options.logger.warn('A blast was paused', { blast: job.id, reason });
  }

  /** The same for good. Those that are still queued are cancelled by `cancelQueued`. */
  async end(trx: Db, job: BlastJob, { state, reason }: { state: 'STOPPED' | 'FAILED'; reason: BlastReason }): Promise<void> {
    const now = this.options.clock.now();
    await release(trx, this.options.line, { job: job.no, recipients: await underWay(trx, job.no, null), to: { state: 'cancelled', reason: 'blast_stopped' }, now });
    await this.cancelSome(trx, job.no);
    await this.move(trx, job, { state, reason, change: { finished_at: now }, event: 'blast.stopped' });
  }

  /** Takes back what a session has taken up and not begun to send, so that it is filtered anew, or another one of its jobs can. Whether there was anything. */
  async handBack(trx: Db, job: number, session: SessionId | null): Promise<boolean> {
    const recipients = await underWay(trx, job, session);
    if (recipients.length > 0) await release(trx, this.options.line, { job, recipients, to: BACK_IN_LINE, now: this.options.clock.now() });
    return recipients.length > 0;
  }

  /** All jobs of a session stand still at once: WhatsApp has restricted it, or its pairing is gone. */
  async halt(session: SessionId, reason: BlastReason): Promise<void> {
    const { storage, wakeOutbox } = this.options;
    await storage.transaction(async (trx) => {
      for (const job of await jobsOf(trx, session, ['RUNNING'])) await this.pause(trx, job, reason);
    });
    wakeOutbox();
  }

  /** Those that began while a session of theirs was ending, too. */
  async haltStranded(): Promise<void> {
    const { storage, wakeOutbox } = this.options;
    for (const running of await jobsIn(storage.db, ['RUNNING'])) {
      if (!(await obstacleTo(storage.db, running))) continue;
      await storage.transaction(async (trx) => {
        const job = await jobByNo(trx, running.no);
        const obstacle = job?.state === 'RUNNING' ? await obstacleTo(trx, job) : null;
        if (job && obstacle) await this.pause(trx, job, obstacle);
      });
      wakeOutbox();
    }
  }

  /** A session is about to be deleted, with the messages that it is sending: what becomes of those will not be known. */
  async forget(session: SessionId): Promise<void> {
    const { storage, clock } = this.options;
    await storage.transaction(async (trx) => {
      for (const { no } of await jobsOf(trx, session, BLAST_STATES)) {
        const recipients = await underWay(trx, no, session);
        if (recipients.length === 0) continue;
        await updateRecipients(trx, recipients.map(({ id }) => id), { state: 'unknown', reason: 'session_deleted', updated_at: clock.now() });
        await countJob(trx, no, { states: movesOf(recipients, 'unknown') }, { updated_at: clock.now() });
      }
    });
  }

  async completeIfDone(trx: Db, no: number): Promise<void> {
    const job = await jobByNo(trx, no);
    if (job?.state === 'RUNNING' && job.ready === 1 && waitingIn(job) === 0) await this.complete(trx, job);
  }

  /** Cancels what is still queued of jobs that were stopped, piece by piece. */
  async cancelQueued(job: number): Promise<void> {
    const { storage } = this.options;
    while ((await storage.transaction((trx) => this.cancelSome(trx, job))) === PIECE) await nextTurn();
    this.options.changed(job);
  }

  /** Recipients of claims that were over by `now`, milliseconds since the epoch. */
  async takeBackAbandoned(now: number): Promise<void> {
    const { storage, line, clock } = this.options;
    await storage.transaction(async (trx) => {
      const rows = await abandonedClaims(trx, now);
      for (const recipients of groupBy(rows, ({ job }) => job)) await release(trx, line, { job: recipients[0]?.job ?? 0, recipients, to: BACK_IN_LINE, now: clock.now() });
    });
  }

  /** Begins the jobs whose time has come. When the next one's comes; null: there is none. */
  async beginDue(): Promise<number | null> {
    const { storage, clock, wakeOutbox } = this.options;
    let next: number | null = null;
    for (const { no } of await jobsIn(storage.db, ['SCHEDULED'])) {
      await storage.transaction(async (trx) => {
        const job = await jobByNo(trx, no);
        if (job?.state !== 'SCHEDULED' || job.ready === 0) return;
        const at = job.scheduled_at ?? 0;
        if (at > clock.now()) {
          next = Math.min(next ?? at, at);
          return;
        }
        await this.start(trx, job);
      });
      wakeOutbox();
    }
    return next;
  }

  private async complete(trx: Db, job: BlastJob): Promise<void> {
    await this.move(trx, job, { state: 'COMPLETED', change: { finished_at: this.options.clock.now() }, event: 'blast.completed' });
  }

  private async cancelSome(trx: Db, no: number): Promise<number> {
    const now = this.options.clock.now();
    const queued = await idsIn(trx, no, 'queued', { limit: PIECE });
    const paused = queued.length < PIECE ? await idsIn(trx, no, 'paused', { limit: PIECE - queued.length }) : [];
    const count = queued.length + paused.length;
    await updateRecipients(trx, [...queued, ...paused], { state: 'cancelled', reason: 'blast_stopped', updated_at: now });
    if (count > 0) await countJob(trx, no, { states: { queued: -queued.length, paused: -paused.length, cancelled: count } }, { updated_at: now });
    return count;
  }

  private async move(trx: Db, job: BlastJob, { state, reason = null, change = {}, event }: { state: BlastState; reason?: BlastReason | null; change?: BlastJobChange; event?: BlastEventName }): Promise<void> {
    const { clock, logger, changed } = this.options;
    const now = clock.now();
    const stands = state !== 'RUNNING' && job.running_since !== null;
    const time = stands ? { ran_ms: job.ran_ms + Math.max(0, now - (job.running_since ?? now)), running_since: null } : {};
    await updateJob(trx, job.no, { state, reason, detail: null, updated_at: now, ...time, ...change });
    const row = await jobByNo(trx, job.no);
    if (row && event) await appendBlastEvent(trx, { row, sessions: row.sessions }, event, now);
    logger.info(`Blast ${state}`, { blast: job.id, from: job.state, ...(reason && { reason }) });
    changed(job.no);
  }
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
