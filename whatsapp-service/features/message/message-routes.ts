import type { CountryCode } from 'libphonenumber-js';
import { ApiError } from '../../contracts/errors.js';
import { SEND_EXAMPLES, zMessage, zMessageList, zMessageParams, zMessageQuery, zSendMessage, zSendQuery } from '../../contracts/message-api.js';
import { route, type Caller, type Route } from '../../contracts/route.js';
import type { MessageId } from '../../shared/ids.js';
import { parseRecipient } from '../../shared/phone.js';
import type { MessageService } from './message-service.js';
import type { MessageViews } from './message-view.js';

const TAG = 'Messages';

export interface MessageRoutesOptions {
  service: MessageService;
  views: MessageViews;
  defaultCountry: CountryCode;
  /** The largest file in a form, in bytes. */
  maxMediaBytes: number;
}

export function messageRoutes({ service, views, defaultCountry, maxMediaBytes }: MessageRoutesOptions): Route[] {
  /** As if it did not exist: a key learns nothing of other sessions. */
  const visible = async (id: MessageId, caller: Caller) => {
    const message = await views.one(id);
    if (caller.sessions && !caller.sessions.includes(String(message.session_id))) throw new ApiError('message_not_found');
    return message;
  };

  return [
    route({
      method: 'post',
      path: '/api/messages',
      scope: 'send',
      tag: TAG,
      summary: 'Send a message',
      description:
        'Text, image, video, audio, voice, document, sticker, location, contact, poll, reaction, edit or delete. Answers once the message is stored; with `wait=sent` once WhatsApp has it, or at the bound. With an `Idempotency-Key` a repeated request answers the first message and sends nothing.',
      request: { query: zSendQuery, body: zSendMessage, bodyExample: SEND_EXAMPLES.text, bodyExamples: SEND_EXAMPLES, multipart: { file: 'file', limitBytes: maxMediaBytes } },
      responses: {
        202: { description: 'Stored, and sent as soon as the session works', schema: zMessage },
        200: { description: 'The same request was taken before: this is its message', schema: zMessage },
      },
      errors: ['session_not_found', 'session_wrong_state', 'message_not_found', 'message_not_sent', 'invalid_phone', 'idempotency_key_reused'],
      handle: async ({ body, query, caller, idempotencyKey, bodyHash, file }) => {
        const idempotent = idempotencyKey === null ? null : { apiKeyId: caller.keyId, key: idempotencyKey, requestHash: bodyHash };
        const { id, repeated } = await service.accept(body, idempotent, file);
        const message = query.wait === 'sent' ? await views.settled(id, query.wait_seconds * 1000) : await views.one(id);
        return { status: repeated ? 200 : 202, body: message };
      },
    }),
    route({
      method: 'get',
      path: '/api/messages',
      scope: 'read',
      tag: TAG,
      summary: 'List messages, the newest first',
      request: { query: zMessageQuery },
      responses: { 200: { description: 'A page of messages', schema: zMessageList } },
      errors: ['invalid_phone'],
      handle: async ({ query, caller }) => {
        const recipient = query.to === undefined ? null : parseRecipient(query.to, defaultCountry);
        if (query.to !== undefined && !recipient) throw new ApiError('invalid_phone', { fields: [{ field: 'query.to', message: 'must be a phone number or a JID' }] });
        const sessions = query.session_id === undefined ? caller.sessions : [query.session_id];
        return { status: 200, body: await views.list({ sessions, chatId: recipient?.chatId ?? null, state: query.state ?? null, limit: query.limit }, query.cursor) };
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
      handle: async ({ params, caller }) => ({ status: 200, body: await visible(params.id as MessageId, caller) }),
    }),
    route({
      method: 'post',
      path: '/api/messages/{id}/cancel',
      scope: 'send',
      tag: TAG,
      summary: 'Cancel a message that has not begun to go out',
      request: { params: zMessageParams },
      responses: { 200: { description: 'The message', schema: zMessage } },
      errors: ['message_not_found', 'message_not_cancellable'],
      handle: async ({ params, caller }) => {
        const id = params.id as MessageId;
        await visible(id, caller);
        await service.cancel(id);
        return { status: 200, body: await views.one(id) };
      },
    }),
  ];
}
