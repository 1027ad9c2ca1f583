import {
  CREATE_GROUP_EXAMPLE, CREATED_GROUP_EXAMPLE, GROUP_EXAMPLE, MEMBER_RESULTS_EXAMPLE,
  zAddParticipants, zCreatedGroup, zCreateGroup, zGroup, zGroupParams, zInviteLink, zMemberResults, zNamedParticipants,
} from '../../contracts/chat-api.js';
import type { ErrorCode } from '../../contracts/errors.js';
import { route, type Route } from '../../contracts/route.js';
import { zSessionParams } from '../../contracts/session-api.js';
import { asSessionId } from '../../shared/ids.js';
import type { GroupService } from './group-service.js';

const TAG = 'Groups';
const GROUPS = '/api/sessions/{id}/groups';
const GROUP = `${GROUPS}/{group_id}`;
const PARTICIPANTS = `${GROUP}/participants`;
const INVITE_LINK_EXAMPLE = { invite_link: 'https://chat.whatsapp.com/HkZ3Zl6pQbV1ExAmPlE00' };

const SESSION_ERRORS: readonly ErrorCode[] = ['session_not_found', 'session_wrong_state', 'session_unavailable'];
const CHANGE_ERRORS: readonly ErrorCode[] = [...SESSION_ERRORS, 'group_not_found', 'group_forbidden', 'whatsapp_refused'];

export function groupRoutes(service: GroupService): Route[] {
  return [...ownRoutes(service), ...memberRoutes(service), ...inviteRoutes(service)];
}

function ownRoutes(service: GroupService): Route[] {
  return [
    route({
      method: 'post', path: GROUPS, scope: 'send', tag: TAG, summary: 'Create a group',
      description: 'Who allows no direct adding gets an invitation. With an `Idempotency-Key` a repeated request answers the first group and makes none. After a 503 the group may exist all the same, and the key answers 409 `outcome_unknown`: look for it before you ask anew.',
      request: { params: zSessionParams, body: zCreateGroup, bodyExample: CREATE_GROUP_EXAMPLE },
      responses: {
        201: { description: 'The group, and what became of each person', schema: zCreatedGroup, example: CREATED_GROUP_EXAMPLE },
        200: { description: 'The same request was taken before: this is its group', schema: zCreatedGroup },
      },
      errors: [...SESSION_ERRORS, 'invalid_phone', 'whatsapp_refused', 'idempotency_key_reused', 'outcome_unknown'],
      handle: async ({ params, body, caller, idempotencyKey, bodyHash }) => {
        const request = idempotencyKey === null ? null : { apiKeyId: caller.keyId, key: idempotencyKey, bodyHash };
        const { group, repeated } = await service.createOnce(asSessionId(params.id), body, request);
        return { status: repeated ? 200 : 201, body: group };
      },
    }),
    route({
      method: 'get', path: GROUP, scope: 'read', tag: TAG, summary: 'Get a group with its participants',
      request: { params: zGroupParams },
      responses: { 200: { description: 'The group', schema: zGroup, example: GROUP_EXAMPLE } },
      errors: [...SESSION_ERRORS, 'group_not_found'],
      handle: async ({ params }) => ({ status: 200, body: await service.info(asSessionId(params.id), params.group_id) }),
    }),
    route({
      method: 'post', path: `${GROUP}/leave`, scope: 'send', tag: TAG, summary: 'Leave a group',
      request: { params: zGroupParams },
      responses: { 204: { description: 'The account is no longer in it' } },
      errors: CHANGE_ERRORS,
      handle: async ({ params }) => {
        await service.leave(asSessionId(params.id), params.group_id);
        return { status: 204 };
      },
    }),
  ];
}

function memberRoutes(service: GroupService): Route[] {
  const change = (name: 'remove' | 'promote' | 'demote', summary: string): Route =>
    route({
      method: 'post', path: `${PARTICIPANTS}/${name}`, scope: 'send', tag: TAG, summary,
      request: { params: zGroupParams, body: zNamedParticipants, bodyExample: { participants: ['0812-3456-7890'] } },
      responses: { 200: { description: 'What became of each person', schema: zMemberResults } },
      errors: [...CHANGE_ERRORS, 'invalid_phone'],
      handle: async ({ params, body }) => {
        const results = await service.changeMembers(asSessionId(params.id), params.group_id, { change: name, inputs: body.participants });
        return { status: 200, body: { results } };
      },
    });

  return [
    route({
      method: 'post', path: PARTICIPANTS, scope: 'send', tag: TAG, summary: 'Add people to a group',
      description: 'At most 50 at once, one after the other with a pause. Who allows no direct adding gets an invitation.',
      request: { params: zGroupParams, body: zAddParticipants, bodyExample: { add: CREATE_GROUP_EXAMPLE.participants } },
      responses: { 200: { description: 'What became of each person', schema: zMemberResults, example: MEMBER_RESULTS_EXAMPLE } },
      errors: [...CHANGE_ERRORS, 'invalid_phone'],
      handle: async ({ params, body }) => {
        const results = await service.changeMembers(asSessionId(params.id), params.group_id, { change: 'add', inputs: body.add });
        return { status: 200, body: { results } };
      },
    }),
    change('remove', 'Remove people from a group'),
    change('promote', 'Make people admins of a group'),
    change('demote', "Take admins' rights away"),
  ];
}

/** A link lets anybody in: it is no key's that may only read. */
function inviteRoutes(service: GroupService): Route[] {
  return [
    route({
      method: 'get', path: `${GROUP}/invite-link`, scope: 'send', tag: TAG, summary: 'Get the link by which anybody may join',
      request: { params: zGroupParams },
      responses: { 200: { description: 'The link', schema: zInviteLink, example: INVITE_LINK_EXAMPLE } },
      errors: CHANGE_ERRORS,
      handle: async ({ params }) => ({ status: 200, body: { invite_link: await service.inviteLink(asSessionId(params.id), params.group_id) } }),
    }),
    route({
      method: 'post', path: `${GROUP}/invite-link/revoke`, scope: 'send', tag: TAG, summary: 'Make the invite link void, and get a new one',
      request: { params: zGroupParams },
      responses: { 200: { description: 'The new link', schema: zInviteLink, example: INVITE_LINK_EXAMPLE } },
      errors: CHANGE_ERRORS,
      handle: async ({ params }) => ({ status: 200, body: { invite_link: await service.revokeInviteLink(asSessionId(params.id), params.group_id) } }),
    }),
  ];
}
