import type { BlastFilters, BlastPace, BlastRetry } from '../../contracts/blast-api.js';
import type { RecipientReason, SkipReason } from '../../contracts/blast-states.js';
import type { Clock, Random } from '../../shared/clock.js';
import { newMessageId, newWhatsAppKey, type SessionId } from '../../shared/ids.js';
import type { Logger } from '../../shared/logger.js';
import { jidFromPhone, type E164 } from '../../shared/phone.js';
import { workspaceFromJson } from '../../shared/workspace.js';
import type { Db, Storage } from '../../storage/database.js';
import type { BlastRecipientRow } from '../../storage/schema-blast.js';
import { messageFor, variablesOf, type StoredBlastContent } from './blast-content.js';
import type { BlastControl } from './blast-control.js';
import { countJob, jobByNo, updateJob, type BlastJob } from './blast-store.js';
import { askAbout, type Answers, type PeopleLookups } from './filter-feeds.js';
import type { LinedUp, MessageLine } from './message-line.js';
import { FILTERED_FOR_MS } from './pace-gate.js';
import { flagOf, skipReason, type FilterSettings } from './recipient-filter.js';
import { BACK_IN_LINE, release } from './recipient-release.js';
import { countTakenUp, stillClaimed, takeUp, updateRecipient, updateRecipients, type Claim } from './recipient-store.js';
import type { SkipLog } from './skip-log.js';

export interface BlastPumpOptions {
  storage: Storage;
  control: BlastControl;
  line: MessageLine;
  lookups: PeopleLookups;
  /** Whether the session works. */
  works(session: SessionId): boolean;
  /** Milliseconds for which the job's pace lets nothing go out over this session. */
  waitOf(job: BlastJob, session: SessionId): Promise<number>;
  mediaExists(id: string): Promise<boolean>;
  /** The session has something to send. */
  wakeSender(session: SessionId): void;
  /** Run this again. */
  again(job: number, session: SessionId, delayMs: number): void;
  changed(job: number): void;
  /** Messages a second that the session itself may send; 0: any number. */
  sessionRate: number;
  skips: SkipLog;
  clock: Clock;
  random: Random;
  logger: Logger;
}

/** The most that a session takes up of a job, and the least. What is taken up was filtered a while before it goes out. */
const MOST = 100;
const LEAST = 5;
/** Enough for so many seconds. */
const AHEAD_SECONDS = 30;
/** The look-ups of one claim have so long; then it is anybody's. */
const LEASE_MS = 60_000;
const LOOKUP_RETRY_MS = 5_000;

/** Takes a job's recipients up for one session, a few at a time: filters them, writes their messages and puts those in line. */
export class BlastPump {
  /** Taken up and not out yet, by job and session; absent: to be counted. */
  private readonly ahead = new Map<string, number>();

  constructor(private readonly options: BlastPumpOptions) {}

  /** One recipient fewer is taken up: whether it is time for more. */
  settled(job: number, session: SessionId): boolean {
    const key = `${job}:${session}`;
    const left = (this.ahead.get(key) ?? 1) - 1;
    this.ahead.set(key, left);
    return left <= MOST / 2;
  }

  /** The job: until the session has enough to do, or nothing is left. */
  async run(no: number, session: SessionId): Promise<void> {
    for (;;) {
      const job = await jobByNo(this.options.storage.db, no);
      if (!job || !(await this.mayRun(job, session))) return;
      const taken = await countTakenUp(this.options.storage.db, no, session);
      this.ahead.set(`${no}:${session}`, taken);
      const enough = this.enoughFor(job);
      if (taken > enough / 2) return;
      if (!(await this.claim(job, session, enough - taken))) return;
    }
  }

