import {
  PUT_CONTACTS_EXAMPLE, zContactCheck, zDeleteContacts, zDeleted, zExportQuery, zImported, zImportFile, zPatchContact, zPutContacts, zRowCounts, zStartContactCheck, zStoredContact, zStoredContactList,
  zStoredContactParams, zStoredContactsQuery, zTagCounts, zWorkspaceQuery, type Imported, type ImportFile,
} from '../../contracts/contact-api.js';
import { route, type Route, type UploadedFile } from '../../contracts/route.js';
import { workspaceOf } from '../../contracts/workspace-access.js';
import type { WorkspaceKey } from '../../shared/workspace.js';
import { numbered, withJsonLines } from '../../table-file/json-lines.js';
import type { ContactChecker } from './contact-checker.js';
import type { ContactService } from './contact-service.js';

export interface ContactRoutesOptions {
  service: ContactService;
  checker: ContactChecker;
  importFile(file: UploadedFile | null, options: ImportFile, put: ContactService['put'], workspace: WorkspaceKey): Promise<Imported>;
  uploadFolder: string;
  limitBytes: number;
}

const TAG = 'Contacts';

export function contactRoutes(options: ContactRoutesOptions): Route[] {
  return [...manyRoutes(options), ...oneRoutes(options), ...checkRoutes(options)];
}

function manyRoutes({ service, importFile, uploadFolder, limitBytes }: ContactRoutesOptions): Route[] {
  return [
    route({
      method: 'put',
      path: '/api/contacts',
      scope: 'send',
      tag: TAG,
      summary: 'Put contacts',
      description: 'As JSON, or as NDJSON of any length with a contact on each line, the workspace in the query. Who is there already is updated: tags are added, variables overwritten. Rows without a number are told and left out.',
      request: { query: zWorkspaceQuery, body: zPutContacts, bodyExample: PUT_CONTACTS_EXAMPLE, stream: { types: ['application/x-ndjson'], limitBytes } },
      responses: { 200: { description: 'What became of the rows', schema: zRowCounts } },
      handle: async ({ query, body, stream, caller }) => {
        if (stream) {
          const workspace = workspaceOf(caller, query.workspace_id);
          return { status: 200, body: await withJsonLines(stream, uploadFolder, (rows) => service.put(workspace, rows)) };
        }
        return { status: 200, body: await service.put(workspaceOf(caller, body.workspace_id ?? query.workspace_id), numbered(body.contacts)) };
      },
    }),
    route({
      method: 'post',
      path: '/api/contacts/import',
      scope: 'send',
      tag: TAG,
      summary: 'Import contacts from a CSV or XLSX file',
      description: 'The columns of numbers, names and tags are found by their headers, or named in `columns`; all others become variables. `dry_run` only tells. A file that cannot be read as a table is refused as a whole; rows without a number are told with their line and left out.',
      request: { body: zImportFile, multipart: { file: 'file', limitBytes } },
      responses: { 200: { description: 'What became of the rows', schema: zImported } },
      errors: ['table_unreadable'],
      handle: async ({ body, file, caller }) => ({ status: 200, body: await importFile(file, body, (...put) => service.put(...put), workspaceOf(caller, body.workspace_id)) }),
    }),
    route({
      method: 'get',
      path: '/api/contacts',
      scope: 'read',
      tag: TAG,
      summary: 'List or search contacts',
      request: { query: zStoredContactsQuery },
      responses: { 200: { description: 'A page of them, in the order of their numbers', schema: zStoredContactList } },
      errors: ['backend_database_unavailable', 'backend_contacts_not_set'],
      handle: async ({ query, caller }) => ({ status: 200, body: await service.list(workspaceOf(caller, query.workspace_id), query) }),
    }),
    route({
      method: 'delete',
      path: '/api/contacts',
      scope: 'send',
      tag: TAG,
      summary: 'Delete several contacts, those of a tag, or all',
      description: 'An opt-out stays.',
      request: { body: zDeleteContacts, bodyExample: { workspace_id: 7, tag: 'event-2025' } },
      responses: { 200: { description: 'How many there were', schema: zDeleted } },
      handle: async ({ body, caller }) => ({ status: 200, body: { deleted: await service.removeSome(workspaceOf(caller, body.workspace_id), body) } }),
    }),
    route({
      method: 'get',
      path: '/api/contacts/tags',
      scope: 'read',
      tag: TAG,
      summary: 'List the tags, with how many contacts each has',
      request: { query: zWorkspaceQuery },
      responses: { 200: { description: 'The tags', schema: zTagCounts } },
      handle: async ({ query, caller }) => ({ status: 200, body: { tags: await service.tags(workspaceOf(caller, query.workspace_id)) } }),
    }),
    route({
      method: 'get',
      path: '/api/contacts/export.csv',
      scope: 'read',
      tag: TAG,
      summary: 'Export contacts as CSV',
      description: 'Streamed, in UTF-8, and safe to open in a spreadsheet: what would be a formula there begins with an apostrophe.',
      request: { query: zExportQuery },
      produces: ['text/csv'],
      responses: { 200: { description: 'phone, name, tags, on_whatsapp, opted_out, and a column for each variable' } },
      handle: ({ query, caller }) => ({ status: 200, type: 'text/csv', headers: { 'Content-Disposition': 'attachment; filename="contacts.csv"' }, body: service.export(workspaceOf(caller, query.workspace_id), query.tag) }),
    }),
  ];
}

