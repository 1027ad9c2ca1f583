import { RowProblems } from './row-problems.js';

/** A row as it came, and its place. */
export interface IntakeRow {
  row: number;
  value: unknown;
}

/** The rows of a list, each read and known by its phone number. */
export class RowIntake<Item extends { phone: string }, Reason extends string> {
  rows = 0;
  duplicates = 0;
  readonly problems: RowProblems<Reason>;
  /** The digits of those that came: a number takes less memory than its text. */
  private readonly seen = new Set<number>();

  constructor(
    sentences: Readonly<Record<Reason, string>>,
    private readonly read: (value: unknown) => Item | { reason: Reason; shown?: unknown },
    /** What becomes of a row that comes again; absent: the last one counts. */
    private readonly merge: (before: Item, item: Item) => Item = (_before, item) => item,
  ) {
    this.problems = new RowProblems(sentences);
  }

  /** What of these rows is to be written, and which of it has come for the first time. */
  take(lot: readonly IntakeRow[]): { items: Item[]; fresh: Item[] } {
    const byPhone = new Map<string, Item>();
    const fresh = new Map<string, Item>();
    for (const { row, value } of lot) {
      this.rows++;
      const item = this.read(value);
      if ('reason' in item) {
        this.problems.add(row, item.reason, item.shown ?? value);
        continue;
      }
      const digits = Number(item.phone.slice(1));
      if (this.seen.has(digits)) this.duplicates++;
      else {
        this.seen.add(digits);
        fresh.set(item.phone, item);
      }
      const before = byPhone.get(item.phone);
      byPhone.set(item.phone, before ? this.merge(before, item) : item);
    }
    return { items: [...byPhone.values()], fresh: [...fresh.values()] };
  }
}
