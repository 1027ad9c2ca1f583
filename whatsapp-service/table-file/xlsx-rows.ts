import type { Readable } from 'node:stream';
import { readSheet } from 'read-excel-file/node';
import { open as openZip, type Entry, type ZipFile } from 'yauzl';
import { isFormula, type NumberedRow } from './csv-rows.js';
import { TableError } from './table-contract.js';

const MAX_ENTRIES = 2_000;
/** Text in XML packs to a tenth or a twentieth; what packs to less is made to fill a memory. */
const MAX_RATIO = 200;
const SMALL_BYTES = 1_000_000;
const SHEET = /^xl\/worksheets\/([^/]+)\.xml$/i;

/** The rows of an XLSX file's first sheet. @throws TableError */
export async function* xlsxRows(path: string, unpackedBytes: number): AsyncGenerator<NumberedRow> {
  await refuseHostile(path, unpackedBytes);
  const rows = await readSheet(path, { trim: true, parseNumber: (text) => text }).catch(() => {
    throw new TableError('not_a_table');
  });
  for (let index = 0; index < rows.length; index++) {
    const cells = (rows[index] ?? []).map(textOfCell);
    if (cells.some(isFormula)) throw new TableError('formula', { line: index + 1 });
    if (cells.some((cell) => cell !== '')) yield [index + 1, ...cells];
  }
}

/** Looks at what the file says of itself before any of it is read, and then at what its sheets hold. */
async function refuseHostile(path: string, unpackedBytes: number): Promise<void> {
  const zip = await opened(path);
  try {
    const entries = await listed(zip);
    const total = entries.reduce((sum, { uncompressedSize }) => sum + uncompressedSize, 0);
    const isBomb = ({ uncompressedSize, compressedSize }: Entry): boolean => uncompressedSize > SMALL_BYTES && uncompressedSize > MAX_RATIO * compressedSize;
    if (total > unpackedBytes || entries.some(isBomb)) throw new TableError('unpacks_too_large');
    const sheets = entries.filter(({ fileName }) => SHEET.test(fileName));
    if (sheets.length === 0) throw new TableError('not_a_table');
    for (const entry of sheets) if (await hasFormula(await content(zip, entry))) throw new TableError('formula', { sheet: SHEET.exec(entry.fileName)?.[1] ?? entry.fileName });
  } finally {
    zip.close();
  }
}

/** yauzl checks each size against what really comes out. */
function opened(path: string): Promise<ZipFile> {
  return new Promise((resolve, reject) => openZip(path, { lazyEntries: true, autoClose: false, validateEntrySizes: true }, (error, zip) => (error ? reject(new TableError('not_a_table')) : resolve(zip))));
}

function listed(zip: ZipFile): Promise<Entry[]> {
  return new Promise((resolve, reject) => {
    const entries: Entry[] = [];
    zip.on('entry', (entry: Entry) => {
      entries.push(entry);
      if (entries.length > MAX_ENTRIES) reject(new TableError('unpacks_too_large'));
      else zip.readEntry();
    });
    zip.once('end', () => resolve(entries));
    zip.once('error', () => reject(new TableError('not_a_table')));
    zip.readEntry();
  });
}

function content(zip: ZipFile, entry: Entry): Promise<Readable> {
  return new Promise((resolve, reject) => zip.openReadStream(entry, (error, stream) => (error ? reject(new TableError('not_a_table')) : resolve(stream))));
}

const FORMULA_TAG = /<(?:\w+:)?f[\s>/]/;
const LONGEST_TAG = 32;

async function hasFormula(xml: Readable): Promise<boolean> {
  let tail = '';
  try {
    for await (const chunk of xml as AsyncIterable<Buffer>) {
      const text = tail + chunk.toString('latin1');
      if (FORMULA_TAG.test(text)) return true;
      tail = text.slice(-LONGEST_TAG);
    }
  } catch {
    throw new TableError('not_a_table');
  }
  return false;
}

function textOfCell(value: unknown): string {
  if (value instanceof Date) return value.toISOString().replace(/T00:00:00\.000Z$/, '');
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}
