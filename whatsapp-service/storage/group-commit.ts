import { sql } from 'kysely';
import type { Db } from './schema.js';

interface Waiting {
  work(trx: Db): Promise<unknown>;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

type Outcome = { value: unknown } | { error: unknown };

/** Of one commit. What waits longer is in the next one. */
const MOST = 100;

/**
 * Work that comes at the same time shares one commit: bringing a commit to the disk costs more than what is in it. Each piece of work is
 * still all or nothing, by a savepoint of its own, and none is told that it is done before the disk has it.
 */
export class GroupCommit {
  private waiting: Waiting[] = [];
  private running = false;

  constructor(private readonly db: Db) {}

  run<T>(work: (trx: Db) => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.waiting.push({ work, resolve: resolve, reject });
      if (!this.running) void this.commitAll();
    });
  }

  private async commitAll(): Promise<void> {
    this.running = true;
    // What else comes in this turn of the event loop goes along.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.waiting.length > 0) await this.commit(this.waiting.splice(0, MOST));
    this.running = false;
  }

  private async commit(batch: readonly Waiting[]): Promise<void> {
    let outcomes: Outcome[];
    try {
      outcomes = await this.db.transaction().execute((trx) => outcomesOf(trx, batch));
    } catch (error) {
      outcomes = batch.map(() => ({ error }));
    }
    batch.forEach(({ resolve, reject }, index) => {
      const outcome = outcomes[index] ?? { error: new Error('No outcome.') };
      if ('error' in outcome) reject(outcome.error);
      else resolve(outcome.value);
    });
  }
}

async function outcomesOf(trx: Db, batch: readonly Waiting[]): Promise<Outcome[]> {
  const [only] = batch;
  // Alone, it needs no savepoint: its failure is the transaction's.
  if (only && batch.length === 1) return [{ value: await only.work(trx) }];
  const outcomes: Outcome[] = [];
  for (const { work } of batch) {
    await sql`savepoint piece`.execute(trx);
    try {
      outcomes.push({ value: await work(trx) });
    } catch (error) {
      // Where the whole transaction is gone (a full disk), nothing of the batch is stored, and this is why.
      await sql`rollback to savepoint piece`.execute(trx).catch(() => Promise.reject(error as Error));
      outcomes.push({ error });
    }
    await sql`release savepoint piece`.execute(trx);
  }
  return outcomes;
}
