import { describe, expect, test } from '@jest/globals';
import { getCountries, getCountryCallingCode, getExampleNumber } from 'libphonenumber-js/max';
import type { CountryCode } from 'libphonenumber-js/max';
import examples from 'libphonenumber-js/mobile/examples';
import { normaliseTyped } from '../../../whatsapp-service/shared/phone.js';
import { plainMobile } from '../../../whatsapp-service/shared/plain-phone.js';
import { seeded } from '../../helpers/seeded.js';

/** Numbers of each country; 20,000 of the default one. `PHONE_ROUNDS` multiplies both. */
const ROUNDS = Number(process.env.PHONE_ROUNDS ?? 1);
const random = seeded(62);
const digit = (): string => String(Math.floor(random() * 10));
const digits = (length: number): string => Array.from({ length }, digit).join('');
const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;

/** A number that is, or nearly is, one of this country: an example with digits changed, left out or added; or any digits. */
function national(country: CountryCode): string {
  const example = getExampleNumber(country, examples)?.nationalNumber ?? '812345678';
  if (random() < 0.15) return digits(4 + Math.floor(random() * 12));
  const kept = example.slice(0, 1 + Math.floor(random() * example.length));
  return kept + digits(Math.max(0, example.length - kept.length + pick([0, 0, 0, 0, 1, -1, 2, 3])));
}

const FORMS: readonly ((number: string, code: string) => string)[] = [
  (number, code) => `+${code}${number}`,
  (number, code) => `${code}${number}`,
  (number) => `0${number}`,
  (number) => number,
  (number, code) => `00${code}${number}`,
  (number, code) => `+${code} 0${number}`,
  (number, code) => `+${code} ${number.slice(0, 3)}-${number.slice(3)}`,
  (number) => `0${number.slice(0, 3)}-${number.slice(3, 7)}.${number.slice(7)}`,
  (number) => `(0${number.slice(0, 2)}) ${number.slice(2)}`,
  (number, code) => `${code}0${number}`,
  (number, code) => `${code}${code}${number}`,
  (number) => `8${number}`,
  (number) => ` 0${number}`,
];

/** Those that the short way takes and reads otherwise than the library, and how many it takes. */
function compare(country: CountryCode, home: CountryCode, rounds: number): { taken: number; wrong: string[] } {
  const code = getCountryCallingCode(country);
  const wrong: string[] = [];
  let taken = 0;
  for (let round = 0; round < rounds; round++) {
    const typed = pick(FORMS)(national(country), code);
    const plain = plainMobile(typed, home);
    if (plain === null) continue;
    taken++;
    const typedOut = normaliseTyped(typed, home);
    if (plain !== typedOut) wrong.push(`${home} ${typed}: ${plain}, the library: ${typedOut ?? 'none'}`);
  }
  return { taken, wrong };
}

describe('the short way of a phone number', () => {
  test('is never another than the library’s, in any country', () => {
    const wrong = getCountries().flatMap((country) => [...compare(country, country, 60 * ROUNDS).wrong, ...compare(country, 'ID', 20 * ROUNDS).wrong]);
    expect(wrong).toEqual([]);
  });

  test('is taken by most mobile numbers of the default country, and read alike', () => {
    const { taken, wrong } = compare('ID', 'ID', 20_000 * ROUNDS);
    expect(wrong).toEqual([]);
    expect(taken).toBeGreaterThan(20_000 * ROUNDS * 0.3);
  });

  test.each(['+6281234567890', '6281234567890', '081234567890', '81234567890', '0812-3456-7890', '+62 812 3456 7890'])('takes %s', (typed) => {
    expect(plainMobile(typed, 'ID')).toBe('+6281234567890');
  });

  test.each(['', '+', '0', '+62', '021 1234567', '(0812) 34567890', '+620812345678', '08041234567', '٠٨١٢٣٤٥٦٧٨٩', 'tel:081234567890', `08123456789${'0'.repeat(40)}`])('leaves %j to the library', (typed) => {
    expect(plainMobile(typed, 'ID')).toBeNull();
  });
});