  private async mayRun(job: BlastJob, session: SessionId): Promise<boolean> {
    const { works, waitOf, mediaExists, again, changed, storage, control } = this.options;
    if (job.state !== 'RUNNING' || job.ready === 0 || !job.sessions.includes(session) || !works(session)) return false;
    const wait = await waitOf(job, session);
    if (wait > FILTERED_FOR_MS) {
      // Who has come into the address book by the morning is not written to: what was filtered before the night is filtered anew.
      if (await storage.transaction((trx) => control.handBack(trx, job.no, session))) changed(job.no);
      again(job.no, session, wait);
      return false;
    }
    if (job.media_id === null || (await mediaExists(job.media_id))) return true;
    await storage.transaction(async (trx) => {
      const current = await jobByNo(trx, job.no);
      if (current?.state === 'RUNNING') await control.end(trx, current, { state: 'FAILED', reason: 'media_missing' });
    });
    return false;
  }

  private enoughFor(job: BlastJob): number {
    const { per_second: second, per_minute: minute, per_day: day, gap_min_ms: min, gap_max_ms: max } = JSON.parse(job.pace) as BlastPace;
    const gap = (min + Math.max(min, max)) / 2;
    const rates = [this.options.sessionRate, second, minute / 60, day / 86_400, gap === 0 ? 0 : 1_000 / gap].filter((rate) => rate > 0);
    const enough = Math.max(LEAST, Math.ceil(Math.min(...rates, MOST) * AHEAD_SECONDS));
    // Several who share a job begin with an equal part of what is left, so that a short list is not all the first one's.
    const part = Math.max(1, Math.ceil(job.n_queued / job.sessions.length));
    return job.sessions.length === 1 ? Math.min(MOST, enough) : Math.min(MOST, enough, part);
  }

  /** False: nothing is left to take up, or the look-ups have to be waited for. */
  private async claim(job: BlastJob, session: SessionId, limit: number): Promise<boolean> {
    const { storage, control, clock } = this.options;
    const now = clock.now();
    const claim: Claim = { job: job.no, session, limit, leaseUntil: now + LEASE_MS, now };
    const recipients = await storage.transaction(async (trx) => {
      const current = await jobByNo(trx, job.no);
      if (current?.state !== 'RUNNING' || current.revision !== job.revision) return null;
      const rows = await takeUp(trx, claim);
      if (rows.length > 0) await countJob(trx, job.no, { states: { queued: -rows.length, processing: rows.length } }, {});
      else await control.completeIfDone(trx, job.no);
      return rows;
    });
    if (recipients === null) return true;
    if (recipients.length === 0) return false;
    const answers = await this.ask(job, claim, recipients);
    if (answers === null) return false;
    await this.prepare(job, claim, { recipients, answers });
    return true;
  }

  /** null: the answers are not known, and the recipients are back in line. */
  private async ask(job: BlastJob, claim: Claim, recipients: readonly BlastRecipientRow[]): Promise<Answers | null> {
    const { storage, lookups, line, again, logger, clock, changed } = this.options;
    const workspaceId = workspaceFromJson(job.workspace_id);
    try {
      const answers = await askAbout(lookups, { workspaceId, settings: settingsOf(job), sessionId: claim.session }, recipients.map(({ phone }) => phone));
      if (job.reason === 'lookup_failed') await updateJob(storage.db, job.no, { reason: null, detail: null });
      return answers;
    } catch (error) {
      logger.warn('Whom a blast has to leave out could not be found out; nobody is sent to until it can', { blast: job.id, session: claim.session, error });
      await storage.transaction(async (trx) => {
        await release(trx, line, { job: job.no, recipients: await stillClaimed(trx, claim, recipients.map(({ id }) => id)), to: BACK_IN_LINE, now: clock.now() });
        const current = await jobByNo(trx, job.no);
        if (current?.state === 'RUNNING') await updateJob(trx, job.no, { reason: 'lookup_failed' });
      });
      changed(job.no);
      again(job.no, claim.session, LOOKUP_RETRY_MS);
      return null;
    }
  }

