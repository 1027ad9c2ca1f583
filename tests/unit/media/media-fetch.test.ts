import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { LookupAddress } from 'node:dns';
import { createServer as createTlsServer } from 'node:https';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { AddressInfo, LookupFunction } from 'node:net';
import { gzipSync } from 'node:zlib';
import { generate } from 'selfsigned';
import { ApiError } from '../../../whatsapp-service/contracts/errors.js';
import { fetchMedia, type FetchOptions } from '../../../whatsapp-service/features/media/media-fetch.js';
import { FileHost } from '../../helpers/file-host.js';

const LIMIT = 1_000_000;

let host: FileHost;
beforeAll(async () => void (host = await FileHost.start()));
afterAll(() => host.close());

const options = (more: Partial<FetchOptions> = {}): FetchOptions => ({ timeoutMs: 3_000, limitBytes: LIMIT, allowedHosts: [host.address], userAgent: 'bridge/1', ...more });

/** The bytes; the receiver stops at the limit, as a file being written does. */
async function collect(body: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > LIMIT) throw new ApiError('media_too_large', { limit_bytes: LIMIT });
  }
  return Buffer.concat(chunks);
}

/** `code: reason` of the refusal. */
async function refusal(url: string, more: Partial<FetchOptions> = {}): Promise<string> {
  try {
    await fetchMedia(url, options(more), collect);
    return 'fetched';
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    expect(JSON.stringify([error.message, error.details])).not.toContain('secret-text');
    return [error.code, error.details?.reason].filter(Boolean).join(': ');
  }
}

/** Every name has these addresses, one list after the other. */
function names(...answers: string[][]): LookupFunction {
  let asked = 0;
  return (_hostname, { all }, done) => {
    const list = answers[Math.min(asked++, answers.length - 1)]!.map((address): LookupAddress => ({ address, family: address.includes(':') ? 6 : 4 }));
    if (all) done(null, list);
    else done(null, list[0]!.address, list[0]!.family);
  };
}

