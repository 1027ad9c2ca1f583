import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { request } from 'node:http';
import { connect } from 'node:net';
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

/** Sends `head` and so many bytes before it reads anything. What it gets until the connection is closed. */
function sendThenRead(head: readonly string[], bytes: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(server.port, '127.0.0.1');
    socket.on('error', reject);
    socket.write(['POST /api/messages HTTP/1.1', 'Host: x', 'Content-Type: application/json', ...head, '', ''].join('\r\n'));
    socket.write(Buffer.alloc(bytes, 'x'), () => {
      let got = '';
      socket.on('data', (data) => (got += data.toString()));
      socket.on('end', () => resolve(got));
    });
  });
}

const MANY = 40_000_000;
test.each([
  ['too large', ['X-Api-Key: admin-key', 'Connection: close', `Content-Length: ${MANY}`], 413, 'payload_too_large'],
  ['of somebody without a key', ['Connection: close', `Content-Length: ${MANY}`], 401, 'unauthorized'],
])('a body that is %s is answered also where the caller sends it to its end first, and wants the connection closed', async (_, head, status, code) => {
  const answer = await sendThenRead(head, MANY);
  expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} [^]*Connection: close[^]*"code":"${code}"[^]*}$`));
});

test('whoever listens while it sends a large body, and wants the connection closed, need not send it to its end', async () => {
  const answer = await sendThenRead(['X-Api-Key: admin-key', 'Connection: close', 'Expect: 100-continue', `Content-Length: ${MANY}`], 0);
  expect(answer).toMatch(/\r\nHTTP\/1.1 413 [^]*payload_too_large/);
});