function oneRoutes({ service }: ContactRoutesOptions): Route[] {
  return [
    route({
      method: 'get',
      path: '/api/contacts/{phone}',
      scope: 'read',
      tag: TAG,
      summary: 'Get a contact',
      request: { params: zStoredContactParams, query: zWorkspaceQuery },
      responses: { 200: { description: 'The contact', schema: zStoredContact } },
      errors: ['stored_contact_not_found'],
      handle: async ({ params, query, caller }) => ({ status: 200, body: await service.get(workspaceOf(caller, query.workspace_id), params.phone) }),
    }),
    route({
      method: 'patch',
      path: '/api/contacts/{phone}',
      scope: 'send',
      tag: TAG,
      summary: 'Change a contact',
      request: { params: zStoredContactParams, query: zWorkspaceQuery, body: zPatchContact, bodyExample: { name: 'Budi Santoso', tags: ['vip'], variables: { city: null } } },
      responses: { 200: { description: 'The contact', schema: zStoredContact } },
      errors: ['stored_contact_not_found'],
      handle: async ({ params, query, body, caller }) => ({ status: 200, body: await service.patch(workspaceOf(caller, query.workspace_id), params.phone, body) }),
    }),
    route({
      method: 'delete',
      path: '/api/contacts/{phone}',
      scope: 'send',
      tag: TAG,
      summary: 'Delete a contact',
      description: 'An opt-out stays.',
      request: { params: zStoredContactParams, query: zWorkspaceQuery },
      responses: { 204: { description: 'Deleted' } },
      errors: ['stored_contact_not_found'],
      handle: async ({ params, query, caller }) => {
        await service.remove(workspaceOf(caller, query.workspace_id), params.phone);
        return { status: 204 };
      },
    }),
  ];
}

function checkRoutes({ checker }: ContactRoutesOptions): Route[] {
  const responses = { 200: { description: 'How far it is', schema: zContactCheck } };
  return [
    route({
      method: 'post',
      path: '/api/contacts/check',
      scope: 'send',
      tag: TAG,
      summary: 'Check in the background which contacts are on WhatsApp',
      description: 'At `CONTACT_CHECKS_PER_MINUTE`, over restarts; while the session is away it waits. One at a time in a workspace: a new one replaces it.',
      request: { body: zStartContactCheck, bodyExample: { workspace_id: 7, session_id: 'sales', tag: 'vip' } },
      responses: { 202: { description: 'It runs', schema: zContactCheck } },
      errors: ['session_not_found'],
      handle: async ({ body, caller }) => ({ status: 202, body: await checker.begin(workspaceOf(caller, body.workspace_id), body) }),
    }),
    route({
      method: 'get',
      path: '/api/contacts/check',
      scope: 'read',
      tag: TAG,
      summary: 'Tell how far the check is',
      request: { query: zWorkspaceQuery },
      responses,
      errors: ['contact_check_not_found'],
      handle: async ({ query, caller }) => ({ status: 200, body: await checker.view(workspaceOf(caller, query.workspace_id)) }),
    }),
    route({
      method: 'delete',
      path: '/api/contacts/check',
      scope: 'send',
      tag: TAG,
      summary: 'Stop the check',
      description: 'What has been found out is kept.',
      request: { query: zWorkspaceQuery },
      responses,
      errors: ['contact_check_not_found'],
      handle: async ({ query, caller }) => ({ status: 200, body: await checker.halt(workspaceOf(caller, query.workspace_id)) }),
    }),
  ];
}
