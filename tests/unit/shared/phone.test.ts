import { describe, expect, test } from '@jest/globals';
import type { CountryCode } from 'libphonenumber-js/max';
import { jidFromPhone, normalisePhone, parseRecipient, phoneFromJid } from '../../../whatsapp-service/shared/phone.js';
import type { E164 } from '../../../whatsapp-service/shared/phone.js';

describe('normalisePhone', () => {
  const indonesian = [
    '+628123456789',
    '628123456789',
    '08123456789',
    '8123456789',
    '0812-3456-789',
    '+62 812 3456 789',
    '+62-812-3456-789',
    '62 812 3456 789',
    '(0812) 3456-789',
    '0812.3456.789',
    '0812/3456789',
    '+62 (0)812 3456 789',
    '+62 (0) 812-3456-789',
    '+6208123456789',
    '(+62) 812 3456 789',
    '00628123456789',
    '0062 812 3456 789',
    '  0812 3456 789\n',
    '0812\u00a03456\u00a0789',
    '0812\u20113456\u2013789',
    '\u202a+62 812-3456-789\u202c',
    '\u200e0812\u200b3456789',
    '＋６２８１２３４５６７８９',
    '٠٨١٢٣٤٥٦٧٨٩',
    '०८१२३४५६७८९',
    "'08123456789",
    'tel:+62-812-3456-789',
  ];
  test.each(indonesian)('%j is +628123456789', (typed) => {
    expect(normalisePhone(typed, 'ID')).toBe('+628123456789');
  });

  // prettier-ignore
  const elsewhere: [typed: string, country: CountryCode, expected: string][] = [
    ['012-345 6789',        'MY', '+60123456789'],
    ['60123456789',         'MY', '+60123456789'],
    ['9876 5432',           'SG', '+6598765432'],
    ['081 234 5678',        'TH', '+66812345678'],
    ['0917 123 4567',       'PH', '+639171234567'],
    ['091 234 56 78',       'VN', '+84912345678'],
    ['98765 43210',         'IN', '+919876543210'],
    ['919876543210',        'IN', '+919876543210'],
    ['0301-2345678',        'PK', '+923012345678'],
    ['01712-345678',        'BD', '+8801712345678'],
    ['050 123 4567',        'AE', '+971501234567'],
    ['050 123 4567',        'SA', '+966501234567'],
    ['0100 123 4567',       'EG', '+201001234567'],
    ['0803 123 4567',       'NG', '+2348031234567'],
    ['0712 345678',         'KE', '+254712345678'],
    ['082 123 4567',        'ZA', '+27821234567'],
    ['07400 123456',        'GB', '+447400123456'],
    ['0151 23456789',       'DE', '+4915123456789'],
    ['06 12 34 56 78',      'FR', '+33612345678'],
    ['06 12345678',         'NL', '+31612345678'],
    ['312 345 6789',        'IT', '+393123456789'],
    ['612 34 56 78',        'ES', '+34612345678'],
    ['8 (912) 345-67-89',   'RU', '+79123456789'],
    ['0501 234 56 78',      'TR', '+905012345678'],
    ['(201) 555-0123',      'US', '+12015550123'],
    ['011 62 812 3456 789', 'US', '+628123456789'],
    ['(11) 98765-4321',     'BR', '+5511987654321'],
    ['55 1234 5678',        'MX', '+525512345678'],
    ['+52 1 55 1234 5678',  'ID', '+525512345678'],
    ['5215512345678',       'ID', '+525512345678'],
    ['+54 9 11 2345 6789',  'ID', '+5491123456789'],
    ['0412 345 678',        'AU', '+61412345678'],
    ['090-1234-5678',       'JP', '+819012345678'],
    ['+225 07 01 23 45 67', 'ID', '+2250701234567'],
    // Abroad, without a +, from Indonesia: 659… would also be a landline of Aceh, but nobody writes one without its 0.
    ['6598765432',          'ID', '+6598765432'],
    ['60123456789',         'ID', '+60123456789'],
    ['4915123456789',       'ID', '+4915123456789'],
    ['0651 234567',         'ID', '+62651234567'],
    ['(021) 5555-1234',     'ID', '+622155551234'],
  ];
  test.each(elsewhere)('%j in %s is %s', (typed, country, expected) => {
    expect(normalisePhone(typed, country)).toBe(expected);
  });

  test.each(elsewhere)('%j in %s: its E.164 form, with and without the +, stays what it is', (_typed, country, expected) => {
    expect(normalisePhone(expected, country)).toBe(expected);
    expect(normalisePhone(expected.slice(1), country)).toBe(expected);
  });

  test.each(['', ' ', '+', '0', '0812', '081234', '08123456', '081234567890123', '+62', '+628', '+99912345678', 'call me', '0812-CALL-NOW', '0812 3456 789 ext. 5', '0812+3456789', '++628123456789', '6.28123E+11', '12:30', '127.0.0.1', '2025-11-20', '-', '0'.repeat(12), '8'.repeat(65), '1'.repeat(5_000)])(
    '%j is no number',
    (typed) => {
      expect(normalisePhone(typed, 'ID')).toBeNull();
    },
  );
});

