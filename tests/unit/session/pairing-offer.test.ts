import { expect, test } from '@jest/globals';
import { PAIRING_CODE_MS, PairingOffer } from '../../../whatsapp-service/features/session/pairing-offer.js';

test('shows as many QRs as are allowed, and begins anew with each start', () => {
  const offer = new PairingOffer(2);
  expect([offer.take('a', 1)?.attempt, offer.take('b', 2)?.attempt, offer.take('c', 3)]).toEqual([1, 2, null]);
  expect(offer.qr?.qr).toBe('b');
  offer.restart();
  expect(offer.qr).toBeNull();
  expect(offer.take('d', 4)).toEqual({ qr: 'd', attempt: 1, receivedAt: 4 });
});

test('waits for somebody who is typing a code, as long as it holds', () => {
  const offer = new PairingOffer(1);
  offer.take('a', 0);
  offer.typingCode(10);
  expect(offer.take('b', 10 + PAIRING_CODE_MS - 1)?.attempt).toBe(2);
  expect(offer.take('c', 10 + PAIRING_CODE_MS)).toBeNull();
});

test('0 is no limit', () => {
  const offer = new PairingOffer(0);
  for (let n = 1; n <= 1_000; n++) expect(offer.take('q', n)?.attempt).toBe(n);
});
