import { route, type Route } from '../../contracts/route.js';
import { zDeliveryDetail, zDeliveryList, zDeliveryQuery, zPurge, zPurged, zRedelivery, zStartRedelivery, zWebhookIdParams } from '../../contracts/webhook-api.js';
import type { DeliveryService } from './delivery-service.js';
import type { RedeliveryService } from './redelivery-service.js';

const TAG = 'Webhooks';

export function deliveryRoutes(deliveries: DeliveryService, redeliveries: RedeliveryService): Route[] {
  return [
    route({
      method: 'get',
      path: '/api/webhooks/deliveries',
      scope: 'read',
      tag: TAG,
      summary: 'List deliveries, the newest first',
      request: { query: zDeliveryQuery },
      responses: { 200: { description: 'A page of deliveries', schema: zDeliveryList } },
      handle: async ({ query, caller }) => ({ status: 200, body: await deliveries.list(query, caller) }),
    }),
    route({
      method: 'get',
      path: '/api/webhooks/deliveries/{id}',
      scope: 'read',
      tag: TAG,
      summary: 'Get a delivery with its attempts',
      request: { params: zWebhookIdParams },
      responses: { 200: { description: 'The delivery', schema: zDeliveryDetail } },
      errors: ['delivery_not_found'],
      handle: async ({ params, caller }) => ({ status: 200, body: await deliveries.get(params.id, caller) }),
    }),
    route({
      method: 'post',
      path: '/api/webhooks/deliveries/{id}/redeliver',
      scope: 'admin',
      tag: TAG,
      summary: 'Send a delivery again',
      description: 'Under the same id, and before the newer ones of its chat. One that is pending is tried now.',
      request: { params: zWebhookIdParams },
      responses: { 202: { description: 'The delivery, pending', schema: zDeliveryDetail } },
      errors: ['delivery_not_found', 'endpoint_gone'],
      handle: async ({ params, caller }) => ({ status: 202, body: await deliveries.redeliver(params.id, caller) }),
    }),
    route({
      method: 'post',
      path: '/api/webhooks/deliveries/purge',
      scope: 'admin',
      tag: TAG,
      summary: 'Delete finished deliveries',
      description: 'With their attempts and events. What is pending is kept, whatever is asked for; so are the newest events of a session, by which repeats are recognised.',
      request: { body: zPurge, bodyExample: { state: 'delivered', before: '2026-01-01T00:00:00Z' } },
      responses: { 200: { description: 'How many are gone', schema: zPurged } },
      handle: async ({ body, caller }) => ({ status: 200, body: { deleted: await deliveries.purge(body, caller) } }),
    }),
    route({
      method: 'post',
      path: '/api/webhooks/redeliveries',
      scope: 'admin',
      tag: TAG,
      summary: 'Send many deliveries again',
      description: 'By default all dead letters. Each goes out under its own id again, in the order of its chat. Those of endpoints that are gone are left out.',
      request: { body: zStartRedelivery, bodyExample: { state: 'dead', from: '2026-01-31T00:00:00Z', to: '2026-01-31T12:00:00Z' } },
      responses: { 202: { description: 'It has begun', schema: zRedelivery } },
      handle: async ({ body, caller }) => ({ status: 202, body: await redeliveries.start(body, caller) }),
    }),
    route({
      method: 'get',
      path: '/api/webhooks/redeliveries/{id}',
      scope: 'read',
      tag: TAG,
      summary: 'Get how far sending again is',
      request: { params: zWebhookIdParams },
      responses: { 200: { description: 'The redelivery', schema: zRedelivery } },
      errors: ['redelivery_not_found'],
      handle: async ({ params, caller }) => ({ status: 200, body: await redeliveries.get(params.id, caller) }),
    }),
  ];
}
