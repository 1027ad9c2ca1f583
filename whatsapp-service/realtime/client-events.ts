import { createHash } from 'node:crypto';
import type { z } from 'zod';
import { splitStart, type BlastJobView } from '../contracts/blast-api.js';
import { zBlastRef, zEditEvent, zStartEvent, zStartOptions, zStatusEvent, type Acknowledgement, type ClientEvent } from '../contracts/realtime-api.js';
import type { Caller, Scope } from '../contracts/route.js';
import { validated } from '../contracts/validation.js';
import type { BlastStarter } from '../features/blast/blast-starter.js';
import type { BlastService } from '../features/blast/blast-service.js';
import type { BlastId } from '../shared/ids.js';

export interface ClientEventContext {
  caller: Caller;
  blasts: BlastService;
  starter: BlastStarter;
  /** Brings the blast to whoever asked for it, to be edited. */
  forEdit(job: BlastJobView, to: 'caller' | 'everyone'): void;
}

interface Handler {
  scope: Scope;
  handle(payload: unknown, context: ClientEventContext): Promise<unknown>;
}

/** A client event as data: what it takes, who may, and what it does. */
function event<S extends z.ZodType>(scope: Scope, schema: S, work: (input: z.output<S>, context: ClientEventContext) => Promise<unknown>): Handler {
  return { scope, handle: async (payload, context) => work((await validated('body', schema, payload ?? {})) as z.output<S>, context) };
}

const control = (action: 'pause' | 'resume' | 'stop'): Handler => event('send', zBlastRef, async ({ id }, { blasts, caller }) => ({ job: await blasts[action](id as BlastId, caller) }));

/** As many as one answer shows. */
const LISTED = 100;

export const HANDLERS: Readonly<Record<ClientEvent, Handler>> = {
  'whatsapp-start-blast': { scope: 'send', handle: start },
  'whatsapp-pause-blast': control('pause'),
  'whatsapp-resume-blast': control('resume'),
  'whatsapp-stop-blast': control('stop'),
  'whatsapp-edit-blast': event('send', zEditEvent, async ({ id, changes }, { blasts, caller, forEdit }) => {
    const job = changes ? await blasts.edit(id as BlastId, changes, caller) : await blasts.get(id as BlastId, caller);
    forEdit(job, changes ? 'everyone' : 'caller');
    return { job };
  }),
  'whatsapp-get-blast-status': event('read', zStatusEvent, async ({ id }, { blasts, caller }) =>
    id === undefined ? { jobs: (await blasts.list({ limit: LISTED }, caller)).jobs.filter(isNotOver) } : { job: await blasts.get(id as BlastId, caller) },
  ),
};

const isNotOver = ({ state }: BlastJobView): boolean => !['COMPLETED', 'STOPPED', 'FAILED'].includes(state);

/** The body of the REST face; its `Idempotency-Key` header is the field `idempotency_key` here. */
async function start(payload: unknown, { starter, caller }: ClientEventContext): Promise<unknown> {
  const { options, body } = withoutOptions(payload);
  const { idempotency_key: key } = (await validated('body', zStartOptions, options)) as z.output<typeof zStartOptions>;
  const input = (await validated('body', zStartEvent, body)) as z.output<typeof zStartEvent>;
  const { head, people } = splitStart(input);
  const hash = (): string => createHash('sha256').update(JSON.stringify(body)).digest('hex');
  return starter.start(people, { input: head, caller, key: key === undefined ? null : { apiKeyId: caller.keyId, key, hash } });
}

function withoutOptions(payload: unknown): { options: unknown; body: unknown } {
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload)) return { options: {}, body: payload };
  const { idempotency_key: key, ...body } = payload as Record<string, unknown>;
  return { options: key === undefined ? {} : { idempotency_key: key }, body };
}

/** What a client sent, told apart: Socket.IO puts the acknowledgement last, and clients send anything. */
export function readPacket(args: readonly unknown[]): { payload: unknown; acknowledge: ((answer: Acknowledgement) => void) | null } {
  const last = args.at(-1);
  if (typeof last !== 'function') return { payload: args[0], acknowledge: null };
  return { payload: args.length > 1 ? args[0] : undefined, acknowledge: last as (answer: Acknowledgement) => void };
}
