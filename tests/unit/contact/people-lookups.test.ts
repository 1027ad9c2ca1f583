import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { PeopleLookups } from '../../../whatsapp-service/app-contacts.js';
import type { Storage } from '../../../whatsapp-service/storage/database.js';
import { contactParts } from '../../helpers/contact-parts.js';
import { tempStorage } from '../../helpers/temp-storage.js';

let storage: Storage;
let remove: () => Promise<void>;
let people: PeopleLookups;

const phone = (number: number): string => `+6281${String(200_000_000 + number)}`;
const times = { created_at: 1, updated_at: 1 };

beforeAll(async () => {
  ({ storage, remove } = await tempStorage());
  people = contactParts(storage).lookups;
  await storage.transaction(async (trx) => {
    await trx.insertInto('address').values([['7', 1], ['7', 2_400], ['', 3], ['8', 4]].map(([workspace, number]) => ({ workspace: String(workspace), phone: phone(Number(number)), name: null, ...times }))).execute();
    const row = { source: 'message' as const, session_id: null, changed_at: 1 };
    await trx
      .insertInto('opt_out')
      .values([
        { ...row, workspace: '7', person: phone(1), lid: '111222@lid', opted_out: 1 },
        { ...row, workspace: '7', person: phone(2), lid: null, opted_out: 0 },
        { ...row, workspace: '7', person: '333444@lid', lid: '333444@lid', opted_out: 1 },
        { ...row, workspace: '', person: phone(5), lid: null, opted_out: 1 },
        { ...row, workspace: '8', person: phone(6), lid: null, opted_out: 1 },
      ])
      .execute();
    await trx.insertInto('contact_activity').values([{ workspace: '7', phone: phone(1), last_at: 500 }, { workspace: '', phone: phone(1), last_at: 900 }, { workspace: '8', phone: phone(2), last_at: 7 }]).execute();
    await trx.insertInto('contact').values([3, 1, 2].map((number) => ({ workspace: '7', phone: phone(number), name: `N${number}`, variables: '{"kota":"Bandung"}', ...times }))).execute();
    await trx.insertInto('contact_tag').values([1, 3].map((number) => ({ workspace: '7', tag: 'vip', phone: phone(number) }))).execute();
  });
});

afterAll(() => remove());

describe('what a blast asks of its recipients', () => {
  test('the address book of the workspace, and the one of every workspace, over more than one chunk', async () => {
    const asked = Array.from({ length: 2_500 }, (_, number) => phone(number));
    expect(await people.inAddressBook(7, asked)).toEqual(new Set([phone(1), phone(3), phone(2_400)]));
    expect(await people.inAddressBook('7', [phone(1)])).toEqual(new Set([phone(1)]));
    expect(await people.inAddressBook(null, asked)).toEqual(new Set([phone(3)]));
    expect(await people.inAddressBook(7, [])).toEqual(new Set());
  });

  test('who opted out, by number or by LID, but not who came back', async () => {
    const asked = [phone(1), phone(2), phone(5), phone(6), '111222@lid', '333444@lid', '999@lid'];
    expect(await people.optedOut(7, asked)).toEqual(new Set([phone(1), phone(5), '111222@lid', '333444@lid']));
  });

  test('who last wrote when', async () => {
    expect(await people.lastActive(7, [phone(1), phone(2)])).toEqual(new Map([[phone(1), 900]]));
  });

  test('a stored list, page by page', async () => {
    const first = await people.contactsOfList(7, { source: 'bridge' }, null, 2);
    expect(first.targets.map(({ name }) => name)).toEqual(['N1', 'N2']);
    expect(await people.contactsOfList(7, { source: 'bridge' }, first.next, 2)).toEqual({ targets: [{ phone: phone(3), name: 'N3', variables: { kota: 'Bandung' } }], next: null });
    expect((await people.contactsOfList(7, { source: 'bridge', tag: 'vip' }, null, 9)).targets.map(({ name }) => name)).toEqual(['N1', 'N3']);
    expect((await people.contactsOfList(8, { source: 'bridge' }, null, 9)).targets).toEqual([]);
  });
});
