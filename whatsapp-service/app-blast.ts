import type { Config } from './config/config.js';
import { BlastControl } from './features/blast/blast-control.js';
import { BlastEditor } from './features/blast/blast-editor.js';
import { BlastIntake } from './features/blast/blast-intake.js';
import { BlastOutcomes } from './features/blast/blast-outcomes.js';
import { BlastPlanner } from './features/blast/blast-planner.js';
import { BlastPump, settingsOf } from './features/blast/blast-pump.js';
import { BlastReporter } from './features/blast/blast-reporter.js';
import { BlastRetention } from './features/blast/blast-retention.js';
import { blastRoutes } from './features/blast/blast-routes.js';
import { recipientRoutes } from './features/blast/recipient-routes.js';
import { BlastService } from './features/blast/blast-service.js';
import { jobsChangedSince, jobsIn, jobsOf, stoppedWithWaiting, unfinishedDrafts, type BlastJob } from './features/blast/blast-store.js';
import { jobViews } from './features/blast/blast-view.js';
import type { PeopleLookups } from './features/blast/filter-feeds.js';
import { PaceGate, type PaceGateOptions } from './features/blast/pace-gate.js';
import { BlastStarter } from './features/blast/blast-starter.js';
import { RecipientStream, type RecipientStreamOptions } from './features/blast/recipient-stream.js';
import { haltReason } from './features/blast/session-obstacles.js';
import { SingleRecipient } from './features/blast/single-recipient.js';
import { SkipLog } from './features/blast/skip-log.js';
import { takeForMessage } from './features/media/media-intake.js';
import type { MediaService } from './features/media/media-service.js';
import { lineUp, putOff, takeBack, type MessageWatcher, type SendGate } from './features/message/message-line.js';
import type { NumberService } from './features/number/number-service.js';
import type { Route } from './contracts/route.js';
import type { SessionReason } from './contracts/states.js';
import type { Queue } from './queue/queue.js';
import type { Clock, Random } from './shared/clock.js';
import { asSessionId, type BlastId, type MediaId, type SessionId } from './shared/ids.js';
import type { Logger } from './shared/logger.js';
import type { Metrics } from './shared/metrics.js';
import { readTable } from './table-file/read-table.js';
import type { Storage } from './storage/database.js';

/** A pump's id is its job's number and its session; the others' is a job's number, or nothing. */
const JOBS = { pump: 'blast.pump', cancel: 'blast.cancel', schedule: 'blast.schedule' } as const;

/** How much larger an XLSX file is unpacked. */
const UNPACKED = 5;

/** How often the database is asked for what is due, whatever the queue remembers; and when a request that is still not whole has broken off. Milliseconds. */
const RECONCILE_MS = 30_000;
const BROKEN_OFF_MS = 3_600_000;
/** How often old recipients are looked for, in milliseconds. */
const SWEEP_MS = 3_600_000;
/** What another process wrote a moment before it was last looked. */
const CLOCKS_APART_MS = 2_000;

export interface BlastOptions {
  storage: Storage;
  config: Config;
  queue: Queue;
  lookups: Omit<PeopleLookups, 'onWhatsApp'> & Pick<RecipientStreamOptions, 'contactsOfList'> & Pick<PaceGateOptions, 'hasOptedOut'>;
  numbers: NumberService;
  media: MediaService;
  works(session: SessionId): boolean;
  wakeSender(session: SessionId): void;
  wakeOutbox(): void;
  metrics: Pick<Metrics, 'blastSkipped'>;
  clock: Clock;
  random: Random;
  logger: Logger;
}

export interface Blasts {
  service: BlastService;
  /** Where every face begins its blasts. */
  starter: BlastStarter;
  routes: Route[];
  watcher: MessageWatcher;
  gate: SendGate;
  /** A session works (again). */
  onWorking(session: SessionId): Promise<void>;
  /** A session has ended and does not come back by itself. Before anything else is made of it. */
  onEnded(session: SessionId, reason: SessionReason | 'session_deleted'): Promise<void>;
  /** Another process has written something. */
  lookAround(): Promise<void>;
  start(): Promise<void>;
  stop(): void;
}

