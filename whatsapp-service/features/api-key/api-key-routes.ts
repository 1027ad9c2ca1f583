import { zApiKeyList, zApiKeyParams, zCreateApiKey, zCreatedApiKey } from '../../contracts/api-key-api.js';
import { ApiError } from '../../contracts/errors.js';
import { route, type Caller, type Route } from '../../contracts/route.js';
import type { ApiKeyService } from './api-key-service.js';

const TAG = 'API keys';

/** Managing keys is for keys that may do everything: one that is limited to sessions could make itself one that is not. */
export function apiKeyRoutes(service: Pick<ApiKeyService, 'create' | 'list' | 'revoke'>): Route[] {
  return [
    route({
      method: 'post',
      path: '/api/keys',
      scope: 'admin',
      tag: TAG,
      summary: 'Make an API key',
      description: 'The key is in this answer and nowhere else: only its digest is kept.',
      request: { body: zCreateApiKey, bodyExample: { name: 'Shop', scopes: ['send'], sessions: ['sales'] } },
      responses: { 201: { description: 'The key', schema: zCreatedApiKey } },
      handle: async ({ body, caller }) => {
        requireEverySession(caller);
        const { key, view } = await service.create(body);
        return { status: 201, body: { ...view, key } };
      },
    }),
    route({
      method: 'get',
      path: '/api/keys',
      scope: 'admin',
      tag: TAG,
      summary: 'List the API keys that are not revoked',
      responses: { 200: { description: 'The keys, without what is secret in them', schema: zApiKeyList } },
      handle: async ({ caller }) => {
        requireEverySession(caller);
        return { status: 200, body: { keys: await service.list() } };
      },
    }),
    route({
      method: 'delete',
      path: '/api/keys/{id}',
      scope: 'admin',
      tag: TAG,
      summary: 'Revoke an API key',
      description: 'It stops working at once. The last key that may do everything cannot be revoked, nor the one of ADMIN_API_KEY.',
      request: { params: zApiKeyParams },
      responses: { 204: { description: 'It is revoked' } },
      errors: ['key_not_found', 'last_admin_key', 'preset_key'],
      handle: async ({ params, caller }) => {
        requireEverySession(caller);
        await service.revoke(params.id);
        return { status: 204 };
      },
    }),
  ];
}

function requireEverySession(caller: Caller): void {
  if (caller.sessions !== null) throw new ApiError('forbidden', { required_sessions: 'every session' });
}
