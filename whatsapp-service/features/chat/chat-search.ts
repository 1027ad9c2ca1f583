import type { ChatsQuery } from '../../contracts/chat-api.js';
import type { ChatFilter } from '../../whatsapp/directory.js';

/** Fewer digits are in nearly every number. */
const MIN_DIGITS = 3;

/** What is looked for, in the form in which names and numbers are compared. `0812-34` finds +6281234…: a number is kept without its leading zeros. */
export function filterOf({ search, type, unread, archived }: ChatsQuery): ChatFilter {
  const text = search?.normalize('NFKC').trim().toLowerCase() ?? '';
  const digits = /^[+\d\s().-]+$/.test(text) ? text.replaceAll(/\D/g, '').replace(/^0+/, '') : '';
  return {
    search: text === '' ? null : text,
    searchDigits: digits.length < MIN_DIGITS ? null : digits,
    type: type ?? null,
    unread: unread ?? null,
    archived: archived ?? null,
  };
}
