import { ERRORS, type ErrorCode } from '../contracts/errors.js';
import type { Route } from '../contracts/route.js';
import { documentedErrors } from './openapi-errors.js';
import { formContent, streamContent } from './openapi-forms.js';
import { SchemaCollector, type JsonSchema } from './openapi-schemas.js';

/** An OpenAPI 3.1 document, as far as this service writes one. */
export interface OpenApiDocument {
  openapi: '3.1.0';
  info: { title: string; version: string; description: string };
  servers: { url: string }[];
  tags: { name: string }[];
  security: Record<string, string[]>[];
  paths: Record<string, Record<string, OpenApiOperation>>;
  components: { schemas: Record<string, JsonSchema>; examples: Record<string, { summary: string; value: unknown }>; securitySchemes: Record<string, JsonSchema> };
}

export interface OpenApiOperation {
  operationId: string;
  tags: string[];
  summary: string;
  description: string;
  security: Record<string, string[]>[];
  parameters: JsonSchema[];
  requestBody?: JsonSchema;
  responses: Record<string, OpenApiAnswer>;
}

export interface OpenApiAnswer {
  description: string;
  headers?: Record<string, JsonSchema>;
  content?: Record<string, JsonSchema>;
}

const JSON_TYPE = 'application/json';

const ABOUT = `Every request needs an API key, as \`X-Api-Key\` or as \`Authorization: Bearer\`, except where it says otherwise; a key in a URL is not taken.
A key has scopes (\`admin\` includes \`send\`, which includes \`read\`) and may be limited to sessions.

An error is \`{error: {code, message, request_id, details?}}\`. Programs go by \`code\`. Every answer carries \`X-Request-Id\`; send your own to find it in the log.`;

/** The documentation of the same routes that are served: what is written here is what is validated. */
export function openApiDocument(routes: readonly Route[], version: string): OpenApiDocument {
  const schemas = new SchemaCollector();
  const paths: OpenApiDocument['paths'] = {};
  const used = new Set<ErrorCode>();
  for (const route of routes) {
    const errors = documentedErrors(route);
    for (const code of errors) used.add(code);
    (paths[route.path] ??= {})[route.method] = operation(route, errors, schemas);
  }
  return {
    openapi: '3.1.0',
    info: { title: 'WhatsApp bridge', version, description: ABOUT },
    servers: [{ url: '..' }],
    tags: [...new Set(routes.map(({ tag }) => tag))].map((name) => ({ name })),
    security: ANY_KEY,
    paths,
    components: {
      schemas: { Error: ERROR_SCHEMA, ...schemas.schemas },
      examples: Object.fromEntries([...used].sort().map((code) => [code, errorExample(code)])),
      securitySchemes: { ApiKey: { type: 'apiKey', in: 'header', name: 'X-Api-Key' }, Bearer: { type: 'http', scheme: 'bearer' } },
    },
  };
}

const ANY_KEY: Record<string, string[]>[] = [{ ApiKey: [] }, { Bearer: [] }];

const ERROR_SCHEMA: JsonSchema = {
  type: 'object',
  required: ['error'],
  properties: {
    error: {
      type: 'object',
      required: ['code', 'message', 'request_id'],
      properties: {
        code: { type: 'string', enum: Object.keys(ERRORS) },
        message: { type: 'string', description: 'What to do next, for people' },
        request_id: { type: 'string', description: 'Also in `X-Request-Id`; the log has it' },
        details: { type: 'object', description: 'Facts of this case', additionalProperties: true },
      },
    },
  },
};

const errorExample = (code: ErrorCode): { summary: string; value: unknown } => ({
  summary: ERRORS[code].message,
  value: { error: { code, message: ERRORS[code].message, request_id: 'req_7f9c2ba4e88f827d616045507605853e' } },
});

function operation(route: Route, errors: readonly ErrorCode[], schemas: SchemaCollector): OpenApiOperation {
  const access = route.scope === 'public' ? 'Needs no key.' : `Needs a key with the scope \`${route.scope}\`.`;
  const body = requestBody(route, schemas);
  return {
    operationId: `${route.method}${route.path.replaceAll(/[^A-Za-z0-9]+/g, '_')}`.replace(/_$/, ''),
    tags: [route.tag],
    summary: route.summary,
    description: route.description ? `${route.description}\n\n${access}` : access,
    security: route.scope === 'public' ? [] : ANY_KEY,
    parameters: parameters(route, errors, schemas),
    ...(body ? { requestBody: body } : {}),
    responses: answers(route, errors, schemas),
  };
}

