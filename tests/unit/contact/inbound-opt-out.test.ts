import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Contacts } from '../../../whatsapp-service/app-contacts.js';
import { createEventHandler } from '../../../whatsapp-service/app-events.js';
import { loadConfig } from '../../../whatsapp-service/config/load-config.js';
import type { MessageData } from '../../../whatsapp-service/contracts/payloads.js';
import type { MessageOutcomes } from '../../../whatsapp-service/features/message/message-outcomes.js';
import { InboundOptOut } from '../../../whatsapp-service/features/opt-out/inbound-opt-out.js';
import { asChatId, type SessionId } from '../../../whatsapp-service/shared/ids.js';
import { silentLogger } from '../../../whatsapp-service/shared/logger.js';
import type { Storage } from '../../../whatsapp-service/storage/database.js';
import type { ProviderEvent } from '../../../whatsapp-service/whatsapp/provider.js';
import { contactParts } from '../../helpers/contact-parts.js';
import { addSession, tempStorage } from '../../helpers/temp-storage.js';

const config = loadConfig({ env: { ENGINE: 'sandbox' }, dotenvFile: null, isTerminal: false });

describe('what a message asks for', () => {
  const inbound = new InboundOptOut({ optOutWords: config.contacts.optOutWords, optInWords: config.contacts.optInWords, phoneOfLid: () => Promise.resolve(null), logger: silentLogger });

  test.each([
    ['STOP', 'out'], ['stop', 'out'], ['  Stop!! ', 'out'], ['*BERHENTI*', 'out'], ['Berhenti.\n', 'out'], ['“unsubscribe”', 'out'], ['STOP 🙏', 'out'], ['ＳＴＯＰ', 'out'], ['stöp', 'out'],
    ['START', 'back'], ['mulai', 'back'],
    ['please stop', null], ['stop it', null], ['bus stop', null], ['nonstop', null], ['s t o p', null], ['', null], ['...', null], [null, null], ['stop '.repeat(100), null],
  ] as const)('%j: %s', (body, wish) => {
    expect(inbound.wish(body)).toBe(wish);
  });
});

