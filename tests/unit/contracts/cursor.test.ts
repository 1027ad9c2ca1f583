import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { Cursors } from '../../../whatsapp-service/contracts/cursor.js';

const cursors = new Cursors(z.strictObject({ id: z.string().max(20), t: z.number() }));
const scope = ['sales', { search: 'budi' }];
const cursor = cursors.encode({ id: 'a', t: 5 }, scope) ?? '';
const packed = (content: unknown): string => Buffer.from(typeof content === 'string' ? content : JSON.stringify(content)).toString('base64url');
const mark = (JSON.parse(Buffer.from(cursor, 'base64url').toString()) as [string])[0];

describe('cursors', () => {
  test('come back as they were, and end with null', () => {
    expect(cursors.decode(cursor, ['sales', { search: 'budi' }])).toEqual({ id: 'a', t: 5 });
    expect(cursor).toMatch(/^[\w-]+$/);
    expect(cursors.encode(null, scope)).toBeNull();
  });

  test('none, and an empty one, begin anew', () => {
    expect(cursors.decode(undefined, scope)).toBeNull();
    expect(cursors.decode('', scope)).toBeNull();
  });

  test.each([
    ['of another session', cursor, ['other', { search: 'budi' }]],
    ['of another filter', cursor, ['sales', { search: 'siti' }]],
    ['cut off', cursor.slice(0, -4), scope],
    ['no base64', '%%%', scope],
    ['no JSON', packed('{'), scope],
    ['another shape', packed({ id: 'a', t: 5 }), scope],
    ['null', packed(null), scope],
    ['no position', packed([mark]), scope],
    ['a position of another kind', packed([mark, { id: 7, t: 5 }]), scope],
    ['a position with more in it', packed([mark, { id: 'a', t: 5, x: 1 }]), scope],
    ['a position that is too long', packed([mark, { id: 'a'.repeat(21), t: 5 }]), scope],
  ])('one that is %s is refused, naming the field', (_what, text, wanted) => {
    expect(() => cursors.decode(text, wanted)).toThrow(expect.objectContaining({ code: 'invalid_request', details: { fields: [expect.objectContaining({ field: 'query.cursor' })] } }));
  });
});
