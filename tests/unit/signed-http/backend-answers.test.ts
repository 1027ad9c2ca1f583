import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import nock from 'nock';
import { createBackendClient, type BackendClient, type Delivery } from '../../../whatsapp-service/signed-http/backend-client.js';
import { verifyPlainSignature, verifyStandardSignature } from '../../../whatsapp-service/signed-http/signature.js';

const SECRET = 'd7c1f60b3e958a24b06fce71935ad82e4419cb03';
const NOW = Date.parse('2026-01-01T00:00:00.900Z');
const PATH = '/api/whatsapp/webhook';
const delivery: Delivery = { deliveryId: 'dlv_1', event: 'message', attempt: 2, body: '{"body":"halo 😀 a/b \u2028"}' };

let client: BackendClient;

beforeAll(() => {
  nock.disableNetConnect();
});
afterEach(() => {
  client.close();
  nock.abortPendingRequests();
  nock.cleanAll();
});
afterAll(() => {
  nock.enableNetConnect();
  nock.restore();
});

function connect(changes: { token?: string; url?: string } = {}): BackendClient {
  client = createBackendClient({ url: changes.url ?? 'https://shop.test', secrets: [SECRET], token: changes.token ?? null, timeoutMs: 1_000, clock: { now: () => NOW } });
  return client;
}

describe('what the answer means', () => {
  test.each([200, 201, 202, 204, 409])('%i: done', async (status) => {
    nock('https://shop.test').post(PATH).reply(status);
    const outcome = await connect().post(PATH, delivery);
    expect(outcome).toEqual({ verdict: { kind: 'done' }, status, durationMs: expect.any(Number), failure: null, excerpt: null });
    expect(client.lastAnswer()).toEqual({ at: NOW, status, ok: true });
  });

  test.each([401, 403])('%i: stop this endpoint', async (status) => {
    nock('https://shop.test').post(PATH).reply(status, { message: 'Unauthenticated.' });
    expect((await connect().post(PATH, delivery)).verdict).toEqual({ kind: 'unauthorized', status });
    expect(client.lastAnswer()).toEqual({ at: NOW, status, ok: false });
  });

  test.each([413, 422])('%i: a dead letter with the beginning of the answer', async (status) => {
    nock('https://shop.test').post(PATH).reply(status, { message: 'The chat_id field is required.' });
    expect((await connect().post(PATH, delivery)).verdict).toEqual({ kind: 'refused', status, excerpt: '{"message":"The chat_id field is required."}' });
    expect(client.lastAnswer()?.ok).toBe(true);
  });

  test.each([
    ['Retry-After in seconds', { 'Retry-After': '17' }, '', 17_000],
    ['Retry-After as a date', { 'Retry-After': 'Thu, 01 Jan 2026 00:00:20 GMT', Date: 'Thu, 01 Jan 2026 00:00:00 GMT' }, '', 20_000],
    ['retry_after in the body', {}, '{"retry_after":9}', 9_000],
    ['neither', {}, 'Too Many Attempts.', null],
  ])('429: wait, with %s', async (_, headers, body, afterMs) => {
    nock('https://shop.test').post(PATH).reply(429, body, headers);
    expect((await connect().post(PATH, delivery)).verdict).toMatchObject({ kind: 'retry', status: 429, afterMs });
  });

  test('503: wait as long as `php artisan down --retry=60` says', async () => {
    nock('https://shop.test').post(PATH).reply(503, 'Service Unavailable', { 'Retry-After': '60' });
    expect((await connect().post(PATH, delivery)).verdict).toMatchObject({ kind: 'retry', status: 503, afterMs: 60_000 });
  });

  test.each([400, 404, 405, 410, 419, 500, 502, 504])('%i: again on the schedule', async (status) => {
    nock('https://shop.test').post(PATH).reply(status, '<html>an error page with SECRET things</html>');
    const { verdict } = await connect().post(PATH, delivery);
    expect(verdict).toEqual({ kind: 'retry', status, afterMs: null, reason: expect.stringContaining(`HTTP ${status}`) });
    expect(JSON.stringify(verdict)).not.toContain('SECRET');
    expect(client.lastAnswer()).toEqual({ at: NOW, status, ok: false });
  });

  test.each([301, 302, 303, 307, 308])('%i: again, and never where it points to', async (status) => {
    nock('https://shop.test').post(PATH).reply(status, '', { Location: 'https://elsewhere.test/steal' });
    const elsewhere = nock('https://elsewhere.test').post('/steal').reply(200).get('/steal').reply(200);
    expect((await connect({ token: '1|abc' }).post(PATH, delivery)).verdict).toMatchObject({ kind: 'retry', status });
    expect(elsewhere.pendingMocks()).toHaveLength(2);
  });

  test.each([
    ['ECONNREFUSED', 'connection refused'],
    ['ENOTFOUND', 'unknown host'],
    ['CERT_HAS_EXPIRED', 'certificate'],
  ])('%s: again on the schedule', async (code, reason) => {
    nock('https://shop.test').post(PATH).replyWithError(Object.assign(new Error('with details'), { code }));
    const outcome = await connect().post(PATH, delivery);
    expect(outcome).toEqual({ verdict: { kind: 'retry', status: null, afterMs: null, reason: expect.stringContaining(reason) }, status: null, durationMs: expect.any(Number), failure: code, excerpt: null });
    expect(client.lastAnswer()).toEqual({ at: NOW, status: null, ok: false });
  });

  test('a timeout: again on the schedule', async () => {
    nock('https://shop.test').post(PATH).delay(60_000).reply(200);
    const outcome = await connect().post(PATH, delivery);
    expect(outcome.verdict).toMatchObject({ kind: 'retry', status: null, reason: expect.stringContaining('TIMEOUT') });
    expect(outcome.durationMs).toBeLessThan(30_000);
  });

  test('a compressed answer is not unfolded', async () => {
    nock('https://shop.test').post(PATH).reply(422, gzipSync('a'.repeat(1_000_000)), { 'Content-Encoding': 'gzip' });
    const { verdict } = await connect().post(PATH, delivery);
    expect(verdict).toMatchObject({ kind: 'refused', status: 422 });
    expect(JSON.stringify(verdict)).not.toContain('aaaa');
  });
});

