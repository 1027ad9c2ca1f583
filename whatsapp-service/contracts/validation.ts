import type { z } from 'zod';
import { ApiError, invalidField } from './errors.js';

/** One thing that is wrong with a request. `field` begins with where it is: `body.text`, `query.limit`, `params.id`. */
export interface FieldProblem {
  field: string;
  code: string;
  message: string;
}

type Part = 'params' | 'query' | 'body' | 'auth';
type Issue = z.core.$ZodIssue;

/** A caller that gets hundreds wrong is told of the first ones. */
const MAX_PROBLEMS = 50;
/** A field's name may be the caller's own. */
const MAX_NAME = 200;
/** Deeper JSON is nobody's message, and would exhaust the stack of what walks through it. */
const MAX_DEPTH = 64;

/** The value as the schema makes it. @throws ApiError `invalid_request`, naming each field. */
export async function validated(part: Part, schema: z.ZodType | undefined, input: unknown): Promise<unknown> {
  if (!schema) return undefined;
  const result = await schema.safeParseAsync(input);
  if (result.success) return result.data;
  throw new ApiError('invalid_request', { fields: problemsOf(result.error.issues, part).slice(0, MAX_PROBLEMS) });
}

/**
 * A body as it was probably meant. No body reads as `{}`, so that what is missing is named, and so does `[]`, which is how
 * PHP writes an array without entries; unless the schema takes them as they are.
 */
export async function validatedBody(schema: z.ZodType | undefined, input: unknown): Promise<unknown> {
  const mayBeEmptyObject = input === undefined || (Array.isArray(input) && input.length === 0);
  if (schema && mayBeEmptyObject && !(await schema.safeParseAsync(input)).success) return validated('body', schema, {});
  return validated('body', schema, input);
}

function problemsOf(issues: readonly Issue[], at: string): FieldProblem[] {
  return issues.flatMap((issue) => {
    const field = [at, ...issue.path.map(String)].join('.');
    if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => problem(`${field}.${key}`, issue.code, 'is not a field of this request'));
    if (issue.code === 'invalid_union' && issue.errors.length > 0) return unionProblems(issue.errors, field);
    if (issue.code === 'invalid_key') return issue.issues.map((inner) => problem(field, issue.code, inner.message));
    return [problem(field, issue.code, messageOf(issue))];
  });
}

/** What is wrong with the alternative that was meant: one whose type fits. When none does, all that would. */
function unionProblems(alternatives: readonly (readonly Issue[])[], field: string): FieldProblem[] {
  const meant = alternatives.filter((issues) => !issues.some((issue) => issue.code === 'invalid_type' && issue.path.length === 0));
  const closest = meant.toSorted((a, b) => a.length - b.length)[0];
  if (closest) return problemsOf(closest, field);
  const problems = alternatives.flatMap((issues) => problemsOf(issues, field));
  return [problem(field, 'invalid_type', [...new Set(problems.map(({ message }) => message))].join('; or '))];
}

function messageOf(issue: Issue): string {
  const isMissing = issue.code === 'invalid_type' && issue.message.endsWith('received undefined');
  return isMissing ? `is required: ${issue.expected}` : issue.message;
}

const problem = (field: string, code: string, message: string): FieldProblem => ({ field: field.slice(0, MAX_NAME), code, message });

/** A key `__proto__` would change an object's prototype as soon as somebody copies it key by key. */
export function refuseHostile(root: unknown): void {
  const open: { value: unknown; path: string; depth: number }[] = [{ value: root, path: 'body', depth: 0 }];
  for (let next = open.pop(); next; next = open.pop()) {
    const { value, path, depth } = next;
    if (typeof value !== 'object' || value === null) continue;
    if (depth >= MAX_DEPTH) throw invalidField('body', `is nested deeper than ${MAX_DEPTH} levels`);
    if (Object.hasOwn(value, '__proto__')) throw invalidField(`${path}.__proto__`, 'is a name that is not taken');
    for (const [key, inner] of Object.entries(value)) {
      if (typeof inner === 'object') open.push({ value: inner, path: `${path}.${key}`, depth: depth + 1 });
    }
  }
}
