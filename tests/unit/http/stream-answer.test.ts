import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ApiError } from '../../../whatsapp-service/contracts/errors.js';
import { route, type Route } from '../../../whatsapp-service/contracts/route.js';
import { until } from '../../helpers/sandbox-client.js';
import { TestServer } from './http-fixture.js';

const LINES = 20_000;
let pulled = 0;
let closed = 0;

async function* lines(count: number, problem?: Error): AsyncGenerator<string> {
  try {
    for (let line = 0; line < count; line++) {
      pulled = line + 1;
      yield `${'x'.repeat(999)}\n`;
    }
    if (problem) throw problem;
  } finally {
    closed++;
  }
}

const csv = (path: string, body: () => AsyncIterable<string>): Route =>
  route({ method: 'get', path, scope: 'read', tag: 'Files', summary: 'Get', produces: ['text/csv'], responses: { 200: { description: 'Rows' } }, handle: () => ({ status: 200, type: 'text/csv', headers: { 'Content-Disposition': 'attachment' }, body: body() }) });

let server: TestServer;
const get = (path: string, init: RequestInit = {}): Promise<Response> => fetch(server.url + path, { ...init, headers: { 'X-Api-Key': 'read-key' } });

beforeAll(async () => {
  server = await TestServer.start({ config: { rateLimitPerMinute: 1_000 }, routes: [
    csv('/all.csv', () => lines(LINES)),
    csv('/broken.csv', () => lines(3, new Error('the disk'))),
    csv('/refused.csv', () => lines(0, new ApiError('backend_database_unavailable'))),
  ] });
});
afterAll(() => server.close());

test('texts arrive as one body, with what belongs to them', async () => {
  const answer = await get('/all.csv');
  expect([answer.status, answer.headers.get('content-type'), answer.headers.get('content-disposition'), answer.headers.get('cache-control')]).toEqual([200, 'text/csv; charset=utf-8', 'attachment', 'no-store']);
  expect((await answer.text()).length).toBe(LINES * 1_000);
});

test('what fails at once has its own answer; what fails later cuts the connection', async () => {
  expect((await get('/refused.csv')).status).toBe(503);
  const answer = await get('/broken.csv');
  await expect(answer.text()).rejects.toThrow();
});

test('whoever hangs up or only asks for the head does not make all of it', async () => {
  closed = 0;
  const hangUp = new AbortController();
  const answer = await get('/all.csv', { signal: hangUp.signal });
  await answer.body?.getReader().read();
  hangUp.abort();
  await until(() => closed === 1, { name: 'the source is closed' });
  expect(pulled).toBeLessThan(LINES);
  expect((await get('/all.csv', { method: 'HEAD' })).status).toBe(200);
  expect([closed, pulled]).toEqual([2, 1]);
});