describe('what may not be fetched', () => {
  const NONE = { allowedHosts: [] };

  test.each([
    'http://127.0.0.1/',
    'http://127.0.0.1:6379/',
    'http://127.1/',
    'http://2130706433/',
    'http://0x7f000001/',
    'http://0x7f.0.0.1/',
    'http://017700000001/',
    'http://0177.0.0.01/',
    'http://0/',
    'http://0.0.0.0/',
    'http://10.0.0.1/',
    'http://172.16.0.1/',
    'http://172.31.255.255/',
    'http://192.168.1.1/',
    'http://100.64.0.1/',
    'http://169.254.169.254/latest/meta-data/',
    'http://[fd00:ec2::254]/',
    'http://192.0.0.1/',
    'http://198.18.0.1/',
    'http://224.0.0.1/',
    'http://239.255.255.250/',
    'http://240.0.0.1/',
    'http://255.255.255.255/',
    'http://[::1]/',
    'http://[::]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:7f00:1]/',
    'http://[::ffff:10.0.0.1]/',
    'http://[::7f00:1]/',
    'http://[::127.0.0.1]/',
    'http://[64:ff9b::7f00:1]/',
    'http://[2002:7f00:1::]/',
    'http://[fe80::1]/',
    'http://[fc00::1]/',
    'http://[fec0::1]/',
    'http://[ff02::1]/',
    'http://①②⑦.0.0.1/',
    'https://127.0.0.1/',
    'https://[::1]/',
    'http://localhost/',
    'https://localhost:9/',
    'http://LOCALHOST/',
  ])('%s', async (url) => expect(await refusal(url, NONE)).toBe('media_url_not_allowed: private_address'));

  test.each([
    ['file:///etc/passwd', 'scheme'],
    ['ftp://example.com/a', 'scheme'],
    ['gopher://127.0.0.1:6379/_INFO', 'scheme'],
    ['data:text/plain,hello', 'scheme'],
    ['javascript:alert(1)', 'scheme'],
    ['blob:http://127.0.0.1/1', 'scheme'],
    ['http://user:pass@example.com/', 'credentials'],
    ['http://user@example.com/', 'credentials'],
    ['http://example.com@127.0.0.1/', 'credentials'],
    ['/etc/passwd', 'not_a_url'],
    ['//example.com/a', 'not_a_url'],
    ['example.com/a.png', 'not_a_url'],
    ['http://', 'not_a_url'],
    ['http://[fe80::1%25eth0]/', 'not_a_url'],
    ['http://256.256.256.256/', 'not_a_url'],
    ['http://a b/', 'not_a_url'],
    ['', 'not_a_url'],
  ])('%s', async (url, reason) => expect(await refusal(url, NONE)).toBe(`media_url_not_allowed: ${reason}`));

  test.each([[['127.0.0.1']], [['169.254.169.254']], [['::1']], [['::ffff:10.0.0.1']], [['::7f00:1']], [['93.184.215.14', '10.0.0.1']], [['2606:2800:21f:cb07::1', 'fd00::1']]])('a name whose addresses are %j', async (addresses) => {
    for (const scheme of ['http', 'https']) expect(await refusal(`${scheme}://files.example/`, { lookup: names(addresses) })).toBe('media_url_not_allowed: private_address');
  });

  test('a name that was public a moment ago: what is checked is what is connected to', async () => {
    host.redirect('/again', `http://rebound.example:${host.port}/file`);
    host.file('/file', Buffer.from('never'));
    const before = host.asked.length;
    expect(await refusal(host.url('/again'), { lookup: names(['127.0.0.1']) })).toBe('media_url_not_allowed: private_address');
    expect(host.asked.slice(before).map(({ path }) => path)).toEqual(['/again']);
  });

  test.each([
    ['http://127.0.0.1:1/', 'private_address'],
    ['http://localhost/', 'private_address'],
    ['http://2130706433/', 'private_address'],
    ['http://[::ffff:127.0.0.1]/', 'private_address'],
    ['http://169.254.169.254/latest/meta-data/', 'private_address'],
    ['//127.0.0.1:1/', 'private_address'],
    ['file:///etc/passwd', 'scheme'],
    ['http://user:pass@example.com/', 'credentials'],
    ['http://[', 'not_a_url'],
  ])('a redirect to %s', async (to, reason) => {
    for (const status of [301, 302, 303, 307, 308]) {
      host.redirect('/away', to, status);
      expect(await refusal(host.url('/away'))).toBe(`media_url_not_allowed: ${reason}`);
    }
  });

  test('a listed host is listed with its port, or with every port, and nothing beside it is', async () => {
    host.file('/ok', Buffer.from('ok'));
    const listed = (allowedHosts: string[], url = host.url('/ok')) => refusal(url, { allowedHosts });
    expect(await listed([host.address])).toBe('fetched');
    expect(await listed(['127.0.0.1'])).toBe('fetched');
    expect(await listed(['127.0.0.1:1'])).toBe('media_url_not_allowed: private_address');
    expect(await listed(['localhost'])).toBe('media_url_not_allowed: private_address');
    expect(await listed(['minio'], `http://minio:${host.port}/ok`)).toBe('media_unreachable: host_not_found');
    expect(await refusal(`http://minio:${host.port}/ok`, { allowedHosts: ['minio'], lookup: names(['127.0.0.1']) })).toBe('fetched');
    expect(await refusal(`http://evil.minio:${host.port}/ok`, { allowedHosts: ['minio'], lookup: names(['127.0.0.1']) })).toBe('media_url_not_allowed: private_address');
  });
});

