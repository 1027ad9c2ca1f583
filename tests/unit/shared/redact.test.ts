import { describe, expect, test } from '@jest/globals';
import { redactFields, redactText } from '../../../whatsapp-service/shared/redact.js';

describe('text', () => {
  // prettier-ignore
  test.each([
    ['to +628123456789 now',                       'to +*********789 now'],
    ['to 628123456789.',                           'to *********789.'],
    ['+62 812-3456-789 asked',                     '+*********789 asked'],
    ['+62 (812) 3456-789',                         '+*********789'],
    ['call 0812-3456-789',                         'call ********789'],
    ['call (0812) 3456 789',                       'call ********789'],
    ['call 08123456789',                           'call ********789'],
    ['+62 812 3456 789 2025-11-20',                '+*********789 2025-11-20'],
    ['chat 628123456789@c.us',                     'chat *********789@c.us'],
    ['chat 628123456789:4@s.whatsapp.net',         'chat **********89:4@s.whatsapp.net'],
    ['chat 123456789012345@lid',                   'chat ************345@lid'],
    ['chat 120363025246125486@g.us',               'chat ***************486@g.us'],
    ['chat 628123456789-1567890123@g.us',          'chat ************-*******123@g.us'],
    ['id true_628123456789@c.us_3EB0A1B2C3D4E5F60718', 'id true_*********789@c.us_3EB0A1B2C3D4E5F60718'],
    ['user_628123456789 and session-628123456789', 'user_*********789 and session-*********789'],
    ['GET /api/numbers/628123456789?x=1',          'GET /api/numbers/*********789?x=1'],
    ['Authorization: Bearer 12|abcDEF',            'Authorization: Bearer [redacted]'],
    ['key whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'key whsec_[redacted]'],
  ])('%s', (text, expected) => {
    expect(redactText(text)).toBe(expected);
  });

  test.each([
    'at 2026-11-20T19:12:33.123Z',
    'at 2026-11-20T19:12:33+07:00',
    'from 2026-11-20 to 2026-12-24 19:12:33',
    'msg_0123456789abcdef0123456789abcdef was sent',
    'dlv_12345678901234567890123456789012 attempt 3',
    '3EB012345678ABCDEF0123 is its WhatsApp id',
    '12345678-1234-4123-8123-123456789012',
    'listening on 127.0.0.1:3000, pid 12345',
    'http://192.168.100.200:65535/health',
    'Chromium 156.0.8078.79',
    'took 1234567 ms, 12345678 ms, 12345678.25 ms and 86400000ms',
    '20000 chats in 400 batches, 1337 of 5000 done',
    '1073741824 bytes',
    'sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
    'HTTP 503, retry in 2.5 s, attempt 1/3',
    'webjs 1.34.7, node v20.20.2',
  ])('stays readable: %s', (text) => {
    expect(redactText(text)).toBe(text);
  });

  test('a very long text is cut, and says how long it was', () => {
    expect(redactText('a'.repeat(20_000))).toMatch(/^a{8000}… \[20000 chars\]$/);
  });
});

describe('fields', () => {
  test('contents are told by their length only', () => {
    expect(redactFields({ body: 'Halo, pesanan kakak sudah dikirim ya!', text: 'abc', caption: '', vcard: 'BEGIN:VCARD', message_body: 'x', previousBody: 'yz', raw_body: Buffer.from('abc') })).toEqual({
      body: '[37 chars]',
      text: '[3 chars]',
      caption: '[0 chars]',
      vcard: '[11 chars]',
      message_body: '[1 chars]',
      previousBody: '[2 chars]',
      raw_body: '[3 bytes]',
    });
  });

  test('a body that is no text is not shown either', () => {
    expect(redactFields({ body: { chats: ['Ani'] } })).toEqual({ body: '[content]' });
  });

  test('credentials are not shown in any spelling of their key', () => {
    const keys = ['secret', 'webhook_secret', 'webhookSecret', 'token', 'hubToken', 'authorization', 'Authorization', 'api_key', 'apiKey', 'X-Api-Key', 'x-api-key', 'password', 'qr', 'cookie', 'pairing_code'];
    for (const key of keys) expect(redactFields({ [key]: 'abc' })).toEqual({ [key]: '[redacted]' });
    expect(redactFields({ secrets: ['a', 'b'], password: 1234, qr: null, has_token: true })).toEqual({ secrets: '[redacted]', password: '[redacted]', qr: null, has_token: true });
  });

  test('numbers: a phone number that came as a number is masked; a measure is not', () => {
    expect(
      redactFields({ phone: 628123456789, to: 628123456789n, chat: 628123456789, count: 12_345_678, port: 3000, duration_ms: 1234.5, now_ms: 1_795_000_000_000, createdAt: 1_795_000_000_000, body_bytes: 10_737_418_240, ratio: 0.123456789012 }),
    ).toEqual({ phone: '*********789', to: '*********789', chat: '*********789', count: 12_345_678, port: 3000, duration_ms: 1234.5, now_ms: 1_795_000_000_000, createdAt: 1_795_000_000_000, body_bytes: 10_737_418_240, ratio: 0.123456789012 });
  });

  test('deep inside, in lists, in maps and in keys', () => {
    expect(redactFields({ a: { b: [{ phone: '+628123456789', body: 'hi' }] }, map: new Map([['628123456789@c.us', 1]]), set: new Set(['+628123456789']) })).toEqual({
      a: { b: [{ phone: '+*********789', body: '[2 chars]' }] },
      map: { '*********789@c.us': 1 },
      set: ['+*********789'],
    });
  });

  test('an error gives its name, message, stack and cause, and nothing else of what it carries', () => {
    const error = Object.assign(new TypeError('no chat with +628123456789', { cause: new Error('Bearer abc.def') }), { code: 'ECONNREFUSED', config: { headers: { Authorization: 'Bearer abc' } }, request: {} });
    const { err } = redactFields({ err: error }) as { err: Record<string, unknown> };
    expect(err).toMatchObject({ name: 'TypeError', message: 'no chat with +*********789', code: 'ECONNREFUSED', cause: { message: 'Bearer [redacted]' } });
    expect(Object.keys(err).sort()).toEqual(['cause', 'code', 'message', 'name', 'stack']);
    expect(err.stack).toContain('redact.test');
    expect(JSON.stringify(err)).not.toMatch(/3456789|abc/);
  });

  test('nothing can make it fail or run for ever', () => {
    const circle: Record<string, unknown> = { name: 'a', big: 10n, when: new Date(Number.NaN), date: new Date(0), call: () => 1, symbol: Symbol('s'), bytes: new Uint8Array(4), url: new URL('http://me:pw@host/x') };
    circle.self = circle;
    expect(redactFields({ circle, items: Array.from({ length: 60 }, (_, i) => i) })).toMatchObject({
      circle: { self: '[circular]', big: '10', when: 'invalid date', date: '1970-01-01T00:00:00.000Z', call: '[function]', symbol: 'Symbol(s)', bytes: '[4 bytes]', url: 'http://[redacted]@host/x' },
    });
    let deep: unknown = 'x';
    for (let i = 0; i < 100; i++) deep = { deep };
    expect(JSON.stringify(redactFields({ deep }))).toContain('[deeper]');
    // The same object twice is no circle.
    const twice = { a: 1 };
    expect(redactFields({ x: twice, y: twice })).toEqual({ x: { a: 1 }, y: { a: 1 } });
  });
});
