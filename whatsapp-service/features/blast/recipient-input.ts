import type { CountryCode } from 'libphonenumber-js';
import { zRecipientInput, type InvalidRecipient, type RecipientInput, type Variables } from '../../contracts/blast-api.js';
import { jidFromPhone, parseRecipient, type E164 } from '../../shared/phone.js';

/** A recipient whose number is normalised. */
export interface NewRecipient {
  phone: E164;
  /** Null: the one made from the phone. */
  jid: string | null;
  variables: Variables | null;
}

/** Rows as they came, some at a time. `rows` tells where each stands: its line, or in a JSON array its place, both from 1. */
export interface Lot {
  rows: number[];
  /** `undefined`: nothing that can be read. */
  values: unknown[];
}

export type Lots = Iterable<Lot> | AsyncIterable<Lot>;

const SENTENCES: Record<InvalidRecipient['reason'], string> = {
  invalid_phone: 'is not a phone number that can be dialled',
  no_person: 'is a group, or a person whose number is not known; a blast goes to phone numbers',
  invalid_row: 'is not a recipient',
};

export const invalidRecipient = (row: number, reason: InvalidRecipient['reason']): InvalidRecipient => ({ row, reason, message: SENTENCES[reason] });

/** One row as it came. `row` counts from 1. */
export function recipientOf({ phone: to, variables }: RecipientInput, row: number, country: CountryCode): NewRecipient | InvalidRecipient {
  const recipient = parseRecipient(to, country);
  if (!recipient) return invalidRecipient(row, 'invalid_phone');
  if (recipient.kind !== 'user') return invalidRecipient(row, 'no_person');
  const { phone, chatId } = recipient;
  const isNumber = !to.includes('@') || chatId === jidFromPhone(phone);
  return { phone, jid: isNumber ? null : chatId, variables: variables === NO_VARIABLES || Object.keys(variables).length === 0 ? null : variables };
}

export const isInvalid = (row: NewRecipient | InvalidRecipient): row is InvalidRecipient => 'reason' in row;

/** Rows between two turns of the event loop: reading a number takes some ten microseconds. */
const PIECE = 500;

/** All rows, in pieces, so that others have their turn in between. */
export async function recipientsOf(inputs: readonly RecipientInput[], country: CountryCode): Promise<{ recipients: NewRecipient[]; invalid: InvalidRecipient[] }> {
  const recipients: NewRecipient[] = [];
  const invalid: InvalidRecipient[] = [];
  for (const [index, input] of inputs.entries()) {
    if (index > 0 && index % PIECE === 0) await new Promise((resolve) => setImmediate(resolve));
    const row = recipientOf(input, index + 1, country);
    if (isInvalid(row)) invalid.push(row);
    else recipients.push(row);
  }
  return { recipients, invalid };
}

/**
 * The rows of a lot, each in its own way right or wrong. In pieces, each to be done with before the next is read: what lives only shortly costs
 * no memory beyond that of the young.
 */
export function* readLot({ rows, values }: Lot, country: CountryCode): Generator<{ recipients: NewRecipient[]; invalid: InvalidRecipient[] }> {
  for (let from = 0; from < values.length; from += PIECE) {
    const recipients: NewRecipient[] = [];
    const invalid: InvalidRecipient[] = [];
    for (let index = from; index < Math.min(from + PIECE, values.length); index++) {
      const row = rows[index] ?? 0;
      const input = inputOf(values[index]);
      const recipient = input === null ? invalidRecipient(row, 'invalid_row') : recipientOf(input, row, country);
      if (isInvalid(recipient)) invalid.push(recipient);
      else recipients.push(recipient);
    }
    yield { recipients, invalid };
  }
}

/** Recipients that are all there already, in lots. */
export function* lotsOf(values: readonly unknown[]): Generator<Lot> {
  for (let from = 0; from < values.length; from += PIECE) {
    const piece = values.slice(from, from + PIECE);
    yield { rows: piece.map((_, index) => from + index + 1), values: piece };
  }
}

const NO_VARIABLES = {};

/** As the schema has it; a plain number is what it is without it. */
function inputOf(value: unknown): RecipientInput | null {
  if (typeof value === 'string' && value.length > 0 && value.length <= 128) return { phone: value, variables: NO_VARIABLES };
  const read = zRecipientInput.safeParse(value);
  return read.success ? read.data : null;
}
