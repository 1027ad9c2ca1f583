import { ADD_OPT_OUTS_EXAMPLE, zAddedOptOuts, zAddOptOuts, zOptOutList, zOptOutParams, zOptOutQuery, zOptOutScope } from '../../contracts/opt-out-api.js';
import { route, type Route } from '../../contracts/route.js';
import { workspaceOf } from '../../contracts/workspace-access.js';
import type { OptOutService } from './opt-out-service.js';

const TAG = 'Opt-outs';

export function optOutRoutes(service: OptOutService): Route[] {
  return [
    route({
      method: 'put',
      path: '/api/opt-outs',
      scope: 'send',
      tag: TAG,
      summary: 'Put people on the list of those who want no bulk messages',
      description: 'Without a workspace they get none from any. Whoever answers `OPT_OUT_WORDS` is put there by the bridge itself.',
      request: { body: zAddOptOuts, bodyExample: ADD_OPT_OUTS_EXAMPLE },
      responses: { 200: { description: 'What was added', schema: zAddedOptOuts } },
      handle: async ({ body, caller }) => ({ status: 200, body: await service.add(workspaceOf(caller, body.workspace_id), body.people) }),
    }),
    route({
      method: 'get',
      path: '/api/opt-outs',
      scope: 'read',
      tag: TAG,
      summary: 'List who wants no bulk messages',
      request: { query: zOptOutQuery },
      responses: { 200: { description: 'A page of people', schema: zOptOutList } },
      handle: async ({ query, caller }) => ({ status: 200, body: await service.list(workspaceOf(caller, query.workspace_id), query.limit, query.cursor) }),
    }),
    route({
      method: 'delete',
      path: '/api/opt-outs/{person}',
      scope: 'send',
      tag: TAG,
      summary: 'Take somebody off the list',
      description: 'Only with their consent.',
      request: { params: zOptOutParams, query: zOptOutScope },
      responses: { 204: { description: 'They may get bulk messages again' } },
      errors: ['opt_out_not_found', 'invalid_phone'],
      handle: async ({ params, query, caller }) => {
        await service.remove(workspaceOf(caller, query.workspace_id), params.person);
        return { status: 204 };
      },
    }),
  ];
}
