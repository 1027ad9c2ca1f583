import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ApiError } from '../../../whatsapp-service/contracts/errors.js';
import { readTable } from '../../../whatsapp-service/table-file/read-table.js';
import { writeRows } from '../../../whatsapp-service/table-file/table-rows.js';
import { xlsx, xlsxOf, zip } from '../../helpers/xlsx-file.js';

const LIMITS = { rows: 100, unpackedBytes: 20_000_000 };

let dir: string;
beforeAll(() => void (dir = mkdtempSync(join(tmpdir(), 'tables-'))));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** In this process: starting another one takes longer than all of these files. */
async function rowsOf(content: string | Buffer, limits = LIMITS): Promise<unknown[]> {
  const [path, output] = [join(dir, 'upload'), join(dir, 'rows')];
  writeFileSync(path, content);
  const answer = await writeRows({ path, output, limits });
  if (!answer.ok) throw new ApiError('table_unreadable', { ...answer, reason: answer.problem });
  return readFileSync(output, 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line) as unknown);
}

/** In a process of its own, as the service does. */
async function rowsByProcess(content: string | Buffer, limits = LIMITS): Promise<unknown[]> {
  const path = join(dir, 'upload');
  writeFileSync(path, content);
  const table = await readTable(path, limits);
  const rows: unknown[][] = [];
  for await (const lot of table.rows()) rows.push(...lot.map(({ line, cells }) => [line, ...cells]));
  expect(table.count).toBe(rows.length);
  await table.remove();
  return rows;
}

/** Reason and line of the refusal. */
const refusalOf = (content: string | Buffer, limits = LIMITS, read = rowsOf): Promise<unknown> =>
  read(content, limits).then(
    () => 'it was read',
    (problem: unknown) => {
      const { code, details } = problem as { code?: string; details?: { reason: string; line?: number; sheet?: string } };
      return [code, details?.reason, details?.line ?? details?.sheet];
    },
  );

describe('a CSV file', () => {
  test.each([
    ['commas and quotes', 'phone,name\n0812,"Budi, ""B"""\n', [[1, 'phone', 'name'], [2, '0812', 'Budi, "B"']]],
    ['semicolons, a mark, CRLF, blank lines', '\uFEFFphone;name\r\n\r\n0812;Budi\r\n', [[1, 'phone', 'name'], [3, '0812', 'Budi']]],
    ['tabs', 'phone\tname\n0812\tSiti, Ani', [[1, 'phone', 'name'], [2, '0812', 'Siti, Ani']]],
    ['a line that names its separator', 'sep=|\nphone|name\n0812|Budi', [[2, 'phone', 'name'], [3, '0812', 'Budi']]],
    ['one column', 'phone\n+62 812-3456-7890\n', [[1, 'phone'], [2, '+62 812-3456-7890']]],
    ['rows of any length', 'a,b,c\n1\n1,2,3,4\n', [[1, 'a', 'b', 'c'], [2, '1'], [3, '1', '2', '3', '4']]],
    ['what only looks like a formula', 'a,b\n-,+62812\n@budi,"- (kosong)"\n', [[1, 'a', 'b'], [2, '-', '+62812'], [3, '@budi', '- (kosong)']]],
  ] as const)('%s', async (_name, text, rows) => {
    expect(await rowsOf(text)).toEqual(rows);
  });

  test("Excel's Unicode text", async () => {
    expect(await rowsOf(Buffer.from('\uFEFFphone\tname\n0812\tÉlise 😀\n', 'utf16le'))).toEqual([[1, 'phone', 'name'], [2, '0812', 'Élise 😀']]);
  });

  test.each<[string, string | Buffer, unknown]>([
    ['a formula', 'phone,name\n0812,ok\n0813,"=HYPERLINK(""http://x"",1)"\n', ['table_unreadable', 'formula', 3]],
    ['a function after another sign', 'phone,name\n0812,"@SUM(A1)"\n', ['table_unreadable', 'formula', 2]],
    ['a command', "phone,name\n0812,+cmd|' /C calc'!A0\n", ['table_unreadable', 'formula', 2]],
    ['Latin-1', Buffer.from('phone,name\n0812,Élise\n', 'latin1'), ['table_unreadable', 'encoding', 2]],
    ['a picture', Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 0, 0, 13]), ['table_unreadable', 'not_a_table', undefined]],
    ['an old workbook', Buffer.from('d0cf11e0a1b11ae1', 'hex'), ['table_unreadable', 'not_a_table', undefined]],
    ['a quotation that does not close', `phone,name\n0812,"Budi\n${'0813,x\n'.repeat(30_000)}`, ['table_unreadable', 'row_too_large', expect.any(Number)]],
    ['text behind a quotation', 'phone,name\n0812,"Budi"x\n', ['table_unreadable', 'broken_quotes', 2]],
    ['nothing', '', ['table_unreadable', 'empty', undefined]],
    ['too many rows', 'x\n'.repeat(101), ['table_unreadable', 'too_many_rows', undefined]],
    ['too many columns', `a\n${',x'.repeat(300)}\n`, ['table_unreadable', 'too_many_columns', 2]],
  ])('%s is refused, and where', async (_name, content, refusal) => {
    expect(await refusalOf(content)).toEqual(refusal);
  });
});

