import { createHash } from 'node:crypto';
import type { z } from 'zod';
import { ApiError } from './errors.js';

/**
 * Cursors of one kind of list. A cursor belongs to what it was made for (a session and a filter): with anything else it is refused,
 * instead of answering a page of something that nobody asked for.
 */
export class Cursors<T> {
  constructor(private readonly schema: z.ZodType<T>) {}

  encode(position: T | null, scope: unknown): string | null {
    return position === null ? null : Buffer.from(JSON.stringify([markOf(scope), position])).toString('base64url');
  }

  /** @throws ApiError `invalid_request` */
  decode(cursor: string | undefined, scope: unknown): T | null {
    if (!cursor) return null;
    const [mark, position] = contentOf(cursor);
    const parsed = this.schema.safeParse(position);
    if (mark === markOf(scope) && parsed.success) return parsed.data;
    throw new ApiError('invalid_request', {
      fields: [{ field: 'query.cursor', code: 'invalid_cursor', message: 'must be `next_cursor` of the page before, with the same filter; leave it out to begin anew' }],
    });
  }
}

const markOf = (scope: unknown): string => createHash('sha256').update(JSON.stringify(scope)).digest('base64url').slice(0, 10);

function contentOf(cursor: string): unknown[] {
  try {
    const content: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    return Array.isArray(content) ? content : [];
  } catch {
    return [];
  }
}
