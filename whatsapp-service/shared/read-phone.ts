import type { CountryCode } from 'libphonenumber-js';
import { normalisePhone, parseRecipient, type E164 } from './phone.js';

/** What a spreadsheet makes of a long number: `6.28123E+12`. Its last digits are gone. */
const ROUNDED = /^\d(?:[.,]\d+)?E\+?\d+$/i;

/** The number of a row, in any spelling or as a person's JID; otherwise why there is none. */
export function readPhone(value: unknown, country: CountryCode): { phone: E164 } | { reason: 'no_phone' | 'invalid_phone' | 'rounded_phone' } {
  const text = typeof value === 'number' ? String(value) : typeof value === 'string' ? value.trim() : '';
  if (text === '') return { reason: 'no_phone' };
  const phone = text.includes('@') ? phoneOfJid(text, country) : normalisePhone(text, country);
  if (phone !== null) return { phone };
  return { reason: ROUNDED.test(text) ? 'rounded_phone' : 'invalid_phone' };
}

function phoneOfJid(text: string, country: CountryCode): E164 | null {
  const recipient = parseRecipient(text, country);
  return recipient?.kind === 'user' ? recipient.phone : null;
}
