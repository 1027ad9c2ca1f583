import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { Pairing } from '../../../whatsapp-service/sandbox/hub/pairing.js';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

const start = () => {
  const frames: string[] = [];
  const pairing = new Pairing((frame) => frames.push(frame.p), () => ({ qr_refresh_ms: 1_000, qr_max_refreshes: 2 }));
  return { pairing, frames };
};

test('a code is renewed twice, then the page idles until it is asked for another', () => {
  const { pairing, frames } = start();
  const first = pairing.view().ref;
  expect(first).toMatch(/^2@/);
  jest.advanceTimersByTime(1_000);
  expect(pairing.view()).toMatchObject({ refreshes: 1 });
  expect(pairing.view().ref).not.toBe(first);
  jest.advanceTimersByTime(2_000);
  expect(frames).toEqual(['ref', 'ref', 'ref', 'idle']);
  expect(pairing.view().ref).toBeNull();
  jest.advanceTimersByTime(60_000);
  expect(frames).toHaveLength(4);
  pairing.refresh();
  expect(pairing.view()).toMatchObject({ refreshes: 0 });
  expect(frames.at(-1)).toBe('ref');
});

test('a page that is linked gets no further code', () => {
  const { pairing, frames } = start();
  expect(pairing.makeCode('6281234567890')).toMatch(/^[1-9A-HJ-NP-TV-Z]{8}$/);
  pairing.close();
  jest.advanceTimersByTime(60_000);
  expect(frames).toEqual(['ref']);
  expect(pairing.view()).toEqual({ ref: null, refreshes: 0, code: null, phone: null });
});
