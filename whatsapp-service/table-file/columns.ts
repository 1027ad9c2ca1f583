import { ApiError } from '../contracts/errors.js';
import type { NumberedValue } from './json-lines.js';
import type { Table } from './read-table.js';

/** Which column holds what, by its header. What is not named is looked for by the usual names; all others are variables. */
export interface ColumnNames {
  phone?: string;
  name?: string;
  tags?: string;
}

export interface Columns {
  phone: number;
  name: number | null;
  tags: number | null;
  variables: { name: string; index: number }[];
  header: string[];
}

/** Compared by letters and digits alone: `No. HP` is `nohp`. */
const USUAL = {
  phone: ['phone', 'phonenumber', 'phoneno', 'nohp', 'nomorhp', 'hp', 'nomor', 'nomortelepon', 'notelepon', 'notelp', 'telepon', 'telp', 'telephone', 'tel', 'whatsapp', 'nowhatsapp', 'nomorwhatsapp', 'wa', 'nowa', 'nomorwa', 'mobile', 'mobilenumber', 'handphone', 'nohandphone', 'number', 'msisdn', 'cellphone', 'kontak'],
  name: ['name', 'nama', 'fullname', 'namalengkap', 'customername', 'namapelanggan', 'contactname', 'firstname'],
  tags: ['tags', 'tag', 'group', 'groups', 'grup', 'label', 'labels', 'kategori', 'category'],
} as const;

/** Which column of this header looks like one of phone numbers. */
export function phoneColumn(header: readonly string[]): number | null {
  const usual: readonly string[] = [...USUAL.phone, 'recipient'];
  const index = header.findIndex((title) => usual.includes(plain(title)));
  return index === -1 ? null : index;
}

const plain = (text: string): string => text.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, '');

/** @throws ApiError `invalid_request` when there is no column of that name, or none that holds numbers */
export function columnsOf(header: readonly string[], names: ColumnNames): Columns {
  const plainHeader = header.map(plain);
  const find = (role: 'phone' | 'name' | 'tags'): number | null => {
    const named = names[role];
    if (named !== undefined) {
      const index = plainHeader.indexOf(plain(named));
      if (index === -1) throw invalid(`columns.${role}`, `is no column of this file. It has: ${listed(header)}`);
      return index;
    }
    const usual: readonly string[] = USUAL[role];
    const index = plainHeader.findIndex((title) => usual.includes(title));
    return index === -1 ? null : index;
  };
  const phone = find('phone') ?? (header.length === 1 ? 0 : null);
  if (phone === null) throw invalid('columns.phone', `is needed: no column looks like one of phone numbers. The file has: ${listed(header)}`);
  const [name, tags] = [find('name'), find('tags')];
  const taken = new Set([phone, name, tags]);
  const variables = header.flatMap((title, index) => (taken.has(index) || title.trim() === '' ? [] : [{ name: title.trim().slice(0, 64), index }]));
  return { phone, name, tags, variables, header: header.map((title) => title.trim()) };
}

const listed = (header: readonly string[]): string => header.slice(0, 20).map((title) => title.trim().slice(0, 40)).join(', ');
const invalid = (field: string, message: string): ApiError => new ApiError('invalid_request', { fields: [{ field: `body.${field}`, message }] });

/** The first row: the header, or the columns' numbers where the file has none. */
export async function headerOf(table: Table, hasHeader: boolean): Promise<string[]> {
  for await (const [first] of table.rows()) if (first) return hasHeader ? [...first.cells] : first.cells.map((_cell, index) => String(index + 1));
  return [];
}

/** The table's rows as JSON would have them: `{phone, name, tags, variables}`. */
export async function* valuesOf(table: Table, columns: Columns, hasHeader: boolean): AsyncGenerator<NumberedValue[]> {
  let isFirst = hasHeader;
  for await (const lot of table.rows()) {
    const rows = isFirst ? lot.slice(1) : lot;
    isFirst = false;
    yield rows.map(({ line, cells }) => ({ row: line, value: valueOf(cells, columns) }));
  }
}

function valueOf(cells: readonly string[], { phone, name, tags, variables }: Columns): Record<string, unknown> {
  const cell = (index: number | null): string => (index === null ? '' : (cells[index] ?? '').trim());
  return {
    phone: cell(phone),
    name: cell(name) || null,
    tags: cell(tags).split(/[,;|]/).map((tag) => tag.trim()).filter((tag) => tag !== ''),
    variables: Object.fromEntries(variables.map(({ name: title, index }) => [title, cell(index)] as const).filter(([, value]) => value !== '')),
  };
}
