import { describe, expect, test } from '@jest/globals';
import { EXCERPT_BYTES, judge, type BackendAnswer } from '../../../whatsapp-service/signed-http/answer.js';

const NOW = Date.parse('2026-01-01T00:00:00Z');
const DAY = 24 * 3_600_000;
const retry = (status: number | null, afterMs: number | null, reason: string): object => ({ kind: 'retry', status, afterMs, reason: expect.stringContaining(reason) });

describe('judge: the status', () => {
  test.each([200, 201, 202, 204, 299, 409])('%i is done', (status) => {
    expect(judge({ status }, NOW)).toEqual({ kind: 'done' });
  });

  test.each([401, 403])('%i stops the endpoint', (status) => {
    expect(judge({ status, body: 'no' }, NOW)).toEqual({ kind: 'unauthorized', status });
  });

  test.each([413, 422])('%i is final', (status) => {
    expect(judge({ status, body: '{"message":"chat_id"}' }, NOW)).toEqual({ kind: 'refused', status, excerpt: '{"message":"chat_id"}' });
  });

  test.each([
    [301, 'redirects are not followed'],
    [302, 'redirects are not followed'],
    [308, 'redirects are not followed'],
    [400, 'could not read'],
    [404, 'check BACKEND_URL, the route is missing'],
    [405, 'does not take POST'],
    [410, 'gone'],
    [418, 'HTTP 418'],
    [419, 'CSRF'],
    [429, 'limits its rate'],
    [500, "Laravel's log"],
    [502, 'PHP'],
    [503, 'maintenance'],
    [504, 'queue'],
    [599, 'HTTP 599'],
  ])('%i is for later', (status, reason) => {
    expect(judge({ status }, NOW)).toEqual(retry(status, null, reason));
  });
});

describe('judge: Retry-After', () => {
  const after = (value: string): BackendAnswer => ({ status: 429, headers: { 'retry-after': value } });

  test.each([
    ['seconds', after('120'), 120_000],
    ['seconds with spaces', after(' 7 '), 7_000],
    ['a moment ago: at least a second, or it would be a loop without a pause', after('0'), 1_000],
    ['more than a day', after('999999999'), DAY],
    ['a date', after('Thu, 01 Jan 2026 00:01:30 GMT'), 90_000],
    ['a date in the past', after('Wed, 31 Dec 2025 00:00:00 GMT'), 1_000],
    ['a date far away', after('Fri, 01 Jan 2038 00:00:00 GMT'), DAY],
    ["a date by the backend's own clock", { status: 429, headers: { 'retry-after': 'Thu, 01 Jan 2026 05:00:30 GMT', date: 'Thu, 01 Jan 2026 05:00:00 GMT' } }, 30_000],
    ['negative', after('-5'), null],
    ['a word with a number, of which Date.parse makes a date', after('soon 5'), null],
    ['nothing', after(''), null],
    ['several headers', { status: 429, headers: { 'retry-after': ['1', '2'] } }, null],
  ])('%s', (_, answer, expected) => {
    expect(judge(answer, NOW)).toEqual(retry(429, expected, 'rate'));
  });

  test.each([
    ['a number', '{"retry_after":30}', 30_000],
    ['a fraction', '{"retry_after":1.5}', 1_500],
    ['a text', '{"retry_after":"30"}', 30_000],
    ['null', '{"retry_after":null}', null],
    ['an empty text', '{"retry_after":""}', null],
    ['negative', '{"retry_after":-1}', null],
    ['a word', '{"retry_after":"soon"}', null],
    ['no object', '[30]', null],
    ['null alone', 'null', null],
    ['no JSON', '<html>', null],
    ['bytes', Buffer.from('{"retry_after":30}'), 30_000],
    ['too much', '{"retry_after":1e12}', DAY],
  ])('retry_after in the body: %s', (_, body, expected) => {
    expect(judge({ status: 429, body }, NOW)).toEqual(retry(429, expected, 'rate'));
  });

  test('the header goes before the body, and the body stands in for a header that cannot be read', () => {
    const body = '{"retry_after":30}';
    expect(judge({ ...after('10'), body }, NOW)).toMatchObject({ afterMs: 10_000 });
    expect(judge({ ...after('later'), body }, NOW)).toMatchObject({ afterMs: 30_000 });
  });

  test('counts for 503, not for other errors', () => {
    const headers = { 'retry-after': '60' };
    expect(judge({ status: 503, headers }, NOW)).toMatchObject({ afterMs: 60_000 });
    expect(judge({ status: 500, headers }, NOW)).toMatchObject({ afterMs: null });
    expect(judge({ status: 404, headers }, NOW)).toMatchObject({ afterMs: null });
  });
});

