import type { CountryCode } from 'libphonenumber-js';
import { PUT_ADDRESSES_EXAMPLE, zAddressChecks, zAddressList, zAddressQuery, zCheckAddresses, zDeleteAddresses, zDeleted, zImported, zImportFile, zPutAddresses, zRowCounts, zWorkspaceQuery, type ImportFile, type Imported } from '../../contracts/contact-api.js';
import { route, type Route, type UploadedFile } from '../../contracts/route.js';
import { workspaceOf } from '../../contracts/workspace-access.js';
import { normalisePhone } from '../../shared/phone.js';
import type { WorkspaceKey } from '../../shared/workspace.js';
import { numbered, withJsonLines } from '../../table-file/json-lines.js';
import type { AddressService } from './address-service.js';

export interface AddressRoutesOptions {
  service: AddressService;
  optedOut(workspace: WorkspaceKey, phones: readonly string[]): Promise<Set<string>>;
  importFile(file: UploadedFile | null, options: ImportFile, put: AddressService['put'], workspace: WorkspaceKey): Promise<Imported>;
  defaultCountry: CountryCode;
  uploadFolder: string;
  limitBytes: number;
}

const TAG = 'Address book';

export function addressRoutes({ service, optedOut, importFile, defaultCountry, uploadFolder, limitBytes }: AddressRoutesOptions): Route[] {
  return [
    route({
      method: 'put',
      path: '/api/whatsapp/addresses',
      scope: 'send',
      tag: TAG,
      summary: 'Put numbers into the address book',
      description: 'As JSON, or as NDJSON of any length: a number or `{"phone","name"}` on each line, the workspace in the query. A number that is there already is updated; rows that hold none are told and left out.',
      request: { query: zWorkspaceQuery, body: zPutAddresses, bodyExample: PUT_ADDRESSES_EXAMPLE, stream: { types: ['application/x-ndjson'], limitBytes } },
      responses: { 200: { description: 'What became of the rows', schema: zRowCounts } },
      handle: async ({ query, body, stream, caller }) => {
        if (stream) {
          const workspace = workspaceOf(caller, query.workspace_id);
          return { status: 200, body: await withJsonLines(stream, uploadFolder, (rows) => service.put(workspace, rows)) };
        }
        return { status: 200, body: await service.put(workspaceOf(caller, body.workspace_id ?? query.workspace_id), numbered(body.addresses)) };
      },
    }),
    route({
      method: 'post',
      path: '/api/whatsapp/addresses/import',
      scope: 'send',
      tag: TAG,
      summary: 'Put the numbers of a CSV or XLSX file into the address book',
      request: { body: zImportFile, multipart: { file: 'file', limitBytes } },
      responses: { 200: { description: 'What became of the rows', schema: zImported } },
      errors: ['table_unreadable'],
      handle: async ({ body, file, caller }) => ({ status: 200, body: await importFile(file, body, (...put) => service.put(...put), workspaceOf(caller, body.workspace_id)) }),
    }),
    route({
      method: 'get',
      path: '/api/whatsapp/addresses',
      scope: 'read',
      tag: TAG,
      summary: 'List or search what was put into the address book',
      request: { query: zAddressQuery },
      responses: { 200: { description: 'A page of it, in the order of the numbers', schema: zAddressList } },
      handle: async ({ query, caller }) => ({ status: 200, body: await service.list(workspaceOf(caller, query.workspace_id), query) }),
    }),
    route({
      method: 'delete',
      path: '/api/whatsapp/addresses',
      scope: 'send',
      tag: TAG,
      summary: 'Take numbers, or all, out of the address book',
      request: { body: zDeleteAddresses, bodyExample: { workspace_id: 7, phones: ['0812-3456-7890'] } },
      responses: { 200: { description: 'How many were there', schema: zDeleted } },
      handle: async ({ body, caller }) => ({ status: 200, body: { deleted: await service.remove(workspaceOf(caller, body.workspace_id), body.phones ?? null) } }),
    }),
    route({
      method: 'post',
      path: '/api/whatsapp/addresses/check',
      scope: 'read',
      tag: TAG,
      summary: 'Tell whom a blast would leave out',
      description: "Looks where a blast does, the main application's own table included.",
      request: { body: zCheckAddresses, bodyExample: { workspace_id: 7, phones: ['0812-3456-7890'] } },
      responses: { 200: { description: 'One result for each number, in their order', schema: zAddressChecks } },
      errors: ['backend_database_unavailable'],
      handle: async ({ body, caller }) => {
        const workspace = workspaceOf(caller, body.workspace_id);
        const inputs = body.phones.map((input) => ({ input, phone: normalisePhone(input, defaultCountry) }));
        const phones = [...new Set(inputs.flatMap(({ phone }) => phone ?? []))];
        const [there, out] = await Promise.all([service.find(workspace, phones), optedOut(workspace, phones)]);
        return { status: 200, body: { results: inputs.map(({ input, phone }) => ({ input, phone, in_address_book: phone !== null && there.has(phone), opted_out: phone !== null && out.has(phone) })) } };
      },
    }),
  ];
}
