import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { TestServer } from './http-fixture.js';

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
});
afterAll(() => server.close());

test('the page needs no key, and nothing in it breaks its own policy', async () => {
  const page = await server.ask('GET', '/docs', { key: null });
  expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
  const policy = page.headers.get('content-security-policy') ?? '';
  expect(policy).toContain("script-src 'self'");
  expect(policy).not.toContain('unsafe');
  expect(page.text).not.toMatch(/<script(?![^>]*\ssrc=)|\son\w+=|style=|https?:/);
});

test('every file that the page names is there, from this machine', async () => {
  const page = await server.ask('GET', '/docs', { key: null });
  const files = [...page.text.matchAll(/(?:src|href)="([^"]*)"/g)].map((match) => match[1] ?? '');
  expect(files.length).toBe(4);
  for (const file of files) {
    const answer = await server.ask('GET', `/${file}`, { key: null });
    expect({ file, status: answer.status }).toEqual({ file, status: 200 });
    expect(answer.text.length).toBeGreaterThan(50);
  }
  expect((await server.ask('GET', '/docs/start.js', { key: null })).text).toContain("'docs/openapi.json'");
});

test('the document needs no key', async () => {
  const answer = await server.ask('GET', '/docs/openapi.json', { key: null });
  expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
  expect(answer.body).toMatchObject({ openapi: '3.1.0', info: { version: '1.2.3' } });
  expect(Object.keys((answer.body as { paths: object }).paths)).toContain('/api/messages');
});

test('with a slash at the end it leads to the page, so that relative addresses stay right', async () => {
  const answer = await server.ask('GET', '/docs/', { key: null });
  expect([answer.status, answer.headers.get('location')]).toEqual([308, '../docs']);
});

test('no other file of the package is served', async () => {
  for (const file of ['index.html', 'package.json', 'swagger-ui.js.map', 'oauth2-redirect.html', '%2e%2e/package.json', '..%5cpackage.json']) {
    expect((await server.ask('GET', `/docs/${file}`, { key: null })).status).toBe(404);
  }
});
