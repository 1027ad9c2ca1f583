import { CHECK_NUMBERS_EXAMPLE, NUMBER_RESULTS_EXAMPLE, zCheckNumbers, zNumberResults } from '../../contracts/number-api.js';
import { route, type Route } from '../../contracts/route.js';
import type { NumberService } from './number-service.js';

export function numberRoutes(service: NumberService): Route[] {
  return [
    route({
      method: 'post',
      path: '/api/numbers/check',
      scope: 'send',
      tag: 'Numbers',
      summary: 'Tell which numbers are on WhatsApp',
      description:
        'Up to 500 at once, in any spelling; a number without a country is of `DEFAULT_COUNTRY`. What is no number is answered as such. '
        + 'Answers are kept for `NUMBER_CHECK_CACHE_HOURS`; only for what is not known the session has to work.',
      request: { body: zCheckNumbers, bodyExample: CHECK_NUMBERS_EXAMPLE },
      responses: { 200: { description: 'One result for each number, in their order', schema: zNumberResults, example: NUMBER_RESULTS_EXAMPLE } },
      errors: ['session_not_found', 'session_wrong_state', 'session_unavailable'],
      handle: async ({ body }) => ({ status: 200, body: { results: await service.check(body) } }),
    }),
  ];
}
