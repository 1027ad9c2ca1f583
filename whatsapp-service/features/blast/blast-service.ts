import { z } from 'zod';
import type {
  BlastHead, BlastJobView, BlastList, BlastPreview, BlastQuery, BlastRecipientList, BlastRecipientQuery, BlastRecipientView, DryRun, EditBlast, PreviewBlast, RepeatBlast, StartedBlast,
} from '../../contracts/blast-api.js';
import { Cursors } from '../../contracts/cursor.js';
import { ApiError, sessionWrongState } from '../../contracts/errors.js';
import { mayUseAll, type Caller } from '../../contracts/route.js';
import type { Clock } from '../../shared/clock.js';
import type { BlastId } from '../../shared/ids.js';
import { workspaceFromJson, type WorkspaceId } from '../../shared/workspace.js';
import type { Storage } from '../../storage/database.js';
import type { IdempotentRequest } from '../../storage/idempotency.js';
import type { BlastControl } from './blast-control.js';
import type { BlastEditor } from './blast-editor.js';
import type { Added, BlastIntake } from './blast-intake.js';
import type { BlastPlanner } from './blast-planner.js';
import type { BlastReporter } from './blast-reporter.js';
import { reportOf } from './blast-report.js';
import { findJob, isOver, listJobs, missingSession, type BlastJob } from './blast-store.js';
import { jobViews, recipientViews } from './blast-view.js';
import type { Lots, NewRecipient } from './recipient-input.js';
import { findRecipient, listRecipients } from './recipient-store.js';
import { endedSession } from './session-obstacles.js';
import type { SingleRecipient } from './single-recipient.js';

export interface BlastServiceOptions {
  storage: Storage;
  control: BlastControl;
  intake: BlastIntake;
  editor: BlastEditor;
  single: SingleRecipient;
  planner: BlastPlanner;
  reporter: BlastReporter;
  wakeOutbox(): void;
  wakeSchedule(): void;
  /** Recipients of a stopped job are still to be cancelled. */
  wakeCancelling(job: number): void;
  clock: Clock;
}

const cursors = new Cursors(z.number().int().nonnegative());

/**
 * What every face of the engine calls, and all that it calls. A caller sees the blasts whose workspace and all of whose sessions its key may use; another one
 * is `blast_not_found` to it.
 */
export class BlastService {
  constructor(private readonly options: BlastServiceOptions) {}

  /** What a start with these recipients would do; it stores and sends nothing. */
  dryRun(input: BlastHead, lots: Lots, caller: Caller): Promise<DryRun> {
    return this.options.planner.dryRun(input, lots, caller);
  }

  preview(input: PreviewBlast): BlastPreview {
    return this.options.planner.preview(input);
  }

  /** What has not begun to go out is taken back and prepared anew. @throws ApiError `blast_wrong_state` when it is over */
  async edit(id: BlastId, input: EditBlast, caller: Caller): Promise<BlastJobView> {
    await this.visible(id, caller);
    await this.options.editor.edit(id, input, caller);
    return this.get(id, caller);
  }

  /** Resolves when nothing more begins to go out. */
  pause(id: BlastId, caller: Caller): Promise<BlastJobView> {
    return this.move(id, caller, async (trx, job) => {
      if (job.state === 'RUNNING' || job.state === 'SCHEDULED') await this.options.control.pause(trx, job, 'paused_by_request');
      else if (job.state !== 'PAUSED') throw new ApiError('blast_wrong_state', { state: job.state });
    });
  }

