import type { Storage } from '../../storage/database.js';
import { settleBatches, type SettledBatch } from './chat-sync-store.js';

/** Milliseconds in which batches that end together share one commit. */
const GATHER_MS = 200;

export interface SettledBatchesOptions {
  storage: Storage;
  syncId: string;
  /** What was added is on disk. */
  onCommit(): Promise<void>;
  /** It could not be written; it is tried again with the next. */
  onFailure(error: unknown): void;
}

/**
 * Writes down what became of a run's batches, several at a time: a commit of its own for each would cost more than its request.
 * A crash in between repeats a batch under the same id, which its receiver recognises.
 */
export class SettledBatches {
  private waiting: SettledBatch[] = [];
  private timer: NodeJS.Timeout | null = null;
  private writing: Promise<void> = Promise.resolve();

  constructor(private readonly options: SettledBatchesOptions) {}

  add(settled: SettledBatch): void {
    this.waiting.push(settled);
    this.timer ??= setTimeout(() => void this.flush().catch((error: unknown) => this.options.onFailure(error)), GATHER_MS);
  }

  /** Resolves when everything that was added is on disk. */
  flush(): Promise<void> {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
    this.writing = this.writing.catch(() => {}).then(() => this.write());
    return this.writing;
  }

  private async write(): Promise<void> {
    const { storage, syncId, onCommit } = this.options;
    const batch = this.waiting;
    this.waiting = [];
    if (batch.length === 0) return;
    try {
      await storage.transaction((trx) => settleBatches(trx, syncId, batch));
    } catch (error) {
      this.waiting.unshift(...batch);
      throw error;
    }
    await onCommit();
  }
}
