import pLimit from 'p-limit';
import type { BlastFilters, EditBlast } from '../../contracts/blast-api.js';
import type { SkipReason } from '../../contracts/blast-states.js';
import { ApiError } from '../../contracts/errors.js';
import type { Caller } from '../../contracts/route.js';
import type { BlastId } from '../../shared/ids.js';
import { toJson } from '../../shared/json.js';
import { normalisePhone } from '../../shared/phone.js';
import { workspaceToJson } from '../../shared/workspace.js';
import type { Db } from '../../storage/database.js';
import type { BlastJobChange } from '../../storage/schema-blast.js';
import { storedContent, type TakenMedia } from './blast-content.js';
import { invalid, timeOf, type BlastIntake, type BlastIntakeOptions } from './blast-intake.js';
import { settingsOf } from './blast-pump.js';
import { countJob, findJob, isComing, isOver, jobByNo, setSessions, updateJob, type BlastJob } from './blast-store.js';
import { blastPriority } from './blast-view.js';
import { recipientsOf, type NewRecipient } from './recipient-input.js';
import { freeFromSessions, idsIn, updateRecipient, updateRecipients, waitingAfter } from './recipient-store.js';

export interface BlastEditorOptions extends Omit<BlastIntakeOptions, 'lookups' | 'skips' | 'idempotencyTtlMs' | 'logger'> {
  intake: BlastIntake;
}

/** Recipients of one transaction. */
const PIECE = 1_000;
/** Of which few are changed. */
const LOOKED_THROUGH = 5_000;

/** Changes a job that is not over. While recipients are added, removed or looked at anew, nothing of it goes out. */
export class BlastEditor {
  /** One at a time: an edit of a million recipients is many transactions. */
  private readonly limit = pLimit(1);

  constructor(private readonly options: BlastEditorOptions) {}

  edit(id: BlastId, input: EditBlast, caller: Caller): Promise<void> {
    return this.limit(() => this.editAlone(id, input, caller));
  }

  private async editAlone(id: BlastId, input: EditBlast, caller: Caller): Promise<void> {
    const { storage, intake, control, wakeOutbox, wakeSchedule, wakePump, changed, defaultCountry } = this.options;
    const added = await recipientsOf(input.add_recipients, defaultCountry);
    const removed = input.remove_recipients.map((phone, index) => this.phoneOf(phone, index));
    const media = input.content && input.content.type !== 'text' ? await this.options.takeMedia(input.content) : null;
    const { job, again } = await storage.transaction(async (trx) => this.change(trx, { id, input, caller, media }));
    try {
      await this.moveRecipients(id, job.no, { again, added: added.recipients, removed });
      await intake.countInvalid(id, added.invalid.length);
    } finally {
      await storage.transaction(async (trx) => {
        await updateJob(trx, job.no, { ready: 1 });
        await control.completeIfDone(trx, job.no);
      });
    }
    wakeOutbox();
    wakeSchedule();
    changed(job.no);
    for (const session of (await jobByNo(storage.db, job.no))?.sessions ?? []) wakePump(job.no, session);
  }

  /** What is in the job's own row. `again`: why recipients were left out that the filters now let through. */
  private async change(trx: Db, { id, input, caller, media }: { id: BlastId; input: EditBlast; caller: Caller; media: TakenMedia | null }): Promise<{ job: BlastJob; again: SkipReason[] }> {
    const { control, intake, clock } = this.options;
    const job = await findJob(trx, id);
    if (!job || isComing(job)) throw new ApiError('blast_not_found');
    if (isOver(job)) throw new ApiError('blast_wrong_state', { state: job.state });
    if (input.schedule !== undefined && job.state === 'RUNNING') throw new ApiError('blast_wrong_state', { state: job.state, field: 'schedule' });
    if (media) await this.options.holdMedia(trx, media.id);
    await control.handBack(trx, job.no, null);
    if (input.session_id !== undefined || input.session_ids !== undefined) {
      const { ids, workspaceId } = await intake.sessionsOf(trx, input, caller);
      if (workspaceToJson(workspaceId) !== job.workspace_id) throw invalid('body.session_ids', 'must be of the workspace that the blast is of');
      await setSessions(trx, job.no, ids);
      await freeFromSessions(trx, job.no, ids);
    }
    const change = changeOf(job, input, media);
    await updateJob(trx, job.no, { ...change, ready: 0, revision: job.revision + 1, updated_at: clock.now() });
    return { job, again: letThrough(job, { ...job, ...change }) };
  }

  private async moveRecipients(id: BlastId, no: number, { again, added, removed }: { again: readonly SkipReason[]; added: readonly NewRecipient[]; removed: readonly string[] }): Promise<void> {
    for (const reason of again) await this.lookAgain(no, reason);
    const fresh = added.length > 0 ? await this.bringBack(no, added) : [];
    if (fresh.length > 0) await this.options.intake.addRecipients(id, fresh);
    if (removed.length > 0) for (const state of ['queued', 'paused'] as const) await this.remove(no, state, new Set(removed));
  }

