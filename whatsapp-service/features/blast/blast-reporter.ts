import type { BlastJobView } from '../../contracts/blast-api.js';
import type { Clock } from '../../shared/clock.js';
import type { Logger } from '../../shared/logger.js';
import type { Storage } from '../../storage/database.js';
import { appendBlastEvent } from './blast-events.js';
import { jobByNo, type BlastJob } from './blast-store.js';

export interface BlastReporterOptions {
  storage: Storage;
  view(job: BlastJob): Promise<BlastJobView>;
  wakeOutbox(): void;
  /** Between two `blast.progress` of a job, in milliseconds; 0: none is sent. */
  webhookMs: number;
  clock: Clock;
  logger: Logger;
}

/** At most two a second for each job. */
const LISTENER_MS = 500;
/** The change that is told of may be a commit away. */
const AFTER_COMMIT_MS = 20;

interface Told {
  timer: NodeJS.Timeout | null;
  listenersAt: number;
  webhookAt: number;
}

/** Tells how jobs get on: often to those who watch, and now and then to the backend. What happened last is always told. */
export class BlastReporter {
  private readonly listeners = new Set<(job: BlastJobView) => void>();
  private readonly told = new Map<number, Told>();

  constructor(private readonly options: BlastReporterOptions) {}

  onProgress(listener: (job: BlastJobView) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  changed(no: number): void {
    const now = this.options.clock.now();
    const told = this.told.get(no) ?? { timer: null, listenersAt: 0, webhookAt: now };
    this.told.set(no, told);
    if (told.timer) return;
    const delay = Math.max(AFTER_COMMIT_MS, told.listenersAt + LISTENER_MS - now);
    told.timer = setTimeout(() => {
      told.timer = null;
      told.listenersAt = this.options.clock.now();
      this.tell(no, told).catch((error: unknown) => this.options.logger.warn('The progress of a blast could not be told', { error }));
    }, delay);
  }

  stop(): void {
    for (const { timer } of this.told.values()) if (timer) clearTimeout(timer);
    this.told.clear();
  }

  private forget(no: number, told: Told): void {
    if (!told.timer && this.options.clock.now() - told.listenersAt >= LISTENER_MS) this.told.delete(no);
  }

  private async tell(no: number, told: Told): Promise<void> {
    const { storage, view, clock, webhookMs, wakeOutbox } = this.options;
    const job = await jobByNo(storage.db, no);
    if (!job) return;
    if (this.listeners.size > 0) {
      const shown = await view(job);
      for (const listener of this.listeners) listener(shown);
    }
    const now = clock.now();
    if (job.state === 'RUNNING' && webhookMs > 0 && now - told.webhookAt >= webhookMs) {
      told.webhookAt = now;
      await storage.transaction(async (trx) => {
        // The end has its own event, and this one must not come after it.
        const current = await jobByNo(trx, no);
        if (current?.state === 'RUNNING') await appendBlastEvent(trx, { row: current, sessions: current.sessions }, 'blast.progress', now);
      });
      wakeOutbox();
    }
    // Acknowledgements go on after the end, and are told no more often.
    if (job.finished_at !== null) setTimeout(() => this.forget(no, told), LISTENER_MS).unref();
  }
}
