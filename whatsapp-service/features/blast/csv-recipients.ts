import { parse as csvParser } from 'csv-parse';
import { invalidField } from '../../contracts/errors.js';
import { linesOf } from '../../shared/text-lines.js';
import { phoneColumn } from '../../table-file/columns.js';
import type { Lot } from './recipient-input.js';

/** Of one row, in characters. */
export const MOST_ROW = 262_144;
/** Rows of one lot. */
const LOT = 1_000;

interface Row {
  line: number;
  cells: readonly string[];
}

/** CSV while it comes. */
export const csvRows = (bytes: AsyncIterable<Buffer>): AsyncGenerator<Lot> => namedRows(csvRecords(bytes), 'body');

/** Rows of a file that has been found readable. */
export const tableRows = (rows: AsyncIterable<readonly Row[]>): AsyncGenerator<Lot> => namedRows(rows, 'body.file');

/** The first row may name the columns: one of them that of the numbers, each other one a variable. Without names the first column is the number. */
async function* namedRows(lots: AsyncIterable<readonly Row[]>, field: string): AsyncGenerator<Lot> {
  let names: readonly string[] | null = null;
  let phoneAt = 0;
  let lot: Lot = { rows: [], values: [] };
  for await (const rows of lots) {
    for (const { line, cells } of rows) {
      // Spreadsheets leave such rows behind.
      if (cells.every((cell) => cell.trim() === '')) continue;
      if (names === null) {
        const found = phoneColumn(cells);
        names = found === null ? [] : cells.map((name) => name.trim());
        phoneAt = found ?? 0;
        if (found !== null) continue;
        if (!/\d{5}/.test(cells[0] ?? '')) throw invalidField(field, 'has no column `phone`: name the columns in the first line, or begin each line with the number');
      }
      lot.rows.push(line);
      lot.values.push({ phone: (cells[phoneAt] ?? '').trim(), variables: variablesOf(cells, names, phoneAt) });
    }
    if (lot.rows.length < LOT) continue;
    yield lot;
    lot = { rows: [], values: [] };
  }
  if (lot.rows.length > 0) yield lot;
}

function variablesOf(cells: readonly string[], names: readonly string[], phoneAt: number): Record<string, string> {
  const entries = names.flatMap((name, index) => (index === phoneAt || name === '' ? [] : [[name, (cells[index] ?? '').trim()] as const]));
  return Object.fromEntries(entries);
}

interface CsvRecord {
  record: string[];
  info: { lines: number };
}

async function* csvRecords(bytes: AsyncIterable<Buffer>): AsyncGenerator<Row[]> {
  let parser: ReturnType<typeof csvParser> | null = null;
  const ready: Row[] = [];
  let failure: unknown = null;
  const open = (firstLine: string): ReturnType<typeof csvParser> => {
    const made = csvParser({ bom: true, info: true, trim: true, relax_column_count: true, skip_empty_lines: true, skip_records_with_empty_values: true, max_record_size: MOST_ROW, delimiter: delimiterOf(firstLine) });
    made.on('data', ({ record, info }: CsvRecord) => ready.push({ line: info.lines, cells: record }));
    made.on('error', (error) => (failure = error));
    return made;
  };
  const taken = (): Row[] => {
    if (failure !== null) throw invalidField('body', csvProblem(failure));
    return ready.splice(0);
  };
  // In whole lines, so that the text is known to be UTF-8.
  for await (const lines of linesOf(bytes, MOST_ROW)) {
    parser ??= open(lines.find((line) => line.trim() !== '') ?? '');
    const text = `${lines.join('\n')}\n`;
    if (!parser.write(text)) await new Promise<void>((resolve) => setImmediate(resolve));
    yield taken();
  }
  if (!parser) return;
  const { promise, resolve } = withResolvers();
  parser.once('end', resolve).once('error', resolve).end();
  await promise;
  yield taken();
}

const csvProblem = (error: unknown): string => {
  const { lines } = error as { lines?: number };
  return `is no CSV that can be read${lines === undefined ? '' : `, from line ${lines} on`}: a quotation mark is not closed, or a row is too long`;
};

function withResolvers(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve };
}

/** Spreadsheets of countries with a decimal comma write semicolons. */
function delimiterOf(line: string): string {
  const count = (mark: string): number => line.split(mark).length - 1;
  return [',', ';', '\t'].toSorted((a, b) => count(b) - count(a))[0] ?? ',';
}
