import { expect, test } from '@jest/globals';
import { Agent, request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { exampleRoutes, Gate, TestServer } from '../unit/http/http-fixture.js';

/** How a server begins and ends, through real sockets. */

test('what runs ends, what is idle is closed, what is new is refused', async () => {
  const gate = new Gate();
  const ending = await TestServer.start({ routes: exampleRoutes(gate.pass) });
  const agent = new Agent({ keepAlive: true });
  const get = (path: string) =>
    new Promise<{ status: number; connection?: string; text: string }>((resolve, reject) => {
      httpRequest(ending.url + path, { agent, headers: { 'x-api-key': 'read-key' } }, (res) => {
        let text = '';
        res.on('data', (chunk: Buffer) => (text += chunk.toString()));
        res.on('end', () => resolve({ status: res.statusCode ?? 0, connection: res.headers.connection, text }));
      })
        .on('error', reject)
        .end();
    });
  const idle = await idleConnection(ending.port);
  const running = get('/api/slow');
  await until(() => gate.entered === 1);
  let closed = false;
  const close = ending.server.close(60_000).then(() => (closed = true));
  await idle.ended;
  expect(closed).toBe(false);
  await expect(fetch(`${ending.url}/open`)).rejects.toThrow();
  gate.open();
  expect(await running).toEqual({ status: 200, connection: 'close', text: 'done' });
  const started = Date.now();
  await close;
  // Not only when the time is over.
  expect(Date.now() - started).toBeLessThan(20_000);
  agent.destroy();
});

test('a request that was on its way is answered with shutting_down', async () => {
  const gate = new Gate();
  const ending = await TestServer.start({ routes: exampleRoutes(gate.pass) });
  const running = ending.ask('GET', '/api/slow');
  await until(() => gate.entered === 1);
  const socket = connect(ending.port, '127.0.0.1');
  let received = '';
  socket.on('data', (chunk) => (received += chunk.toString()));
  socket.write('GET /api/slow HTTP/1.1\r\nHost: x\r\n');
  // Nothing tells when half a head has been read.
  await new Promise((resolve) => setTimeout(resolve, 100));
  const close = ending.server.close(5_000);
  socket.write('X-Api-Key: read-key\r\n\r\n');
  await new Promise((resolve) => socket.once('close', resolve));
  expect(received).toMatch(/^HTTP\/1.1 503 Service Unavailable[^]*shutting_down/);
  expect(received).toMatch(/^Connection: close\r$/m);
  gate.open();
  await close;
  expect((await running).status).toBe(200);
  expect(gate.entered).toBe(1);
});

test('what hangs is cut when the time is over, and a second close waits for the first', async () => {
  const gate = new Gate();
  const ending = await TestServer.start({ routes: exampleRoutes(gate.pass) });
  const hanging = ending.ask('GET', '/api/slow').then(
    () => 'answered',
    () => 'cut',
  );
  await until(() => gate.entered === 1);
  const started = Date.now();
  await Promise.all([ending.server.close(300), ending.server.close(60_000)]);
  expect(Date.now() - started).toBeGreaterThanOrEqual(290);
  expect(Date.now() - started).toBeLessThan(30_000);
  expect(await hanging).toBe('cut');
});

test('a port that is taken is told in plain words', async () => {
  const server = await TestServer.start();
  await expect(TestServer.start({ config: { port: server.port } })).rejects.toThrow(`Port ${server.port} on 127.0.0.1 is taken`);
  await server.close();
});

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** A connection that had one answer and now waits. */
async function idleConnection(port: number): Promise<{ ended: Promise<void> }> {
  const socket = connect(port, '127.0.0.1', () => socket.write('GET /open HTTP/1.1\r\nHost: x\r\n\r\n'));
  await new Promise((resolve) => socket.once('data', resolve));
  return { ended: new Promise((resolve) => socket.once('close', () => resolve())) };
}
