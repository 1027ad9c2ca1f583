import { SESSION_HEALTH_EXAMPLE, zBridgeHealth, zHealthQuery } from '../../contracts/health-api.js';
import { ApiError } from '../../contracts/errors.js';
import { mayUseSession, type Caller, route, type Route } from '../../contracts/route.js';
import type { SessionView } from '../../contracts/session-api.js';
import { healthOf, type HealthParts } from './session-health.js';

export interface SessionHealthOptions extends HealthParts {
  sessions(): Promise<SessionView[]>;
}

export function sessionHealthRoutes(options: SessionHealthOptions): Route[] {
  const visible = async (caller: Caller): Promise<SessionView[]> => {
    const all = await options.sessions();
    options.rates.keepOnly(new Set(all.map(({ id }) => String(id))));
    return all.filter((session) => mayUseSession(caller, session.id));
  };

  return [
    route({
      method: 'get',
      path: '/api/whatsapp/health',
      scope: 'read',
      tag: 'Operations',
      summary: 'How each session does: its state, its chat sync, its queue, its deliveries',
      request: { query: zHealthQuery },
      responses: { 200: { description: 'The sessions that the key may see, or the one that is asked for', schema: zBridgeHealth, example: { sessions: [SESSION_HEALTH_EXAMPLE] } } },
      errors: ['session_not_found'],
      handle: async ({ query, caller }) => {
        const sessions = (await visible(caller)).filter(({ id }) => query.session_id === undefined || String(id) === query.session_id);
        if (query.session_id !== undefined && sessions.length === 0) throw new ApiError('session_not_found', { session_id: query.session_id });
        return { status: 200, body: { sessions: await Promise.all(sessions.map((session) => healthOf(session, options))) } };
      },
    }),
  ];
}