describe('what is sent', () => {
  async function sent(changes: Parameters<typeof connect>[0], body: Delivery['body']): Promise<{ headers: Record<string, string>; raw: Buffer }> {
    let headers: Record<string, string> = {};
    let raw = Buffer.alloc(0);
    nock('https://shop.test')
      .post(/.*/, (read: unknown) => {
        raw = Buffer.from(typeof read === 'string' ? read : JSON.stringify(read));
        return true;
      })
      .reply(function () {
        headers = this.req.headers;
        return [202];
      });
    expect((await connect(changes).post(PATH, { ...delivery, body })).verdict.kind).toBe('done');
    return { headers, raw };
  }

  test('both signatures over the bytes, at the time of sending', async () => {
    const { headers, raw } = await sent({}, delivery.body);
    expect(headers).toMatchObject({ 'webhook-id': 'dlv_1', 'webhook-timestamp': '1767225600', 'x-webhook-attempt': '2', 'x-webhook-event': 'message' });
    expect(verifyPlainSignature([SECRET], raw, headers['x-webhook-signature']!)).toBe(true);
    const signed = { deliveryId: 'dlv_1', timestamp: '1767225600', signature: headers['webhook-signature']!, body: raw };
    expect(verifyStandardSignature([SECRET], signed, NOW)).toBe(true);
  });

  test('JSON to Laravel, asking for JSON, under our own name', async () => {
    const { headers } = await sent({}, delivery.body);
    expect(headers).toMatchObject({ 'content-type': 'application/json', accept: 'application/json', 'user-agent': expect.stringContaining('laravel-whatsapp-bridge') });
    expect(headers).not.toHaveProperty('authorization');
  });

  test('a bearer token, where there is one', async () => {
    expect((await sent({ token: '1|abc' }, delivery.body)).headers.authorization).toBe('Bearer 1|abc');
  });

  test('below the path of the URL', async () => {
    const backend = nock('https://shop.test').post('/wa/api/whatsapp/webhook').reply(202);
    await connect({ url: 'https://shop.test/wa' }).post(PATH, delivery);
    expect(backend.isDone()).toBe(true);
  });
});

describe('post never throws', () => {
  test.each([
    ['a header that cannot be sent', {}, { ...delivery, event: 'message\r\nX-Injected: 1' }],
    ['a header beyond Latin-1', {}, { ...delivery, deliveryId: 'dlv_😀' }],
  ])('%s', async (_, changes, bad) => {
    // Should it be sent after all, this is what answers it.
    nock('https://shop.test').post(/.*/).reply(500);
    expect((await connect(changes).post(PATH, bad)).verdict.kind).toBe('retry');
    expect(client.inFlight()).toBe(0);
  });

  test('no secret', async () => {
    client = createBackendClient({ url: 'https://shop.test', secrets: [], token: null, timeoutMs: 1_000, clock: { now: () => NOW } });
    expect((await client.post(PATH, delivery)).verdict.kind).toBe('retry');
  });
});
