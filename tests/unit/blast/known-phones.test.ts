import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { KnownPhones } from '../../../whatsapp-service/features/blast/known-phones.js';
import { insertRecipients, type Arrival } from '../../../whatsapp-service/features/blast/recipient-store.js';
import { countJob, insertJob } from '../../../whatsapp-service/features/blast/blast-store.js';
import { NumberSet } from '../../../whatsapp-service/shared/number-set.js';
import { newBlastId } from '../../../whatsapp-service/shared/ids.js';
import type { E164 } from '../../../whatsapp-service/shared/phone.js';
import type { Db } from '../../../whatsapp-service/storage/database.js';
import { addSession, tempStorage } from '../../helpers/temp-storage.js';

describe('NumberSet', () => {
  test.each([
    ['in order', (index: number) => 628_120_000_000 + index],
    ['with the same last digits', (index: number) => 1 + index * 4_294_967_296],
    ['at random, some twice', () => 1 + Math.floor(Math.random() * 30_000) * 33_333_333_333],
  ])('knows numbers %s as a Set does', (_name, numberAt) => {
    const [mine, reference] = [new NumberSet(), new Set<number>()];
    let different = 0;
    for (let index = 0; index < 40_000; index++) {
      const value = numberAt(index);
      if (mine.add(value) === reference.has(value)) different++;
      reference.add(value);
    }
    expect([different, mine.size]).toEqual([0, reference.size]);
  });
});

describe('KnownPhones', () => {
  let store: Awaited<ReturnType<typeof tempStorage>>;
  let job: number;
  const arrivals = (...numbers: number[]): Arrival[] => numbers.map((number) => ({ phone: `+62812${10_000_000 + number}` as E164, jid: null, variables: null, skip: null }));
  const add = async (trx: Db, rows: readonly Arrival[]): Promise<void> => {
    await insertRecipients(trx, job, rows, 1);
    await countJob(trx, job, { states: { queued: rows.length }, total: rows.length }, { updated_at: 2 });
  };
  const take = (known: KnownPhones, ...numbers: number[]): Promise<number> =>
    store.storage.transaction(async (trx) => {
      const fresh = await known.fresh(trx, job, arrivals(...numbers));
      await add(trx, fresh);
      return fresh.length;
    });

  beforeEach(async () => {
    store = await tempStorage();
    const session = await addSession(store.storage);
    job = await store.storage.transaction((trx) =>
      insertJob(trx, { id: newBlastId(), name: null, state: 'DRAFT', ready: 1, workspace_id: null, skip_recipients_in_address: 1, content: '{}', media_id: null, filters: '{}', pace: '{}', retry: '{}', batches: null, priority: -110, scheduled_at: null, time_zone: 'UTC', price_per_message: null, reason: null, detail: null, started_at: null, finished_at: null, recipients_removed_at: null, created_at: 1, updated_at: 1 }, [session]),
    );
  });
  afterEach(() => store.remove());

  test('takes each number once: within a piece, over pieces, and after it has forgotten them', async () => {
    const known = new KnownPhones();
    expect([await take(known, 1, 2, 2, 3), await take(known, 3, 4), await take(known, 1, 4)]).toEqual([3, 1, 0]);
    known.forget(job);
    expect(await take(known, 1, 2, 3, 4, 5)).toBe(1);
    expect(await take(new KnownPhones(), 5, 6)).toBe(1);
  });

  test('sees what another process has added', async () => {
    const [mine, theirs] = [new KnownPhones(), new KnownPhones()];
    expect([await take(mine, 1, 2), await take(theirs, 2, 3), await take(mine, 3, 4), await take(theirs, 1, 4, 5)]).toEqual([2, 1, 1, 1]);
  });

  test('does not remember what was undone', async () => {
    const known = new KnownPhones();
    await take(known, 1);
    const undone = store.storage.transaction(async (trx) => {
      await add(trx, await known.fresh(trx, job, arrivals(2, 3)));
      throw new Error('undone');
    });
    await expect(undone).rejects.toThrow('undone');
    expect(await take(known, 2, 3, 1)).toBe(2);
  });
});
