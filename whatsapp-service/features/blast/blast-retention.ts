import type { Clock } from '../../shared/clock.js';
import type { Logger } from '../../shared/logger.js';
import type { Storage } from '../../storage/database.js';
import { finishedBefore, updateJob } from './blast-store.js';
import { deleteSome } from './recipient-store.js';

export interface BlastRetentionOptions {
  storage: Storage;
  /** Milliseconds; 0: for good. */
  keepMs: number;
  clock: Clock;
  logger: Logger;
}

/** Rows of one transaction. */
const PIECE = 1_000;

/** Takes the recipients of old jobs away: numbers and names of people who are not asked for any more. The jobs stay, with their figures. */
export class BlastRetention {
  private running = false;

  constructor(private readonly options: BlastRetentionOptions) {}

  async sweep(): Promise<void> {
    const { storage, keepMs, clock } = this.options;
    if (keepMs === 0 || this.running) return;
    this.running = true;
    try {
      for (const job of await finishedBefore(storage.db, clock.now() - keepMs)) await this.clear(job);
    } finally {
      this.running = false;
    }
  }

  /** What breaks off in between goes on at the next sweep: the job is marked last. */
  private async clear({ no, id }: { no: number; id: string }): Promise<void> {
    const { storage, clock, logger } = this.options;
    let count = 0;
    for (let removed = PIECE; removed === PIECE; count += removed) {
      removed = await storage.transaction((trx) => deleteSome(trx, no, PIECE));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await storage.transaction((trx) => updateJob(trx, no, { recipients_removed_at: clock.now() }));
    logger.info('The recipients of an old blast were removed', { blast: id, count });
  }
}
