import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { request } from 'node:http';
import { TestServer } from './http-fixture.js';

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
});
afterAll(() => server.close());

test('an expectation that nobody knows is overlooked, and answered in the words of the catalogue', async () => {
  const ask = (path: string): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      request({ port: server.port, host: '127.0.0.1', path, headers: { expect: 'nonsense' } }, (res) => resolve(res.resume().statusCode)).on('error', reject).end();
    });
  expect([await ask('/open'), await ask('/nowhere')]).toEqual([200, 404]);
});

test('half a character in a field name does not come back in a form that PHP refuses to read', async () => {
  const answer = await server.ask('POST', '/api/messages', { json: { session_id: 'sales', text: 'Halo', '\ud800': 1 } });
  expect(answer.status).toBe(400);
  expect(answer.text).not.toContain('\\ud800');
  expect(answer.error.details).toMatchObject({ fields: [{ field: 'body.\ufffd' }] });
});
