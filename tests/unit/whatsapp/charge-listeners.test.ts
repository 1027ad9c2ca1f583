import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { chargeListeners } from '../../../whatsapp-service/whatsapp/web/charge-listeners.js';

class SimplePage extends EventEmitter {
  evaluate(): Promise<unknown> {
    return Promise.reject(new Error('the frame is gone'));
  }
}

let page: SimplePage;
let charged: unknown[];
let strays: unknown[];
const note = (error: unknown): void => void strays.push(error);
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

beforeEach(() => {
  page = new SimplePage();
  [charged, strays] = [[], []];
  process.on('unhandledRejection', note);
  chargeListeners(page, (error) => charged.push((error as Error).message));
});
afterEach(() => {
  process.off('unhandledRejection', note);
});

test('what an async listener of the library leaves unhandled is charged to its page', async () => {
  // As the library does, which hands an async function where nobody waits.
  const failing = async (): Promise<void> => {
    await Promise.resolve();
    throw new Error('no body');
  };
  page.on('response', failing as () => void);
  page.on('response', () => {
    throw new Error('at once');
  });
  page.emit('response');
  await settled();
  expect([charged.sort(), strays]).toEqual([['at once', 'no body'], []]);
});

test('an answer that nobody waits for is let go; whoever waits has its rejection', async () => {
  void page.evaluate();
  await expect(page.evaluate()).rejects.toThrow('the frame is gone');
  await settled();
  expect([charged, strays]).toEqual([[], []]);
});

test('a listener can still be taken away', async () => {
  const listener = (): void => {
    throw new Error('still there');
  };
  page.on('load', listener);
  page.off('load', listener);
  page.emit('load');
  await settled();
  expect(charged).toEqual([]);
});
