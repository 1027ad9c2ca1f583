import { zChatSync, zStartChatSync } from '../../contracts/chat-sync-api.js';
import { ApiError } from '../../contracts/errors.js';
import { route, type Route } from '../../contracts/route.js';
import { zSessionParams } from '../../contracts/session-api.js';
import { asSessionId, type SessionId } from '../../shared/ids.js';
import type { ChatSyncService } from './chat-sync-service.js';

const TAG = 'Chat sync';
const PATH = '/api/sessions/{id}/chats/sync';

/** `requireWorking` and `requireSession` reject with the error that the caller is to see. */
export function chatSyncRoutes(service: ChatSyncService, session: { requireWorking(id: SessionId): Promise<unknown>; requireSession(id: SessionId): Promise<unknown> }): Route[] {
  return [
    route({
      method: 'post',
      path: PATH,
      scope: 'send',
      tag: TAG,
      summary: 'Stream the chats to the backend',
      description: 'Newest first, private and group, in signed batches of at most 50. A run that breaks off goes on by itself.',
      request: { params: zSessionParams, body: zStartChatSync.default({}), bodyExample: { max_chats: 1000, sync_window: 30 } },
      responses: { 202: { description: 'The run', schema: zChatSync } },
      errors: ['session_not_found', 'session_wrong_state', 'backend_not_set', 'sync_running'],
      handle: async ({ params, body }) => {
        const id = asSessionId(params.id);
        await session.requireWorking(id);
        return { status: 202, body: await service.start(id, body) };
      },
    }),
    route({
      method: 'get',
      path: PATH,
      scope: 'read',
      tag: TAG,
      summary: 'Get the latest chat sync',
      request: { params: zSessionParams },
      responses: { 200: { description: 'The run', schema: zChatSync } },
      errors: ['session_not_found', 'sync_not_found'],
      handle: async ({ params }) => {
        const id = asSessionId(params.id);
        await session.requireSession(id);
        const sync = await service.latest(id);
        if (!sync) throw new ApiError('sync_not_found');
        return { status: 200, body: sync };
      },
    }),
  ];
}
