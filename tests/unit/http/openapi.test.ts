import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { ERRORS, type ErrorCode } from '../../../whatsapp-service/contracts/errors.js';
import { route, type Route } from '../../../whatsapp-service/contracts/route.js';
import { apiKeyRoutes } from '../../../whatsapp-service/features/api-key/api-key-routes.js';
import { chatSyncRoutes } from '../../../whatsapp-service/features/chat-sync/chat-sync-routes.js';
import { messageRoutes } from '../../../whatsapp-service/features/message/message-routes.js';
import { sessionRoutes } from '../../../whatsapp-service/features/session/session-routes.js';
import { healthRoutes } from '../../../whatsapp-service/http/health-routes.js';
import { documentedErrors } from '../../../whatsapp-service/http/openapi-errors.js';
import { SchemaCollector } from '../../../whatsapp-service/http/openapi-schemas.js';
import { openApiDocument } from '../../../whatsapp-service/http/openapi.js';
import { sandboxRoutes } from '../../../whatsapp-service/sandbox/routes.js';
import { systemClock } from '../../../whatsapp-service/shared/clock.js';
import { silentLogger } from '../../../whatsapp-service/shared/logger.js';
import { createMetrics } from '../../../whatsapp-service/shared/metrics.js';
import { exampleRoutes } from './http-fixture.js';

/** Only the lists are read here; no route is called. */
const unused = {} as never;
const served: Route[] = [
  ...sessionRoutes(unused, 'ID'),
  ...chatSyncRoutes(unused, unused),
  ...messageRoutes(unused),
  ...apiKeyRoutes(unused),
  ...healthRoutes({ version: '1', clock: systemClock, logger: silentLogger, metrics: createMetrics(), checks: {} }),
  ...sandboxRoutes(unused, unused),
];

describe.each([
  ['the routes that are served', served],
  ['one of each kind', exampleRoutes()],
])('the document of %s', (_name, routes) => {
  const document = openApiDocument(routes, '1.2.3');
  const operationOf = ({ method, path }: Route) => document.paths[path]?.[method];

  test('has the shape of OpenAPI 3.1', () => {
    expect(document).toMatchObject({ openapi: '3.1.0', info: { title: expect.any(String), version: '1.2.3' } });
    const ids = routes.map((one) => operationOf(one)?.operationId);
    expect(new Set(ids).size).toBe(routes.length);
    expect(JSON.parse(JSON.stringify(document))).toEqual(document);
  });

  test('every reference resolves', () => {
    const refs = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]*)"/g)].map((match) => match[1] ?? '');
    expect(refs.length).toBeGreaterThan(10);
    for (const ref of new Set(refs)) expect({ ref, found: resolve(document, ref) !== undefined }).toEqual({ ref, found: true });
  });

  test.each(routes.map((one) => [`${one.method} ${one.path}`, one] as const))('%s is there, with all it may answer', (_title, one) => {
    const operation = operationOf(one);
    if (!operation) throw new Error('missing');
    expect(operation.summary).toBe(one.summary);
    expect(operation.tags).toEqual([one.tag]);
    expect(operation.security).toEqual(one.scope === 'public' ? [] : [{ ApiKey: [] }, { Bearer: [] }]);
    const inPath = operation.parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name);
    expect(inPath.sort()).toEqual([...one.path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort());
    expect(Boolean(operation.requestBody)).toBe(Boolean(one.request?.body));
    for (const status of Object.keys(one.responses)) expect(operation.responses[status]?.description).toContain(one.responses[Number(status)]?.description);
    for (const code of [...documentedErrors(one), ...(one.errors ?? [])]) {
      const answer = operation.responses[ERRORS[code].status];
      expect(answer?.description).toContain(`\`${code}\``);
      expect(answer?.content?.['application/json']?.examples).toHaveProperty([code], { $ref: `#/components/examples/${code}` });
    }
  });

  test('an example of a body is valid, and so is that of an answer', () => {
    for (const one of routes) {
      const { body, bodyExample } = one.request ?? {};
      if (body && bodyExample !== undefined) expect({ path: one.path, issues: body.safeParse(bodyExample).error?.issues }).toEqual({ path: one.path, issues: undefined });
      for (const { schema, example } of Object.values(one.responses)) {
        if (schema && example !== undefined) expect(schema.safeParse(example).error).toBeUndefined();
      }
    }
  });
});

