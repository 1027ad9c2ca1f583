import { expect, test } from '@jest/globals';
import { z } from 'zod';
import { typedFormValues } from '../../../whatsapp-service/http/form-values.js';

const schema = z.preprocess(
  (input) => input,
  z.discriminatedUnion('type', [
    z.strictObject({ type: z.literal('place'), latitude: z.number(), floor: z.number().int().optional(), seen: z.boolean().default(false), name: z.string() }),
    z.strictObject({ type: z.literal('poll'), options: z.array(z.string()), multiple: z.boolean(), media: z.strictObject({ once: z.boolean() }) }),
  ]),
);

test('text becomes what the schema wants, where it is that', async () => {
  expect(await typedFormValues(schema, { type: 'place', latitude: '-6.17', floor: '3', seen: '1', name: '12' })).toEqual({ type: 'place', latitude: -6.17, floor: 3, seen: true, name: '12' });
  expect(await typedFormValues(schema, { type: 'poll', options: ['1', 'true'], multiple: '', media: { once: 'TRUE' } })).toEqual({ type: 'poll', options: ['1', 'true'], multiple: false, media: { once: true } });
});

test('what is not stays as it was, and the given object is never changed', async () => {
  const given = { type: 'place', latitude: '0x10', seen: 'maybe', name: 'a' };
  expect(await typedFormValues(schema, given)).toEqual(given);
  const good = { type: 'place', latitude: '1', name: 'a' };
  await typedFormValues(schema, good);
  expect(good.latitude).toBe('1');
  for (const odd of [null, 'x', [], { type: 'nothing' }, { latitude: 'Infinity' }]) expect(await typedFormValues(schema, odd)).toEqual(odd);
});

test('an empty text is false only where leaving it out is no true', async () => {
  const flags = z.strictObject({ skip: z.boolean().nullish().transform((flag) => flag ?? true), draft: z.boolean().default(false), once: z.boolean().optional(), size: z.number().optional() });
  const given = { skip: '', draft: '', once: '', size: '3' };
  expect(await typedFormValues(flags, given)).toEqual({ skip: '', draft: false, once: false, size: 3 });
  expect(flags.safeParse(await typedFormValues(flags, given)).error?.issues.map(({ path }) => path)).toContainEqual(['skip']);
  expect(await typedFormValues(flags, { draft: '', once: '', size: '3' })).toEqual({ draft: false, once: false, size: 3 });
});
