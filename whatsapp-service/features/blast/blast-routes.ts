import type { z } from 'zod';
import {
  splitStart, START_BLAST_EXAMPLE, zBlastJob, zBlastList, zBlastParams, zBlastPreview, zBlastQuery, zBlastRecipient, zBlastRecipientList, zBlastRecipientParams, zBlastRecipientQuery, zDryRun, zEditBlast, zPreviewBlast, zRepeatBlast, zStartBlast, zStartBlastHeader, zStartedBlast,
} from '../../contracts/blast-api.js';
import { route, type Route } from '../../contracts/route.js';
import { validated } from '../../contracts/validation.js';
import type { BlastId } from '../../shared/ids.js';
import type { BlastService } from './blast-service.js';
import { isDryRun, type BlastStarter } from './blast-starter.js';
import { JSON_TYPE, NDJSON } from './recipient-rows.js';

const TAG = 'Blasts';
const ROOT = '/api/whatsapp/blast';

/** `uploadBytes`: the largest stream of recipients. */
export function blastRoutes(service: BlastService, starter: BlastStarter, uploadBytes: number): Route[] {
  const action = (name: 'pause' | 'resume' | 'stop', summary: string, description: string): Route =>
    route({
      method: 'post',
      path: `${ROOT}/{id}/${name}`,
      scope: 'send',
      tag: TAG,
      summary,
      description,
      request: { params: zBlastParams },
      responses: { 200: { description: 'The blast as it is now', schema: zBlastJob } },
      errors: name === 'resume' ? ['blast_not_found', 'blast_wrong_state', 'session_not_found', 'session_wrong_state'] : ['blast_not_found', 'blast_wrong_state'],
      handle: async ({ params, caller }) => ({ status: 200, body: await service[name](params.id as BlastId, caller) }),
    });

  return [
    route({
      method: 'post',
      path: `${ROOT}/start`,
      scope: 'send',
      tag: TAG,
      summary: 'Start a blast, or plan it, or only tell what it would do',
      description:
        'Answers once the blast and its recipients are on disk. Numbers that are there twice count once; rows that are no number are told and left out. '
        + '`skipRecipientsInAddress` is on unless it is `false`. With an `Idempotency-Key` a repeated request answers the first blast. `dry_run` stores and sends nothing. '
        + 'A long list is streamed: as JSON with `recipients` as its last field, or as NDJSON, whose first line is the blast and each further one a recipient. Of a stream that breaks off nothing is kept. '
        + 'A CSV or XLSX file comes as a form: `file`, and the blast in the field `json` or in fields. `list` names stored contacts.',
      request: { body: zStartBlast, bodyExample: START_BLAST_EXAMPLE, multipart: { file: 'file', limitBytes: uploadBytes }, stream: { types: [JSON_TYPE, NDJSON], limitBytes: uploadBytes } },
      responses: {
        202: { description: 'The blast, and what was taken in of its recipients', schema: zStartedBlast },
        200: { description: 'A dry run; or the blast that the same request made before', schema: zDryRun },
      },
      errors: ['session_not_found', 'invalid_phone', 'idempotency_key_reused', 'table_unreadable', 'media_not_found', 'media_too_large', 'media_type_not_allowed', 'media_unreachable', 'media_url_not_allowed'],
      handle: async (context) => {
        const made = await starter.answer(context, { headOf: async (body) => (await validated('body', zStartBlastHeader, body)) as z.output<typeof zStartBlastHeader>, split: splitStart });
        if (isDryRun(made)) return { status: 200, body: made };
        const { repeated, ...started } = made;
        return { status: repeated ? 200 : 202, body: started };
      },
    }),
    route({
      method: 'post',
      path: `${ROOT}/preview`,
      scope: 'read',
      tag: TAG,
      summary: 'Show the texts of the first recipients',
      description: 'Nothing is stored or sent. Where there are variants, each recipient shows one at random.',
      request: { body: zPreviewBlast, bodyExample: { content: START_BLAST_EXAMPLE.content, recipients: START_BLAST_EXAMPLE.recipients, first: 5 } },
      responses: { 200: { description: 'Their texts', schema: zBlastPreview } },
      handle: ({ body }) => ({ status: 200, body: service.preview(body) }),
    }),
    route({
      method: 'get',
      path: `${ROOT}/jobs`,
      scope: 'read',
      tag: TAG,
      summary: 'List blasts, the newest first',
      request: { query: zBlastQuery },
      responses: { 200: { description: 'A page of blasts', schema: zBlastList } },
      handle: async ({ query, caller }) => ({ status: 200, body: await service.list(query, caller) }),
    }),
    route({
      method: 'get',
      path: `${ROOT}/{id}`,
      scope: 'read',
      tag: TAG,
      summary: 'Get a blast with its figures',
      request: { params: zBlastParams },
      responses: { 200: { description: 'The blast', schema: zBlastJob } },
      errors: ['blast_not_found'],
      handle: async ({ params, caller }) => ({ status: 200, body: await service.get(params.id as BlastId, caller) }),
    }),
    route({
      method: 'patch',
      path: `${ROOT}/{id}`,
      scope: 'send',
      tag: TAG,
      summary: 'Change a blast that is not over',
      description:
        'Content, pace, filters, sessions, and the recipients that were not sent to yet. What is left out stays as it is. What has not begun to go out is prepared anew; '
        + 'a filter that is switched off also lets those through whom it had left out.',
      request: { params: zBlastParams, body: zEditBlast, bodyExample: { skipRecipientsInAddress: false, pace: { per_minute: 10 }, remove_recipients: ['0812-3456-7890'] } },
      responses: { 200: { description: 'The blast as it is now', schema: zBlastJob } },
      errors: ['blast_not_found', 'blast_wrong_state', 'session_not_found', 'invalid_phone', 'media_not_found', 'media_too_large', 'media_type_not_allowed', 'media_unreachable', 'media_url_not_allowed'],
      handle: async ({ params, body, caller }) => ({ status: 200, body: await service.edit(params.id as BlastId, body, caller) }),
    }),
    action('pause', 'Pause a blast', 'When this answers, nothing more begins to go out; a message that is on its way arrives.'),
    action('resume', 'Resume a blast, or begin a draft', 'One whose time is still to come waits for it; a second call begins it at once.'),
    action('stop', 'Stop a blast for good', 'Who was not reached yet is cancelled; `repeat` makes a new blast of them.'),
    route({
      method: 'get',
      path: `${ROOT}/{id}/recipients`,
      scope: 'read',
      tag: TAG,
      summary: 'List the recipients of a blast, with their state and its reason',
      request: { params: zBlastParams, query: zBlastRecipientQuery },
      responses: { 200: { description: 'A page of recipients, in their order', schema: zBlastRecipientList } },
      errors: ['blast_not_found'],
      handle: async ({ params, query, caller }) => ({ status: 200, body: await service.recipients(params.id as BlastId, query, caller) }),
    }),
    route({
      method: 'post',
      path: `${ROOT}/{id}/recipients/{recipient_id}/cancel`,
      scope: 'send',
      tag: TAG,
      summary: 'Take one recipient out of a blast',
      request: { params: zBlastRecipientParams },
      responses: { 200: { description: 'The recipient', schema: zBlastRecipient } },
      errors: ['blast_not_found', 'recipient_not_found', 'blast_wrong_state'],
      handle: async ({ params, caller }) => ({ status: 200, body: await service.cancelRecipient(params.id as BlastId, params.recipient_id, caller) }),
    }),
    route({
      method: 'get',
      path: `${ROOT}/{id}/report.csv`,
      scope: 'read',
      tag: TAG,
      summary: 'Download a report of every recipient',
      request: { params: zBlastParams },
      produces: ['text/csv'],
      responses: { 200: { description: 'One row for each recipient, in their order' } },
      errors: ['blast_not_found'],
      handle: async ({ params, caller }) => ({
        status: 200,
        type: 'text/csv; charset=utf-8',
        headers: { 'Content-Disposition': `attachment; filename="${params.id}.csv"` },
        body: await service.report(params.id as BlastId, caller),
      }),
    }),
    route({
      method: 'post',
      path: `${ROOT}/{id}/repeat`,
      scope: 'send',
      tag: TAG,
      summary: 'Make a new blast of the recipients that this one did not reach',
      description: 'Of a blast that is over or paused. Those whose state is `unknown` are never among them: they may have got the message.',
      request: { params: zBlastParams, body: zRepeatBlast, bodyExamples: { failed: { states: ['failed'], draft: true }, stopped: { states: ['cancelled'], draft: true } } },
      responses: { 202: { description: 'The new blast', schema: zStartedBlast } },
      errors: ['blast_not_found', 'blast_wrong_state', 'media_not_found'],
      handle: async ({ params, body, caller }) => ({ status: 202, body: await service.repeat(params.id as BlastId, body, caller) }),
    }),
  ];
}
