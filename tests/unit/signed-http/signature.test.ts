import { describe, expect, test } from '@jest/globals';
import { signHeaders, verifyPlainSignature, verifyStandardSignature, type SignedDelivery } from '../../../whatsapp-service/signed-http/signature.js';

const OLD = '8fa29d5606bffb5d55037c6a4ebee4cd6aeb111fe95be07c';
const NEW = 'whsec_1QwyPK+xLQDl/2CFcYASecry+1b4ZQGqNpfWlRSKR4k=';
const NOW = 1_767_225_600;

const delivery = (changes: Partial<SignedDelivery> = {}): SignedDelivery => ({
  secrets: [OLD],
  deliveryId: 'dlv_1',
  body: Buffer.from('{"body":"halo 😀"}'),
  timestamp: NOW,
  attempt: 3,
  event: 'message',
  ...changes,
});

describe('signHeaders', () => {
  test('says which delivery, attempt and event this is', () => {
    expect(signHeaders(delivery())).toEqual({
      'X-Webhook-Signature': expect.stringMatching(/^[0-9a-f]{64}$/),
      'webhook-id': 'dlv_1',
      'webhook-timestamp': '1767225600',
      'webhook-signature': expect.stringMatching(/^v1,[A-Za-z0-9+/]{43}=$/),
      'X-Webhook-Attempt': '3',
      'X-Webhook-Event': 'message',
    });
  });

  test('carries a bearer token only where there is one', () => {
    expect(signHeaders(delivery({ token: '1|abc' })).Authorization).toBe('Bearer 1|abc');
    for (const token of [null, undefined, '']) expect(signHeaders(delivery({ token }))).not.toHaveProperty('Authorization');
  });

  test('during a rotation: one plain signature by the first secret, one standard signature by each', () => {
    const both = signHeaders(delivery({ secrets: [NEW, OLD] }));
    const onlyNew = signHeaders(delivery({ secrets: [NEW] }));
    const onlyOld = signHeaders(delivery({ secrets: [OLD] }));
    expect(both['X-Webhook-Signature']).toBe(onlyNew['X-Webhook-Signature']);
    expect(both['webhook-signature']).toBe(`${onlyNew['webhook-signature']} ${onlyOld['webhook-signature']}`);
  });

  test('a later attempt has another standard signature and the same plain one', () => {
    const first = signHeaders(delivery());
    const later = signHeaders(delivery({ timestamp: NOW + 60, attempt: 4 }));
    expect(later['webhook-signature']).not.toBe(first['webhook-signature']);
    expect(later['X-Webhook-Signature']).toBe(first['X-Webhook-Signature']);
  });

  test('refuses to sign with nothing', () => {
    expect(() => signHeaders(delivery({ secrets: [] }))).toThrow('without a secret');
    expect(() => signHeaders(delivery({ secrets: [''] }))).toThrow('without a secret');
  });
});

describe('verifyPlainSignature', () => {
  const { body } = delivery();
  const signature = signHeaders(delivery())['X-Webhook-Signature']!;

  test.each([
    ['the bytes that were signed', [OLD], body, signature, true],
    ['a receiver that knows a newer secret, too', [NEW, OLD], body, signature, true],
    ['another secret', [NEW], body, signature, false],
    ['other bytes', [OLD], Buffer.from('{"body":"halo 😁"}'), signature, false],
    ['one digit less', [OLD], body, signature.slice(1), false],
    ['upper case', [OLD], body, signature.toUpperCase(), false],
    ['a prefix', [OLD], body, `sha256=${signature}`, false],
    ['no signature', [OLD], body, '', false],
    ['no secret', [], body, signature, false],
  ])('%s', (_, secrets, bytes, given, expected) => {
    expect(verifyPlainSignature(secrets, bytes, given)).toBe(expected);
  });
});

describe('verifyStandardSignature', () => {
  const { body } = delivery();
  const headers = signHeaders(delivery({ secrets: [NEW, OLD] }));
  const signed = { deliveryId: 'dlv_1', timestamp: String(NOW), signature: headers['webhook-signature']!, body };

  test.each([
    ['the new secret', [NEW], {}, 0, true],
    ['the old secret', [OLD], {}, 0, true],
    ['an unknown secret', [`${OLD}0`], {}, 0, false],
    ['five minutes late', [NEW], {}, 300, true],
    ['later', [NEW], {}, 301, false],
    ['five minutes early', [NEW], {}, -300, true],
    ['earlier', [NEW], {}, -301, false],
    ['another id', [NEW], { deliveryId: 'dlv_2' }, 0, false],
    ['another time', [NEW], { timestamp: String(NOW + 1) }, 0, false],
    ['a time that is no number', [NEW], { timestamp: 'soon' }, 0, false],
    ['a time with something behind it', [NEW], { timestamp: `${NOW}.0` }, 0, false],
    ['other bytes', [NEW], { body: Buffer.from('{}') }, 0, false],
    ['another version of the scheme', [NEW], { signature: signed.signature.replaceAll('v1,', 'v2,') }, 0, false],
    ['a signature of an unknown scheme beside ours', [NEW], { signature: `v1a,abc ${signed.signature}` }, 0, true],
    ['no signature', [NEW], { signature: '' }, 0, false],
  ])('%s', (_, secrets, changes, seconds, expected) => {
    expect(verifyStandardSignature(secrets, { ...signed, ...changes }, (NOW + seconds) * 1000)).toBe(expected);
  });

  test('an empty id is never right, even where it was signed', () => {
    const empty = signHeaders(delivery({ deliveryId: '' }));
    expect(verifyStandardSignature([OLD], { ...signed, deliveryId: '', signature: empty['webhook-signature']! }, NOW * 1000)).toBe(false);
  });
});
