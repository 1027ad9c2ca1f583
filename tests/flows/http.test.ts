import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { CALLERS, LIMIT_BYTES, TestServer, type Answer } from '../unit/http/http-fixture.js';

/** The HTTP layer through real sockets, with routes that stand for each kind. */
let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
});
afterAll(() => server.close());

const fieldsOf = (answer: Answer): string[] => (answer.error.details?.fields as { field: string }[]).map(({ field }) => field);
const expectError = (answer: Answer, status: number, code: string): void => {
  expect({ status: answer.status, code: answer.error?.code }).toEqual({ status, code });
  expect(answer.error.request_id).toBe(answer.headers.get('x-request-id'));
};
const MESSAGE = { session_id: 'sales', text: 'Hello' };

describe('who may', () => {
  test('a key in X-Api-Key or as a bearer is taken', async () => {
    expect((await server.ask('GET', '/api/messages')).status).toBe(200);
    const bearer = await server.ask('GET', '/api/messages', { key: null, headers: { authorization: 'bearer read-key' } });
    expect(bearer.body).toMatchObject({ caller: { keyId: 'key_read' } });
  });

  test.each([
    ['none', {}],
    ['a wrong one', { 'x-api-key': 'nope' }],
    ['an empty one', { 'x-api-key': '' }],
    ['basic authentication', { authorization: 'Basic YWRtaW4ta2V5' }],
    ['a bearer without a token', { authorization: 'Bearer ' }],
    ['one that is far too long', { 'x-api-key': 'x'.repeat(5_000) }],
  ])('%s is unauthorized', async (_name, headers) => {
    const answer = await server.ask('GET', '/api/messages', { key: null, headers: headers });
    expectError(answer, 401, 'unauthorized');
    expect(answer.headers.get('www-authenticate')).toBe('Bearer');
  });

  test('a key in the URL is not taken, and is in no log line', async () => {
    for (const name of ['api_key', 'apikey', 'key', 'x-api-key', 'access_token', 'token']) {
      expectError(await server.ask('GET', `/api/messages?${name}=admin-key`, { key: null }), 401, 'unauthorized');
    }
    expect(JSON.stringify(server.lines)).not.toContain('admin-key');
  });

  test.each([
    ['read-key', 'GET', '/api/messages', 200],
    ['read-key', 'POST', '/api/messages', 403],
    ['read-key', 'DELETE', '/api/sessions/sales', 403],
    ['send-key', 'GET', '/api/messages', 200],
    ['send-key', 'POST', '/api/messages', 202],
    ['send-key', 'DELETE', '/api/sessions/sales', 403],
    ['admin-key', 'GET', '/api/messages', 200],
    ['admin-key', 'POST', '/api/messages', 202],
    ['admin-key', 'DELETE', '/api/sessions/sales', 204],
  ])('%s: %s %s → %i', async (key, method, path, status) => {
    const answer = await server.ask(method, path, { key, json: method === 'POST' ? MESSAGE : undefined });
    expect(answer.status).toBe(status);
    if (status === 403) {
      expectError(answer, 403, 'forbidden');
      expect(answer.error.details).toEqual({ required_scope: method === 'POST' ? 'send' : 'admin' });
    }
  });

  test.each([
    ['in the path', 'GET', '/api/sessions/other', undefined],
    ['deeper in the path', 'POST', '/api/sessions/other/start', undefined],
    ['in the query', 'GET', '/api/messages?session_id=other', undefined],
    ['in the body', 'POST', '/api/messages', { ...MESSAGE, session_id: 'other' }],
    ['in the body, as a number', 'POST', '/api/messages', { ...MESSAGE, session_id: 13 }],
    ['nor another workspace', 'PUT', '/api/anything', { workspace_id: 8 }],
  ])('a key that is limited to sessions may not use another one %s', async (_name, method, path, json) => {
    expectError(await server.ask(method, path, { key: 'limited-key', json }), 403, 'forbidden');
  });

  test.each([
    ['GET', '/api/sessions/sales', undefined, 200],
    ['GET', '/api/sessions/12', undefined, 200],
    ['GET', '/api/messages?session_id=12', undefined, 200],
    ['POST', '/api/messages', MESSAGE, 202],
    ['POST', '/api/messages', { ...MESSAGE, session_id: 12 }, 202],
    ['GET', '/api/messages/other', undefined, 200],
  ])('it may use its own: %s %s', async (method, path, json, status) => {
    expect((await server.ask(method, path, { key: 'limited-key', json })).status).toBe(status);
  });

  test('a public route needs no key and gives no rights', async () => {
    const answer = await server.ask('GET', '/open', { key: null });
    expect(answer.body).toMatchObject({ caller: { scopes: [], sessions: [] } });
  });
});

