import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { Browser, CDPSession, Page } from 'puppeteer';
import { callPage } from '../../whatsapp-service/whatsapp/web/page-calls.js';
import type { ProviderError } from '../../whatsapp-service/whatsapp/provider.js';
import { openBrowser } from '../helpers/sandbox-client.js';

/** Answers as the page bridge does; `held` never does. */
const BRIDGE = `window.__waBridge = { call: async (name, args) => name === 'held' ? new Promise(() => {}) : JSON.stringify({ ok: { name, args, at: location.hash } }) };`;
const LIMIT_MS = 20_000;

let browser: Browser;
let page: Page;
let opened: CDPSession[] = [];
const ended = new AbortController();

const call = (name: string, args: unknown = {}, deadlineMs = LIMIT_MS): Promise<unknown> => callPage(page, name, args, { deadlineMs, ended: ended.signal });
const failed = (work: Promise<unknown>): Promise<ProviderError> => work.then(() => Promise.reject(new Error('it did not fail')), (error: unknown) => error as ProviderError);

beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(() => browser.close());

beforeEach(async () => {
  page = await browser.newPage();
  await page.evaluateOnNewDocument(BRIDGE);
  await page.goto('data:text/html,<p>one#one');
  opened = [];
  const open = page.createCDPSession.bind(page);
  page.createCDPSession = async () => {
    const session = await open();
    opened.push(session);
    return session;
  };
});

test('all calls of a page go over one session of the DevTools protocol, also after the page was left for another', async () => {
  const args = { text: 'a "quote", a \\ and \u2028 and 😀' };
  await expect(Promise.all([call('one', args), call('two')])).resolves.toMatchObject([{ name: 'one', args }, { name: 'two', args: {} }]);
  await page.goto('data:text/html,<p>two#two');
  await expect(call('three')).resolves.toMatchObject({ name: 'three', at: '#two' });
  expect(opened).toHaveLength(1);
});

test('a session that was lost is opened anew', async () => {
  await call('one');
  await opened[0]?.detach();
  await expect(call('two')).resolves.toMatchObject({ name: 'two' });
  expect(opened).toHaveLength(2);
});

test('a page without a bridge, one that is left meanwhile, one that does not answer and one that is closed are said to be so', async () => {
  const slow = await failed(call('held', {}, 50));
  expect([slow.code, slow.retry]).toEqual(['timeout', true]);

  const leaving = failed(call('held'));
  // When this one is answered, the one before it is in the page.
  await call('one');
  await page.goto('data:text/html,<p>two#two');
  const left = await leaving;
  expect([left.code, left.retry]).toEqual(['page_unavailable', true]);

  await page.evaluate('delete window.__waBridge');
  const bare = await failed(call('one'));
  // Without the page's stack: it would be a line of the log for nobody.
  expect([bare.code, bare.retry, bare.message]).toEqual(['page_unavailable', true, "TypeError: Cannot read properties of undefined (reading 'call')"]);

  await page.close();
  const closed = await failed(call('one'));
  expect([closed.code, closed.retry]).toEqual(['page_unavailable', true]);
});