  /** One commit: who is left out, and the messages of all others. */
  private async prepare(job: BlastJob, claim: Claim, { recipients, answers }: { recipients: readonly BlastRecipientRow[]; answers: Answers }): Promise<void> {
    const { storage, line, clock, wakeSender, changed } = this.options;
    const settings = settingsOf(job);
    const now = clock.now();
    const verdicts = new Map(recipients.map(({ id, phone }) => [id, skipReason(answers.factsOf(phone), settings, now)]));
    const done = await storage.transaction(async (trx) => {
      const current = await jobByNo(trx, job.no);
      if (current?.state !== 'RUNNING' || current.revision !== job.revision) return null;
      const claimed = await stillClaimed(trx, claim, recipients.map(({ id }) => id));
      const skipped = claimed.filter(({ id }) => verdicts.get(id) !== null);
      const { messages, unusable } = this.write(job, claim.session, claimed.filter(({ id }) => verdicts.get(id) === null));
      await this.leaveOut(trx, job.no, { skipped, verdicts, now });
      await updateRecipients(trx, unusable.map(({ id }) => id), { state: 'failed', reason: 'text_unusable', lease_until: null, updated_at: now });
      if (unusable.length > 0) await countJob(trx, job.no, { states: { processing: -unusable.length, failed: unusable.length } }, {});
      await line.add(trx, messages, now);
      for (const { recipientId, id, key } of messages) await updateRecipient(trx, recipientId, { message_id: id, wa_key: key, lease_until: null });
      await this.options.control.completeIfDone(trx, job.no);
      return { skipped, sent: messages };
    });
    changed(job.no);
    if (!done) return;
    this.options.skips.told({ blast: job.id, flag: settings.skipRecipientsInAddress }, done.skipped.map(({ id, phone }) => ({ phone, reason: verdicts.get(id) ?? 'opted_out' })));
    if (!settings.skipRecipientsInAddress) {
      const known = answers.addressBookUnknown ? [] : done.sent.filter(({ phone }) => answers.factsOf(phone).inAddressBook);
      this.options.skips.sentAnyway(job.id, known.map(({ phone }) => phone), answers.addressBookUnknown);
    }
    if (done.sent.length > 0) wakeSender(claim.session);
  }

  private async leaveOut(trx: Db, no: number, { skipped, verdicts, now }: { skipped: readonly BlastRecipientRow[]; verdicts: ReadonlyMap<number, SkipReason | null>; now: number }): Promise<void> {
    for (const reason of new Set(skipped.flatMap(({ id }) => verdicts.get(id) ?? []))) {
      const ids = skipped.filter(({ id }) => verdicts.get(id) === reason).map(({ id }) => id);
      await updateRecipients(trx, ids, { state: 'skipped', reason: reason satisfies RecipientReason, session_id: null, lease_until: null, updated_at: now });
      await countJob(trx, no, { states: { processing: -ids.length, skipped: ids.length }, skipped: { [reason]: ids.length } }, {});
    }
  }

  private write(job: BlastJob, session: SessionId, recipients: readonly BlastRecipientRow[]): { messages: LinedUp[]; unusable: BlastRecipientRow[] } {
    const content = JSON.parse(job.content) as StoredBlastContent;
    const retry = JSON.parse(job.retry) as BlastRetry;
    // Messages of one moment go out in the order of their ids.
    const ids = recipients.map(() => newMessageId()).sort();
    const messages: LinedUp[] = [];
    const unusable: BlastRecipientRow[] = [];
    for (const recipient of recipients) {
      const written = messageFor(content, variablesOf(recipient), this.options.random);
      const id = ids[messages.length];
      if (!written || id === undefined) {
        unusable.push(recipient);
        continue;
      }
      const { phone, jid, wa_key: key, attempts } = recipient;
      messages.push({
        id, sessionId: session, chatId: jid ?? jidFromPhone(phone as E164), phone, key: key ?? newWhatsAppKey(), content: written,
        recipientId: recipient.id, priority: job.priority, attempts, maxAttempts: retry.max_attempts, retryMs: retry.interval_seconds * 1_000,
      });
    }
    return { messages, unusable };
  }
}

export function settingsOf(job: Pick<BlastJob, 'filters' | 'skip_recipients_in_address'>): FilterSettings {
  return { ...(JSON.parse(job.filters) as BlastFilters), skipRecipientsInAddress: flagOf(job.skip_recipients_in_address) };
}
