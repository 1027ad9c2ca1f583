import type { z } from 'zod';

const NUMBER = /^-?\d{1,15}(?:\.\d{1,15})?$/;
/** As browsers and Laravel write them. */
const FLAGS: Readonly<Record<string, boolean>> = { true: true, '1': true, on: true, false: false, '0': false, off: false };
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
    if (mended.length === 0) {
      await mendEmptyFlags(schema, value, error.issues);
      break;
    }
  }
  return value;
}

/**
 * Guzzle writes `false` as an empty text, and a page's form sends one for a field that nobody filled in. It is taken for `false` only where
 * leaving it out is no `true`; else it stays and is refused, so that nothing is switched off by an empty field.
 */
async function mendEmptyFlags(schema: z.ZodType, value: unknown, issues: readonly z.core.$ZodIssue[]): Promise<void> {
  const paths = issues.flatMap(({ code, path, ...issue }) => (code === 'invalid_type' && 'expected' in issue && issue.expected === 'boolean' && valueAt(value, path) === '' ? [path] : []));
  if (paths.length === 0) return;
  const without = structuredClone(value);
  for (const path of paths) Reflect.deleteProperty(valueAt(without, path.slice(0, -1)) as object, path.at(-1) ?? '');
  const { success, data, error } = await schema.safeParseAsync(without);
  const isRequired = (path: readonly PropertyKey[]): boolean => error?.issues.some((issue) => issue.path.join('.') === path.join('.')) === true;
  for (const path of paths) if (success ? valueAt(data, path) !== true : isRequired(path)) setAt(value, path, false);
}

/** Whether something was changed at `path`. */
function mend(root: unknown, path: readonly PropertyKey[], expected: string): boolean {
  const text = path.length === 0 ? undefined : valueAt(root, path);
  if (typeof text !== 'string') return false;
  const typed = expected === 'boolean' ? FLAGS[text.toLowerCase()] : expected === 'number' || expected === 'int' ? (NUMBER.test(text) ? Number(text) : undefined) : undefined;
  if (typed === undefined) return false;
  setAt(root, path, typed);
  return true;
}

const valueAt = (root: unknown, path: readonly PropertyKey[]): unknown => path.reduce<unknown>((value, step) => ownValue(value, step), root);

function setAt(root: unknown, path: readonly PropertyKey[], value: unknown): void {
  (valueAt(root, path.slice(0, -1)) as Record<PropertyKey, unknown>)[path.at(-1) ?? ''] = value;
}

const ownValue = (holder: unknown, name: PropertyKey): unknown => (typeof holder === 'object' && holder !== null && Object.hasOwn(holder, name) ? (holder as Record<PropertyKey, unknown>)[name] : undefined);