test('errors follow from what a route is', () => {
  const of = (method: string, path: string): ErrorCode[] => documentedErrors(exampleRoutes().find((one) => one.method === method && one.path === path) as Route).sort();
  expect(of('get', '/open')).toEqual(['internal', 'shutting_down', 'storage_unavailable']);
  expect(of('get', '/api/messages/latest')).toEqual(['forbidden', 'internal', 'rate_limited', 'shutting_down', 'storage_unavailable', 'unauthorized']);
  expect(of('get', '/api/sessions/{id}/qr')).toContain('not_acceptable');
  expect(of('post', '/api/messages')).toEqual(
    ['forbidden', 'idempotency_key_reused', 'internal', 'invalid_json', 'invalid_request', 'payload_too_large', 'rate_limited', 'session_not_found', 'shutting_down', 'storage_unavailable', 'unauthorized', 'unsupported_media_type'],
  );
});

test('a status that is both an answer and an error shows both', () => {
  const ready = openApiDocument(served, '1').paths['/ready']?.get?.responses[503];
  expect(ready?.content?.['application/json']?.schema).toEqual({ oneOf: [expect.objectContaining({ type: 'object' }), { $ref: '#/components/schemas/Error' }] });
});

test('a route whose path names what no schema describes is refused', () => {
  const bad = route({ method: 'get', path: '/api/things/{id}', scope: 'read', tag: 'T', summary: 'S', responses: {}, handle: () => ({ status: 200 }) });
  expect(() => openApiDocument([bad], '1')).toThrow('GET /api/things/{id} has no schema for {id}');
});

describe('schemas', () => {
  const thing = z.object({ at: z.iso.datetime(), n: z.number().int().default(1) }).meta({ id: 'Thing' });

  test('a name becomes a component; input and output may differ', () => {
    const collector = new SchemaCollector();
    expect(collector.of(thing, 'output')).toEqual({ $ref: '#/components/schemas/Thing' });
    expect(collector.of(z.object({ thing }), 'output')).toMatchObject({ properties: { thing: { $ref: '#/components/schemas/Thing' } } });
    expect(collector.of(thing, 'input')).toEqual({ $ref: '#/components/schemas/Thing2' });
    expect(collector.schemas).toEqual({
      Thing: { type: 'object', properties: { at: { type: 'string', format: 'date-time' }, n: { type: 'integer', default: 1 } }, required: ['at', 'n'] },
      Thing2: { type: 'object', properties: { at: { type: 'string', format: 'date-time' }, n: { type: 'integer', default: 1 } }, required: ['at'] },
    });
  });

  test('what refers to itself becomes a component', () => {
    const collector = new SchemaCollector();
    const schema = collector.of(z.json(), 'input');
    expect(schema.$ref).toMatch(/^#\/components\/schemas\//);
    expect(JSON.stringify(collector.schemas)).not.toMatch(/"#"|\$defs/);
  });

  test('what JSON Schema cannot say does not fail', () => {
    const collector = new SchemaCollector();
    expect(collector.of(z.object({ a: z.custom<Date>(), b: z.string().transform(Number), c: z.bigint() }), 'input')).toMatchObject({ properties: { a: {}, b: { type: 'string' }, c: {} } });
    expect(collector.of(z.strictObject({ a: z.string() }), 'input')).toMatchObject({ additionalProperties: false });
  });
});

function resolve(document: unknown, ref: string): unknown {
  return ref
    .replace(/^#\//, '')
    .split('/')
    .reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], document);
}
