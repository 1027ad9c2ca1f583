import { ApiError } from '../../contracts/errors.js';
import { zMessage, zMessageParams, zSendMessage } from '../../contracts/message-api.js';
import { route, type Route } from '../../contracts/route.js';
import type { MessageId } from '../../shared/ids.js';
import type { MessageService } from './message-service.js';

const TAG = 'Messages';

export function messageRoutes(service: MessageService): Route[] {
  return [
    route({
      method: 'post',
      path: '/api/messages',
      scope: 'send',
      tag: TAG,
      summary: 'Send a text',
      description:
        'Answers once the message is stored; it goes out when the session works. With an `Idempotency-Key` a repeated request answers the first message and sends nothing.',
      request: { body: zSendMessage, bodyExample: { session_id: 'sales', to: '0812-3456-7890', text: 'Your order is on its way.' } },
      responses: {
        202: { description: 'Stored, and sent as soon as the session works', schema: zMessage },
        200: { description: 'The same request was taken before: this is its message', schema: zMessage },
      },
      errors: ['session_not_found', 'invalid_phone', 'idempotency_key_reused'],
      handle: async ({ body, caller, idempotencyKey, bodyHash }) => {
        const idempotent = idempotencyKey === null ? null : { apiKeyId: caller.keyId, key: idempotencyKey, requestHash: bodyHash };
        const { message, repeated } = await service.accept(body, idempotent);
        return { status: repeated ? 200 : 202, body: message };
      },
    }),
    route({
      method: 'get',
      path: '/api/messages/{id}',
      scope: 'read',
      tag: TAG,
      summary: 'Get a message with its state',
      request: { params: zMessageParams },
      responses: { 200: { description: 'The message', schema: zMessage } },
      errors: ['message_not_found'],
      handle: async ({ params, caller }) => {
        const message = await service.view(params.id as MessageId);
        // As if it did not exist: a key learns nothing of other sessions.
        if (caller.sessions && !caller.sessions.includes(String(message.session_id))) throw new ApiError('message_not_found');
        return { status: 200, body: message };
      },
    }),
  ];
}
