import { NumberSet } from '../../shared/number-set.js';
import type { Db } from '../../storage/database.js';
import { countRecipients, phonesAfter, type Arrival } from './recipient-store.js';

/** Jobs whose numbers are kept in memory: 16 MB for a million of them. */
const MOST_JOBS = 2;
/** Then they are forgotten. Milliseconds. */
const IDLE_MS = 60_000;
/** Of one statement. */
const PAGE = 10_000;

/**
 * Who is in a job already. An index of numbers would say so, too; but a list of customers is in no order, and each row would change another
 * page of it: three quarters of the time that taking a million in took. What is remembered here is only trusted, inside the transaction that
 * adds to the job, while it is as many as the job has recipients; else it is read anew.
 */
export class KnownPhones {
  private readonly jobs = new Map<number, NumberSet>();
  private timer: NodeJS.Timeout | null = null;

  /** Reads them before the transaction, so that it need not. */
  async prepare(db: Db, job: number): Promise<void> {
    if (this.jobs.get(job)?.size !== (await countRecipients(db, job))) this.keep(job, await read(db, job, () => new Promise((resolve) => setImmediate(resolve))));
  }

  /** Those who are not in the job yet; they have to be added in this transaction. */
  async fresh(trx: Db, job: number, arrivals: readonly Arrival[]): Promise<Arrival[]> {
    let known = this.jobs.get(job);
    if (known?.size !== (await countRecipients(trx, job))) known = await read(trx, job, () => Promise.resolve());
    this.keep(job, known);
    return arrivals.filter(({ phone }) => known.add(numberOf(phone)));
  }

  forget(job: number): void {
    this.jobs.delete(job);
  }

  private keep(job: number, known: NumberSet): void {
    this.jobs.delete(job);
    this.jobs.set(job, known);
    for (const oldest of this.jobs.keys()) if (this.jobs.size > MOST_JOBS) this.jobs.delete(oldest);
    if (this.timer) clearTimeout(this.timer);
    this.timer = setTimeout(() => this.jobs.clear(), IDLE_MS);
    this.timer.unref();
  }
}

async function read(db: Db, job: number, between: () => Promise<void>): Promise<NumberSet> {
  const known = new NumberSet();
  for (let after = 0; ; ) {
    const page = await phonesAfter(db, job, { after, limit: PAGE });
    for (const { phone } of page) known.add(numberOf(phone));
    if (page.length < PAGE) return known;
    after = page.at(-1)?.id ?? after;
    await between();
  }
}

/** E.164 has at most 15 digits, and such a number is a number. */
const numberOf = (phone: string): number => Number(phone.slice(1));
