import { describe, expect, test } from '@jest/globals';
import { zStartBlast } from '../../../whatsapp-service/contracts/blast-api.js';
import { askAbout, type PeopleLookups } from '../../../whatsapp-service/features/blast/filter-feeds.js';
import { flagOf, skipReason, type FilterSettings, type RecipientFacts } from '../../../whatsapp-service/features/blast/recipient-filter.js';
import { asSessionId } from '../../../whatsapp-service/shared/ids.js';

const DAY = 86_400_000;
const NOW = 100 * DAY;
const STRANGER: RecipientFacts = { duplicate: false, optedOut: false, inAddressBook: false, onWhatsApp: null, lastActiveAt: null };
const settings = (more: Partial<FilterSettings> = {}): FilterSettings => ({ skipRecipientsInAddress: true, check_on_whatsapp: false, active_within_days: null, ...more });

describe('the flag', () => {
  test.each([
    [true, true],
    [false, false],
    [1, true],
    [0, false],
    [null, true],
    [undefined, true],
  ])('%j in a row means %j', (stored, flag) => expect(flagOf(stored)).toBe(flag));

  const body = (flag: unknown): unknown => ({ session_id: 'sales', content: { type: 'text', text: 'Halo' }, recipients: ['0812'], ...(flag !== undefined && { skipRecipientsInAddress: flag }) });
  test.each([
    [undefined, true],
    [null, true],
    [true, true],
    [false, false],
  ])('%j in a request means %j', (flag, meant) => expect(zStartBlast.parse(body(flag)).skipRecipientsInAddress).toBe(meant));
  test.each(['true', 'false', 1, 0, '', {}, []])('%j in a request is refused', (flag) => {
    const { error } = zStartBlast.safeParse(body(flag));
    expect(error?.issues.map(({ path }) => path.join('.'))).toEqual(['skipRecipientsInAddress']);
  });
});

describe('who is left out', () => {
  // Every combination of what the four first filters know, with the flag as each kind of row has it.
  const cases = [true, false, null, undefined].flatMap((stored) =>
    [true, false].flatMap((inAddressBook) => [true, false].flatMap((optedOut) => [true, false].map((duplicate) => ({ stored, inAddressBook, optedOut, duplicate })))),
  );
  test.each(cases)('flag $stored, in address book $inAddressBook, opted out $optedOut, duplicate $duplicate', ({ stored, ...facts }) => {
    const expected = facts.duplicate ? 'duplicate' : facts.optedOut ? 'opted_out' : facts.inAddressBook && stored !== false ? 'in_address_book' : null;
    expect(skipReason({ ...STRANGER, ...facts }, settings({ skipRecipientsInAddress: flagOf(stored) }), NOW)).toBe(expected);
  });

  test.each([
    [true, false, 'not_on_whatsapp'],
    [true, true, null],
    [true, null, null],
    [false, false, null],
  ])('checked %j, on WhatsApp %j: %j', (check, onWhatsApp, reason) => expect(skipReason({ ...STRANGER, onWhatsApp }, settings({ check_on_whatsapp: check }), NOW)).toBe(reason));

  test.each([
    [null, null, null],
    [30, null, 'inactive'],
    [30, NOW - 31 * DAY, 'inactive'],
    [30, NOW - 30 * DAY, null],
    [30, NOW, null],
  ])('within %j days, active at %j: %j', (days, lastActiveAt, reason) => expect(skipReason({ ...STRANGER, lastActiveAt }, settings({ active_within_days: days }), NOW)).toBe(reason));

  test('an opt-out counts with every other filter off', () => expect(skipReason({ ...STRANGER, optedOut: true, inAddressBook: true }, settings({ skipRecipientsInAddress: false }), NOW)).toBe('opted_out'));
});

describe('what the filters ask', () => {
  const asked: string[][] = [];
  const lookups = (more: Partial<PeopleLookups> = {}): PeopleLookups => ({
    inAddressBook: async () => new Set(['+1']),
    optedOut: async () => new Set(['+2']),
    lastActive: async () => new Map(),
    onWhatsApp: async (_session, phones) => (asked.push([...phones]), new Map([['+3', false]])),
    ...more,
  });
  const question = (more: Partial<FilterSettings>) => ({ workspaceId: 7, settings: settings(more), sessionId: asSessionId('sales') });
  const down = (): Promise<never> => Promise.reject(new Error('down'));

  test('WhatsApp is asked only of those whom nothing else leaves out', async () => {
    const { factsOf } = await askAbout(lookups(), question({ check_on_whatsapp: true }), ['+1', '+2', '+3', '+4']);
    expect(asked).toEqual([['+3', '+4']]);
    expect(['+3', '+4'].map((phone) => factsOf(phone).onWhatsApp)).toEqual([false, null]);
  });

  test.each(['inAddressBook', 'optedOut', 'lastActive', 'onWhatsApp'] as const)('it is not known whom to leave out while %s does not answer', async (name) => {
    await expect(askAbout(lookups({ [name]: down }), question({ check_on_whatsapp: true, active_within_days: 3 }), ['+9'])).rejects.toThrow('down');
  });

  test('with the flag off the address book need not answer', async () => {
    const answers = await askAbout(lookups({ inAddressBook: down }), question({ skipRecipientsInAddress: false }), ['+9']);
    expect(answers.addressBookUnknown).toBe(true);
    expect(answers.factsOf('+9').inAddressBook).toBe(false);
  });
});
