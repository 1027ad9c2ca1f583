import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ApiError } from '../../../whatsapp-service/contracts/errors.js';
import { CHECK_NUMBERS_EXAMPLE, NUMBER_RESULTS_EXAMPLE, zCheckNumbers, zNumberResults, type NumberResult } from '../../../whatsapp-service/contracts/number-api.js';
import { NumberService } from '../../../whatsapp-service/features/number/number-service.js';
import { deleteSession } from '../../../whatsapp-service/features/session/session-store.js';
import { silentLogger } from '../../../whatsapp-service/shared/logger.js';
import type { Directory, NumberCheck } from '../../../whatsapp-service/whatsapp/directory.js';
import { ProviderError } from '../../../whatsapp-service/whatsapp/provider.js';
import { addSession, tempStorage } from '../../helpers/temp-storage.js';

const HOUR = 3_600_000;

/** Any spelling → E.164, read as a number of Indonesia where no country is written. */
const SPELLINGS: [string, string][] = [
  ['081234567890', '+6281234567890'],
  ['0812-3456-7890', '+6281234567890'],
  ['(0812) 3456 7890', '+6281234567890'],
  ['+62 812-3456-7890', '+6281234567890'],
  ['+62 (0)812 3456 7890', '+6281234567890'],
  ['81234567890', '+6281234567890'],
  ['6281234567890', '+6281234567890'],
  ['006281234567890', '+6281234567890'],
  ['+6581234567', '+6581234567'],
  ['+60 12-345 6789', '+60123456789'],
  ['+66 81 234 5678', '+66812345678'],
  ['+63 917 123 4567', '+639171234567'],
  ['+84 91 234 56 78', '+84912345678'],
  ['+91 98765 43210', '+919876543210'],
  ['+92 301 2345678', '+923012345678'],
  ['+880 1812-345678', '+8801812345678'],
  ['+86 131 2345 6789', '+8613123456789'],
  ['+81 90-1234-5678', '+819012345678'],
  ['+82 10-2000-0000', '+821020000000'],
  ['+966 51 234 5678', '+966512345678'],
  ['+971 50 123 4567', '+971501234567'],
  ['+90 501 234 56 78', '+905012345678'],
  ['+20 100 123 4567', '+201001234567'],
  ['+234 802 123 4567', '+2348021234567'],
  ['+27 71 123 4567', '+27711234567'],
  ['+44 7400 123456', '+447400123456'],
  ['+49 1512 3456789', '+4915123456789'],
  ['+31 6 12345678', '+31612345678'],
  ['+1 201-555-0123', '+12015550123'],
  ['+55 11 96123-4567', '+5511961234567'],
  ['+52 1 222 123 4567', '+522221234567'],
  ['+61 412 345 678', '+61412345678'],
];

let temp: Awaited<ReturnType<typeof tempStorage>>;
let now: number;
let asked: string[][];
let learned: string[] = [];
let working: boolean;
let answer: (jid: string) => Omit<NumberCheck, 'jid'>;

const service = (ttlMs = 24 * HOUR): NumberService => {
  const directory = {
    checkNumbers: async (jids: readonly string[]) => {
      asked.push([...jids]);
      return jids.map((jid) => ({ jid, ...answer(jid) }));
    },
  } as Directory;
  return new NumberService({
    storage: temp.storage,
    config: { defaultCountry: 'ID', numberCheckTtlMs: ttlMs },
    requireSession: (id) => (id === 'sales' || id === 'other' ? Promise.resolve() : Promise.reject(new ApiError('session_not_found'))),
    working: () => (working ? Promise.resolve({ directory }) : Promise.reject(new ApiError('session_wrong_state'))),
    lidsLearned: (_trx, id, people) => {
      learned.push(...people.map(({ phone, lid }) => `${id} ${phone} ${lid}`));
      return Promise.resolve();
    },
    clock: { now: () => now },
    logger: silentLogger,
  });
};
const check = (numbers: unknown[], more: { session_id?: string; refresh?: boolean; ttlMs?: number } = {}): Promise<NumberResult[]> => {
  const { ttlMs, ...body } = more;
  return service(ttlMs).check(zCheckNumbers.parse({ session_id: 'sales', numbers, ...body }));
};

beforeEach(async () => {
  temp = await tempStorage();
  now = Date.UTC(2026, 2, 2);
  asked = [];
  learned = [];
  working = true;
  answer = (jid) => ({ exists: true, canonicalJid: jid });
});
afterEach(() => temp.remove());

test('the examples are valid', () => {
  expect(zCheckNumbers.parse(CHECK_NUMBERS_EXAMPLE)).toMatchObject({ refresh: false });
  expect(zNumberResults.parse(NUMBER_RESULTS_EXAMPLE)).toEqual(NUMBER_RESULTS_EXAMPLE);
});

