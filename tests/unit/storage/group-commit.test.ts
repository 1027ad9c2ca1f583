import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { addSession, tempStorage } from '../../helpers/temp-storage.js';

describe('work that shares a commit', () => {
  let temp: Awaited<ReturnType<typeof tempStorage>>;
  beforeEach(async () => {
    temp = await tempStorage();
    await addSession(temp.storage, 'a');
  });
  afterEach(() => temp.remove());

  const setPhone = (phone: string, fails = false): Promise<string> =>
    temp.storage.transaction(async (trx) => {
      const before = await trx.selectFrom('session').select('phone').where('id', '=', 'a').executeTakeFirstOrThrow();
      await trx.updateTable('session').set({ phone }).where('id', '=', 'a').execute();
      if (fails) throw new Error(`not ${phone}`);
      return `${before.phone ?? 'none'} → ${phone}`;
    });
  const phone = async (): Promise<string | null> => (await temp.storage.db.selectFrom('session').select('phone').where('id', '=', 'a').executeTakeFirstOrThrow()).phone;

  test('each sees what came before it, in the order of asking', async () => {
    expect(await Promise.all([setPhone('1'), setPhone('2'), setPhone('3')])).toEqual(['none → 1', '1 → 2', '2 → 3']);
  });

  test('one that fails takes back its own and nobody else’s', async () => {
    const outcomes = await Promise.allSettled([setPhone('1'), setPhone('2', true), setPhone('3')]);
    expect(outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value : (outcome.reason as Error).message))).toEqual(['none → 1', 'not 2', '1 → 3']);
    expect(await phone()).toBe('3');
  });

  test('one that fails alone is taken back, too', async () => {
    await setPhone('1');
    await expect(setPhone('2', true)).rejects.toThrow('not 2');
    expect(await phone()).toBe('1');
  });

  test('five hundred at once are all done', async () => {
    await Promise.all(Array.from({ length: 500 }, (_, index) => setPhone(String(index))));
    expect(await phone()).toBe('499');
  });

  test('what is not committed is not told to be done', async () => {
    const all = [setPhone('1'), setPhone('2')];
    const outcomes = Promise.allSettled(all);
    await temp.storage.db.destroy();
    expect((await outcomes).map((outcome) => outcome.status)).toEqual(['rejected', 'rejected']);
    temp = await tempStorage();
  });
});