  /**
   * Also begins a DRAFT. One whose time is still to come waits for it; asked once more, it begins at once.
   * @throws ApiError `session_wrong_state` when one of its sessions was banned or logged out
   */
  resume(id: BlastId, caller: Caller): Promise<BlastJobView> {
    return this.move(id, caller, async (trx, job) => {
      const { control, clock } = this.options;
      if (job.state === 'RUNNING') return;
      if (isOver(job) || (job.state === 'DRAFT' && job.ready === 0)) throw new ApiError('blast_wrong_state', { state: job.state });
      if (job.total === 0) throw new ApiError('blast_wrong_state', { state: job.state, recipients: 0 });
      const missing = await missingSession(trx, job);
      if (missing) throw new ApiError('session_not_found', { session_id: missing.id });
      const ended = await endedSession(trx, job);
      if (ended) throw sessionWrongState(ended, { session_id: ended.id });
      if (job.state !== 'SCHEDULED' && job.scheduled_at !== null && job.scheduled_at > clock.now()) await control.schedule(trx, job);
      else await control.run(trx, job);
    });
  }

  /** What has not begun to go out never will. */
  stop(id: BlastId, caller: Caller): Promise<BlastJobView> {
    return this.move(id, caller, async (trx, job) => {
      if (job.state === 'STOPPED') return;
      if (isOver(job)) throw new ApiError('blast_wrong_state', { state: job.state });
      await this.options.control.end(trx, job, { state: 'STOPPED', reason: 'stopped_by_request' });
      this.options.wakeCancelling(job.no);
    });
  }

  async get(id: BlastId, caller: Caller): Promise<BlastJobView> {
    return this.view(await this.visible(id, caller));
  }

  /** The newest first. */
  async list({ session_id, state: wanted, limit, cursor }: BlastQuery, caller: Caller): Promise<BlastList> {
    const { storage, clock } = this.options;
    const [session, state] = [session_id ?? null, wanted ?? null];
    const scope = ['blasts', session, state];
    const before = cursors.decode(cursor, scope);
    const jobs = await listJobs(storage.db, { within: caller.sessions, workspaces: caller.workspaces, session, state, before, limit: limit + 1 });
    const page = jobs.slice(0, limit);
    return { jobs: await jobViews(storage.db, page, clock.now()), next_cursor: jobs.length > limit ? cursors.encode(page.at(-1)?.no ?? 0, scope) : null };
  }

  /** In their order. */
  async recipients(id: BlastId, { state, limit, cursor }: BlastRecipientQuery, caller: Caller): Promise<BlastRecipientList> {
    const { storage } = this.options;
    const job = await this.visible(id, caller);
    const scope = [id, state ?? null];
    const after = cursors.decode(cursor, scope) ?? 0;
    const rows = await listRecipients(storage.db, job.no, { states: state ? [state] : null, after, limit: limit + 1 });
    const page = rows.slice(0, limit);
    return { recipients: await recipientViews(storage.db, page), next_cursor: rows.length > limit ? cursors.encode(page.at(-1)?.id ?? 0, scope) : null };
  }

  /** Takes one recipient out. @throws ApiError `recipient_not_found`; `blast_wrong_state` when the message has begun to go out */
  async cancelRecipient(id: BlastId, recipient: number, caller: Caller): Promise<BlastRecipientView> {
    const { storage, single } = this.options;
    const job = await this.visible(id, caller);
    await single.cancel(job.no, recipient);
    const row = await findRecipient(storage.db, recipient);
    const [view] = await recipientViews(storage.db, row ? [row] : []);
    if (!view) throw new ApiError('recipient_not_found');
    return view;
  }

  /** Holds one recipient back. @throws ApiError `recipient_not_found`; `blast_wrong_state` when the message has begun to go out */
  async pauseRecipient(id: BlastId, recipient: number, caller: Caller): Promise<void> {
    await this.options.single.pause((await this.visible(id, caller)).no, recipient);
  }

  /** Puts one who is held back in line again. @throws ApiError `recipient_not_found`; `blast_wrong_state` when the recipient's turn is over */
  async resumeRecipient(id: BlastId, recipient: number, caller: Caller): Promise<void> {
    await this.options.single.resume((await this.visible(id, caller)).no, recipient);
  }

