import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { laravelErrorFiles } from '../../../scripts/laravel-errors.js';
import { ERRORS } from '../../../whatsapp-service/contracts/errors.js';

const files = Object.entries(laravelErrorFiles());

describe("the Laravel package's exceptions", () => {
  test.each(files)('%s is the error catalogue as it is (else: npm run laravel:errors)', (file, text) => expect(readFileSync(file, 'utf8')).toBe(text));

  test('there is one for every code', () => {
    const text = readFileSync('laravel/src/Exceptions/ErrorCode.php', 'utf8');
    expect([...text.matchAll(/^ {4}case \w+ = '([a-z_]+)';$/gm)].map(([, code]) => code)).toEqual(Object.keys(ERRORS));
  });
});
