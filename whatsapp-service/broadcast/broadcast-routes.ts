import { z } from 'zod';
import { zBlastQuery, zDryRun } from '../contracts/blast-api.js';
import { blastOfBroadcast, BROADCAST_EXAMPLE, splitBroadcast, zBroadcast, zBroadcastHeader, zBroadcastJob, zBroadcastList, zBroadcastParams, zBroadcastStarted, zOneOfBroadcast, type Broadcast } from '../contracts/broadcast-api.js';
import { route, type Caller, type Route } from '../contracts/route.js';
import { validated } from '../contracts/validation.js';
import type { BlastService } from '../features/blast/blast-service.js';
import { isDryRun, type BlastStarter, type Wording } from '../features/blast/blast-starter.js';
import { JSON_TYPE, NDJSON } from '../features/blast/recipient-rows.js';
import type { BlastId } from '../shared/ids.js';

export interface BroadcastOptions {
  service: BlastService;
  starter: BlastStarter;
  /** The largest stream of recipients. */
  uploadBytes: number;
  /** Of the contacts: some of them have a second path here. */
  contactRoutes: readonly Route[];
  /** What stands in the way of sending; null: nothing. */
  notice(): string | null;
}

const TAG = 'Broadcasts';
const ONE = { pause: 'pauseRecipient', resume: 'resumeRecipient', cancel: 'cancelRecipient' } as const;

const WORDING: Wording<Broadcast> = {
  headOf: async (body) => {
    const { recipients: _recipients, ...head } = (await validated('body', zBroadcastHeader, body)) as z.output<typeof zBroadcastHeader>;
    return blastOfBroadcast(head);
  },
  split: (body) => {
    const { head, people } = splitBroadcast(body);
    return { head: blastOfBroadcast(head), people };
  },
};

/** The broadcast face: it has no work of its own, only words for that of the blasts. */
export function broadcastRoutes({ service, starter, uploadBytes, contactRoutes, notice }: BroadcastOptions): Route[] {
  const withNotice = async (id: BlastId, caller: Caller): Promise<object> => ({ job_id: id, job: await service.get(id, caller), notice: notice() });

  const control = (name: 'pause' | 'resume' | 'cancel', summary: string): Route =>
    route({
      method: 'post',
      path: `/broadcast/${name}/{job_id}`,
      scope: 'send',
      tag: TAG,
      summary,
      description: 'The whole job, or with `recipient_id` one message alone, unless it has begun to go out. A message that is paused alone waits until it is resumed alone.',
      request: { params: zBroadcastParams, body: zOneOfBroadcast, bodyExample: {} },
      responses: { 200: { description: 'The job as it is now', schema: zBroadcastJob } },
      errors: ['blast_not_found', 'blast_wrong_state', 'recipient_not_found', 'session_not_found', 'session_wrong_state'],
      handle: async ({ params, body, caller }) => {
        const id = params.job_id as BlastId;
        const { recipient_id: one } = body;
        if (one === undefined) await service[name === 'cancel' ? 'stop' : name](id, caller);
        else await service[ONE[name]](id, one, caller);
        return { status: 200, body: await withNotice(id, caller) };
      },
    });

  return [
    route({
      method: 'post',
      path: '/broadcast',
      scope: 'send',
      tag: TAG,
      summary: 'Send one message to many people',
      description:
        'Answers once the job and its recipients are on disk. With an `Idempotency-Key` a repeated request answers the first job. `dry_run` stores and sends nothing. '
        + 'A long list comes as for a blast: as JSON with `recipients` last, as NDJSON whose first line is the broadcast, or as a form with a CSV or XLSX `file`.',
      request: { body: zBroadcast, bodyExample: BROADCAST_EXAMPLE, multipart: { file: 'file', limitBytes: uploadBytes }, stream: { types: [JSON_TYPE, NDJSON], limitBytes: uploadBytes } },
      responses: { 202: { description: 'The job', schema: zBroadcastStarted }, 200: { description: 'The job that the same request made before; or a dry run', schema: z.union([zBroadcastStarted, zDryRun]) } },
      errors: ['session_not_found', 'invalid_phone', 'idempotency_key_reused', 'table_unreadable', 'media_not_found', 'media_too_large', 'media_type_not_allowed', 'media_unreachable', 'media_url_not_allowed'],
      handle: async (context) => {
        const made = await starter.answer(context, WORDING);
        if (isDryRun(made)) return { status: 200, body: made };
        const { repeated, job, ...counts } = made;
        return { status: repeated ? 200 : 202, body: { job_id: job.id, job, ...counts, notice: notice() } };
      },
    }),
    route({
      method: 'get',
      path: '/broadcast/jobs',
      scope: 'read',
      tag: TAG,
      summary: 'List jobs, the newest first',
      request: { query: zBlastQuery },
      responses: { 200: { description: 'A page of jobs', schema: zBroadcastList } },
      handle: async ({ query, caller }) => ({ status: 200, body: { ...(await service.list(query, caller)), notice: notice() } }),
    }),
    route({
      method: 'get',
      path: '/broadcast/{job_id}/status',
      scope: 'read',
      tag: TAG,
      summary: 'Get a job with its figures',
      request: { params: zBroadcastParams },
      responses: { 200: { description: 'The job', schema: zBroadcastJob } },
      errors: ['blast_not_found'],
      handle: async ({ params, caller }) => ({ status: 200, body: await withNotice(params.job_id as BlastId, caller) }),
    }),
    control('pause', 'Pause a job, or hold one message back'),
    control('resume', 'Go on with a job, or with one message'),
    control('cancel', 'Cancel a job, or one message'),
    secondPath(contactRoutes, 'get /api/contacts', '/contacts'),
    secondPath(contactRoutes, 'post /api/contacts/import', '/contacts/import'),
  ];
}

/** The same route under another path. */
function secondPath(routes: readonly Route[], name: string, path: string): Route {
  const original = routes.find((one) => `${one.method} ${one.path}` === name);
  if (!original) throw new Error(`There is no route ${name}.`);
  return { ...original, path, tag: TAG };
}
