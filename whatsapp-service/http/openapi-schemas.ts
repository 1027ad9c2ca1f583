import { z } from 'zod';

/** JSON Schema 2020-12, which is what OpenAPI 3.1 uses. */
export type JsonSchema = { [key: string]: unknown };

const COMPONENTS = '#/components/schemas/';

/**
 * Turns zod schemas into JSON Schema, and gathers those that have a name (`.meta({ id })`) or refer to themselves
 * under `components.schemas`.
 */
export class SchemaCollector {
  readonly schemas: Record<string, JsonSchema> = {};

  /** `input`: what a caller may send. `output`: what it gets. */
  of(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
    const { $schema: _dialect, $defs, ...root } = z.toJSONSchema(schema, { io, unrepresentable: 'any', override: ({ jsonSchema }) => tidy(jsonSchema, io) }) as JsonSchema & { $defs?: Record<string, JsonSchema> };
    const names = new Map<string, string>();
    const defs = Object.entries($defs ?? {});
    for (const [name, definition] of defs) names.set(`#/$defs/${name}`, COMPONENTS + this.nameFor(name, definition));
    const refersToItself = JSON.stringify(root).includes('"$ref":"#"');
    if (refersToItself) names.set('#', COMPONENTS + this.nameFor('Recursive', root));
    for (const [ref, component] of names) {
      const definition = ref === '#' ? root : ($defs?.[ref.slice('#/$defs/'.length)] ?? {});
      this.schemas[component.slice(COMPONENTS.length)] = renamed(definition, names) as JsonSchema;
    }
    return refersToItself ? { $ref: names.get('#') } : (renamed(root, names) as JsonSchema);
  }

  private readonly taken = new Map<string, string>();

  /** The schema's own name; another one when the same name already stands for something else, as input and output may differ. */
  private nameFor(wanted: string, definition: JsonSchema): string {
    const text = JSON.stringify(definition);
    const base = wanted.replace(/^__schema/, 'Recursive');
    for (let number = 1; ; number++) {
      const name = number === 1 ? base : `${base}${number}`;
      const known = this.taken.get(name);
      if (known !== undefined && known !== text) continue;
      this.taken.set(name, text);
      return name;
    }
  }
}

/** Takes away what only a program would want to read: the pattern behind a format, the bounds of every whole number. */
function tidy(schema: JsonSchema, io: 'input' | 'output'): void {
  if (schema.format !== undefined) delete schema.pattern;
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum;
  // An answer may gain fields later; nobody should refuse it for that.
  if (io === 'output' && schema.additionalProperties === false) delete schema.additionalProperties;
  delete schema.id;
}

function renamed(value: unknown, names: ReadonlyMap<string, string>): unknown {
  if (Array.isArray(value)) return value.map((item) => renamed(item, names));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, key === '$ref' && typeof inner === 'string' ? (names.get(inner) ?? inner) : renamed(inner, names)]));
}