describe('a workbook', () => {
  test('has its cells as text, and its lines', async () => {
    const rows = await rowsOf(xlsx([['No HP', 'Nama', 'Poin'], [null, null, null], [6281234567890, 'Budi & Siti', 12.5], ['0812', null, '']]));
    expect(rows).toEqual([[1, 'No HP', 'Nama', 'Poin'], [3, '6281234567890', 'Budi & Siti', '12.5'], [4, '0812', '', '']]);
  });

  test('with a formula is refused', async () => {
    expect(await refusalOf(xlsx([['phone'], [{ formula: '1+1' }]]))).toEqual(['table_unreadable', 'formula', 'sheet1']);
    expect(await refusalOf(xlsx([['phone'], ['=1+1']]))).toEqual(['table_unreadable', 'formula', 2]);
  });

  test('that is a bomb is refused within seconds', async () => {
    const bomb = xlsxOf(`<row r="1"><c r="A1" t="inlineStr"><is><t>${'A'.repeat(30_000_000)}</t></is></c></row>`);
    expect(bomb.length).toBeLessThan(200_000);
    expect(await refusalOf(bomb, { rows: 100, unpackedBytes: 1e9 })).toEqual(['table_unreadable', 'unpacks_too_large', undefined]);
    expect(await refusalOf(bomb)).toEqual(['table_unreadable', 'unpacks_too_large', undefined]);
  });

  test('that lies about its size, is cut off, or is another archive is refused', async () => {
    const liar = zip({ 'xl/worksheets/sheet1.xml': 'A'.repeat(5_000_000) }, { 'xl/worksheets/sheet1.xml': 100 });
    expect(await refusalOf(liar)).toEqual(['table_unreadable', 'not_a_table', undefined]);
    expect(await refusalOf(xlsx([['phone']]).subarray(0, 600))).toEqual(['table_unreadable', 'not_a_table', undefined]);
    expect(await refusalOf(zip({ '../../etc/passwd': 'x' }))).toEqual(['table_unreadable', 'not_a_table', undefined]);
    expect(await refusalOf(xlsxOf('<row r="1"><c'))).toEqual(['table_unreadable', expect.stringMatching(/not_a_table|empty/), undefined]);
  });
});

test('a process of its own reads or refuses it, and leaves nothing behind', async () => {
  rmSync(join(dir, 'rows'), { force: true });
  expect(await rowsByProcess('phone,name\n0812,Budi\n')).toEqual([[1, 'phone', 'name'], [2, '0812', 'Budi']]);
  expect(await refusalOf('phone\n=1+1\n', LIMITS, rowsByProcess)).toEqual(['table_unreadable', 'formula', 2]);
  // A sheet of millions of cells, packed to little: more than the heap that the process has.
  const cells = '<row r="1"><c r="A1"><v>1</v></c></row>'.repeat(4_000_000);
  expect(await refusalOf(xlsxOf(cells), { rows: 1e7, unpackedBytes: 1e9 }, rowsByProcess)).toEqual(['table_unreadable', 'unpacks_too_large', undefined]);
  expect(readdirSync(dir)).toEqual(['upload']);
});
