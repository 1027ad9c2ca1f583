import type { CountryCode } from 'libphonenumber-js';
import { DEFAULT_BLAST_FILTERS, DEFAULT_BLAST_PACE, DEFAULT_BLAST_RETRY, DEFAULT_TIME_ZONE, type BlastContentInput, type BlastHead, type RepeatBlast, type StartBlast, type Variables } from '../../contracts/blast-api.js';
import type { SkipReason } from '../../contracts/blast-states.js';
import { ApiError } from '../../contracts/errors.js';
import { mayUseSession, type Caller } from '../../contracts/route.js';
import type { Clock } from '../../shared/clock.js';
import { asSessionId, newBlastId, type BlastId, type SessionId } from '../../shared/ids.js';
import type { Logger } from '../../shared/logger.js';
import type { E164 } from '../../shared/phone.js';
import { slices } from '../../shared/slices.js';
import { workspaceFromJson, type WorkspaceId, workspaceToJson } from '../../shared/workspace.js';
import type { Db, Storage } from '../../storage/database.js';
import { expireIdempotent, findIdempotent, insertIdempotent, type IdempotentRequest } from '../../storage/idempotency.js';
import { storedContent, type TakenMedia } from './blast-content.js';
import type { BlastControl } from './blast-control.js';
import { scheduledAt } from './blast-pace.js';
import { settingsOf } from './blast-pump.js';
import { countJob, deleteJob, findJob, insertJob, isOver, type BlastJob } from './blast-store.js';
import { blastPriority } from './blast-view.js';
import { askAbout, type PeopleLookups } from './filter-feeds.js';
import { skipReason } from './recipient-filter.js';
import { KnownPhones } from './known-phones.js';
import type { NewRecipient } from './recipient-input.js';
import { deleteSome, insertRecipients, listRecipients, type Arrival } from './recipient-store.js';
import type { SkipLog } from './skip-log.js';

export interface BlastIntakeOptions {
  storage: Storage;
  control: BlastControl;
  lookups: PeopleLookups;
  skips: SkipLog;
  /** Takes the content's file in, and rejects with what the caller is to see. */
  takeMedia(content: Exclude<BlastContentInput, { type: 'text' }>): Promise<TakenMedia>;
  /** Keeps a file that was taken in from being cleared away, from this transaction on. */
  holdMedia(trx: Db, id: string): Promise<unknown>;
  wakePump(job: number, session: SessionId): void;
  wakeOutbox(): void;
  /** A job has a time now. */
  wakeSchedule(): void;
  changed(job: number): void;
  defaultCountry: CountryCode;
  idempotencyTtlMs: number;
  clock: Clock;
  logger: Logger;
}

export interface Added {
  added: number;
  duplicates: number;
}

/** Rows that are taken in with one commit: some twenty milliseconds. */
export const INTAKE_PIECE = 2_000;
/** Rows that are moved or deleted in one transaction. */
const PIECE = 1_000;
/** Rows that were no recipients, of which the answer tells. */
export const MOST_INVALID = 100;

/** Takes jobs and their recipients in. A job is not shown and sends nothing before all that its request brought is there. */
export class BlastIntake {
  private readonly known = new KnownPhones();

  constructor(private readonly options: BlastIntakeOptions) {}

  /** The recipients in these states as a new job, with the settings of the old one. */
  async repeat(old: BlastJob, { states, name, draft }: RepeatBlast): Promise<{ id: BlastId; added: Added }> {
    const { storage, clock } = this.options;
    const id = newBlastId();
    const now = clock.now();
    await storage.transaction(async (trx) => {
      if (old.media_id !== null) await this.options.holdMedia(trx, old.media_id);
      const { workspace_id, skip_recipients_in_address, content, media_id, filters, pace, retry, batches, priority, time_zone, price_per_message } = old;
      await insertJob(trx, { id, name: name ?? old.name, state: 'DRAFT', ready: 0, workspace_id, skip_recipients_in_address, content, media_id, filters, pace, retry, batches, priority, time_zone, price_per_message, ...AT_FIRST, created_at: now, updated_at: now }, old.sessions);
    });
    const rows = async function* (): AsyncGenerator<NewRecipient[]> {
      for (let after = 0; ; ) {
        const page = await listRecipients(storage.db, old.no, { states, after, limit: PIECE });
        after = page.at(-1)?.id ?? after;
        if (page.length > 0) yield page.map(({ phone, jid, variables }) => ({ phone: phone as E164, jid, variables: JSON.parse(variables ?? 'null') as Variables | null }));
        if (page.length < PIECE) return;
      }
    };
    const added: Added = { added: 0, duplicates: 0 };
    try {
      for await (const page of rows()) {
        const more = await this.addRecipients(id, page);
        added.added += more.added;
        added.duplicates += more.duplicates;
      }
      await this.finish(id, { draft, invalid: 0, idempotent: null });
    } catch (error) {
      await this.discard(id).catch((cause: unknown) => this.options.logger.warn('A blast that could not be taken in whole is still there; it is cleared away later', { blast: id, error: cause }));
      throw error;
    }
    return { id, added };
  }

