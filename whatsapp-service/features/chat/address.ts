import type { CountryCode } from 'libphonenumber-js';
import { ApiError } from '../../contracts/errors.js';
import { parseRecipient } from '../../shared/phone.js';

export interface Address {
  /** As it was given. */
  input: string;
  jid: string;
  phone: string | null;
  isGroup: boolean;
}

/** A person or a group in any spelling. @throws ApiError `invalid_phone`, naming the field. */
export function addressOf(input: string, field: string, country: CountryCode): Address {
  const recipient = parseRecipient(input, country);
  if (!recipient) throw invalidPhone([field], 'must be a phone number, a user JID or a group JID');
  return { input, jid: recipient.chatId, phone: recipient.kind === 'user' ? recipient.phone : null, isGroup: recipient.kind === 'group' };
}

/** People, each once. A wrong one is told before anything is done for the others. @throws ApiError `invalid_phone`, naming each. */
export function peopleOf(inputs: readonly string[], field: string, country: CountryCode): Address[] {
  const people = new Map<string, Address>();
  const wrong: string[] = [];
  for (const [index, input] of inputs.entries()) {
    const recipient = parseRecipient(input, country);
    if (!recipient || recipient.kind === 'group') wrong.push(`${field}.${index}`);
    else if (!people.has(recipient.chatId)) people.set(recipient.chatId, { input, jid: recipient.chatId, phone: recipient.kind === 'user' ? recipient.phone : null, isGroup: false });
  }
  if (wrong.length > 0) throw invalidPhone(wrong, 'must be a phone number or a user JID');
  return [...people.values()];
}

/** A caller that gets hundreds wrong is told of the first ones. */
const MAX_FIELDS = 50;

const invalidPhone = (fields: readonly string[], message: string): ApiError =>
  new ApiError('invalid_phone', { fields: fields.slice(0, MAX_FIELDS).map((field) => ({ field, code: 'invalid_phone', message })) });
