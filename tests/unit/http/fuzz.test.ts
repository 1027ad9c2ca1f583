import { expect, test } from '@jest/globals';
import { Agent, METHODS, request } from 'node:http';
import { gzipSync } from 'node:zlib';
import { ERRORS, type ErrorBody } from '../../../whatsapp-service/contracts/errors.js';
import { seeded } from '../../helpers/seeded.js';
import { CALLERS, exampleRoutes, TestServer } from './http-fixture.js';

const REQUESTS = 2_000;
const AT_ONCE = 20;

const SEGMENTS = ['api', 'sessions', 'messages', 'sales', '12', 'qr', 'start', 'open', 'docs', 'openapi.json', 'swagger-ui.css', 'anything', 'optional', '..', '.', '', '%2e%2e', '%00', '%E0%A4%A', '%', '*', '{id}', ':id', 'a b', '😀', '%F0%9F%98%80', '__proto__', 'constructor', '\\', 'x'.repeat(3_000), '-1', '1e9', 'null'];
const QUERIES = ['', '?', '?limit=1', '?limit=', '?limit=-1', '?limit[]=1', '?limit[a]=1', '?session_id=12', '?__proto__[x]=1', '?%', '?%ff=%ff', '?=', '?&&&', `?${'a=1&'.repeat(1_500)}`, '?session_id=sales&session_id=other', '#x'];
const TYPES = ['application/json', 'application/json; charset=utf-8', 'application/json;charset', 'application/json; charset="', 'text/plain', 'multipart/form-data', '', ';', '/', 'application/x-www-form-urlencoded', 'application/json, text/html', 'application/problem+json', '\u00ff'];
const ENCODINGS = ['gzip', 'deflate', 'br', 'identity', 'zstd', 'x', 'gzip,gzip', ''];
const ACCEPTS = ['*/*', 'image/png', 'image/*;q=0', 'nonsense', ';;;', ',', 'text/html;q=2', '*', 'application/json;q=abc', 'x'.repeat(500)];
const KEYS = [...Object.keys(CALLERS), ...Object.keys(CALLERS), 'wrong', '', 'admin-key ', 'admin-key,admin-key', '__proto__', 'constructor', '\u00fc', 'x'.repeat(2_000)];
const VALUES: unknown[] = [null, true, 0, -0, 1e308, -1, 0.1, '', 'x', 'sales', 12, '\u0000', '\ud800', 'x'.repeat(200), [], {}, [[]], [null], { a: { b: {} } }, '__proto__', { constructor: { prototype: {} } }, { toString: 1, valueOf: 2, hasOwnProperty: 3, length: -1, then: 'x', toJSON: 'x' }];
const NAMES = ['session_id', 'text', 'note', 'tags', 'a', '__proto__', 'constructor', 'toString', '', ' ', '0', 'then'];

/** What a caller does that is not hostile, so that the rest of a request is looked at too. */
const SANE = [
  ['POST', '/api/messages'],
  ['POST', '/api/messages'],
  ['PUT', '/api/anything'],
  ['PATCH', '/api/optional'],
  ['POST', '/api/sessions/sales/start'],
  ['GET', '/api/sessions/12/qr'],
  ['GET', '/api/messages'],
] as const;

interface Sent {
  method: string;
  path: string;
  headers: Record<string, string | string[]>;
  body: Buffer | null;
}

function hostileRequest(random: () => number): Sent {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const maybe = <T>(chance: number, make: () => T, otherwise: T): T => (random() < chance ? make() : otherwise);
  const bytes = (length: number): Buffer => Buffer.from(Array.from({ length }, () => Math.floor(random() * 256)));
  const value = (depth: number): unknown => {
    if (depth > 4 || random() < 0.5) return pick(VALUES);
    return random() < 0.3 ? Array.from({ length: Math.floor(random() * 5) }, () => value(depth + 1)) : Object.fromEntries(Array.from({ length: Math.floor(random() * 5) }, () => [pick(NAMES), value(depth + 1)]));
  };
  const json = (): Buffer => {
    const text = JSON.stringify(random() < 0.2 ? { session_id: 'sales', text: 'Hello' } : value(0)) ?? 'null';
    const cut = Math.floor(random() * text.length);
    return Buffer.from(pick([text, text, text, text.slice(0, cut), text.replaceAll('"a"', '"__proto__"'), `${text.slice(0, cut)}${bytes(3).toString('latin1')}${text.slice(cut)}`, '['.repeat(cut * 20), `\ufeff${text}`]));
  };
  const plain = pick([json, json, json, () => bytes(Math.floor(random() * 200)), () => Buffer.alloc(0), () => Buffer.alloc(20_000, '1')])();
  const headers: Sent['headers'] = { 'content-type': pick(random() < 0.6 ? TYPES.slice(0, 2) : TYPES) };
  const key = pick(KEYS);
  if (random() < 0.9) headers[pick(['x-api-key', 'x-api-key', 'authorization'])] = random() < 0.2 ? `Bearer ${key}` : key;
  if (random() < 0.15) headers['content-encoding'] = pick(ENCODINGS);
  if (random() < 0.3) headers.accept = pick(ACCEPTS);
  if (random() < 0.2) headers['idempotency-key'] = pick(['a', '', 'a b', 'x'.repeat(300), '\u00fc', '"']);
  if (random() < 0.2) headers['x-request-id'] = pick(['a', '', 'a b', 'x'.repeat(300), '\u00fc', '{"a":1}']);
  if (random() < 0.1) headers['x-forwarded-for'] = pick(['1.2.3.4', 'nonsense', ',,,', '::1', 'x'.repeat(300)]);
  if (random() < 0.05) headers.range = pick(['bytes=0-1', 'bytes=99999999-', 'bytes=-', 'x=1']);
  if (random() < 0.05) headers[pick(['if-none-match', 'if-match', 'if-modified-since', 'if-unmodified-since'])] = pick(['*', '"x"', 'nonsense', 'Thu, 01 Jan 1970 00:00:00 GMT']);
  if (random() < 0.03) headers.upgrade = 'websocket';
  if (random() < 0.03) headers['transfer-encoding'] = 'chunked';
  const sane = random() < 0.6 ? pick(SANE) : null;
  const body = maybe(0.8, () => (headers['content-encoding'] === 'gzip' && random() < 0.7 ? gzipSync(plain) : plain), null);
  // Node's client sends a body with GET or HEAD without saying how long it is, which is not HTTP.
  if (body && !headers['transfer-encoding']) headers['content-length'] = String(body.length);
  return {
    method: sane ? sane[0] : pick(METHODS.filter((method) => method !== 'CONNECT')),
    path: encodeURI(sane ? sane[1] : `/${Array.from({ length: Math.ceil(random() * 4) }, () => pick(SEGMENTS)).join('/')}`).replaceAll('%25', '%') + pick(QUERIES),
    headers,
    body,
  };
}

