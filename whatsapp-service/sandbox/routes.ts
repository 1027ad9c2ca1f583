import type { z } from 'zod';
import { ApiError } from '../contracts/errors.js';
import { route, type Route } from '../contracts/route.js';
import { zSessionParams } from '../contracts/session-api.js';
import { SandboxError, type Hub, type InboundSpec } from './hub-contract.js';
import * as bodies from './route-bodies.js';

const TAG = 'Sandbox';
const BASE = '/sandbox/sessions/{id}';

export interface SandboxRouteParts {
  /** Ends the session's renderer as a crash does. */
  crashPage: (sessionId: string) => Promise<void>;
}

/** A control that could not be done, as the API says it. */
export function asApiError(error: unknown): unknown {
  if (!(error instanceof SandboxError)) return error;
  const details = { reason: error.code, message: error.message };
  switch (error.code) {
    case 'message_not_found':
      return new ApiError('message_not_found', details);
    case 'invalid':
    case 'chat_not_found':
      return new ApiError('invalid_request', details);
    default:
      return new ApiError('session_wrong_state', details);
  }
}

interface ControlSpec<Body extends z.ZodType | undefined> {
  path: string;
  summary: string;
  description?: string;
  body?: Body;
  bodyExample?: unknown;
  answer?: z.ZodType;
  /** What it gives is the answer's body; nothing is a 204. */
  run: (sessionId: string, body: Body extends z.ZodType ? z.output<Body> : undefined) => Promise<unknown>;
}

function control<Body extends z.ZodType | undefined = undefined>({ path, summary, description, body, bodyExample, answer, run }: ControlSpec<Body>): Route {
  return route({
    method: 'post', path: `${BASE}${path}`, scope: 'admin', tag: TAG, summary, description,
    request: { params: zSessionParams, body, ...(bodyExample === undefined ? {} : { bodyExample }) },
    responses: answer ? { 200: { description: 'Done', schema: answer } } : { 204: { description: 'Done' } },
    errors: ['session_wrong_state', 'message_not_found'],
    handle: async ({ params, body: given }) => {
      const result = await run(params.id, given as Parameters<typeof run>[1]).catch((error: unknown) => {
        throw asApiError(error);
      });
      return answer ? { status: 200, body: result } : { status: 204 };
    },
  });
}

/** `next` of a list: where the caller goes on, or null when this was all. */
const nextOf = (list: { order: number }[], limit: number): number | null => (list.length < limit ? null : (list.at(-1)?.order ?? null));

/** The sandbox's controls as an API. They exist only while the service talks to the simulated WhatsApp. */
export function sandboxRoutes(hub: Hub, parts: SandboxRouteParts): Route[] {
  return [...accountRoutes(hub), ...messageRoutes(hub), ...groupRoutes(hub), ...faultRoutes(hub, parts), ...readRoutes(hub)];
}

function accountRoutes(hub: Hub): Route[] {
  return [
    control({
      path: '/qr/scan', summary: 'Scan the QR that the session shows, or enter its pairing code', body: bodies.zScan, answer: bodies.zScanned,
      run: (id, { phone, pushname, lid_mode: lidMode }) => hub.scanQr(id, { phone, pushname, lidMode }),
    }),
    control({
      path: '/pairing-code/enter', summary: 'Type the pairing code on the phone that it was asked for', body: bodies.zEnterCode, bodyExample: { code: 'K7PX2M9R' }, answer: bodies.zScanned,
      run: (id, { code }) => hub.enterPairingCode(id, code),
    }),
    control({ path: '/qr/idle', summary: 'Let the QR expire: no new one comes until the page is asked for it', run: (id) => hub.idleQr(id) }),
    control({
      path: '/seed', summary: 'Give the account chats', body: bodies.zSeed, bodyExample: { chats: 100 }, answer: bodies.zSeeded,
      run: (id, body) => hub.seed(id, {
        chats: body.chats, groupShare: body.group_share, participants: body.participants, messagesPerChat: body.messages_per_chat, unmappableShare: body.unmappable_share, lidMode: body.lid_mode,
      }),
    }),
    control({ path: '/logout', summary: 'Unlink the device on the phone', run: (id) => hub.logoutFromPhone(id) }),
    control({ path: '/ban', summary: 'Ban the number, or lift the ban', body: bodies.zOn, run: (id, { on }) => hub.ban(id, on) }),
    control({
      path: '/settings', summary: 'Change how the simulated WhatsApp behaves for this session', description: '`unregister` and `register` hold for every session.',
      body: bodies.zSettingsChange, bodyExample: { auto_ack: 2, ack_delay_ms: 100 }, answer: bodies.zSettings,
      run: async (id, { unregister = [], register = [], ...change }) => {
        for (const prefix of unregister) await hub.unregister(prefix);
        for (const prefix of register) await hub.unregister(prefix, false);
        return hub.settings(id, change);
      },
    }),
  ];
}

