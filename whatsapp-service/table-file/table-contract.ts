/** What the reading process is asked, and what it answers. */

/** Why a file is not read as a table, and what to do about it. */
export const TABLE_PROBLEMS = {
  empty: 'It has no row. Send a file with a header and at least one row.',
  not_a_table: 'It is neither CSV nor XLSX, or it is damaged. Save it as .xlsx or as "CSV UTF-8".',
  encoding: 'It is not UTF-8. Save it as "CSV UTF-8", or as .xlsx.',
  formula: 'It has a formula, which may show something else on every machine. Paste the values instead ("paste as values").',
  broken_quotes: 'Its quotation marks do not close. Save it again as CSV with a spreadsheet, or as .xlsx.',
  row_too_large: 'A row has more characters than a row may have. Look for a quotation mark that does not close.',
  too_many_rows: 'It has more rows than are taken at once (CONTACT_IMPORT_MAX_ROWS, for a blast BLAST_MAX_RECIPIENTS). Split it.',
  too_many_columns: 'It has more than 200 columns. Remove those that are not needed.',
  unpacks_too_large: 'It unpacks to far more than a table of this size would. Save it as CSV.',
  too_slow: 'It takes too long to read. Split it, or save it as CSV.',
} as const;
export type TableProblem = keyof typeof TABLE_PROBLEMS;

export interface TableLimits {
  /** Rows, the header among them. */
  rows: number;
  /** What an XLSX file may unpack to. */
  unpackedBytes: number;
}

export interface TableOrder {
  path: string;
  /** Where the rows go: one JSON array on each line, the row's line in the file and then its cells as text. */
  output: string;
  limits: TableLimits;
}

export type TableAnswer = { ok: true; rows: number } | { ok: false; problem: TableProblem; line?: number; sheet?: string };

export class TableError extends Error {
  constructor(
    readonly problem: TableProblem,
    readonly at: { line?: number; sheet?: string } = {},
  ) {
    super(problem);
    this.name = 'TableError';
  }
}

export const MAX_COLUMNS = 200;
