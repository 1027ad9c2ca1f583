import type { Route } from '../contracts/route.js';
import type { JsonSchema } from './openapi-schemas.js';

type Streamed = NonNullable<NonNullable<Route['request']>['stream']>;

/** A body that is read while it comes: its types are told, and how much of it is taken. What JSON may say, its schema says already. */
export function streamContent({ types, limitBytes }: Streamed): JsonSchema {
  const schema = { type: 'string', description: `A stream of at most ${limitBytes} bytes; the description tells its form` };
  return Object.fromEntries(types.filter((type) => type !== 'application/json').map((type) => [type, { schema }]));
}

type Multipart = NonNullable<NonNullable<Route['request']>['multipart']>;

/** A route's body as a form: its file, and what JSON would say beside it, in fields or whole in the field `json`. */
export function formContent({ file, limitBytes }: Multipart, body: JsonSchema): JsonSchema {
  const json: JsonSchema = { type: 'string', contentMediaType: 'application/json', contentSchema: body, description: 'The whole JSON body, instead of the other fields' };
  const binary: JsonSchema = { type: 'string', format: 'binary', description: `One file of at most ${limitBytes} bytes, with a file name` };
  const { properties, required } = body as { properties?: JsonSchema; required?: string[] };
  const isPlain = properties !== undefined && (required ?? []).length === 0;
  return {
    schema: {
      type: 'object',
      description: 'Fields are text: `true` and `12` are read as what the JSON body has there; `options[]` and `media[url]` are read as PHP does.',
      required: [file],
      properties: { ...(isPlain ? properties : {}), json, [file]: binary },
    },
  };
}
