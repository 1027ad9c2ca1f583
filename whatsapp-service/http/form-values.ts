import type { z } from 'zod';

const NUMBER = /^-?\d{1,15}(?:\.\d{1,15})?$/;
/** As browsers, Laravel and Guzzle write them. */
const FLAGS: Readonly<Record<string, boolean>> = { true: true, '1': true, on: true, false: false, '0': false, off: false, '': false };
/** A value that is mended may show the next problem; a form is not deep. */
const MAX_ROUNDS = 3;

/**
 * A form knows only text. Where the schema wants a number or a yes or no, and the text is one, it becomes one;
 * everything else stays, and is refused in the schema's own words.
 */
export async function typedFormValues(schema: z.ZodType, input: unknown): Promise<unknown> {
  const value = structuredClone(input);
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const { success, error } = await schema.safeParseAsync(value);
    if (success) break;
    const mended = error.issues.filter((issue) => issue.code === 'invalid_type' && mend(value, issue.path, issue.expected));
    if (mended.length === 0) break;
  }
  return value;
}

/** Whether something was changed at `path`. */
function mend(root: unknown, path: readonly PropertyKey[], expected: string): boolean {
  const name = path.at(-1);
  const holder = path.slice(0, -1).reduce<unknown>((value, step) => ownValue(value, step), root);
  const text = name === undefined ? undefined : ownValue(holder, name);
  if (name === undefined || typeof text !== 'string') return false;
  const typed = expected === 'boolean' ? FLAGS[text.toLowerCase()] : expected === 'number' || expected === 'int' ? (NUMBER.test(text) ? Number(text) : undefined) : undefined;
  if (typed === undefined) return false;
  (holder as Record<PropertyKey, unknown>)[name] = typed;
  return true;
}

const ownValue = (holder: unknown, name: PropertyKey): unknown => (typeof holder === 'object' && holder !== null && Object.hasOwn(holder, name) ? (holder as Record<PropertyKey, unknown>)[name] : undefined);