/** The engine of blasts: one pump for each job and session, before the one sender of the session. */
export function createBlasts(options: BlastOptions): Blasts {
  const { storage, config, queue, media, numbers, works, wakeSender, wakeOutbox, clock, random, logger } = options;
  const line = { add: lineUp, takeBack, putOff };
  const wakePump = (job: number, session: SessionId): void => queue.add(JOBS.pump, `${job}:${session}`);
  const wakeSchedule = (): void => queue.add(JOBS.schedule, '');
  const view = async (job: BlastJob) => (await jobViews(storage.db, [job], clock.now()))[0] ?? missing();
  const reporter = new BlastReporter({ storage, view, wakeOutbox, webhookMs: config.blast.progressMs, clock, logger });
  const changed = (job: number): void => reporter.changed(job);
  const lookups: PeopleLookups = { ...options.lookups, onWhatsApp: (session, phones) => onWhatsApp(numbers, session, phones) };
  const skips = new SkipLog(logger, options.metrics.blastSkipped);

  const control = new BlastControl({ storage, line, wakePump, wakeOutbox, changed, clock, logger });
  const { perSecond, perMinute, perDay } = config.send.pace;
  const rates = [perSecond, perMinute / 60, perDay / 86_400].filter((rate) => rate > 0);
  const gate = new PaceGate({
    line, clock, random,
    hasOptedOut: options.lookups.hasOptedOut,
    onSkipped: (job, session, phone) => {
      skips.told({ blast: job.id, flag: settingsOf(job).skipRecipientsInAddress }, [{ phone, reason: 'opted_out' }]);
      changed(job.no);
      wakePump(job.no, session);
    },
    onHeld: wakePump,
  });
  const pump = new BlastPump({
    storage, control, line, lookups, skips, works, wakeSender, changed, clock, random, logger,
    waitOf: (job, session) => gate.waitOf(storage.db, job, session),
    mediaExists: (id) => media.get(id as MediaId).then(() => true, () => false),
    again: (job, session, delayMs) => queue.add(JOBS.pump, `${job}:${session}`, delayMs),
    sessionRate: rates.length > 0 ? Math.min(...rates) : 0,
  });
  const outcomes = new BlastOutcomes({
    control, changed, clock,
    settled: (job, session) => {
      if (pump.settled(job, session)) wakePump(job, session);
    },
  });
  const takeMedia: ConstructorParameters<typeof BlastIntake>[0]['takeMedia'] = (content) => takeForMessage(media, { kind: content.type, media: content.media, file: null });
  const holdMedia = (trx: Storage['db'], id: string): Promise<unknown> => media.get(id as MediaId, trx);
  const shared = { storage, control, takeMedia, holdMedia, wakePump, wakeOutbox, wakeSchedule, changed, defaultCountry: config.defaultCountry, clock };
  const intake = new BlastIntake({ ...shared, lookups, skips, idempotencyTtlMs: config.idempotencyTtlMs, logger });
  const editor = new BlastEditor({ ...shared, intake });
  const planner = new BlastPlanner({ storage, intake, lookups, sessionPace: config.send.pace, defaultCountry: config.defaultCountry, clock, random });
  const single = new SingleRecipient({ storage, control, line, wakePump, wakeOutbox, changed, clock });
  const service = new BlastService({ storage, control, intake, editor, single, planner, reporter, wakeOutbox, wakeSchedule, wakeCancelling: (job) => queue.add(JOBS.cancel, String(job)), clock });

  const { maxRecipients, uploadMaxBytes } = config.blast;
  const stream = new RecipientStream({
    service, contactsOfList: options.lookups.contactsOfList, defaultCountry: config.defaultCountry, maxRows: maxRecipients,
    readTable: (path) => readTable(path, { rows: maxRecipients + 1, unpackedBytes: UNPACKED * config.contacts.importMaxBytes }),
  });
  const starter = new BlastStarter({ service, stream, logger });

  queue.consume(JOBS.pump, (id) => pump.run(Number(id.slice(0, id.indexOf(':'))), asSessionId(id.slice(id.indexOf(':') + 1))), { concurrency: 50 });
  queue.consume(JOBS.cancel, (id) => control.cancelQueued(Number(id)), { concurrency: 2 });
  queue.consume(JOBS.schedule, async () => {
    const next = await control.beginDue();
    if (next !== null) queue.add(JOBS.schedule, '', Math.min(RECONCILE_MS, Math.max(1, next - clock.now())));
  }, { concurrency: 1 });

  /** Whatever the queue has forgotten, or another process has written. */
  const reconcile = async (): Promise<void> => {
    await control.takeBackAbandoned(clock.now());
    await control.haltStranded();
    wakeSchedule();
    for (const job of await jobsIn(storage.db, ['RUNNING'])) {
      for (const session of job.sessions) {
        // Others of the job go on with what a session that does not work has taken up.
        if (!works(session) && job.sessions.length > 1) await storage.transaction((trx) => control.handBack(trx, job.no, session));
        else wakePump(job.no, session);
      }
    }
    for (const { no } of await stoppedWithWaiting(storage.db)) queue.add(JOBS.cancel, String(no));
    for (const { id } of await unfinishedDrafts(storage.db, clock.now() - BROKEN_OFF_MS)) await service.discard(id as BlastId);
  };
  const retention = new BlastRetention({ storage, keepMs: config.blast.keepRecipientsMs, clock, logger });
  let timers: NodeJS.Timeout[] = [];
  let lookedAt = clock.now();

  return {
    service,
    starter,
    routes: [...blastRoutes(service, starter, uploadMaxBytes), ...recipientRoutes(stream, uploadMaxBytes)],
    watcher: outcomes,
    gate,
    onWorking: async (session) => {
      for (const job of await jobsOf(storage.db, session, ['RUNNING'])) wakePump(job.no, session);
    },
    onEnded: async (session, reason) => {
      const halted = haltReason(reason);
      if (halted) await control.halt(session, halted);
      if (reason === 'session_deleted') await control.forget(session);
    },
    lookAround: async () => {
      const since = lookedAt;
      lookedAt = clock.now();
      await reconcile();
      for (const no of await jobsChangedSince(storage.db, since - CLOCKS_APART_MS)) changed(no);
    },
    start: async () => {
      await control.begin();
      const failed = (error: unknown): void => logger.error('A repeated job failed', { job: 'blasts', error });
      await reconcile();
      void retention.sweep().catch(failed);
      timers = [setInterval(() => void reconcile().catch(failed), RECONCILE_MS), setInterval(() => void retention.sweep().catch(failed), SWEEP_MS)];
    },
    stop: () => {
      for (const timer of timers) clearInterval(timer);
      reporter.stop();
    },
  };
}

/** What a check of numbers takes at once. */
const CHECKED_AT_ONCE = 500;

async function onWhatsApp(numbers: NumberService, session: SessionId, phones: readonly string[]): Promise<Map<string, boolean>> {
  const known = new Map<string, boolean>();
  for (let from = 0; from < phones.length; from += CHECKED_AT_ONCE) {
    const results = await numbers.check({ session_id: session, numbers: phones.slice(from, from + CHECKED_AT_ONCE), refresh: false });
    for (const { input, on_whatsapp: there } of results) if (there !== null) known.set(input, there);
  }
  return known;
}

const missing = (): never => {
  throw new Error('The blast is gone.');
};