describe('messages that come in', () => {
  let storage: Storage;
  let remove: () => Promise<void>;
  let contacts: Contacts;
  let session: SessionId;
  let handle: ReturnType<typeof createEventHandler>;
  let failing = false;
  let number = 0;

  const PHONE = '+6281234567890';
  const LID = '187654321098765@lid';
  const optedOut = async (...people: string[]): Promise<string[]> => [...(await contacts.lookups.optedOut(7, people))];

  const message = (body: string | null, change: Partial<MessageData> & { at?: number; key?: string } = {}): ProviderEvent => {
    const { at = ++number, key = `key-${++number}`, ...more } = change;
    const from = { jid: '6281234567890@c.us', lid: null, phone: PHONE, name: 'Budi' };
    const data = { message_id: key, chat_id: from.jid, chat_type: 'private' as const, group_jid: null, from, author: null, to: null, from_me: false, type: 'text', raw_type: 'chat', body, timestamp: '2026-03-02T08:15:00.000Z', mentions: [], forwarded: false, ...more };
    return { kind: 'message', dedupeKey: key, chatId: asChatId(data.chat_id), at, data };
  };

  beforeAll(async () => {
    ({ storage, remove } = await tempStorage());
    session = await addSession(storage, 'sales', 7);
    contacts = contactParts(storage, { clock: { now: () => 1_000_000 } });
    const outcomes = { ownKeys: () => Promise.resolve(new Set<string>()), fromPage: () => Promise.resolve([]) } as unknown as MessageOutcomes;
    handle = createEventHandler({
      storage,
      outcomes,
      heard: async (...heard) => {
        await contacts.heard(...heard);
        if (failing) throw new Error('the disk');
      },
      wantMedia: () => Promise.resolve(),
      wakeOutbox: () => undefined,
      onEvent: () => undefined,
      clock: { now: () => 1_000_000 },
      logger: silentLogger,
    });
  });
  afterAll(() => remove());

  test('opt a person out and in again, once each, and an older one changes nothing', async () => {
    await handle(session, [message('STOP', { key: 'a', at: 100 })], null);
    expect(await optedOut(PHONE)).toEqual([PHONE]);
    await handle(session, [message('start', { at: 200 })], null);
    expect(await optedOut(PHONE)).toEqual([]);
    // The same one again, as after a crash, and one that comes late.
    await handle(session, [message('STOP', { key: 'a', at: 100 }), message('STOP', { at: 150 })], null);
    expect(await optedOut(PHONE)).toEqual([]);
    await handle(session, [message('stop', { at: 300 }), message('never mind', { at: 301 })], null);
    expect(await optedOut(PHONE)).toEqual([PHONE]);
    expect(await contacts.lookups.optedOut(8, [PHONE])).toEqual(new Set());
    expect(await contacts.lookups.lastActive(7, [PHONE])).toEqual(new Map([[PHONE, 301]]));
  });

  test('in a group, with a picture, or in a transaction that fails they do nothing', async () => {
    const other = { jid: '6281322223333@c.us', lid: null, phone: '+6281322223333', name: null };
    await handle(session, [message('STOP', { chat_type: 'group', from: other }), message('STOP', { type: 'image', from: other })], null);
    expect(await optedOut(other.phone)).toEqual([]);
    failing = true;
    await expect(handle(session, [message('STOP', { key: 'late', from: other })], null)).rejects.toThrow('the disk');
    failing = false;
    expect(await optedOut(other.phone)).toEqual([]);
    // It is handed over again, with its event.
    await handle(session, [message('STOP', { key: 'late', from: other })], null);
    expect(await optedOut(other.phone)).toEqual([other.phone]);
    expect(await storage.db.selectFrom('event').select('id').where('dedupe_key', '=', 'late').execute()).toHaveLength(1);
  });

  test('a LID is its number where that is known, and is kept as it is where not', async () => {
    const hidden = { jid: LID, lid: LID, phone: null, name: null };
    await handle(session, [message('STOP', { from: hidden, chat_id: LID })], null);
    expect(await optedOut(LID, '+6281999999999')).toEqual([LID]);
    // With the number later: both ways lead to the same person.
    const known = { ...hidden, phone: '+6281999999999' };
    await handle(session, [message('START', { from: known, chat_id: LID })], null);
    expect(await optedOut(LID, '+6281999999999')).toEqual([]);
    await handle(session, [message('STOP', { from: known, chat_id: LID })], null);
    expect((await optedOut(LID, '+6281999999999')).sort()).toEqual(['+6281999999999', LID]);

    const asked = '222333444@lid';
    await storage.db.insertInto('number_check').values({ session_id: session, jid: '6281777777777@c.us', on_whatsapp: 1, canonical_jid: asked, checked_at: 1 }).execute();
    await handle(session, [message('STOP', { from: { jid: asked, lid: asked, phone: null, name: null }, chat_id: asked })], null);
    expect((await optedOut('+6281777777777', asked)).sort()).toEqual(['+6281777777777', asked]);
  });

  test('whose number is found out only after they opted out gets nothing under it either, unless they have come back since', async () => {
    const stop = (lid: string, at: number): Promise<void> => handle(session, [message('STOP', { from: { jid: lid, lid, phone: null, name: null }, chat_id: lid, at })], null);
    const people = [{ phone: '+6281500000001', lid: '555000001@lid' }, { phone: '+6281500000002', lid: '555000002@lid' }, { phone: '+6281500000003', lid: '555000003@lid' }] as const;
    await stop(people[0].lid, 1_000);
    await stop(people[1].lid, 1_000);
    await handle(session, [message('START', { from: { jid: '6281500000002@c.us', lid: null, phone: people[1].phone, name: null }, at: 1_001 })], null);
    const phones = people.map(({ phone }) => phone);
    expect(await optedOut(...phones)).toEqual([]);
    await storage.transaction((trx) => contacts.lidsLearned(trx, session, people));
    expect(await optedOut(...phones)).toEqual([people[0].phone]);
  });
});
