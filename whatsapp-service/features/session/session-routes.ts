import type { z } from 'zod';
import { mayUseSession, route, type Route, type RouteAnswer } from '../../contracts/route.js';
import { zCreateSession, zQr, zSession, zSessionList, zSessionParams } from '../../contracts/session-api.js';
import { ApiError } from '../../contracts/errors.js';
import { iso } from '../../shared/clock.js';
import { asSessionId } from '../../shared/ids.js';
import { QR_TYPES, qrPng, qrSvg } from './qr-image.js';
import type { SessionService } from './session-service.js';

const TAG = 'Sessions';

export function sessionRoutes(service: SessionService): Route[] {
  const action = (name: 'start' | 'stop' | 'restart' | 'logout', summary: string): Route =>
    route({
      method: 'post',
      path: `/api/sessions/{id}/${name}`,
      scope: 'admin',
      tag: TAG,
      summary,
      request: { params: zSessionParams },
      responses: { 200: { description: 'The session as it is now', schema: zSession } },
      errors: ['session_not_found', 'session_wrong_state'],
      handle: async ({ params }) => ({ status: 200, body: await service[name](asSessionId(params.id)) }),
    });

  return [
    route({
      method: 'post',
      path: '/api/sessions',
      scope: 'admin',
      tag: TAG,
      summary: 'Create a session, and start it',
      request: { body: zCreateSession, bodyExample: { id: 'sales', workspace_id: 7 } },
      responses: { 201: { description: 'The session', schema: zSession } },
      errors: ['session_exists'],
      handle: async ({ body, caller }) => {
        if (!mayUseSession(caller, String(body.id))) throw new ApiError('forbidden', { session_id: body.id });
        return { status: 201, body: await service.create({ id: body.id, workspaceId: body.workspace_id, start: body.start }) };
      },
    }),
    route({
      method: 'get',
      path: '/api/sessions',
      scope: 'read',
      tag: TAG,
      summary: 'List the sessions that the key may see',
      responses: { 200: { description: 'The sessions', schema: zSessionList } },
      handle: async ({ caller }) => ({ status: 200, body: { sessions: (await service.list()).filter((session) => mayUseSession(caller, String(session.id))) } }),
    }),
    route({
      method: 'get',
      path: '/api/sessions/{id}',
      scope: 'read',
      tag: TAG,
      summary: 'Get a session with its state, its reason and its latest chat sync',
      request: { params: zSessionParams },
      responses: { 200: { description: 'The session', schema: zSession } },
      errors: ['session_not_found'],
      handle: async ({ params }) => ({ status: 200, body: await service.view(asSessionId(params.id)) }),
    }),
    action('start', 'Start a stopped or failed session'),
    action('stop', 'Stop a session and keep its pairing'),
    action('restart', 'Stop and start a session'),
    action('logout', 'Unlink the device at WhatsApp and delete the profile'),
    route({
      method: 'delete',
      path: '/api/sessions/{id}',
      scope: 'admin',
      tag: TAG,
      summary: 'Delete a session: unlink it, delete its profile and its rows',
      description: 'Events that the backend does not have yet are still delivered.',
      request: { params: zSessionParams },
      responses: { 204: { description: 'It is gone' } },
      errors: ['session_not_found'],
      handle: async ({ params }) => {
        await service.delete(asSessionId(params.id));
        return { status: 204 };
      },
    }),
    route({
      method: 'get',
      path: '/api/sessions/{id}/qr',
      scope: 'admin',
      tag: TAG,
      summary: 'Get the QR to scan, as JSON, PNG or SVG',
      description: 'Choose with `Accept`. WhatsApp changes the QR every 20 seconds or so: ask again.',
      request: { params: zSessionParams },
      produces: QR_TYPES,
      responses: { 200: { description: 'The current QR', schema: zQr } },
      errors: ['session_not_found', 'session_wrong_state'],
      handle: async ({ params, accept }) => qrAnswer(await service.qr(asSessionId(params.id)), accept),
    }),
  ];
}

async function qrAnswer(current: { qr: string; attempt: number; receivedAt: number }, accept: string): Promise<RouteAnswer> {
  const headers = { 'Cache-Control': 'no-store' };
  if (accept === 'image/png') return { status: 200, type: accept, headers, body: await qrPng(current.qr) };
  if (accept === 'image/svg+xml') return { status: 200, type: accept, headers, body: await qrSvg(current.qr) };
  const body: z.infer<typeof zQr> = { qr: current.qr, attempt: current.attempt, received_at: iso(current.receivedAt) };
  return { status: 200, headers, body };
}
