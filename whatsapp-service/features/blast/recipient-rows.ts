import { parse as csvParser } from 'csv-parse';
import { ApiError, invalidField } from '../../contracts/errors.js';
import type { BodyStream } from '../../contracts/route.js';
import { linesOf, TextError } from '../../shared/text-lines.js';
import { JsonRecipients } from './json-recipients.js';

export const NDJSON = 'application/x-ndjson';
export const CSV = 'text/csv';
export const JSON_TYPE = 'application/json';

/** Rows as they came, some at a time. `rows` tells where each stands: its line, or in a JSON array its place, both from 1. */
export interface Lot {
  rows: number[];
  /** `undefined`: nothing that can be read. */
  values: unknown[];
}

/** Of one row, in characters. */
const MOST_ROW = 262_144;
/** Rows of one lot of CSV. */
const CSV_LOT = 1_000;

/** Recipients in a text that has nothing else in it. @throws ApiError */
export function rowsOf({ type, bytes }: Pick<BodyStream, 'type' | 'bytes'>): AsyncGenerator<Lot> {
  if (type === NDJSON) return clearly(ndjsonRows(bytes));
  if (type === CSV) return clearly(csvRows(bytes));
  throw new ApiError('unsupported_media_type');
}

/** A blast and its recipients in one text. `header` is called once, before the first lot. */
export function blastOf({ type, bytes }: Pick<BodyStream, 'type' | 'bytes'>, header: (body: unknown) => Promise<void>): AsyncGenerator<Lot> {
  if (type === NDJSON) return clearly(ndjsonRows(bytes, header));
  if (type === JSON_TYPE) return clearly(jsonRows(bytes, header));
  throw new ApiError('unsupported_media_type');
}

async function* clearly(lots: AsyncGenerator<Lot>): AsyncGenerator<Lot> {
  try {
    yield* lots;
  } catch (error) {
    throw error instanceof TextError ? invalidField('body', `line ${error.line} ${error.problem}`) : error;
  }
}

async function* ndjsonRows(bytes: AsyncIterable<Buffer>, header?: (body: unknown) => Promise<void>): AsyncGenerator<Lot> {
  let line = 0;
  let begun = header === undefined;
  for await (const lines of linesOf(bytes, MOST_ROW)) {
    const lot: { rows: number[]; texts: string[] } = { rows: [], texts: [] };
    for (const text of lines) {
      line++;
      if (text === '' || text.trim() === '') continue;
      if (begun) {
        lot.rows.push(line);
        lot.texts.push(text);
      } else {
        begun = true;
        const body = parseLine(text);
        if (body === undefined) throw invalidField('body', `line ${line} is not the JSON of the blast itself`);
        await header?.(body);
      }
    }
    if (lot.rows.length > 0) yield { rows: lot.rows, values: parseLines(lot.texts) };
  }
  if (!begun) throw invalidField('body', 'is empty; its first line is the blast itself, each further one a recipient');
}

/** Many at once, unless one of them is wrong. */
function parseLines(texts: readonly string[]): unknown[] {
  try {
    const values = JSON.parse(`[${texts.join(',')}]`) as unknown[];
    // `1,2` on one line would be two.
    if (values.length === texts.length) return values;
  } catch {
    // It is found below.
  }
  return texts.map(parseLine);
}

function parseLine(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

async function* jsonRows(bytes: AsyncIterable<Buffer>, header: (body: unknown) => Promise<void>): AsyncGenerator<Lot> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const decode = (chunk?: Buffer): string => {
    try {
      return decoder.decode(chunk, { stream: chunk !== undefined });
    } catch {
      throw new ApiError('invalid_json');
    }
  };
  const json = new JsonRecipients();
  let begun = false;
  let row = 0;
  for await (const chunk of bytes) {
    const values = json.feed(decode(chunk));
    if (!begun && json.header !== null) {
      begun = true;
      await header(json.header);
    }
    if (values.length > 0) yield { rows: values.map(() => ++row), values };
  }
  json.feed(decode());
  json.end();
}

/** The first row may name the columns: one of them `phone`, each other one a variable. Without names the first column is the number. */
async function* csvRows(bytes: AsyncIterable<Buffer>): AsyncGenerator<Lot> {
  let names: string[] | null = null;
  let phoneAt = 0;
  let lot: Lot = { rows: [], values: [] };
  for await (const { record, info } of csvRecords(bytes)) {
    if (names === null) {
      const found = record.findIndex((cell) => PHONE_NAMES.has(cell.toLowerCase()));
      names = found === -1 ? [] : record;
      phoneAt = Math.max(0, found);
      if (found !== -1) continue;
      if (!/\d{5}/.test(record[0] ?? '')) throw invalidField('body', 'has no column `phone`: name the columns in the first line, or begin each line with the number');
    }
    lot.rows.push(info.lines);
    lot.values.push({ phone: record[phoneAt] ?? '', variables: variablesOf(record, names, phoneAt) });
    if (lot.rows.length < CSV_LOT) continue;
    yield lot;
    lot = { rows: [], values: [] };
  }
  if (lot.rows.length > 0) yield lot;
}

const PHONE_NAMES: ReadonlySet<string> = new Set(['phone', 'phone_number', 'number', 'nomor', 'no_hp', 'whatsapp', 'recipient']);

function variablesOf(record: readonly string[], names: readonly string[], phoneAt: number): Record<string, string> {
  const entries = names.flatMap((name, index) => (index === phoneAt || name === '' ? [] : [[name, record[index] ?? ''] as const]));
  return Object.fromEntries(entries);
}

interface CsvRecord {
  record: string[];
  info: { lines: number };
}

async function* csvRecords(bytes: AsyncIterable<Buffer>): AsyncGenerator<CsvRecord> {
  let parser: ReturnType<typeof csvParser> | null = null;
  const ready: CsvRecord[] = [];
  let failure: unknown = null;
  const open = (firstLine: string): ReturnType<typeof csvParser> => {
    const made = csvParser({ bom: true, info: true, trim: true, relax_column_count: true, skip_empty_lines: true, skip_records_with_empty_values: true, max_record_size: MOST_ROW, delimiter: delimiterOf(firstLine) });
    made.on('data', (record: CsvRecord) => ready.push(record));
    made.on('error', (error) => (failure = error));
    return made;
  };
  // In whole lines, so that the text is known to be UTF-8.
  for await (const lines of linesOf(bytes, MOST_ROW)) {
    parser ??= open(lines.find((line) => line.trim() !== '') ?? '');
    const text = `${lines.join('\n')}\n`;
    if (!parser.write(text)) await new Promise<void>((resolve) => setImmediate(resolve));
    yield* taken(ready, failure);
  }
  if (!parser) return;
  const { promise, resolve } = withResolvers();
  parser.once('end', resolve).once('error', resolve).end();
  await promise;
  yield* taken(ready, failure);
}

function* taken(ready: CsvRecord[], failure: unknown): Generator<CsvRecord> {
  if (failure !== null) throw invalidField('body', csvProblem(failure));
  yield* ready.splice(0);
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
