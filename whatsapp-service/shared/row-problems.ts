/** How many of them are told. All are counted. */
const TOLD = 100;
const MAX_VALUE = 64;

export interface RowProblem<Reason extends string> {
  row: number;
  reason: Reason;
  message: string;
  value: string | null;
}

/** What was wrong with the rows of a list. */
export class RowProblems<Reason extends string> {
  count = 0;
  readonly first: RowProblem<Reason>[] = [];

  constructor(private readonly sentences: Readonly<Record<Reason, string>>) {}

  add(row: number, reason: Reason, value: unknown): void {
    this.count++;
    if (this.first.length < TOLD) this.first.push({ row, reason, message: this.sentences[reason], value: value === null || value === undefined ? null : shown(value) });
  }
}

const shown = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value) ?? '').slice(0, MAX_VALUE);