test('a number becomes a JID, and back', () => {
  expect(jidFromPhone('+628123456789' as E164)).toBe('628123456789@c.us');
  expect(phoneFromJid('628123456789@c.us')).toBe('+628123456789');
});

// prettier-ignore
test.each([
  ['628123456789@s.whatsapp.net',   '+628123456789'],
  ['628123456789:12@s.whatsapp.net', '+628123456789'],
  ['628123456789.0:1@c.us',         '+628123456789'],
  ['5215512345678@c.us',            '+525512345678'],
  ['123456789012345@lid',           null],
  ['120363025246125486@g.us',       null],
  ['status@broadcast',              null],
  ['0@c.us',                        null],
  ['08123456789@c.us',              null],
  ['628123456789',                  null],
  ['',                              null],
])('phoneFromJid(%j) is %j', (jid, expected) => {
  expect(phoneFromJid(jid)).toBe(expected);
});

// prettier-ignore
test.each([
  ['0812-3456-789',                  { kind: 'user', chatId: '628123456789@c.us', phone: '+628123456789' }],
  ['+65 9876 5432',                  { kind: 'user', chatId: '6598765432@c.us', phone: '+6598765432' }],
  ['628123456789@c.us',              { kind: 'user', chatId: '628123456789@c.us', phone: '+628123456789' }],
  [' 628123456789@C.US ',            { kind: 'user', chatId: '628123456789@c.us', phone: '+628123456789' }],
  ['628123456789@s.whatsapp.net',    { kind: 'user', chatId: '628123456789@c.us', phone: '+628123456789' }],
  ['628123456789:3@s.whatsapp.net',  { kind: 'user', chatId: '628123456789@c.us', phone: '+628123456789' }],
  // WhatsApp's own id keeps the old 1; the number is the one that is dialled.
  ['5215512345678@c.us',             { kind: 'user', chatId: '5215512345678@c.us', phone: '+525512345678' }],
  ['123456789012345@lid',            { kind: 'lid', chatId: '123456789012345@lid' }],
  ['123456789012345:2@lid',          { kind: 'lid', chatId: '123456789012345@lid' }],
  ['120363025246125486@g.us',        { kind: 'group', chatId: '120363025246125486@g.us' }],
  ['628123456789-1567890123@g.us',   { kind: 'group', chatId: '628123456789-1567890123@g.us' }],
])('parseRecipient(%j)', (to, expected) => {
  expect(parseRecipient(to, 'ID')).toEqual(expected);
});

test.each([
  'status@broadcast',
  '628123456789@broadcast',
  '120363025246125486@newsletter',
  'someone@example.com',
  '628123456789@c.us@c.us',
  '@c.us',
  'abc@c.us',
  '08123456789@c.us',
  '+628123456789@c.us',
  '12@g.us',
  '1234567890123456@c.us',
  `${'1'.repeat(40)}@lid`,
  `${'1'.repeat(80)}@g.us`,
  '628123456789@g.us; DROP TABLE chats',
  'null',
  '',
])('%j is nobody’s address', (to) => {
  expect(parseRecipient(to, 'ID')).toBeNull();
});
