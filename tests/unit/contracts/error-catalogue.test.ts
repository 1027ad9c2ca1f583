import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { ERRORS } from '../../../whatsapp-service/contracts/errors.js';

const documented = [...readFileSync('docs/api.md', 'utf8').matchAll(/^\| `([a-z_]+)` \| (\d{3}) \| (.+) \|$/gm)].map(([, code, status, message]) => ({ code, status: Number(status), message }));
const catalogue = Object.entries(ERRORS).map(([code, { status, message }]) => ({ code, status, message }));

describe('the error catalogue', () => {
  test('is in docs/api.md, all of it, and nothing else is', () => expect(documented).toEqual(catalogue));
});
