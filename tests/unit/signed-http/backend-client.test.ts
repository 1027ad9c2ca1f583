import { once } from 'node:events';
import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http';
import { createServer, type AddressInfo, type LookupFunction, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { sleep } from '../../../whatsapp-service/shared/clock.js';
import { createBackendClient, type BackendClient, type BackendClientOptions, type Delivery } from '../../../whatsapp-service/signed-http/backend-client.js';
import { RecordingReceiver } from '../../helpers/recording-receiver.js';

const SECRET = 'd7c1f60b3e958a24b06fce71935ad82e4419cb03';
const TIMEOUT_MS = 300;
/** A busy machine may be this late. */
const BUSY_MS = 15_000;
const delivery: Delivery = { deliveryId: 'dlv_1', event: 'message', attempt: 1, body: '{"body":"halo"}' };

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

function connect(url: string, changes: Partial<BackendClientOptions> = {}): BackendClient {
  const client = createBackendClient({ url, secrets: [SECRET], token: null, timeoutMs: TIMEOUT_MS, clock: { now: () => Date.now() }, ...changes });
  ends.push(() => client.close());
  return client;
}

async function receiver(): Promise<RecordingReceiver> {
  const started = await RecordingReceiver.start({ secrets: [SECRET] });
  ends.push(() => started.close());
  return started;
}

/** A server on bare sockets, for what an HTTP server does not do. */
async function rawServer(onSocket: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    onSocket(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  ends.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function httpServer(listener: RequestListener): Promise<{ url: string; server: Server }> {
  const server = createHttpServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  ends.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

describe('an address that a caller of the API has named', () => {
  /** Answers with these addresses, one list a question; the last one stays. */
  const names = (...answers: string[][]): { lookup: LookupFunction; asked: () => number } => {
    let asked = 0;
    const lookup: LookupFunction = (_name, options, done) => {
      const addresses = (answers[Math.min(asked++, answers.length - 1)] ?? []).map((address) => ({ address, family: 4 }));
      if (options.all) done(null, addresses);
      else done(null, addresses[0]?.address ?? '', 4);
    };
    return { lookup, asked: () => asked };
  };

  test.each([[['127.0.0.1']], [['10.0.0.7']], [['169.254.169.254']], [['93.184.216.34', '127.0.0.1']]])('%j is not connected to, however its name is spelled', async (addresses) => {
    const backend = await receiver();
    const { port } = new URL(backend.url);
    const client = connect(`http://crm.example:${port}/hook`, { guard: { allowedHosts: [], lookup: names(addresses).lookup } });
    expect(await client.post('', delivery)).toMatchObject({ status: null, failure: 'ADDRESS_NOT_ALLOWED', verdict: { kind: 'retry', reason: expect.stringContaining('WEBHOOK_ALLOWED_HOSTS') } });
    expect(backend.requests).toEqual([]);
  });

  test('that is not there is named as what it is: not BACKEND_URL', async () => {
    const client = connect('http://127.0.0.1:9/hook', { guard: { allowedHosts: ['127.0.0.1'] } });
    expect(await client.post('', delivery)).toMatchObject({ failure: 'ECONNREFUSED', verdict: { reason: expect.stringContaining("check the endpoint's url") } });
  });

  test('is looked at for each connection: a name that pointed elsewhere before is no way in', async () => {
    const backend = await receiver();
    const { port } = new URL(backend.url);
    const rebound = names(['192.0.2.1'], ['127.0.0.1']);
    const client = connect(`http://crm.example:${port}/hook`, { guard: { allowedHosts: [], lookup: rebound.lookup } });
    // A reserved address, which nobody answers at, or the network refuses.
    expect((await client.post('', delivery)).status).toBeNull();
    expect((await client.post('', delivery)).failure).toBe('ADDRESS_NOT_ALLOWED');
    expect([rebound.asked(), backend.requests]).toEqual([2, []]);
  });

  test('is connected to where its host is listed, with or without the port', async () => {
    const backend = await receiver();
    const { port } = new URL(backend.url);
    for (const allowedHosts of [['crm.example'], [`crm.example:${port}`]]) {
      const client = connect(`http://crm.example:${port}/hook`, { guard: { allowedHosts, lookup: names(['127.0.0.1']).lookup }, headers: { 'X-Tenant': 'acme', 'X-Webhook-Event': 'forged', 'Content-Type': 'text/plain' } });
      expect((await client.post('', delivery)).status).toBe(202);
    }
    expect(backend.requests[0]).toMatchObject({ path: '/hook', plainOk: true, event: 'message', headers: { 'x-tenant': 'acme' } });
    const other = connect(`http://crm.example:${port}/hook`, { guard: { allowedHosts: ['crm.example:1'], lookup: names(['127.0.0.1']).lookup } });
    expect((await other.post('', delivery)).failure).toBe('ADDRESS_NOT_ALLOWED');
  });
});

describe('the deadline covers the whole exchange', () => {
  const drip = (head: string, piece = 'x') => (socket: Socket): void => {
    socket.once('data', () => {
      socket.write(head);
      const timer = setInterval(() => socket.write(piece), 20);
      socket.once('close', () => clearInterval(timer));
    });
  };

  test.each([
    ['accepts and never answers', () => undefined, null],
    ['sends its status line letter by letter', drip('HTTP/1.1 200 '), null],
    ['sends its headers letter by letter', drip('HTTP/1.1 200 OK\r\nX-Slow: '), null],
    ['sends its body letter by letter', drip('HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n'), 200],
    ['never ends its body', drip('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', '1\r\nx\r\n'), 200],
  ])('a server that %s', async (_, onSocket, status) => {
    const client = connect(await rawServer(onSocket));
    const outcome = await client.post('/', delivery);
    expect(outcome.verdict).toEqual({ kind: 'retry', status, afterMs: null, reason: expect.stringContaining('TIMEOUT') });
    expect(outcome.durationMs).toBeLessThan(TIMEOUT_MS + BUSY_MS);
    expect(client.inFlight()).toBe(0);
  });

  test('an error whose body drips is that error', async () => {
    const client = connect(await rawServer(drip('HTTP/1.1 422 Nope\r\nContent-Length: 100000\r\n\r\n{"message":"')));
    expect((await client.post('/', delivery)).verdict).toMatchObject({ kind: 'refused', status: 422, excerpt: expect.stringContaining('{"message":"x') });
  });

  test('time spent waiting for a free connection counts', async () => {
    const backend = await receiver();
    backend.hang();
    const client = connect(backend.url, { maxSockets: 1 });
    const outcomes = await Promise.all([client.post('/', delivery), client.post('/', delivery), client.post('/', delivery)]);
    for (const { verdict, durationMs } of outcomes) {
      expect(verdict).toMatchObject({ kind: 'retry', reason: expect.stringContaining('TIMEOUT') });
      expect(durationMs).toBeLessThan(TIMEOUT_MS + BUSY_MS);
    }
  });
});

describe('a connection that fails', () => {
  test('refused', async () => {
    const backend = await receiver();
    await backend.down();
    expect((await connect(backend.url).post('/', delivery)).verdict).toMatchObject({ kind: 'retry', status: null, reason: expect.stringContaining('ECONNREFUSED') });
  });

  test('refused at every address of a name', async () => {
    const backend = await receiver();
    await backend.down();
    const outcome = await connect(backend.url.replace('127.0.0.1', 'localhost')).post('/', delivery);
    expect(outcome.verdict).toMatchObject({ kind: 'retry', reason: expect.stringContaining('ECONNREFUSED') });
  });

  test('broken before the answer', async () => {
    const backend = await receiver();
    backend.drop();
    expect((await connect(backend.url).post('/', delivery)).verdict).toMatchObject({ kind: 'retry', status: null, reason: expect.stringContaining('ECONNRESET') });
    expect(backend.requests).toHaveLength(1);
  });

  test('broken in the middle of a success', async () => {
    const url = await rawServer((socket) => socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{"half')));
    expect((await connect(url).post('/', delivery)).verdict).toMatchObject({ kind: 'retry', status: 200, reason: expect.stringContaining('ECONNRESET') });
  });

  test('an answer that is no HTTP', async () => {
    const url = await rawServer((socket) => socket.once('data', () => socket.end('220 mail.example.com ESMTP\r\n')));
    expect((await connect(url).post('/', delivery)).verdict).toMatchObject({ kind: 'retry', reason: expect.stringContaining('no HTTP answer') });
  });

  test('https to a port that speaks http', async () => {
    const backend = await receiver();
    const client = connect(backend.url.replace('http:', 'https:'));
    expect((await client.post('/', delivery)).verdict).toMatchObject({ kind: 'retry', reason: expect.stringContaining('http or https') });
  });

  test('comes back by itself', async () => {
    const backend = await receiver();
    const client = connect(backend.url);
    expect((await client.post('/', delivery)).verdict.kind).toBe('done');
    await backend.down();
    expect((await client.post('/', delivery)).verdict.kind).toBe('retry');
    await backend.up();
    expect((await client.post('/', delivery)).verdict.kind).toBe('done');
  });
});

describe('answers of any size', () => {
  test('of a large one only the beginning is read, and its status counts', async () => {
    let written = 0;
    const { url } = await httpServer((request, response) => {
      request.resume();
      response.writeHead(500, { 'Content-Type': 'text/html' });
      const more = (): void => {
        while (!response.destroyed && written < 200_000_000) {
          written += 65_536;
          if (!response.write(Buffer.alloc(65_536, 'a'))) return void response.once('drain', more);
        }
        response.end();
      };
      more();
    });
    const outcome = await connect(url, { timeoutMs: 5_000 }).post('/', delivery);
    expect(outcome.verdict).toMatchObject({ kind: 'retry', status: 500 });
    expect(written).toBeLessThan(20_000_000);
  });

  test('a large success is a success', async () => {
    const backend = await receiver();
    backend.answerWith({ status: 200, body: 'x'.repeat(300_000) });
    const client = connect(backend.url);
    expect((await client.post('/', delivery)).verdict).toEqual({ kind: 'done' });
    expect((await client.post('/', delivery)).verdict).toEqual({ kind: 'done' });
  });

  test('a backend that refuses a large body before it has read it is heard', async () => {
    // What nginx does beyond client_max_body_size.
    const { url } = await httpServer((request, response) => {
      response.writeHead(413, { Connection: 'close' });
      response.end('too large');
      request.resume();
    });
    const outcome = await connect(url, { timeoutMs: 5_000 }).post('/', { ...delivery, body: Buffer.alloc(20_000_000, 'a') });
    expect(outcome.verdict).toEqual({ kind: 'refused', status: 413, excerpt: 'too large' });
  });
});

describe('the bytes and the way they go', () => {
  test.each([
    ['text', '{"a":"😀 \u2028 /","n":1.0,  "x":1e21}'],
    ['bytes', Buffer.from('{ "a" : 1.0 }\n')],
    ['nothing', ''],
  ])('%s arrives as it was signed', async (_, body) => {
    const backend = await receiver();
    await connect(backend.url).post('/api/whatsapp/webhook', { ...delivery, body });
    const [request] = backend.requests;
    expect(request?.raw.equals(Buffer.from(body))).toBe(true);
    expect(request).toMatchObject({ plainOk: true, standardOk: true, path: '/api/whatsapp/webhook', method: 'POST' });
    expect(request?.headers['content-length']).toBe(String(Buffer.byteLength(body)));
  });

  test('each header is sent once, and the host is named as its address has it', async () => {
    const backend = await receiver();
    const headers = { 'X-Tenant': 'acme', 'X-WEBHOOK-EVENT': 'theirs', 'content-TYPE': 'text/plain', 'User-Agent': 'theirs' };
    await connect(backend.url, { headers, token: '1|abc' }).post('/', delivery);
    const raw = backend.requests[0]?.rawHeaders ?? [];
    const names = raw.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase());
    expect([...names].sort()).toEqual([...new Set(names)].sort());
    expect(backend.requests[0]?.headers).toMatchObject({
      host: new URL(backend.url).host, 'x-tenant': 'acme', 'x-webhook-event': 'message', 'content-type': 'text/plain', 'user-agent': 'theirs', authorization: 'Bearer 1|abc', connection: 'keep-alive',
    });
  });

  test('a header that cannot be sent is a verdict, not a crash', async () => {
    const backend = await receiver();
    const outcome = await connect(backend.url, { headers: { 'X-Tenant': 'a\r\nX-Webhook-Event: call' } }).post('/', delivery);
    expect(outcome).toMatchObject({ verdict: { kind: 'retry' }, status: null, failure: 'ERR_INVALID_CHAR' });
    expect(backend.requests).toHaveLength(0);
  });

  test('a proxy that the environment names is not used', async () => {
    const backend = await receiver();
    const proxy = await receiver();
    const before = process.env.http_proxy;
    process.env.http_proxy = proxy.url;
    try {
      expect((await connect(backend.url, { token: '1|abc' }).post('/', delivery)).verdict.kind).toBe('done');
    } finally {
      if (before === undefined) delete process.env.http_proxy;
      else process.env.http_proxy = before;
    }
    expect(backend.requests).toHaveLength(1);
    expect(proxy.requests).toHaveLength(0);
  });

  test('a redirect is not followed, not even on the same host', async () => {
    const backend = await receiver();
    backend.answerNext(1, { status: 307, headers: { Location: '/elsewhere' } });
    expect((await connect(backend.url).post('/', delivery)).verdict).toMatchObject({ kind: 'retry', status: 307 });
    expect(backend.requests.map(({ path }) => path)).toEqual(['/']);
  });

  test('connections are used again, and no more are open than are allowed', async () => {
    const { url, server } = await httpServer((request, response) => {
      request.resume().on('end', () => response.end('{}'));
    });
    let connections = 0;
    server.on('connection', () => connections++);
    const client = connect(url, { maxSockets: 3, timeoutMs: 10_000 });
    const outcomes = await Promise.all(Array.from({ length: 60 }, () => client.post('/', delivery)));
    expect(outcomes.every(({ verdict }) => verdict.kind === 'done')).toBe(true);
    for (let i = 0; i < 10; i++) await client.post('/', delivery);
    expect(connections).toBe(3);
  });
});

describe('drain and close', () => {
  test('counts what is under way', async () => {
    const backend = await receiver();
    backend.hang();
    const client = connect(backend.url, { timeoutMs: 10_000 });
    const posts = [client.post('/', delivery), client.post('/', delivery)];
    await backend.waitFor(() => backend.requests.length === 2, { what: 'two requests' });
    expect(client.inFlight()).toBe(2);
    backend.accept();
    await Promise.all(posts);
    expect(client.inFlight()).toBe(0);
  });

  test('close breaks off what is under way or waits, and sends nothing afterwards', async () => {
    const backend = await receiver();
    backend.hang();
    const client = connect(backend.url, { timeoutMs: 10_000, maxSockets: 1 });
    const posts = [client.post('/', delivery), client.post('/', delivery)];
    await backend.waitFor(() => backend.requests.length === 1, { what: 'a request' });
    client.close();
    const closed = { kind: 'retry', status: null, afterMs: null, reason: expect.stringContaining('stopping') };
    for (const { verdict } of await Promise.all(posts)) expect(verdict).toEqual(closed);
    backend.accept();
    expect((await client.post('/', delivery)).verdict).toEqual(closed);
    await sleep(20);
    expect(backend.requests).toHaveLength(1);
  });

  test('a request that is over holds nothing: no timer, so that the process can end', async () => {
    const backend = await receiver();
    const timers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
    const client = connect(backend.url, { timeoutMs: 600_000 });
    await client.post('/', delivery);
    const before = timers();
    for (let i = 0; i < 20; i++) await client.post('/', delivery);
    expect(timers()).toBeLessThan(before + 10);
  });

  test('says nothing about the backend before it has asked it, nor because it was closed', async () => {
    const client = connect('http://127.0.0.1:9');
    expect(client.lastAnswer()).toBeNull();
    client.close();
    await client.post('/', delivery);
    expect(client.lastAnswer()).toBeNull();
  });
});