  /** A job without recipients, which is not shown yet: `addRecipients` as often as need be, then `finish`; or `discard`. */
  async begin(input: BlastHead, caller: Caller): Promise<BlastId> {
    const { storage, clock } = this.options;
    const sessions = await this.sessionsOf(storage.db, input, caller);
    const media = input.content.type === 'text' ? null : await this.options.takeMedia(input.content);
    const id = newBlastId();
    const now = clock.now();
    return storage.transaction(async (trx) => {
      if (media) await this.options.holdMedia(trx, media.id);
      const { workspaceId } = await this.sessionsOf(trx, input, caller);
      await insertJob(
        trx,
        {
          id,
          name: input.name,
          state: 'DRAFT',
          ready: 0,
          workspace_id: workspaceToJson(workspaceId),
          skip_recipients_in_address: input.skipRecipientsInAddress ? 1 : 0,
          content: JSON.stringify(storedContent(input.content, media)),
          media_id: media?.id ?? null,
          filters: JSON.stringify({ ...DEFAULT_BLAST_FILTERS, ...input.filters }),
          pace: JSON.stringify({ ...DEFAULT_BLAST_PACE, ...input.pace }),
          retry: JSON.stringify({ ...DEFAULT_BLAST_RETRY, ...input.retry }),
          batches: input.batches && JSON.stringify(input.batches),
          priority: blastPriority(input.priority),
          scheduled_at: input.schedule && timeOf(input.schedule),
          time_zone: input.schedule?.time_zone ?? DEFAULT_TIME_ZONE,
          price_per_message: input.price_per_message,
          ...AT_FIRST,
          created_at: now,
          updated_at: now,
        },
        sessions.ids,
      );
      return id;
    });
  }

  /** Any number of them, in pieces of one commit each. Those who are left out already now are counted as such; the rest is looked at again at its turn. */
  async addRecipients(id: BlastId, recipients: readonly NewRecipient[]): Promise<Added> {
    const { storage, skips, wakePump, changed } = this.options;
    const job = await this.open(id);
    const flag = settingsOf(job).skipRecipientsInAddress;
    let added = 0;
    let duplicates = 0;
    await this.known.prepare(storage.db, job.no);
    for (const piece of slices(recipients, INTAKE_PIECE)) {
      const fresh = await this.addPiece(job, await this.judged(job, piece));
      added += fresh.length;
      duplicates += piece.length - fresh.length;
      skips.told({ blast: job.id, flag }, fresh.flatMap(({ phone, skip }) => (skip === null ? [] : [{ phone, reason: skip }])));
      await new Promise((resolve) => setImmediate(resolve));
    }
    skips.duplicates({ blast: job.id, flag }, duplicates);
    changed(job.no);
    if (job.state === 'RUNNING') for (const session of job.sessions) wakePump(job.no, session);
    return { added, duplicates };
  }

  private async addPiece({ no }: BlastJob, arrivals: readonly Arrival[]): Promise<Arrival[]> {
    const { storage, clock } = this.options;
    try {
      return await storage.transaction(async (trx) => {
        const now = clock.now();
        const fresh = await this.known.fresh(trx, no, arrivals);
        await insertRecipients(trx, no, fresh, now);
        const skipped: Partial<Record<SkipReason, number>> = { duplicate: arrivals.length - fresh.length };
        for (const { skip } of fresh) if (skip !== null) skipped[skip] = (skipped[skip] ?? 0) + 1;
        const queued = fresh.filter(({ skip }) => skip === null).length;
        await countJob(trx, no, { states: { queued, skipped: fresh.length - queued }, skipped, total: fresh.length }, { updated_at: now });
        return fresh;
      });
    } catch (error) {
      this.known.forget(no);
      throw error;
    }
  }

  /** Rows that were no recipients. */
  async countInvalid(id: BlastId, rows: number): Promise<void> {
    const job = await this.open(id);
    if (rows > 0) await this.options.storage.transaction((trx) => countJob(trx, job.no, { invalid: rows }, {}));
  }

