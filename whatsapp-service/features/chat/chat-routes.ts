import {
  CHAT_LIST_EXAMPLE, CHAT_MESSAGES_EXAMPLE, CONTACT_EXAMPLE, zChatList, zChatMessageList, zChatParams, zChatsQuery, zContact, zContactParams, zMessagesQuery, zProfilePicture, zTyping,
} from '../../contracts/chat-api.js';
import type { ErrorCode } from '../../contracts/errors.js';
import { zChat } from '../../contracts/payloads.js';
import { route, type Route } from '../../contracts/route.js';
import { zSessionParams } from '../../contracts/session-api.js';
import { asSessionId } from '../../shared/ids.js';
import type { ChatService } from './chat-service.js';

const CHATS = '/api/sessions/{id}/chats';
const CONTACT = '/api/sessions/{id}/contacts/{jid}';
const SESSION_ERRORS: readonly ErrorCode[] = ['session_not_found', 'session_wrong_state', 'session_unavailable'];

export function chatRoutes(service: ChatService): Route[] {
  return [
    route({
      method: 'get', path: CHATS, scope: 'read', tag: 'Chats', summary: 'List chats by page, newest first',
      description:
        'The order of the first page holds for the following ones: a chat that gets a message meanwhile is neither left out nor repeated. '
        + '`search` finds part of a name, in any case, or of a phone number (`0812…` too).',
      request: { params: zSessionParams, query: zChatsQuery },
      responses: { 200: { description: 'A page of chats', schema: zChatList, example: CHAT_LIST_EXAMPLE } },
      errors: SESSION_ERRORS,
      handle: async ({ params, query }) => ({ status: 200, body: await service.list(asSessionId(params.id), query) }),
    }),
    route({
      method: 'get', path: `${CHATS}/{chat_id}`, scope: 'read', tag: 'Chats', summary: 'Get a chat',
      request: { params: zChatParams },
      responses: { 200: { description: 'The chat', schema: zChat } },
      errors: [...SESSION_ERRORS, 'invalid_phone', 'chat_not_found'],
      handle: async ({ params }) => ({ status: 200, body: await service.chat(asSessionId(params.id), params.chat_id) }),
    }),
    route({
      method: 'get', path: `${CHATS}/{chat_id}/messages`, scope: 'read', tag: 'Chats', summary: "List a chat's messages by page, newest first",
      description: 'As far back as the phone has given its history to WhatsApp Web. Older pages take longer: they are loaded from there.',
      request: { params: zChatParams, query: zMessagesQuery },
      responses: { 200: { description: 'A page of messages', schema: zChatMessageList, example: CHAT_MESSAGES_EXAMPLE } },
      errors: [...SESSION_ERRORS, 'invalid_phone', 'chat_not_found'],
      handle: async ({ params, query }) => ({ status: 200, body: await service.messages(asSessionId(params.id), params.chat_id, query) }),
    }),
    route({
      method: 'post', path: `${CHATS}/{chat_id}/seen`, scope: 'send', tag: 'Chats', summary: 'Mark a chat as read',
      description: 'The other side gets its blue ticks, where both allow them.',
      request: { params: zChatParams },
      responses: { 204: { description: 'It is read' } },
      errors: [...SESSION_ERRORS, 'invalid_phone', 'chat_not_found'],
      handle: async ({ params }) => {
        await service.markSeen(asSessionId(params.id), params.chat_id);
        return { status: 204 };
      },
    }),
    route({
      method: 'post', path: `${CHATS}/{chat_id}/typing`, scope: 'send', tag: 'Chats', summary: 'Show "typing…", or stop showing it',
      description: 'WhatsApp takes it away by itself after about 25 seconds, and when a message goes out. To show it before one message, that message\'s own `typing` is enough.',
      request: { params: zChatParams, body: zTyping, bodyExample: { state: 'start' } },
      responses: { 204: { description: 'WhatsApp was told' } },
      errors: [...SESSION_ERRORS, 'invalid_phone', 'chat_not_found'],
      handle: async ({ params, body }) => {
        await service.showTyping(asSessionId(params.id), params.chat_id, body);
        return { status: 204 };
      },
    }),
    route({
      method: 'get', path: CONTACT, scope: 'read', tag: 'Contacts', summary: 'Get a contact',
      request: { params: zContactParams },
      responses: { 200: { description: 'The contact', schema: zContact, example: CONTACT_EXAMPLE } },
      errors: [...SESSION_ERRORS, 'invalid_phone', 'contact_not_found'],
      handle: async ({ params }) => ({ status: 200, body: await service.contact(asSessionId(params.id), params.jid) }),
    }),
    route({
      method: 'get', path: `${CONTACT}/profile-picture`, scope: 'read', tag: 'Contacts', summary: 'Get the profile picture of a person or a group',
      request: { params: zContactParams },
      responses: { 200: { description: 'Where it is', schema: zProfilePicture, example: { url: 'https://pps.whatsapp.net/v/t61.24694-24/…' } } },
      errors: [...SESSION_ERRORS, 'invalid_phone'],
      handle: async ({ params }) => ({ status: 200, body: { url: await service.profilePicture(asSessionId(params.id), params.jid) } }),
    }),
  ];
}
