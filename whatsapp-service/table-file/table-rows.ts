import { createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { csvRows, type NumberedRow } from './csv-rows.js';
import { MAX_COLUMNS, TableError, type TableAnswer, type TableOrder } from './table-contract.js';
import { xlsxRows } from './xlsx-rows.js';

/** Rows of one write. */
const LOT = 500;

/** Writes the file's rows out, once, in order. */
export async function writeRows({ path, output, limits }: TableOrder): Promise<TableAnswer> {
  let count = 0;
  async function* lines(): AsyncGenerator<string> {
    let lot = '';
    for await (const row of await rowsOf(path, limits.unpackedBytes)) {
      if (++count > limits.rows) throw new TableError('too_many_rows');
      if (row.length > MAX_COLUMNS + 1) throw new TableError('too_many_columns', { line: row[0] });
      lot += `${JSON.stringify(row)}\n`;
      if (count % LOT === 0) {
        yield lot;
        lot = '';
      }
    }
    yield lot;
  }
  try {
    await pipeline(Readable.from(lines()), createWriteStream(output, { mode: 0o600 }));
    return count === 0 ? { ok: false, problem: 'empty' } : { ok: true, rows: count };
  } catch (error) {
    if (error instanceof TableError) return { ok: false, problem: error.problem, ...error.at };
    throw error;
  }
}

/** By what the file begins with, whatever its name says: a zip archive, an old workbook, or text. */
async function rowsOf(path: string, unpackedBytes: number): Promise<AsyncIterable<NumberedRow>> {
  const file = await open(path);
  const { buffer } = await file.read(Buffer.alloc(4), 0, 4, 0);
  await file.close();
  const start = buffer.toString('latin1');
  if (start === 'PK\x03\x04') return xlsxRows(path, unpackedBytes);
  if (start === '\xd0\xcf\x11\xe0' || start === '%PDF') throw new TableError('not_a_table');
  return csvRows(path);
}