function send(port: number, agent: Agent, { method, path, headers, body }: Sent): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const req = request({ port, host: '127.0.0.1', agent, method, path: path.replaceAll(/[^\x21-\x7e]/g, '%20'), headers }, (res) => {
      const chunks: Buffer[] = [];
      res.on('data', (chunk: Buffer) => chunks.push(chunk));
      res.on('end', () => resolve({ status: res.statusCode ?? 0, text: Buffer.concat(chunks).toString() }));
      res.on('error', reject);
    });
    req.on('error', reject);
    req.end(body ?? undefined);
  });
}

test.each([1, 2])(`${REQUESTS} hostile requests get only what the catalogue has, and never a 500 (seed %i)`, async (seed) => {
  const random = seeded(seed);
  // Its own key service: the limit on failed keys would hide everything behind 429.
  const server = await TestServer.start({ routes: exampleRoutes().filter(({ path }) => !path.startsWith('/api/fails')), config: { trustProxy: true }, authenticate: (key) => Promise.resolve(Object.hasOwn(CALLERS, key) ? (CALLERS[key] ?? null) : null) });
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
  const seen = new Map<string, number>();
  const wrong: unknown[] = [];
  const one = async (): Promise<void> => {
    const sent = hostileRequest(random);
    // A fresh address each time, for the same reason.
    sent.headers['x-forwarded-for'] = `10.${Math.floor(random() * 256)}.${Math.floor(random() * 256)}.${Math.floor(random() * 256)}`;
    const { status, text } = await send(server.port, agent, sent).catch((error: unknown) => ({ status: 0, text: String(error) }));
    const code = status >= 400 ? codeOf(text) : 'ok';
    seen.set(`${status} ${code}`, (seen.get(`${status} ${code}`) ?? 0) + 1);
    const bodyless = sent.method === 'HEAD' && status >= 400 && status < 500;
    const fine = (status >= 200 && status < 400) || bodyless || (status >= 400 && status < 500 && code !== null && ERRORS[code as keyof typeof ERRORS]?.status === status);
    if (!fine) wrong.push({ ...sent, body: sent.body?.toString('latin1').slice(0, 100), path: sent.path.slice(0, 100), status, text: text.slice(0, 300) });
  };
  for (let done = 0; done < REQUESTS; done += AT_ONCE) await Promise.all(Array.from({ length: AT_ONCE }, one));
  expect(wrong.slice(0, 3)).toEqual([]);
  expect(server.lines.filter(({ level }) => level === 'error')).toEqual([]);
  // That the requests reach every corner, and do not all fail at the first check.
  for (const answer of ['200 ok', '202 ok', '400 invalid_request', '400 invalid_json', '401 unauthorized', '403 forbidden', '404 not_found', '405 method_not_allowed', '406 not_acceptable', '413 payload_too_large', '415 unsupported_media_type']) {
    expect([...seen.keys()]).toContain(answer);
  }
  agent.destroy();
  await server.close();
});

test('bytes that are no HTTP never end the server', async () => {
  const random = seeded(3);
  const server = await TestServer.start();
  const heads = ['GET / HTTP/1.1\r\n', 'POST /api/messages HTTP/1.1\r\nHost: x\r\nX-Api-Key: admin-key\r\n', 'GET http://[ HTTP/1.1\r\nHost: x\r\n\r\n', 'OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'GET / HTTP/1.0\r\n\r\n', ''];
  for (let round = 0; round < 150; round++) {
    const noise = Buffer.from(Array.from({ length: Math.floor(random() * 60) }, () => Math.floor(random() * 256)));
    const head = heads[Math.floor(random() * heads.length)] as string;
    const text = await server.raw(Buffer.concat([Buffer.from(head), noise, Buffer.from('\r\n\r\n')])).catch(() => '');
    if (text !== '') expect(text).toMatch(/^HTTP\/1\.1 (2|4)\d\d /);
  }
  expect((await server.ask('GET', '/open')).status).toBe(200);
  await server.close();
});

function codeOf(text: string): string | null {
  try {
    return (JSON.parse(text) as ErrorBody).error.code;
  } catch {
    return null;
  }
}
