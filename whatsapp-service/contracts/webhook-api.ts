import { z } from 'zod';
import { EVENTS, zEchoedId } from './payloads.js';
import { SESSION_ID } from '../shared/ids.js';
import { secretProblem } from '../shared/secret-rules.js';
import { zSessionIdInput } from './session-api.js';

const zTime = z.iso.datetime();
const zId = z.string().min(1).max(64);
const zSessionIdText = z.string().regex(SESSION_ID, 'must be 1 to 64 of A-Z, a-z, 0-9, _ and -');

const NAMES = Object.keys(EVENTS);
const isPattern = (pattern: string): boolean =>
  pattern === '*' || NAMES.includes(pattern) || (pattern.endsWith('.*') && NAMES.some((name) => name === pattern.slice(0, -2) || name.startsWith(pattern.slice(0, -1))));

const zPatterns = z
  .array(z.string().max(64).refine(isPattern, 'must be an event, `*`, or a pattern like `message.*` that names at least one'))
  .min(1)
  .max(50)
  .transform((patterns) => [...new Set(patterns)])
  .describe('names of events; `*`: all; `message.*`: `message` and everything below it');

const zUrl = z
  .string()
  .max(2_000)
  .refine((text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol), 'must be an http or https URL')
  .refine((text) => !URL.canParse(text) || (new URL(text).username === '' && new URL(text).password === ''), 'must not have a user name or a password in it: give a header instead')
  .transform((text) => {
    const url = new URL(text);
    url.hash = '';
    return url.href;
  });

/** What is ours to say, or the connection's. */
const RESERVED = /^(x-webhook-.*|webhook-.*|host|content-.*|transfer-encoding|connection|keep-alive|upgrade|te|trailer|expect|proxy-.*|accept-encoding|user-agent|x-api-key|cookie|__proto__)$/i;

const zHeaders = z
  .record(
    z.string().min(1).max(100).regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/, 'must be the name of a header').refine((name) => !RESERVED.test(name), 'is set by the bridge itself, or by the connection'),
    z.string().max(2_000).regex(/^[\x20-\x7e]*$/, 'must be one line of visible ASCII'),
  )
  .refine((headers) => Object.keys(headers).length <= 20, 'must be at most 20')
  .refine((headers) => new Set(Object.keys(headers).map((name) => name.toLowerCase())).size === Object.keys(headers).length, 'must not name a header twice')
  .describe('sent with each delivery beside those of the bridge; the values are never shown again');

const zSecret = z
  .string()
  .max(512)
  .superRefine((secret, context) => {
    const problem = secretProblem(secret);
    if (problem !== null) context.addIssue({ code: 'custom', message: `cannot be used. ${problem}` });
  });

export const zCreateEndpoint = z.strictObject({
  session_id: zSessionIdInput.nullable().default(null).describe('whose events it hears; null: every session’s'),
  url: zUrl,
  secret: zSecret.optional().describe('signs what is sent to it; made for you when absent'),
  events: zPatterns.default(['*']),
  headers: zHeaders.default({}),
});
export type CreateEndpoint = z.output<typeof zCreateEndpoint>;

export const zChangeEndpoint = z
  .strictObject({ url: zUrl.optional(), events: zPatterns.optional(), headers: zHeaders.optional().describe('all of them: those that are not named are removed') })
  .refine((change) => Object.values(change).some((value) => value !== undefined), 'must change something: url, events or headers');
export type ChangeEndpoint = z.output<typeof zChangeEndpoint>;

export const zRotateSecret = z.strictObject({
  secret: zSecret.optional().describe('the new one; made for you when absent'),
  keep_previous_hours: z.number().int().min(0).max(720).default(24).describe('how long the one before signs, too; 0: not at all'),
});
export type RotateSecret = z.output<typeof zRotateSecret>;

export const zWebhookIdParams = z.object({ id: zId });