describe('fetching', () => {
  test('gives the bytes, the declared type and the name, and asks for them as they are', async () => {
    const body = Buffer.alloc(300_000, 7);
    host.file('/files/faktur%20%C3%A9.pdf', body, 'application/pdf');
    expect(await fetchMedia(host.url('/files/faktur%20%C3%A9.pdf?token=1'), options(), collect)).toEqual({ received: body, mimetype: 'application/pdf', filename: 'faktur é.pdf' });
    expect(host.asked.at(-1)?.headers).toMatchObject({ 'accept-encoding': 'identity', 'user-agent': 'bridge/1' });
    expect(Object.keys(host.asked.at(-1)?.headers ?? {}).sort()).toEqual(['accept', 'accept-encoding', 'connection', 'host', 'user-agent']);
  });

  test('uses no proxy of the environment', async () => {
    const before = { ...process.env };
    Object.assign(process.env, { http_proxy: 'http://127.0.0.1:1', HTTP_PROXY: 'http://127.0.0.1:1', ALL_PROXY: 'http://127.0.0.1:1' });
    try {
      host.file('/direct', Buffer.from('x'));
      expect(await refusal(host.url('/direct'))).toBe('fetched');
    } finally {
      process.env = before;
    }
  });

  test('follows three redirects, relative ones too, and not a fourth', async () => {
    host.file('/0', Buffer.from('there'));
    for (const step of [1, 2, 3, 4]) host.redirect(`/${step}`, step % 2 ? `/${step - 1}` : host.url(`/${step - 1}`));
    expect((await fetchMedia(host.url('/3'), options(), collect)).received.toString()).toBe('there');
    expect(await refusal(host.url('/4'))).toBe('media_unreachable: too_many_redirects');
  });

  test.each([204, 206, 304, 400, 401, 403, 500, 503])('status %i is no file', async (status) => {
    host.on('/status', (_req, res) => res.writeHead(status).end());
    expect(await refusal(host.url('/status'))).toBe('media_unreachable: status');
  });

  test('a redirect without a place is no file', async () => {
    host.on('/nowhere', (_req, res) => res.writeHead(302).end('secret-text'));
    expect(await refusal(host.url('/nowhere'))).toBe('media_unreachable: status');
  });

  test('a body that is packed although nobody asked for it is refused', async () => {
    host.on('/bomb', (_req, res) => res.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(LIMIT * 2))));
    expect(await refusal(host.url('/bomb'))).toBe('media_unreachable: encoded');
  });

  test('a size that is too large is refused by its announcement, and without one as soon as it is', async () => {
    let wrote = 0;
    host.on('/announced', (_req, res) => res.writeHead(200, { 'content-length': LIMIT + 1 }).flushHeaders());
    host.on('/endless', (_req, res) => {
      const more = (): void => {
        while (!res.destroyed && res.write(Buffer.alloc(65_536))) wrote += 65_536;
        if (!res.destroyed) res.once('drain', more);
      };
      res.writeHead(200);
      more();
    });
    expect(await refusal(host.url('/announced'))).toBe('media_too_large');
    expect(await refusal(host.url('/endless'))).toBe('media_too_large');
    expect(wrote).toBeLessThan(LIMIT * 10);
  });

  test.each([
    ['a host that never answers', '/silent', () => undefined],
    ['one that answers drop by drop', '/drip', (res: ServerResponse) => void drip(res)],
  ])('%s is given up at the deadline', async (_name, path, answer) => {
    host.on(path, (_req, res) => answer(res));
    const began = Date.now();
    expect(await refusal(host.url(path), { timeoutMs: 400 })).toBe('media_unreachable: timeout');
    expect(Date.now() - began).toBeLessThan(20_000);
  });

  test('the deadline is for all redirects together', async () => {
    host.on('/slow', (_req, res) => void setTimeout(() => res.writeHead(302, { location: '/slow' }).end(), 200));
    expect(await refusal(host.url('/slow'), { timeoutMs: 450 })).toBe('media_unreachable: timeout');
  });

  test('a body that breaks off is not taken for the whole', async () => {
    host.on('/broken', (_req, res) => {
      res.writeHead(200, { 'content-length': 1_000 });
      res.write('half');
      setTimeout(() => res.destroy(), 20);
    });
    host.on('/broken-chunks', (_req, res) => {
      res.writeHead(200);
      res.write('half');
      setTimeout(() => res.destroy(), 20);
    });
    for (const path of ['/broken', '/broken-chunks']) expect(await refusal(host.url(path))).toBe('media_unreachable: broken_off');
  });

  test('what the receiver throws stays what it is', async () => {
    host.file('/good', Buffer.alloc(100_000));
    const full = new Error('ENOSPC');
    await expect(fetchMedia(host.url('/good'), options(), async () => Promise.reject(full))).rejects.toBe(full);
  });

  test('says why there is no connection', async () => {
    expect(await refusal('http://127.0.0.1:1/', { allowedHosts: ['127.0.0.1'] })).toBe('media_unreachable: connection_refused');
    expect(await refusal('http://nothing.invalid/', { lookup: (_name, _options, done) => done(Object.assign(new Error('no'), { code: 'ENOTFOUND' }), '', 4) })).toBe('media_unreachable: host_not_found');
    host.on('/garbage', (req) => void req.socket.end('this is not HTTP\r\n\r\n'));
    expect(await refusal(host.url('/garbage'))).toBe('media_unreachable: connection_failed');
  });

  test('a certificate that nobody vouches for is refused', async () => {
    const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }], { keySize: 2048 });
    const tls = createTlsServer({ key, cert }, (_req, res) => res.end('secret-text'));
    tls.listen(0, '127.0.0.1');
    await once(tls, 'listening');
    const { port } = tls.address() as AddressInfo;
    expect(await refusal(`https://127.0.0.1:${port}/`, { allowedHosts: ['127.0.0.1'] })).toBe('media_unreachable: tls');
    tls.close();
  });
});

async function drip(res: ServerResponse): Promise<void> {
  res.writeHead(200, { 'content-length': 1_000 });
  for (let sent = 0; sent < 100 && !res.destroyed; sent++) {
    res.write('x');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