describe('spellings', () => {
  test('32 spellings and 24 countries become E.164 and a JID', async () => {
    const results = await check(SPELLINGS.map(([input]) => input));
    expect(results.map(({ input, phone, jid }) => [input, phone, jid])).toEqual(SPELLINGS.map(([input, phone]) => [input, phone, `${phone.slice(1)}@c.us`]));
    // One question for each person, however often and however it is written.
    expect(asked.flat()).toHaveLength(new Set(SPELLINGS.map(([, phone]) => phone)).size);
  });

  test('what is no person is answered as such, each on its own', async () => {
    const results = await check(['budi', '', '12', '+999 12345678', '120363000000000001@g.us', 'status@broadcast', 'x'.repeat(256), 81234567890]);
    expect(results.map(({ phone, on_whatsapp: on, reason }) => [phone, on, reason])).toEqual([...Array.from({ length: 7 }, () => [null, null, 'invalid_phone']), ['+6281234567890', true, undefined]]);
    expect(results[7]).toMatchObject({ input: '81234567890' });
    expect(asked).toEqual([['6281234567890@c.us']]);
  });

  test('JIDs are taken: of a phone, and a LID whose phone may come back', async () => {
    answer = (jid) => ({ exists: true, canonicalJid: jid === '6281234567892@c.us' ? '222333444555@lid' : jid });
    await check(['081234567892', '081234567893']);
    expect(learned).toEqual(['sales +6281234567892 222333444555@lid']);
    answer = (jid) => ({ exists: true, canonicalJid: jid === '123456789012345@lid' ? '6281234567890@c.us' : jid });
    const results = await check(['6281234567891@c.us', '123456789012345@lid', '999999999999999@lid']);
    expect(results.map(({ phone, jid }) => [phone, jid])).toEqual([['+6281234567891', '6281234567891@c.us'], ['+6281234567890', '6281234567890@c.us'], [null, '999999999999999@lid']]);
  });

  test('nobody under a number, and another id than the one that was asked for', async () => {
    answer = (jid) => (jid.startsWith('65') ? { exists: false, canonicalJid: null } : { exists: true, canonicalJid: '551196123456@c.us' });
    const results = await check(['+65 8123 4567', '+55 11 96123-4567']);
    expect(results).toMatchObject([{ phone: '+6581234567', jid: null, on_whatsapp: false }, { phone: '+5511961234567', jid: '551196123456@c.us', on_whatsapp: true }]);
  });
});

describe('the cache', () => {
  test('answers for its time, each input of one person, also while the session does not work', async () => {
    const [first, twin] = await check(['081234567890', '+6281234567890']);
    expect([first?.cached, twin?.cached, first?.checked_at]).toEqual([false, false, '2026-03-02T00:00:00.000Z']);
    now += 24 * HOUR - 1;
    working = false;
    expect(await check(['0812 3456 7890'])).toMatchObject([{ cached: true, on_whatsapp: true, checked_at: '2026-03-02T00:00:00.000Z' }]);
    expect(await check(['budi'])).toMatchObject([{ reason: 'invalid_phone' }]);
    now += 1;
    await expect(check(['0812 3456 7890'])).rejects.toMatchObject({ code: 'session_wrong_state' });
    working = true;
    expect(await check(['0812 3456 7890'])).toMatchObject([{ cached: false }]);
    expect(asked).toHaveLength(2);
  });

  test('`refresh` asks anew and replaces what was known', async () => {
    await check(['081234567890']);
    answer = () => ({ exists: false, canonicalJid: null });
    now += 1_000;
    expect(await check(['081234567890'], { refresh: true })).toMatchObject([{ on_whatsapp: false, jid: null, cached: false }]);
    expect(await check(['081234567890'])).toMatchObject([{ on_whatsapp: false, cached: true, checked_at: '2026-03-02T00:00:01.000Z' }]);
  });

  test('is each session\'s own, goes with it, and is emptied of what is old', async () => {
    const id = await addSession(temp.storage, 'sales');
    await check(['081234567890']);
    expect(await check(['081234567890'], { session_id: 'other' })).toMatchObject([{ cached: false }]);
    await temp.storage.transaction((trx) => deleteSession(trx, id));
    expect(await check(['081234567890'])).toMatchObject([{ cached: false }]);
    now += 24 * HOUR;
    await service().forgetOld();
    expect(await temp.storage.db.selectFrom('number_check').selectAll().execute()).toEqual([]);
  });

  test('may be switched off', async () => {
    await check(['081234567890'], { ttlMs: 0 });
    expect(await check(['081234567890'], { ttlMs: 0 })).toMatchObject([{ cached: false }]);
  });
});

describe('trouble', () => {
  test('one that WhatsApp does not say is told, and is not remembered', async () => {
    answer = (jid) => (jid.endsWith('1@c.us') ? { exists: null, canonicalJid: null } : { exists: true, canonicalJid: jid });
    expect(await check(['081234567890', '081234567891'])).toMatchObject([{ on_whatsapp: true }, { on_whatsapp: null, reason: 'check_failed', phone: '+6281234567891', checked_at: null }]);
    answer = (jid) => ({ exists: true, canonicalJid: jid });
    expect((await check(['081234567890', '081234567891'])).map(({ cached }) => cached)).toEqual([true, false]);
  });

  test('500 go to the page in slices, and what was answered before a failure is kept', async () => {
    const numbers = Array.from({ length: 500 }, (_, index) => `0812345${String(index).padStart(5, '0')}`);
    answer = (jid) => {
      if (asked.length > 5) throw new ProviderError('timeout', 'late', true);
      return { exists: true, canonicalJid: jid };
    };
    await expect(check(numbers)).rejects.toMatchObject({ code: 'session_unavailable', status: 503 });
    answer = (jid) => ({ exists: true, canonicalJid: jid });
    const results = await check(numbers);
    expect(results.filter(({ cached }) => cached)).toHaveLength(250);
    expect(results.map(({ input }) => input)).toEqual(numbers);
    expect(Math.max(...asked.map((slice) => slice.length))).toBe(50);
  });

  test('a session that does not exist is told before anything', () => expect(check(['budi'], { session_id: 'nobody' })).rejects.toMatchObject({ code: 'session_not_found' }));

  test.each([[[]], [Array.from({ length: 501 }, () => '1')], [['x'.repeat(257)]], [[null]], [[-1]]])('a request that cannot be meant is refused: %#', (numbers) =>
    expect(zCheckNumbers.safeParse({ session_id: 'sales', numbers }).success).toBe(false));
});
