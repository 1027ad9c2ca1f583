import { sleep, type Clock } from '../shared/clock.js';
import type { Storage } from '../storage/database.js';
import { recordAttempts, type AttemptEnd } from './attempt-store.js';
import { settleLanes, type DueLane } from './lane-store.js';

/** Milliseconds in which what ends together shares one commit. */
const GATHER_MS = 40;

/**
 * Writes down what came of requests, and which lanes are through, many at a time: a commit of its own for each would cost more than the
 * delivery. A crash in between repeats a delivery under the same id, which its receiver recognises.
 */
export class FinishedBatch {
  private ends: AttemptEnd[] = [];
  private lanes: DueLane[] = [];
  private gathering: Promise<void> | null = null;
  private writing: Promise<void> = Promise.resolve();

  constructor(
    private readonly storage: Storage,
    private readonly clock: Clock,
  ) {}

  add(end: AttemptEnd): void {
    this.ends.push(end);
    // `endLane` reports a failure to the lane that waits for it.
    this.gather().catch(() => {});
  }

  /** Resolves when everything of the lane is on disk, and when it is due again. */
  endLane(lane: DueLane): Promise<void> {
    this.lanes.push(lane);
    return this.gather();
  }

  /** Resolves when everything that was added is on disk. */
  flush(): Promise<void> {
    this.writing = this.writing.catch(() => {}).then(() => this.write());
    return this.writing;
  }

  private gather(): Promise<void> {
    this.gathering ??= sleep(GATHER_MS).then(() => {
      this.gathering = null;
      return this.flush();
    });
    return this.gathering;
  }

  private async write(): Promise<void> {
    const { ends, lanes } = this;
    this.ends = [];
    this.lanes = [];
    if (ends.length === 0 && lanes.length === 0) return;
    try {
      await this.storage.transaction(async (trx) => {
        await recordAttempts(trx, ends, this.clock.now());
        await settleLanes(trx, lanes);
      });
    } catch (error) {
      // The lanes stay due.
      this.ends.unshift(...ends);
      throw error;
    }
  }
}