  /** CSV, in pieces. */
  async report(id: BlastId, caller: Caller): Promise<AsyncIterable<string>> {
    const job = await this.visible(id, caller);
    return reportOf(this.options.storage.db, job.no);
  }

  /** The recipients in these states as a new blast. @throws ApiError `blast_wrong_state` while it runs, or when there are none */
  async repeat(id: BlastId, input: RepeatBlast, caller: Caller): Promise<StartedBlast> {
    const job = await this.visible(id, caller);
    const count = job.recipients_removed_at === null ? input.states.reduce((sum, state) => sum + job[`n_${state}`], 0) : 0;
    if ((!isOver(job) && job.state !== 'PAUSED') || count === 0) throw new ApiError('blast_wrong_state', { state: job.state, recipients: count });
    const made = await this.options.intake.repeat(job, input);
    return { job: await this.get(made.id, caller), accepted: made.added.added, duplicates: made.added.duplicates, invalid: 0, invalid_rows: [] };
  }

  /** Of the sessions that a start names. */
  async workspaceOf(input: BlastHead, caller: Caller): Promise<WorkspaceId> {
    return (await this.options.intake.sessionsOf(this.options.storage.db, input, caller)).workspaceId;
  }

  isUsed(key: Omit<IdempotentRequest, 'requestHash'>): Promise<boolean> {
    return this.options.intake.isUsed(key);
  }

  madeBefore(request: IdempotentRequest): Promise<BlastId | null> {
    return this.options.intake.madeBefore(request);
  }

  /** A job that is not shown until `finish`. Then `addRecipients`, and `discard` when it breaks off. */
  begin(input: BlastHead, caller: Caller): Promise<BlastId> {
    return this.options.intake.begin(input, caller);
  }

  /** A piece of the stream, or further recipients of a blast that is not over. On disk when it resolves. */
  addRecipients(id: BlastId, recipients: readonly NewRecipient[]): Promise<Added> {
    return this.options.intake.addRecipients(id, recipients);
  }

  /** Rows that were no recipients, of further ones. */
  countInvalid(id: BlastId, rows: number): Promise<void> {
    return this.options.intake.countInvalid(id, rows);
  }

  /** `invalid`: how many rows were no recipients. Answers which job it is: another one, when the same request was there before. */
  finish(id: BlastId, end: { draft: boolean; invalid: number; idempotent: IdempotentRequest | null }): Promise<BlastId> {
    return this.options.intake.finish(id, end);
  }

  discard(id: BlastId): Promise<void> {
    return this.options.intake.discard(id);
  }

  /** Told after a job's figures or its state have changed, at most twice a second for each job, the last time always. Returns the end of it. */
  onProgress(listener: (job: BlastJobView) => void): () => void {
    return this.options.reporter.onProgress(listener);
  }

  private async move(id: BlastId, caller: Caller, work: (trx: Storage['db'], job: BlastJob) => Promise<void>): Promise<BlastJobView> {
    const { storage, wakeOutbox, wakeSchedule } = this.options;
    await storage.transaction(async (trx) => {
      const job = await findJob(trx, id);
      if (!job || !mayUse(caller, job)) throw new ApiError('blast_not_found');
      await work(trx, job);
    });
    wakeOutbox();
    wakeSchedule();
    return this.get(id, caller);
  }

  private async visible(id: BlastId, caller: Caller): Promise<BlastJob> {
    const job = await findJob(this.options.storage.db, id);
    if (!job || !mayUse(caller, job)) throw new ApiError('blast_not_found');
    return job;
  }

  private async view(job: BlastJob): Promise<BlastJobView> {
    const [view] = await jobViews(this.options.storage.db, [job], this.options.clock.now());
    if (!view) throw new ApiError('blast_not_found');
    return view;
  }
}

const mayUse = (caller: Caller, { sessions, workspace_id: workspace }: BlastJob): boolean => mayUseAll(caller, { workspaceId: workspaceFromJson(workspace), sessionIds: sessions });
