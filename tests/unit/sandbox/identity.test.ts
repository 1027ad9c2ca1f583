import { describe, expect, test } from '@jest/globals';
import { lidOfPhone, personJid, phoneOf, phoneOfLid, phoneOfSession, recipientOf, serializeKey } from '../../../whatsapp-service/sandbox/hub/identity.js';
import { inPageScripts } from './page-scripts.js';

const PHONES = ['6281234567890', '62811', '65123', '447911123456', '628123456789012'];

describe('LIDs', () => {
  test('lead back to their phone, and are different from it', () => {
    for (const phone of PHONES) {
      expect(lidOfPhone(phone)).toMatch(/^\d{15}$/);
      expect(lidOfPhone(phone)).not.toContain(phone);
      expect(phoneOfLid(lidOfPhone(phone))).toBe(phone);
    }
    expect(new Set(PHONES.map(lidOfPhone)).size).toBe(PHONES.length);
  });

  test('are computed in the same way by the page', () => {
    const page = inPageScripts(
      ['emitter.js', 'lid.js'],
      `((phones) => ({ lids: phones.map(Sim.lidOfPhone), phones: phones.map((phone) => Sim.phoneOfLid(Sim.lidOfPhone(phone))) }))(${JSON.stringify([...PHONES, '99981234567'])})`,
    ) as { lids: string[]; phones: (string | null)[] };
    expect([...page.lids]).toEqual([...PHONES, '99981234567'].map(lidOfPhone));
    expect([...page.phones]).toEqual([...PHONES, null]);
  });

  test('of a person without a known phone lead nowhere', () => {
    const jid = personJid('99981234567', true);
    expect(phoneOf(jid)).toBeNull();
    expect(recipientOf(jid)).toBe(jid);
  });
});

test('a person has one JID per account, however the person is written', () => {
  const lid = `${lidOfPhone('6281234567890')}@lid`;
  for (const value of ['6281234567890', '+62 812-3456-7890', '6281234567890@c.us', '6281234567890@s.whatsapp.net', lid]) {
    expect(personJid(value, false)).toBe('6281234567890@c.us');
    expect(personJid(value, true)).toBe(lid);
  }
  expect(personJid('120363@g.us', true)).toBe('120363@g.us');
});

test('a recipient is counted under the phone number', () => {
  expect(recipientOf(`${lidOfPhone('6281234567890')}@lid`)).toBe('6281234567890@c.us');
  expect(recipientOf('120363@g.us')).toBe('120363@g.us');
});

test('a session has a number of its own', () => {
  expect(phoneOfSession('sales')).toMatch(/^62811\d{8}$/);
  expect(phoneOfSession('sales')).toBe(phoneOfSession('sales'));
  expect(phoneOfSession('sales')).not.toBe(phoneOfSession('support'));
});

test('keys are written as WhatsApp Web writes them', () => {
  expect(serializeKey({ fromMe: true, chat: '62812@c.us', id: '3EB0AB' })).toBe('true_62812@c.us_3EB0AB');
  expect(serializeKey({ fromMe: false, chat: '12@g.us', id: '3A', participant: '62813@c.us' })).toBe('false_12@g.us_3A_62813@c.us');
});