export const zEndpoint = z
  .object({
    id: z.string(),
    session_id: z.string().nullable(),
    url: z.string(),
    events: z.array(z.string()),
    header_names: z.array(z.string()),
    previous_secret_until: zTime.nullable().describe('until then the secret before this one signs, too'),
    state: z.enum(['open', 'paused', 'away']).describe('paused: it refuses our credentials (401, 403); away: it cannot be reached, or fails for chat after chat'),
    created_at: zTime,
    updated_at: zTime,
  })
  .meta({ id: 'WebhookEndpoint' });
export type EndpointView = z.infer<typeof zEndpoint>;
export const zEndpointWithSecret = zEndpoint.extend({ secret: z.string().nullable().describe('shown once, when the bridge made it; null when it was given') });
export const zEndpointList = z.object({ endpoints: z.array(zEndpoint) });

const zDeliveryState = z.enum(['pending', 'delivered', 'dead']);
const zEventName = z.string().max(64).refine((name) => NAMES.includes(name), 'must be the name of an event');

export const zDeliveryQuery = z.strictObject({
  state: zDeliveryState.optional(),
  endpoint: zId.optional().describe('`default` or an endpoint’s id'),
  session_id: zSessionIdText.optional(),
  event: zEventName.optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(1_024).optional().describe('`next_cursor` of the page before, with the same filter'),
});
export type DeliveryQuery = z.output<typeof zDeliveryQuery>;

export const zDelivery = z
  .object({
    id: z.string().describe('`webhook-id`, and `delivery_id` in the body'),
    endpoint: z.string(),
    event: z.string(),
    event_id: z.string(),
    sequence: z.number().int(),
    session_id: zEchoedId,
    chat_id: z.string().nullable(),
    state: zDeliveryState,
    attempts: z.number().int().describe('requests that were made'),
    last_status: z.number().int().nullable(),
    last_error: z.string().nullable(),
    created_at: zTime,
    finished_at: zTime.nullable(),
  })
  .meta({ id: 'Delivery' });
export type DeliveryView = z.infer<typeof zDelivery>;

export const zDeliveryList = z.object({ deliveries: z.array(zDelivery), next_cursor: z.string().nullable() });

export const zDeliveryDetail = zDelivery.extend({
  next_attempt_at: zTime.nullable().describe('of its chat; null when it is not pending'),
  data: z.unknown().describe('of the payload'),
  attempts_made: z
    .array(z.object({ attempt: z.number().int(), at: zTime, duration_ms: z.number().int(), status: z.number().int().nullable(), error: z.string().nullable(), answer: z.string().nullable().describe('its first 500 bytes') }))
    .describe('the latest 100 that the schedule asked for; tries of an endpoint that is away are only counted'),
});

export const zStartRedelivery = z
  .strictObject({
    state: z.enum(['dead', 'delivered']).default('dead'),
    endpoint: zId.optional(),
    session_id: zSessionIdText.optional(),
    event: zEventName.optional(),
    from: zTime.optional().describe('when the event was stored'),
    to: zTime.optional(),
  })
  .refine(({ state, from }) => state === 'dead' || from !== undefined, { path: ['from'], message: 'is needed to send delivered ones again' })
  .refine(({ from, to }) => from === undefined || to === undefined || from <= to, { path: ['to'], message: 'must not be before `from`' });
export type StartRedelivery = z.output<typeof zStartRedelivery>;

export const zRedelivery = z
  .object({ id: z.string(), state: z.enum(['running', 'completed']), redelivered: z.number().int().describe('deliveries that are pending again because of it'), created_at: zTime, finished_at: zTime.nullable() })
  .meta({ id: 'Redelivery' });
export type RedeliveryView = z.infer<typeof zRedelivery>;

export const zPurge = z.strictObject({
  state: z.enum(['delivered', 'dead']),
  before: zTime.describe('when they were finished'),
  session_id: zSessionIdText.optional(),
});
export type Purge = z.output<typeof zPurge>;
export const zPurged = z.object({ deleted: z.number().int() });