describe('judge: the excerpt of a refusal', () => {
  const excerpt = (body: string | Buffer): string => (judge({ status: 422, body }, NOW) as { excerpt: string }).excerpt;

  test('holds the first 500 bytes and no half character', () => {
    expect(excerpt('a'.repeat(5_000))).toBe('a'.repeat(EXCERPT_BYTES));
    expect(excerpt('a' + '😀'.repeat(500))).toBe('a' + '😀'.repeat(124));
  });

  test('holds no control characters, which PostgreSQL or a terminal would not take', () => {
    expect(excerpt('a\u0000b\u001b[31mc\r\nd\te')).toBe('ab[31mc\nd\te');
  });

  test('is readable when the answer is not', () => {
    expect(excerpt(Buffer.from([0xff, 0xfe, 0x41]))).toBe('\ufffd\ufffdA');
    expect(judge({ status: 413 }, NOW)).toEqual({ kind: 'refused', status: 413, excerpt: '' });
  });
});

describe('judge: failures of the network', () => {
  test.each([
    ['TIMEOUT', 'in time'],
    ['CLOSED', 'stopping'],
    ['ECONNREFUSED', 'check BACKEND_URL and that the backend runs'],
    ['ECONNRESET', 'broke'],
    ['ENOTFOUND', 'unknown host'],
    ['EAI_AGAIN', 'DNS'],
    ['CERT_HAS_EXPIRED', 'certificate'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'certificate'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'certificate'],
    ['HPE_INVALID_CONSTANT', 'no HTTP answer'],
    ['EPROTO', 'TLS'],
    ['ESOMETHING', 'ESOMETHING'],
  ])('%s is for later', (networkError, reason) => {
    expect(judge({ networkError }, NOW)).toEqual(retry(null, null, reason));
  });

  test('an answer that says nothing at all is for later', () => {
    expect(judge({}, NOW)).toEqual(retry(null, null, 'UNKNOWN'));
  });

  test('a success that broke off is no success', () => {
    expect(judge({ status: 200, networkError: 'ECONNRESET' }, NOW)).toEqual(retry(200, null, 'broke off (ECONNRESET)'));
  });

  test('an error that broke off is that error', () => {
    expect(judge({ status: 401, networkError: 'ECONNRESET' }, NOW)).toEqual({ kind: 'unauthorized', status: 401 });
    expect(judge({ status: 422, body: 'half', networkError: 'TIMEOUT' }, NOW)).toEqual({ kind: 'refused', status: 422, excerpt: 'half' });
  });

  test('an endpoint of the API is not told of BACKEND_URL', () => {
    const codes = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT', 'EPROTO', 'ERR_INVALID_URL', 'HPE_INVALID_CONSTANT'];
    const verdicts = [...codes.map((networkError) => ({ networkError })), ...[302, 404, 405, 410].map((status) => ({ status }))].map((answer) => judge(answer, NOW, "the endpoint's url"));
    for (const verdict of verdicts) expect(verdict).toMatchObject({ reason: expect.stringMatching(/^(?!.*(BACKEND_URL|\{url)).*the endpoint's url/) });
  });

  test('a reason holds nothing that was sent to us', () => {
    const reasons = [
      judge({ networkError: 'E\n"password=1" <script>' }, NOW),
      judge({ status: 500, body: 'SQLSTATE password=1', headers: { location: 'https://evil/?password=1' } }, NOW),
      judge({ status: 302, headers: { location: 'https://evil/?password=1' } }, NOW),
    ].map((verdict) => (verdict as { reason: string }).reason);
    for (const reason of reasons) expect(reason).not.toMatch(/password=1|[\n<"]/);
  });
});