  private async remove(no: number, state: 'queued' | 'paused', phones: ReadonlySet<string>): Promise<void> {
    for (let after = 0; ; ) {
      const { last, count } = await this.options.storage.transaction(async (trx) => {
        const now = this.options.clock.now();
        const page = await waitingAfter(trx, no, { state, after, limit: LOOKED_THROUGH });
        const ids = page.flatMap(({ id, phone }) => (phones.has(phone) ? [id] : []));
        await updateRecipients(trx, ids, { state: 'cancelled', reason: 'recipient_removed', updated_at: now });
        if (ids.length > 0) await countJob(trx, no, { states: { [state]: -ids.length, cancelled: ids.length } }, { updated_at: now });
        return { last: page.at(-1)?.id ?? after, count: page.length };
      });
      if (count < LOOKED_THROUGH) return;
      after = last;
    }
  }

  /** Who was taken out before, and never sent to, is queued once more. Answers all the others. */
  private async bringBack(no: number, added: readonly NewRecipient[]): Promise<NewRecipient[]> {
    const wanted = new Map(added.map((recipient) => [recipient.phone as string, recipient]));
    for (let after = 0; ; ) {
      const { last, count, back } = await this.options.storage.transaction(async (trx) => {
        const now = this.options.clock.now();
        const page = await waitingAfter(trx, no, { state: 'cancelled', after, limit: LOOKED_THROUGH });
        const found = page.filter(({ phone }) => wanted.has(phone));
        for (const { id, phone } of found) {
          const { variables = null } = wanted.get(phone) ?? {};
          await updateRecipient(trx, id, { state: 'queued', reason: null, detail: null, variables: variables && toJson(variables), updated_at: now });
        }
        if (found.length > 0) await countJob(trx, no, { states: { cancelled: -found.length, queued: found.length } }, { updated_at: now });
        return { last: page.at(-1)?.id ?? after, count: page.length, back: found };
      });
      for (const { phone } of back) wanted.delete(phone);
      if (count < LOOKED_THROUGH) return added.filter(({ phone }) => wanted.has(phone));
      after = last;
    }
  }

  /** Recipients who were left out for this reason are queued once more. */
  private async lookAgain(no: number, reason: SkipReason): Promise<void> {
    for (let moved = PIECE; moved === PIECE; ) {
      moved = await this.options.storage.transaction(async (trx) => {
        const now = this.options.clock.now();
        const ids = await idsIn(trx, no, 'skipped', { reason, limit: PIECE });
        await updateRecipients(trx, ids, { state: 'queued', reason: null, updated_at: now });
        if (ids.length > 0) await countJob(trx, no, { states: { skipped: -ids.length, queued: ids.length }, skipped: { [reason]: -ids.length } }, { updated_at: now });
        return ids.length;
      });
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  private phoneOf(phone: string, index: number): string {
    const found = normalisePhone(phone, this.options.defaultCountry);
    if (found === null) throw new ApiError('invalid_phone', { fields: [{ field: `body.remove_recipients.${index}`, code: 'invalid_phone', message: 'is not a phone number' }] });
    return found;
  }
}

/** The row's change; what the request leaves out stays as it is. */
function changeOf(job: BlastJob, input: EditBlast, media: TakenMedia | null): BlastJobChange {
  const merged = (column: 'pace' | 'filters' | 'retry', part: object | undefined): BlastJobChange => (part ? { [column]: JSON.stringify({ ...(JSON.parse(job[column]) as object), ...part }) } : {});
  return {
    ...(input.name !== undefined && { name: input.name }),
    ...(input.content && { content: JSON.stringify(storedContent(input.content, media)), media_id: media?.id ?? null }),
    ...(input.skipRecipientsInAddress !== undefined && { skip_recipients_in_address: input.skipRecipientsInAddress ? 1 : 0 }),
    ...merged('filters', input.filters),
    ...merged('pace', input.pace),
    ...merged('retry', input.retry),
    ...(input.batches !== undefined && { batches: input.batches && JSON.stringify(input.batches), batch_sent: 0, batch_until: 0 }),
    ...(input.priority && { priority: blastPriority(input.priority) }),
    ...(input.price_per_message !== undefined && { price_per_message: input.price_per_message }),
    ...(input.schedule && { scheduled_at: timeOf(input.schedule), time_zone: input.schedule.time_zone }),
    ...(input.schedule === null && { scheduled_at: null, ...(job.state === 'SCHEDULED' && { state: 'DRAFT' as const }) }),
  };
}

/** Reasons that held before an edit of the filters and do not any more. */
function letThrough(before: BlastJob, after: Pick<BlastJob, 'filters' | 'skip_recipients_in_address'>): SkipReason[] {
  const [old, now]: { skipRecipientsInAddress: boolean; check_on_whatsapp: boolean; active_within_days: BlastFilters['active_within_days'] }[] = [settingsOf(before), settingsOf(after)];
  if (!old || !now) return [];
  const reasons: SkipReason[] = [];
  if (old.skipRecipientsInAddress && !now.skipRecipientsInAddress) reasons.push('in_address_book');
  if (old.check_on_whatsapp && !now.check_on_whatsapp) reasons.push('not_on_whatsapp');
  if (old.active_within_days !== null && old.active_within_days !== now.active_within_days) reasons.push('inactive');
  return reasons;
}
