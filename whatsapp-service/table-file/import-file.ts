import type { ImportFile, Imported, RowCounts } from '../contracts/contact-api.js';
import { ApiError } from '../contracts/errors.js';
import type { UploadedFile } from '../contracts/route.js';
import type { WorkspaceKey } from '../shared/workspace.js';
import { columnsOf, headerOf, valuesOf } from './columns.js';
import type { NumberedValue } from './json-lines.js';
import { readTable } from './read-table.js';
import type { TableLimits } from './table-contract.js';

/** Takes rows in; `dryRun` only tells. */
export type PutRows = (workspace: WorkspaceKey, rows: AsyncIterable<readonly NumberedValue[]>, dryRun: boolean) => Promise<RowCounts>;

/** A CSV or XLSX file, row by row, once all of it has been found readable. @throws ApiError `table_unreadable`, `invalid_request` */
export function fileImporter(limits: TableLimits): (file: UploadedFile | null, options: ImportFile, put: PutRows, workspace: WorkspaceKey) => Promise<Imported> {
  return async (file, { header, columns: names, dry_run, tags }, put, workspace) => {
    if (!file) throw new ApiError('invalid_request', { fields: [{ field: 'body.file', message: 'is required: send a CSV or XLSX file as a form' }] });
    const table = await readTable(file.path, limits);
    try {
      const columns = columnsOf(await headerOf(table, header), names);
      const titled = (index: number | null): string | null => (index === null ? null : (columns.header[index] ?? null));
      const counts = await put(workspace, tagged(valuesOf(table, columns, header), tags), dry_run);
      return { ...counts, dry_run, columns: { phone: titled(columns.phone) ?? '', name: titled(columns.name), tags: titled(columns.tags), variables: columns.variables.map(({ name }) => name) } };
    } finally {
      await table.remove();
    }
  };
}

async function* tagged(rows: AsyncIterable<NumberedValue[]>, tags: readonly string[]): AsyncGenerator<NumberedValue[]> {
  for await (const lot of rows) yield tags.length === 0 ? lot : lot.map(({ row, value }) => ({ row, value: { ...(value as { tags: string[] }), tags: [...new Set([...(value as { tags: string[] }).tags, ...tags])] } }));
}
