import { route, type Route } from '../../contracts/route.js';
import { zChangeEndpoint, zCreateEndpoint, zEndpoint, zEndpointList, zEndpointWithSecret, zRotateSecret, zWebhookIdParams } from '../../contracts/webhook-api.js';
import type { EndpointService } from './endpoint-service.js';

const TAG = 'Webhooks';
const PATH = '/api/webhooks/endpoints';

export function endpointRoutes(service: EndpointService): Route[] {
  return [
    route({
      method: 'post',
      path: PATH,
      scope: 'admin',
      tag: TAG,
      summary: 'Add an endpoint beside the one of the settings',
      description: 'It hears what happens from now on. A private address is refused, now or when the connection is made, unless its host is in `WEBHOOK_ALLOWED_HOSTS`.',
      request: { body: zCreateEndpoint, bodyExample: { session_id: 'sales', url: 'https://crm.example.com/hooks/whatsapp', events: ['message.*', 'session.status'], headers: { 'X-Tenant': 'acme' } } },
      responses: { 201: { description: 'The endpoint; its secret is shown this once', schema: zEndpointWithSecret } },
      errors: ['session_not_found', 'endpoint_url_not_allowed'],
      handle: async ({ body, caller }) => ({ status: 201, body: await service.create(body, caller) }),
    }),
    route({
      method: 'get',
      path: PATH,
      scope: 'admin',
      tag: TAG,
      summary: 'List the endpoints that were added',
      responses: { 200: { description: 'The endpoints', schema: zEndpointList } },
      handle: async ({ caller }) => ({ status: 200, body: { endpoints: await service.list(caller) } }),
    }),
    route({
      method: 'get',
      path: `${PATH}/{id}`,
      scope: 'admin',
      tag: TAG,
      summary: 'Get an endpoint with its state',
      request: { params: zWebhookIdParams },
      responses: { 200: { description: 'The endpoint', schema: zEndpoint } },
      errors: ['endpoint_not_found'],
      handle: async ({ params, caller }) => ({ status: 200, body: await service.get(params.id, caller) }),
    }),
    route({
      method: 'patch',
      path: `${PATH}/{id}`,
      scope: 'admin',
      tag: TAG,
      summary: 'Change an endpoint',
      description: 'What waits for it goes to the new URL, with the new headers; the patterns hold for what happens from now on.',
      request: { params: zWebhookIdParams, body: zChangeEndpoint, bodyExample: { events: ['message.*'] } },
      responses: { 200: { description: 'The endpoint as it is now', schema: zEndpoint } },
      errors: ['endpoint_not_found', 'endpoint_url_not_allowed'],
      handle: async ({ params, body, caller }) => ({ status: 200, body: await service.change(params.id, body, caller) }),
    }),
    route({
      method: 'post',
      path: `${PATH}/{id}/secret`,
      scope: 'admin',
      tag: TAG,
      summary: 'Change the secret of an endpoint',
      description: 'The new one signs at once. Until `keep_previous_hours` have passed, the one before adds its own standard signature, so that the receiver can change over when it likes.',
      request: { params: zWebhookIdParams, body: zRotateSecret, bodyExample: { keep_previous_hours: 24 } },
      responses: { 200: { description: 'The endpoint; its secret is shown this once', schema: zEndpointWithSecret } },
      errors: ['endpoint_not_found'],
      handle: async ({ params, body, caller }) => ({ status: 200, body: await service.rotate(params.id, body, caller) }),
    }),
    route({
      method: 'delete',
      path: `${PATH}/{id}`,
      scope: 'admin',
      tag: TAG,
      summary: 'Delete an endpoint',
      description: 'What it did not get yet becomes dead letters.',
      request: { params: zWebhookIdParams },
      responses: { 204: { description: 'Deleted' } },
      errors: ['endpoint_not_found'],
      handle: async ({ params, caller }) => {
        await service.delete(params.id, caller);
        return { status: 204 };
      },
    }),
  ];
}
