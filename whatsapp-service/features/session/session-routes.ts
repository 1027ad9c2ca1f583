import type { CountryCode } from 'libphonenumber-js';
import type { z } from 'zod';
import { mayUseSession, route, type Route, type RouteAnswer } from '../../contracts/route.js';
import { zChangeSession, zCreateSession, zPageCheck, zPairingCode, zPairingCodeBody, zQr, zSession, zSessionList, zSessionParams, zStillLinked } from '../../contracts/session-api.js';
import { ApiError, type ErrorCode } from '../../contracts/errors.js';
import { iso } from '../../shared/clock.js';
import { asSessionId } from '../../shared/ids.js';
import { normalisePhone } from '../../shared/phone.js';
import type { PageCheck } from '../../whatsapp/provider.js';
import { QR_TYPES, qrPng, qrSvg } from './qr-image.js';
import { STILL_LINKED } from './session-unlink.js';
import type { SessionService } from './session-service.js';

const TAG = 'Sessions';
const NO_STORE = { 'Cache-Control': 'no-store' };

export function sessionRoutes(service: SessionService, defaultCountry: CountryCode): Route[] {
  const action = (name: 'start' | 'stop' | 'restart' | 'logout', summary: string, errors: readonly ErrorCode[] = []): Route =>
    route({
      method: 'post',
      path: `/api/sessions/{id}/${name}`,
      scope: 'admin',
      tag: TAG,
      summary,
      request: { params: zSessionParams },
      responses: { 200: { description: 'The session as it is now', schema: zSession } },
      errors: ['session_not_found', 'session_wrong_state', ...errors],
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
      errors: ['session_exists', 'session_limit'],
      handle: async ({ body, caller }) => {
        if (!mayUseSession(caller, String(body.id))) throw new ApiError('forbidden', { session_id: body.id });
        return { status: 201, body: await service.create({ id: body.id, workspaceId: body.workspace_id, proxy: body.proxy, deviceName: body.device_name, start: body.start }) };
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
    route({
      method: 'patch',
      path: '/api/sessions/{id}',
      scope: 'admin',
      tag: TAG,
      summary: "Change a session's workspace, proxy or device name",
      description: 'A proxy counts from the next start on, a device name from the next pairing on.',
      request: { params: zSessionParams, body: zChangeSession, bodyExample: { proxy: { server: 'socks5://proxy.example.com:1080', username: 'sales', password: '…' } } },
      responses: { 200: { description: 'The session as it is now', schema: zSession } },
      errors: ['session_not_found'],
      handle: async ({ params, body }) => ({
        status: 200,
        body: await service.change(asSessionId(params.id), { workspaceId: body.workspace_id, proxy: body.proxy, deviceName: body.device_name }),
      }),
    }),
    action('start', 'Start a stopped or failed session', ['session_limit']),
    action('stop', 'Stop a session and keep its pairing'),
    action('restart', 'Stop and start a session'),
    action('logout', 'Unlink the device at WhatsApp and delete the profile'),
    route({
      method: 'delete',
      path: '/api/sessions/{id}',
      scope: 'admin',
      tag: TAG,
      summary: 'Delete a session: unlink it, delete its profile and its rows',
      description: 'Events that the backend does not have yet are still delivered. A paired session that does not work is started to unlink it, for 20 seconds at most.',
      request: { params: zSessionParams },
      responses: { 204: { description: 'It is gone' }, 200: { description: 'It is gone here, and WhatsApp could not be told', schema: zStillLinked, example: { unlinked: false, message: STILL_LINKED } } },
      errors: ['session_not_found'],
      handle: async ({ params }) => {
        const unlinked = await service.delete(asSessionId(params.id));
        return unlinked ? { status: 204 } : { status: 200, body: { unlinked, message: STILL_LINKED } };
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
    route({
      method: 'post',
      path: '/api/sessions/{id}/pairing-code',
      scope: 'admin',
      tag: TAG,
      summary: 'Get a code to type on the phone, instead of a QR to scan',
      description: 'While the session waits for a QR to be scanned. On the phone: Linked devices, Link with phone number instead.',
      request: { params: zSessionParams, body: zPairingCodeBody, bodyExample: { phone: '0812-3456-7890' } },
      responses: { 200: { description: 'The code', schema: zPairingCode, example: { code: 'K7PX2M9R', phone: '+6281234567890', expires_in_seconds: 180 } } },
      errors: ['session_not_found', 'session_wrong_state', 'invalid_phone', 'whatsapp_refused', 'session_unavailable'],
      handle: async ({ params, body }) => {
        const phone = normalisePhone(body.phone, defaultCountry);
        if (phone === null) throw new ApiError('invalid_phone', { phone: 'is not a number that can be dialled' });
        const { code, expiresInMs } = await service.pairingCode(asSessionId(params.id), phone);
        return { status: 200, headers: NO_STORE, body: { code, phone, expires_in_seconds: expiresInMs / 1000 } };
      },
    }),
    route({
      method: 'post',
      path: '/api/sessions/{id}/page-check',
      scope: 'send',
      tag: TAG,
      summary: 'Look whether WhatsApp Web still offers everything that is used of it',
      description: 'The bridge does so by itself each time a session becomes ready; `npm run canary` does so when you like.',
      request: { params: zSessionParams },
      responses: { 200: { description: 'What was found', schema: zPageCheck } },
      errors: ['session_not_found', 'session_wrong_state', 'session_unavailable'],
      handle: async ({ params }) => ({ status: 200, body: pageCheckView(await service.checkPage(asSessionId(params.id))) }),
    }),
  ];
}

async function qrAnswer(current: { qr: string; attempt: number; receivedAt: number }, accept: string): Promise<RouteAnswer> {
  const headers = NO_STORE;
  if (accept === 'image/png') return { status: 200, type: accept, headers, body: await qrPng(current.qr) };
  if (accept === 'image/svg+xml') return { status: 200, type: accept, headers, body: await qrSvg(current.qr) };
  const body: z.infer<typeof zQr> = { qr: current.qr, attempt: current.attempt, received_at: iso(current.receivedAt) };
  return { status: 200, headers, body };
}

function pageCheckView({ version, missing }: PageCheck): z.infer<typeof zPageCheck> {
  return {
    ok: missing.length === 0,
    whatsapp_web_version: version,
    features_off: [...new Set(missing.map(({ feature }) => feature))].sort(),
    missing: missing.map(({ feature, module, field }) => ({ feature, module, field })),
  };
}