function messageRoutes(hub: Hub): Route[] {
  return [
    control({
      path: '/inbound', summary: 'Bring one or many messages to the account', body: bodies.zInbound, bodyExample: { from: '6281234567890', body: 'Halo kak' }, answer: bodies.zBrought,
      run: (id, { from_me: fromMe, ...spec }) => hub.inbound(id, { ...spec, fromMe } satisfies InboundSpec),
    }),
    control({ path: '/ack', summary: 'Acknowledge a message that the session sent', body: bodies.zAckBody, run: (id, { message_id: key, level }) => hub.ack(id, key, level) }),
    control({ path: '/edit', summary: 'Edit a message', body: bodies.zEditBody, run: (id, { message_id: key, body }) => hub.edit(id, key, body) }),
    control({ path: '/revoke', summary: 'Delete a message for everyone', body: bodies.zRevokeBody, run: (id, { message_id: key }) => hub.revoke(id, key) }),
    control({ path: '/reaction', summary: 'React to a message', body: bodies.zReactionBody, run: (id, { message_id: key, emoji, from }) => hub.react(id, key, { emoji, from }) }),
    control({ path: '/call', summary: 'Call the account', body: bodies.zCall, answer: bodies.zCalled, run: (id, spec) => hub.call(id, spec) }),
  ];
}

function groupRoutes(hub: Hub): Route[] {
  return [
    control({ path: '/group-join', summary: 'Let people join a group', body: bodies.zGroupMembers, run: (id, change) => hub.groupJoin(id, change) }),
    control({ path: '/group-leave', summary: 'Let people leave a group, or be removed from it', body: bodies.zGroupMembers, run: (id, change) => hub.groupLeave(id, change) }),
    control({ path: '/group-update', summary: "Change a group's subject or description", body: bodies.zGroupUpdate, run: (id, change) => hub.groupUpdate(id, change) }),
  ];
}

function faultRoutes(hub: Hub, { crashPage }: SandboxRouteParts): Route[] {
  return [
    control({ path: '/connection/lost', summary: 'Cut the connection to WhatsApp', body: bodies.zLost, run: (id, { ms }) => hub.loseConnection(id, ms) }),
    control({ path: '/connection/restored', summary: 'Restore the connection', run: (id) => hub.restoreConnection(id) }),
    control({ path: '/conflict', summary: 'Open WhatsApp Web in another browser', run: (id) => hub.conflict(id) }),
    control({ path: '/page/crash', summary: 'Crash the page', run: (id) => crashPage(id) }),
    control({ path: '/page/hang', summary: 'Let the page hang', body: bodies.zMsBody, bodyExample: { ms: 10_000 }, run: (id, { ms }) => hub.hangPage(id, ms) }),
    control({ path: '/page/slow', summary: 'Let the page answer late', body: bodies.zMsBody, bodyExample: { ms: 500 }, run: (id, { ms }) => hub.slowPage(id, ms) }),
    control({
      path: '/early-has-synced', summary: 'Let the page sync before anybody listens, from its next start on', body: bodies.zOn, run: (id, { on }) => hub.earlyHasSynced(id, on),
    }),
  ];
}

function readRoutes(hub: Hub): Route[] {
  return [
    route({
      method: 'get', path: `${BASE}/sent`, scope: 'admin', tag: TAG, summary: 'List what the session sent, and how often each recipient got it',
      request: { params: zSessionParams, query: bodies.zSentQuery }, responses: { 200: { description: 'In the order of sending', schema: bodies.zSentList } },
      handle: async ({ params, query }) => {
        const sent = await hub.sent(params.id, query);
        return { status: 200, body: { sent, next: nextOf(sent, query.limit) } };
      },
    }),
    route({
      method: 'get', path: `${BASE}/messages`, scope: 'admin', tag: TAG, summary: 'List what came to the account',
      request: { params: zSessionParams, query: bodies.zMessagesQuery }, responses: { 200: { description: 'In the order of arrival', schema: bodies.zReceivedList } },
      handle: async ({ params, query }) => {
        const messages = await hub.messages(params.id, query);
        return { status: 200, body: { messages, next: nextOf(messages, query.limit) } };
      },
    }),
    route({
      method: 'get', path: `${BASE}/marks`, scope: 'admin', tag: TAG, summary: 'List what the other side saw besides messages: blue ticks, "typing…"',
      request: { params: zSessionParams }, responses: { 200: { description: 'The last 500, in their order', schema: bodies.zMarkList } },
      handle: async ({ params }) => ({ status: 200, body: { marks: await hub.marks(params.id) } }),
    }),
    route({
      method: 'get', path: `${BASE}/state`, scope: 'admin', tag: TAG, summary: 'Tell what the simulated WhatsApp knows of the session',
      request: { params: zSessionParams }, responses: { 200: { description: 'The state', schema: bodies.zState } },
      handle: async ({ params }) => ({ status: 200, body: await hub.state(params.id) }),
    }),
  ];
}
