import type { Clock } from '../shared/clock.js';
import type { Storage } from '../storage/database.js';
import { markFinished, type Finished } from './outbox-store.js';

/** Milliseconds in which deliveries that end together share one commit. */
const GATHER_MS = 5;

/**
 * Writes down what was delivered, many at a time: a commit of its own for each would cost more than the delivery.
 * A crash in between repeats a delivery under the same id, which its receiver recognises.
 */
export class FinishedBatch {
  private waiting: Finished[] = [];
  private timer: NodeJS.Timeout | null = null;
  private writing: Promise<void> = Promise.resolve();

  constructor(
    private readonly storage: Storage,
    private readonly clock: Clock,
  ) {}

  add(finished: Finished): void {
    this.waiting.push(finished);
    // `flush` reports a failure to the lane that waits for it.
    this.timer ??= setTimeout(() => void this.flush().catch(() => {}), GATHER_MS);
  }

  /** Resolves when everything that was added is on disk. */
  flush(): Promise<void> {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
    const batch = this.waiting;
    this.waiting = [];
    const write = this.writing.catch(() => {}).then(async () => {
      if (batch.length === 0) return;
      try {
        await this.storage.transaction((trx) => markFinished(trx, batch, this.clock.now()));
      } catch (error) {
        this.waiting.unshift(...batch);
        throw error;
      }
    });
    this.writing = write;
    return write;
  }
}
