import { zBlastParams } from '../../contracts/blast-api.js';
import { zAddedRecipients, zAddRecipients } from '../../contracts/blast-intake-api.js';
import { invalidField } from '../../contracts/errors.js';
import { route, type Route } from '../../contracts/route.js';
import type { BlastId } from '../../shared/ids.js';
import { CSV, NDJSON } from './recipient-rows.js';
import type { RecipientStream } from './recipient-stream.js';

/** `limitBytes`: the largest stream. */
export function recipientRoutes(stream: RecipientStream, limitBytes: number): Route[] {
  return [
    route({
      method: 'post',
      path: '/api/whatsapp/blast/{id}/recipients',
      scope: 'send',
      tag: 'Blasts',
      summary: 'Add recipients to a draft',
      description:
        'As JSON, as NDJSON (each line a number or `{phone, variables}`), as CSV (a column `phone`, each other one a variable), as a form with a CSV or XLSX `file`, or from stored contacts (`list`). Numbers that are there already count as duplicates, so that an '
        + 'upload that broke off can be sent again. `POST /api/whatsapp/blast/{id}/resume` begins the blast.',
      request: { params: zBlastParams, body: zAddRecipients, multipart: { file: 'file', limitBytes }, bodyExamples: { recipients: { recipients: ['0812-3456-7890'] }, list: { list: { tag: 'customers' } } }, stream: { types: [NDJSON, CSV], limitBytes } },
      responses: { 200: { description: 'What was taken in', schema: zAddedRecipients } },
      errors: ['blast_not_found', 'blast_wrong_state', 'table_unreadable', 'media_too_large'],
      handle: async ({ params, body, caller, file, stream: upload }) => {
        const id = params.id as BlastId;
        if (upload) return { status: 200, body: await stream.add(id, upload, caller) };
        if (file) return { status: 200, body: await stream.addFromFile(id, file, caller) };
        if (body.list === undefined && body.recipients === undefined) throw invalidField('body.recipients', 'is required, or `list`, or a file as a form');
        return { status: 200, body: body.list ? await stream.addFromList(id, body.list, caller) : await stream.addGiven(id, body.recipients ?? [], caller) };
      },
    }),
  ];
}