describe('the request id', () => {
  test('is made, or the caller’s own when it is well-formed', async () => {
    expect((await server.ask('GET', '/open')).headers.get('x-request-id')).toMatch(/^req_[0-9a-f]{32}$/);
    expect((await server.ask('GET', '/open', { headers: { 'x-request-id': 'order-17/a' } })).headers.get('x-request-id')).toBe('order-17/a');
    for (const bad of ['x'.repeat(65), 'a b', 'a"b', '{}']) expect((await server.ask('GET', '/open', { headers: { 'x-request-id': bad } })).headers.get('x-request-id')).toMatch(/^req_/);
  });

  test('is in the context, in the log and in the error', async () => {
    const answer = await server.ask('GET', '/api/fails/api', { headers: { 'x-request-id': 'my-id-1' } });
    expectError(answer, 404, 'session_not_found');
    expect(answer.error).toEqual({ code: 'session_not_found', message: expect.any(String), request_id: 'my-id-1', details: { session_id: 'x' } });
    expect(server.lines).toContainEqual({ level: 'info', message: 'Request', fields: expect.objectContaining({ request: 'my-id-1', route: '/api/fails/{how}', status: '404', key_id: 'key_admin' }) });
  });
});

describe('bodies', () => {
  test('a valid one arrives parsed, with the digest of its bytes', async () => {
    const text = JSON.stringify(MESSAGE);
    const answer = await server.ask('POST', '/api/messages', { body: text, headers: { 'content-type': 'application/vnd.shop+json; charset="UTF-8"' } });
    expect(answer.body).toMatchObject({ body: MESSAGE, bodyHash: createHash('sha256').update(text).digest('hex') });
  });

  test('gzip is unpacked, a byte order mark is skipped', async () => {
    const text = JSON.stringify({ ...MESSAGE, text: 'Halo 👋' });
    const zipped = await server.ask('POST', '/api/messages', { body: gzipSync(text), headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' } });
    expect(zipped.body).toMatchObject({ body: { text: 'Halo 👋' } });
    expect((await server.ask('POST', '/api/messages', { body: `\ufeff${text}`, headers: { 'content-type': 'application/json' } })).status).toBe(202);
  });

  const big = JSON.stringify({ ...MESSAGE, text: 'x'.repeat(LIMIT_BYTES) });
  test.each([
    ['at once', { body: big }],
    ['in chunks', { body: new Blob([big]).stream() }],
    ['packed', { body: gzipSync(big), headers: { 'content-encoding': 'gzip' } }],
    ['packed to a thousandth', { body: gzipSync(Buffer.alloc(8_000_000, 'x')), headers: { 'content-encoding': 'gzip' } }],
    ['on a route without a body', { path: '/api/sessions/sales/start', body: big }],
  ] as [string, { path?: string; body: unknown; headers?: Record<string, string> }][])('one over the limit is too large: %s', async (_name, { path = '/api/messages', body, headers }) => {
    const answer = await server.ask('POST', path, { body, headers: { 'content-type': 'application/json', ...headers } });
    expectError(answer, 413, 'payload_too_large');
    expect(answer.error.details).toEqual({ limit_bytes: LIMIT_BYTES });
  });

  test('what is announced as too large is refused before it is sent', async () => {
    const answer = await new Promise<string>((resolve) => {
      const socket = connect(server.port, '127.0.0.1', () => socket.write('POST /api/messages HTTP/1.1\r\nHost: x\r\nX-Api-Key: admin-key\r\nContent-Type: application/json\r\nContent-Length: 999999999\r\n\r\n{'));
      socket.once('data', (data) => {
        resolve(data.toString());
        socket.destroy();
      });
    });
    expect(answer).toContain('payload_too_large');
  });

  test.each(['{', '{"a":}', "{'a':1}", '', ' ', 'undefined', '{"a":1}}', '[1,]'])('%j is no JSON', async (body) => {
    const answer = await server.ask('PUT', '/api/anything', { body: `${body} x`, headers: { 'content-type': 'application/json' } });
    expectError(answer, 400, 'invalid_json');
    expect(answer.error.details).toBeUndefined();
  });

  test('bytes that are no UTF-8 are no JSON', async () => {
    expectError(await server.ask('PUT', '/api/anything', { body: Buffer.from([0x22, 0xff, 0xfe, 0x22]), headers: { 'content-type': 'application/json' } }), 400, 'invalid_json');
  });

  test.each([
    ['text/plain', {}],
    ['application/x-www-form-urlencoded', {}],
    ['multipart/form-data; boundary=x', {}],
    ['application/jsonp', {}],
    ['application/json; charset=utf-16', {}],
    ['application/json; charset=latin1', {}],
    ['application/json; charset=klingon', {}],
    ['nonsense', {}],
    ['', {}],
    ['application/json', { 'content-encoding': 'compress' }],
    ['application/json', { 'content-encoding': 'gzip, gzip' }],
  ])('%j %j is not taken', async (type, headers) => {
    expectError(await server.ask('POST', '/api/messages', { body: Buffer.from(JSON.stringify(MESSAGE)), headers: { 'content-type': type, ...(headers as Record<string, string>) } }), 415, 'unsupported_media_type');
  });

  test('a body without a content type is not taken', async () => {
    expectError(await server.ask('POST', '/api/messages', { body: Buffer.from('{}') }), 415, 'unsupported_media_type');
  });

  test('a body that is not packed as it says is invalid', async () => {
    for (const body of [Buffer.from('not gzip'), gzipSync(JSON.stringify(MESSAGE)).subarray(0, 20)]) {
      const answer = await server.ask('POST', '/api/messages', { body, headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' } });
      expectError(answer, 400, 'invalid_request');
      expect(fieldsOf(answer)).toEqual(['body']);
    }
  });

  test('__proto__ is named wherever it stands, however it is spelled', async () => {
    for (const [text, field] of [
      ['{"__proto__":{"x":1}}', 'body.__proto__'],
      ['{"a":[{"\\u005f_proto__":1}]}', 'body.a.0.__proto__'],
      ['{"a":{"b":{"__proto__":null}}}', 'body.a.b.__proto__'],
    ] as const) {
      const answer = await server.ask('PUT', '/api/anything', { body: text, headers: { 'content-type': 'application/json' } });
      expectError(answer, 400, 'invalid_request');
      expect(fieldsOf(answer)).toEqual([field]);
    }
    expect(({} as { x?: number }).x).toBeUndefined();
  });

  test('JSON that is nested too deep does not exhaust the stack', async () => {
    const answer = await server.ask('PUT', '/api/anything', { body: '['.repeat(4_000) + ']'.repeat(4_000), headers: { 'content-type': 'application/json' } });
    expectError(answer, 400, 'invalid_request');
  });

  test('no body, and PHP’s empty array, read as {}', async () => {
    expect((await server.ask('PATCH', '/api/optional', { json: [] })).body).toMatchObject({ body: {} });
    expect((await server.ask('PATCH', '/api/optional')).body).toMatchObject({ body: {} });
    expect(fieldsOf(await server.ask('POST', '/api/messages', { json: [] }))).toEqual(['body.session_id', 'body.text']);
    expect(fieldsOf(await server.ask('POST', '/api/messages'))).toEqual(['body.session_id', 'body.text']);
    expect((await server.ask('PUT', '/api/anything', { json: [] })).body).toMatchObject({ body: [] });
    expect((await server.ask('POST', '/api/sessions/sales/start', { json: [] })).status).toBe(200);
  });
});

describe('validation names each field', () => {
  test.each([
    [{ session_id: 'sales', text: 5 }, ['body.text']],
    [{ session_id: 'sales' }, ['body.text']],
    [{ session_id: 'sa les', text: 'x' }, ['body.session_id']],
    [{ session_id: null, text: 'x' }, ['body.session_id']],
    [{ session_id: 'sales', text: 'x', txt: 'y', b: 1 }, ['body.txt', 'body.b']],
    [{ session_id: 'sales', text: 'x', note: { tags: ['a', 1, 'b', null] } }, ['body.note.tags.1', 'body.note.tags.3']],
    [[1], ['body']],
    ['text', ['body']],
    [null, ['body']],
  ])('%j', async (json, fields) => {
    const answer = await server.ask('POST', '/api/messages', { json });
    expectError(answer, 400, 'invalid_request');
    expect(fieldsOf(answer)).toEqual(fields);
    for (const field of answer.error.details?.fields as object[]) expect(field).toEqual({ field: expect.any(String), code: expect.any(String), message: expect.stringMatching(/.+/) });
  });

  test('in the query and in the path', async () => {
    expect(fieldsOf(await server.ask('GET', '/api/messages?limit=0'))).toEqual(['query.limit']);
    expect(fieldsOf(await server.ask('GET', '/api/messages?limit=5&limit=6'))).toEqual(['query.limit']);
    expect(fieldsOf(await server.ask('GET', '/api/messages?page=2&__proto__=1'))).toEqual(['query.page', 'query.__proto__']);
    expect(fieldsOf(await server.ask('GET', '/api/sessions/a%20b'))).toEqual(['params.id']);
    const broken = await server.ask('GET', '/api/sessions/%E0%A4%A');
    expectError(broken, 400, 'invalid_request');
    expect(fieldsOf(broken)).toEqual(['params']);
    expect((await server.ask('GET', '/api/messages?limit=7')).body).toMatchObject({ query: { limit: 7 } });
  });

  test('a message never repeats what was sent', async () => {
    const answer = await server.ask('POST', '/api/messages', { json: { session_id: 'my secret!', text: 17_000_000_001 } });
    expect(answer.text).not.toMatch(/my secret|17000000001/);
  });

  test('the Idempotency-Key', async () => {
    expect((await server.ask('POST', '/api/messages', { json: MESSAGE })).body).toMatchObject({ idempotencyKey: null });
    expect((await server.ask('POST', '/api/messages', { json: MESSAGE, headers: { 'idempotency-key': 'order-17' } })).body).toMatchObject({ idempotencyKey: 'order-17' });
    for (const key of ['', 'a b', 'x'.repeat(256), 'ü']) {
      const answer = await server.ask('POST', '/api/messages', { json: MESSAGE, headers: { 'idempotency-key': key } });
      expectError(answer, 400, 'invalid_request');
      expect(fieldsOf(answer)).toEqual(['header.Idempotency-Key']);
    }
  });
});

describe('paths, methods and types', () => {
  test('an unknown path is not found, with and without a key', async () => {
    for (const path of ['/', '/api', '/api/nothing', '/API/messages', '/api/messages/a/b', '/docs/package.json', '/docs/..%2fpackage.json']) {
      expectError(await server.ask('GET', path), 404, 'not_found');
      expectError(await server.ask('GET', path, { key: null }), 404, 'not_found');
    }
  });

  test('a known path with another method says which it takes', async () => {
    const answer = await server.ask('DELETE', '/api/messages');
    expectError(answer, 405, 'method_not_allowed');
    expect(answer.headers.get('allow')).toBe('GET, HEAD, POST');
    expect(answer.error.details).toEqual({ allow: ['GET', 'HEAD', 'POST'] });
    expectError(await server.ask('POST', '/docs', { json: {} }), 405, 'method_not_allowed');
    expect(await server.raw('TRACE /api/messages HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')).toContain('405 Method Not Allowed');
  });

  test('OPTIONS lists the methods; there is no CORS', async () => {
    const answer = await server.ask('OPTIONS', '/api/sessions/sales', { key: null, headers: { origin: 'https://evil.example', 'access-control-request-method': 'DELETE' } });
    expect([answer.status, answer.headers.get('allow'), answer.text]).toEqual([204, 'DELETE, GET, HEAD', '']);
    expect([...answer.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
  });

  test('HEAD is GET without the body', async () => {
    const [head, get] = [await server.ask('HEAD', '/open'), await server.ask('GET', '/open', { headers: { 'x-request-id': head64() } })];
    expect([head.status, head.text]).toEqual([200, '']);
    expect(head.headers.get('content-type')).toBe(get.headers.get('content-type'));
    expectHead(await server.ask('HEAD', '/api/messages', { key: null }), 401);
  });

  test('a literal path wins over a parameter', async () => {
    expect((await server.ask('GET', '/api/messages/latest')).text).toBe('the latest');
  });

  test.each([
    ['image/png', 200, 'image/png'],
    ['image/svg+xml, */*;q=0.1', 200, 'image/svg+xml'],
    ['*/*', 200, 'application/json; charset=utf-8'],
    ['image/*', 200, 'image/png'],
    ['image/webp', 406, 'application/json; charset=utf-8'],
    ['nonsense', 406, 'application/json; charset=utf-8'],
  ])('Accept: %s → %i %s', async (accept, status, type) => {
    const answer = await server.ask('GET', '/api/sessions/sales/qr', { headers: { accept } });
    expect([answer.status, answer.headers.get('content-type')]).toEqual([status, type]);
    expect(answer.headers.get('vary')).toContain('Accept');
    if (status === 406) expect(answer.error.details).toEqual({ produces: ['application/json', 'image/png', 'image/svg+xml'] });
  });

  test('headers of every answer', async () => {
    const answer = await server.ask('GET', '/api/messages');
    expect(answer.headers.get('x-powered-by')).toBeNull();
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
  });
});

describe('failures on our side', () => {
  test.each(['throw', 'status', 'string', 'bigint'])('%s: the text stays in the log', async (how) => {
    const answer = await server.ask('GET', `/api/fails/${how}`, { headers: { 'x-request-id': `fails-${how}` } });
    expectError(answer, 500, 'internal');
    expect(answer.text).not.toMatch(/secret|BigInt|at .*\.ts/);
    expect(server.lines).toContainEqual(expect.objectContaining({ level: 'error', fields: expect.objectContaining({ request: `fails-${how}`, error: expect.anything() }) }));
  });

  test('503 says when to come back', async () => {
    const answer = await server.ask('GET', '/api/fails/unavailable');
    expectError(answer, 503, 'shutting_down');
    expect(answer.headers.get('retry-after')).toBe('5');
  });

  test('what is not HTTP gets an answer of the catalogue', async () => {
    expect(await server.raw('hello\r\n\r\n')).toMatch(/^HTTP\/1.1 400 Bad Request[^]*"code":"invalid_request"/);
    expect(await server.raw(`GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`)).toMatch(/^HTTP\/1.1 431[^]*"code":"headers_too_large"/);
    expect(await server.raw('POST /api/messages HTTP/1.1\r\nHost: x\r\nX-Api-Key: admin-key\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n')).toMatch(/^HTTP\/1.1 400[^]*"code":"invalid_request"/);
  });
});

describe('limits', () => {
  test('of one key: 429 with what to do, and another key is not touched', async () => {
    const limited = await TestServer.start({ config: { rateLimitPerMinute: 3 } });
    try {
      for (let left = 2; left >= 0; left--) {
        const answer = await limited.ask('GET', '/api/messages', { key: 'read-key' });
        expect(answer.status).toBe(200);
        expect(answer.headers.get('ratelimit')).toContain(`r=${left};`);
      }
      const refused = await limited.ask('GET', '/api/messages', { key: 'read-key' });
      expectError(refused, 429, 'rate_limited');
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(refused.error.details).toEqual({ retry_after_seconds: Number(refused.headers.get('retry-after')) });
      expect((await limited.ask('GET', '/api/messages', { key: 'send-key' })).status).toBe(200);
      expect((await limited.ask('GET', '/open', { key: null })).status).toBe(200);
    } finally {
      await limited.close();
    }
  });

  test('of failed keys: no further key is tried out, only one that was good before', async () => {
    const tried: string[] = [];
    const authenticate = (key: string) => {
      tried.push(key);
      return Promise.resolve(CALLERS[key] ?? null);
    };
    const guarded = await TestServer.start({ authenticate });
    try {
      await guarded.ask('GET', '/api/messages', { key: 'read-key' });
      const statuses: number[] = [];
      for (let guess = 0; guess < 30; guess++) statuses.push((await guarded.ask('GET', '/api/messages', { key: `guess-${guess}` })).status);
      expect(statuses).toEqual([...Array<number>(20).fill(401), ...Array<number>(10).fill(429)]);
      expect(tried).toHaveLength(21);
      const right = await guarded.ask('GET', '/api/messages', { key: 'send-key' });
      expectError(right, 429, 'rate_limited');
      expect(right.headers.get('retry-after')).not.toBeNull();
      expect((await guarded.ask('GET', '/api/messages', { key: 'read-key' })).status).toBe(200);
    } finally {
      await guarded.close();
    }
  });

  test('behind a proxy, an address is what the proxy saw and not what the caller wrote', async () => {
    const proxied = await TestServer.start({ config: { trustProxy: true } });
    try {
      const from = (forwarded: string) => proxied.ask('GET', '/api/messages', { key: 'wrong', headers: { 'x-forwarded-for': forwarded } });
      for (let guess = 0; guess < 20; guess++) expect((await from(`10.0.0.${guess}, 203.0.113.9`)).status).toBe(401);
      expect((await from('10.9.9.9, 203.0.113.9')).status).toBe(429);
      expect((await from('10.9.9.9, 203.0.113.10')).status).toBe(401);
    } finally {
      await proxied.close();
    }
  });
});

const head64 = (): string => 'h'.repeat(36);
function expectHead(answer: Answer, status: number): void {
  expect([answer.status, answer.text]).toEqual([status, '']);
}