  /**
   * All of the request is there: the job begins, or waits for its time, or to be resumed. Answers which job the request has made: another one,
   * when it was there before. Only now, so that a start that breaks off can be repeated under its key.
   */
  async finish(id: BlastId, { draft, invalid: rows, idempotent }: { draft: boolean; invalid: number; idempotent: IdempotentRequest | null }): Promise<BlastId> {
    const { storage, control, clock, wakeOutbox, wakeSchedule, changed } = this.options;
    const made = await storage.transaction(async (trx) => {
      const before = idempotent && (await this.madeBefore(idempotent, trx));
      if (before !== null) return before;
      const job = await findJob(trx, id);
      if (!job) throw new ApiError('blast_not_found');
      await countJob(trx, job.no, { invalid: rows }, { ready: 1, updated_at: clock.now() });
      if (idempotent) await insertIdempotent(trx, idempotent, id, clock.now());
      if (draft) changed(job.no);
      else if (job.scheduled_at !== null && job.scheduled_at > clock.now()) await control.schedule(trx, job);
      else await control.start(trx, { ...job, ready: 1 });
      return id;
    });
    wakeOutbox();
    wakeSchedule();
    return made;
  }

  /** Deletes a job that never began, with all that it has. */
  async discard(id: BlastId): Promise<void> {
    const { storage } = this.options;
    const job = await findJob(storage.db, id);
    if (job?.state !== 'DRAFT') return;
    while ((await storage.transaction((trx) => deleteSome(trx, job.no, PIECE))) === PIECE) await new Promise((resolve) => setImmediate(resolve));
    await storage.transaction((trx) => deleteJob(trx, job.no));
  }

  /** Sessions that exist, that the caller may use, and that are all of one workspace. */
  async sessionsOf(db: Db, input: { session_id?: string | number; session_ids?: readonly (string | number)[] }, caller: Caller): Promise<{ ids: SessionId[]; workspaceId: WorkspaceId }> {
    const named = input.session_ids ?? (input.session_id === undefined ? [] : [input.session_id]);
    const ids = [...new Set(named.map((id) => asSessionId(String(id))))];
    const barred = ids.find((id) => !mayUseSession(caller, id));
    if (barred !== undefined) throw new ApiError('forbidden', { session_id: barred });
    const rows = await db.selectFrom('session').select(['id', 'workspace_id']).where('id', 'in', ids).execute();
    const missing = ids.find((id) => !rows.some((row) => row.id === id));
    if (missing !== undefined) throw new ApiError('session_not_found', { session_id: missing });
    if (new Set(rows.map((row) => row.workspace_id)).size > 1) throw invalid('body.session_ids', 'must all be of one workspace');
    return { ids, workspaceId: workspaceFromJson(rows[0]?.workspace_id) };
  }

  /** Who is left out already now. What cannot be found out now is asked again at their turn. */
  private async judged(job: BlastJob, recipients: readonly NewRecipient[]): Promise<Arrival[]> {
    const { lookups, clock, logger } = this.options;
    const settings = { ...settingsOf(job), check_on_whatsapp: false };
    const workspaceId = workspaceFromJson(job.workspace_id);
    try {
      const { factsOf } = await askAbout(lookups, { workspaceId, settings, sessionId: null }, recipients.map(({ phone }) => phone));
      const now = clock.now();
      return recipients.map(({ phone, jid, variables }) => ({ phone, jid, variables, skip: skipReason(factsOf(phone), settings, now) }));
    } catch (error) {
      logger.warn('Whom a blast has to leave out could not be found out yet; it is asked again before anything is sent', { blast: job.id, error });
      return recipients.map((recipient) => ({ ...recipient, skip: null }));
    }
  }

  private async open(id: BlastId): Promise<BlastJob> {
    const job = await findJob(this.options.storage.db, id);
    if (!job) throw new ApiError('blast_not_found');
    if (isOver(job)) throw new ApiError('blast_wrong_state', { state: job.state });
    return job;
  }

  /** Whether something was made under this key, by this request or by another one. */
  async isUsed(key: Omit<IdempotentRequest, 'requestHash'>): Promise<boolean> {
    const known = await findIdempotent(this.options.storage.db, key);
    return known !== undefined && known.created_at >= this.oldestKey();
  }

  /** What this request has made before; null: nothing. @throws ApiError `idempotency_key_reused` when another one has */
  async madeBefore(request: IdempotentRequest, db: Db = this.options.storage.db): Promise<BlastId | null> {
    const known = await findIdempotent(db, request);
    if (!known) return null;
    if (known.created_at < this.oldestKey()) {
      await expireIdempotent(db, this.oldestKey());
      return null;
    }
    if (known.request_hash !== request.requestHash || !known.message_id.startsWith('bls_')) throw new ApiError('idempotency_key_reused');
    return known.message_id as BlastId;
  }

  private oldestKey(): number {
    return this.options.clock.now() - this.options.idempotencyTtlMs;
  }
}

const AT_FIRST = { reason: null, detail: null, started_at: null, finished_at: null, recipients_removed_at: null } as const;

export function timeOf(schedule: NonNullable<StartBlast['schedule']>): number {
  const at = scheduledAt(schedule);
  if (at === null) throw invalid('body.schedule.at', 'is no time of the calendar');
  return at;
}

export const invalid = (field: string, message: string): ApiError => new ApiError('invalid_request', { fields: [{ field, code: 'custom', message }] });
