import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import { TableError } from './table-contract.js';

/** Line in the file, from 1, and the cells. */
export type NumberedRow = readonly [line: number, ...cells: string[]];

/** What a first line is judged by. */
const SAMPLE_BYTES = 65_536;
const MAX_ROW = 65_536;
const DELIMITERS = [',', ';', '\t', '|'];

/** A spreadsheet takes such a cell for a formula: `=1+1`, `@SUM(A1)`, `+cmd|…`; `+62 812` and `-` are none. */
const FORMULA = /^\s*(?:=|[+\-@]\s*[A-Za-z_]+[\w.]*\s*[(|!])/;
export const isFormula = (cell: string): boolean => FORMULA.test(cell);

/** The rows of a CSV file, whatever separates its cells. @throws TableError */
export async function* csvRows(path: string): AsyncGenerator<NumberedRow> {
  const sample = await firstBytes(path);
  const encoding = encodingOf(sample);
  const head = new TextDecoder(encoding).decode(sample);
  if (head.includes('\0')) throw new TableError('not_a_table');
  const separator = /^\uFEFF?sep=(.)\r?\n/.exec(head)?.[1];
  const parser = parse({ delimiter: separator ?? delimiterOf(head), bom: true, info: true, relax_column_count: true, skip_empty_lines: true, max_record_size: MAX_ROW, ...(separator !== undefined && { from_line: 2 }) });
  const source = Readable.from(textOf(path, encoding)).on('error', (error) => parser.destroy(error));
  try {
    for await (const { record, info } of source.pipe(parser) as AsyncIterable<{ record: string[]; info: { lines: number } }>) {
      if (record.some(isFormula)) throw new TableError('formula', { line: info.lines });
      yield [info.lines, ...record];
    }
  } catch (error) {
    throw error instanceof CsvError ? new TableError(error.code === 'CSV_MAX_RECORD_SIZE' ? 'row_too_large' : 'broken_quotes', { line: Number(error.lines) }) : error;
  } finally {
    source.destroy();
  }
}

async function firstBytes(path: string): Promise<Buffer> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(SAMPLE_BYTES), 0, SAMPLE_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** Excel's "Unicode text" begins with a mark; everything else has to be UTF-8. */
function encodingOf([first, second]: Buffer): string {
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  return first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8';
}

/** @throws TableError `encoding` with the line */
async function* textOf(path: string, encoding: string): AsyncGenerator<string> {
  const decoder = new TextDecoder(encoding, { fatal: true, ignoreBOM: true });
  let lines = 1;
  const decode = (chunk?: Buffer): string => {
    try {
      return decoder.decode(chunk, { stream: chunk !== undefined });
    } catch {
      const before = chunk === undefined ? 0 : (new TextDecoder(encoding).decode(chunk).split('\uFFFD')[0]?.split('\n').length ?? 1) - 1;
      throw new TableError('encoding', { line: lines + before });
    }
  };
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    const text = decode(chunk);
    yield text;
    for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) lines++;
  }
  yield decode();
}

/** The one that is in the first line most often, outside of quotation marks. */
function delimiterOf(text: string): string {
  const line = /^(?:"(?:[^"]|"")*"|[^"\n])*/.exec(text)?.[0] ?? '';
  const bare = line.replaceAll(/"(?:[^"]|"")*"/g, '');
  const counts = DELIMITERS.map((delimiter) => bare.split(delimiter).length);
  return DELIMITERS[counts.indexOf(Math.max(...counts))] ?? ',';
}