function requestBody(route: Route, schemas: SchemaCollector): JsonSchema | null {
  const { body: schema, stream, bodyExample: example, bodyExamples } = route.request ?? {};
  const streamed = stream && streamContent(stream);
  if (!schema) return streamed ? { required: true, content: streamed } : null;
  const examples = bodyExamples && Object.fromEntries(Object.entries(bodyExamples).map(([name, value]) => [name, { value }]));
  const mayBeAbsent = [undefined, {}].some((nothing) => schema.safeParse(nothing).success);
  const multipart = route.request?.multipart;
  const json = schemas.of(schema, 'input');
  const form = multipart && { 'multipart/form-data': formContent(multipart, json) };
  return { required: !mayBeAbsent || multipart !== undefined, content: { [JSON_TYPE]: { schema: json, ...(examples ? { examples } : example === undefined ? {} : { example }) }, ...form, ...streamed } };
}

const IDEMPOTENCY_KEY: JsonSchema = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description: 'Repeat a request with the same key and nothing is sent twice. 1 to 255 visible ASCII characters.',
  schema: { type: 'string', minLength: 1, maxLength: 255 },
};

function parameters(route: Route, errors: readonly ErrorCode[], schemas: SchemaCollector): JsonSchema[] {
  const inPath = fieldsOf(route.request?.params, schemas);
  const named = [...route.path.matchAll(/\{([^}]*)\}/g)].map((match) => match[1] ?? '');
  for (const name of named) {
    if (!inPath.some((field) => field.name === name)) throw new Error(`The route ${route.method.toUpperCase()} ${route.path} has no schema for {${name}}.`);
  }
  return [
    ...inPath.map((field) => ({ ...field, in: 'path', required: true })),
    ...fieldsOf(route.request?.query, schemas).map((field) => ({ ...field, in: 'query' })),
    ...(errors.includes('idempotency_key_reused') ? [IDEMPOTENCY_KEY] : []),
  ];
}

function fieldsOf(schema: NonNullable<Route['request']>['params'], schemas: SchemaCollector): (JsonSchema & { name: string })[] {
  if (!schema) return [];
  const { properties, required } = schemas.of(schema, 'input') as { properties?: Record<string, JsonSchema>; required?: string[] };
  return Object.entries(properties ?? {}).map(([name, { description, ...rest }]) => ({ name, required: required?.includes(name) ?? false, ...(description === undefined ? {} : { description }), schema: rest }));
}

function answers(route: Route, errors: readonly ErrorCode[], schemas: SchemaCollector): OpenApiOperation['responses'] {
  const all: OpenApiOperation['responses'] = {};
  for (const [status, { description, schema, example }] of Object.entries(route.responses)) {
    const json = schema ? { schema: schemas.of(schema, 'output'), ...(example === undefined ? {} : { example }) } : null;
    all[status] = { description, ...withContent(json, status === '204' ? [] : (route.produces ?? [])) };
  }
  for (const status of new Set(errors.map((code) => ERRORS[code].status))) {
    all[status] = withErrors(
      all[status],
      errors.filter((code) => ERRORS[code].status === status),
    );
  }
  return all;
}

/** JSON by its schema, every other type that the route can answer with as it comes. */
function withContent(json: JsonSchema | null, produces: readonly string[]): Pick<OpenApiAnswer, 'content'> {
  const others = produces.filter((type) => type !== JSON_TYPE).map((type) => [type, {}] as const);
  const content = { ...(json ? { [JSON_TYPE]: json } : {}), ...Object.fromEntries(others) };
  return Object.keys(content).length > 0 ? { content } : {};
}

/** Adds error codes to a status; where it also has an answer that is no error, either may come. */
function withErrors(own: OpenApiAnswer | undefined, codes: readonly ErrorCode[]): OpenApiAnswer {
  const error = { $ref: '#/components/schemas/Error' };
  const ownJson = own?.content?.[JSON_TYPE];
  const schema = ownJson ? { oneOf: [ownJson.schema, error] } : error;
  const examples = Object.fromEntries(codes.map((code) => [code, { $ref: `#/components/examples/${code}` }]));
  const sentences = codes.map((code) => `\`${code}\`: ${ERRORS[code].message}`);
  return {
    description: [...(own ? [own.description] : []), ...sentences].join('\n\n'),
    ...(codes.includes('rate_limited') ? { headers: { 'Retry-After': { description: 'Seconds', schema: { type: 'integer' } } } } : {}),
    content: { ...own?.content, [JSON_TYPE]: { schema, examples } },
  };
}
