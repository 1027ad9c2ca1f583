import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { request, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import { route, type UploadedFile } from '../../whatsapp-service/contracts/route.js';
import type { MediaView } from '../../whatsapp-service/contracts/media-api.js';
import { mediaRoutes } from '../../whatsapp-service/features/media/media-routes.js';
import { MediaService } from '../../whatsapp-service/features/media/media-service.js';
import { systemClock } from '../../whatsapp-service/shared/clock.js';
import { silentLogger } from '../../whatsapp-service/shared/logger.js';
import { FileHost } from '../helpers/file-host.js';
import { SAMPLES } from '../helpers/media-samples.js';
import { tempStorage } from '../helpers/temp-storage.js';
import { LIMIT_BYTES, TestServer, type Answer } from '../unit/http/http-fixture.js';

/** Files through real sockets: the server, the disk, the database and a host of files. */
const MAX = 1_000_000;
const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

let temp: Awaited<ReturnType<typeof tempStorage>>;
let media: MediaService;
let host: FileHost;
let server: TestServer;
/** What the example route saw; it leaves the file where it is. */
let seen: UploadedFile[] = [];

const zExample = z.strictObject({
  session_id: z.union([z.string(), z.number()]).optional(),
  caption: z.string().optional(),
  seen: z.boolean().default(false),
  count: z.number().optional(),
  options: z.array(z.string()).optional(),
  media: z.strictObject({ url: z.string() }).optional(),
});

beforeAll(async () => {
  temp = await tempStorage();
  host = await FileHost.start();
  media = new MediaService({ storage: temp.storage, dataDir: temp.dir, settings: { maxBytes: MAX, fetchTimeoutMs: 2_000, keepMs: 3_600_000, allowedHosts: [host.address] }, clock: systemClock, logger: silentLogger });
  await media.open();
  const example = route({
    method: 'post',
    path: '/api/example',
    scope: 'send',
    tag: 'Test',
    summary: 'Takes a form and keeps nothing',
    request: { body: zExample, multipart: { file: 'file', limitBytes: MAX } },
    responses: { 200: { description: 'It' } },
    handle: async ({ body, file, bodyHash }) => {
      if (file) {
        expect((await readFile(file.path)).length).toBe(file.size);
        seen.push(file);
      }
      if (body.caption === 'fail') throw new Error('secret-text');
      return { status: 200, body: { body, file: file && { ...file, path: undefined }, hash: bodyHash } };
    },
  });
  server = await TestServer.start({ routes: [...mediaRoutes(media, MAX), example], uploadFolder: media.uploadFolder });
});
afterAll(async () => {
  await server.close();
  await host.close();
  await temp.remove();
});
beforeEach(() => void (seen = []));

const drafts = (): Promise<string[]> => readdir(media.uploadFolder);
const fieldsOf = (answer: Answer): string[] => (answer.error.details?.fields as { field: string }[]).map(({ field }) => field);

type Part = [name: string, value: string | Buffer, filename?: string, type?: string];

function form(...parts: Part[]): FormData {
  const data = new FormData();
  for (const [name, value, filename, type] of parts) {
    if (filename === undefined) data.append(name, value.toString());
    else data.append(name, new Blob([value], { type: type ?? 'application/octet-stream' }), filename);
  }
  return data;
}

const post = (path: string, body: FormData, key = 'send-key', headers: Record<string, string> = {}): Promise<Answer> => server.ask('POST', path, { body, key, headers });
const PNG: Part = ['file', SAMPLES.png, 'logo.png', 'image/png'];

describe('POST /api/media', () => {
  test('a form: stored, and answered with what it is', async () => {
    const answer = await post('/api/media', form(PNG));
    expect(answer).toMatchObject({ status: 201, body: { id: expect.stringMatching(/^med_[0-9a-f]{32}$/), mimetype: 'image/png', size: SAMPLES.png.length, sha256: sha256(SAMPLES.png), filename: 'logo.png', expires_at: expect.stringMatching(/^\d{4}-.*Z$/) } });
    const { id } = answer.body as MediaView;
    expect(await readFile(join(temp.dir, 'media', id))).toEqual(SAMPLES.png);
    expect(await drafts()).toEqual([]);
    expect((await server.ask('GET', `/api/media/${id}`, { key: 'read-key' })).body).toEqual(answer.body);
    expect((await server.ask('DELETE', `/api/media/${id}`, { key: 'read-key' })).status).toBe(403);
    expect((await server.ask('DELETE', `/api/media/${id}`, { key: 'send-key' })).status).toBe(204);
    for (const method of ['GET', 'DELETE']) expect((await server.ask(method, `/api/media/${id}`)).error.code).toBe('media_not_found');
  });

  test('fields name it better than the part does; names are UTF-8 and never a path', async () => {
    const answer = await post('/api/media', form(['filename', 'Faktur é 👋.pdf'], ['mimetype', 'text/plain'], ['file', 'just text', '../../x', 'image/png']));
    expect(answer.body).toMatchObject({ mimetype: 'text/plain', filename: 'Faktur é 👋.pdf' });
    expect((await post('/api/media', form(['file', 'just text', 'C:\\temp\\Résumé 👋.txt', 'text/plain']))).body).toMatchObject({ filename: 'Résumé 👋.txt' });
  });

  test('JSON with Base64, and JSON with a URL', async () => {
    const stored = await server.ask('POST', '/api/media', { json: { base64: SAMPLES.pdf.toString('base64'), filename: 'a.pdf' } });
    expect(stored).toMatchObject({ status: 201, body: { mimetype: 'application/pdf', sha256: sha256(SAMPLES.pdf) } });
    host.file('/note.ogg', SAMPLES.voice, 'application/octet-stream');
    expect(await server.ask('POST', '/api/media', { json: { url: host.url('/note.ogg') } })).toMatchObject({ status: 201, body: { mimetype: 'audio/ogg; codecs=opus', filename: 'note.ogg' } });
  });

  test.each([
    [{}, 'invalid_request'],
    [{ url: 'http://example.com/', base64: 'aGVsbG8=' }, 'invalid_request'],
    [{ base64: 'a$' }, 'invalid_request'],
    [{ url: 'http://127.0.0.1:1/' }, 'media_url_not_allowed'],
    [{ url: 'http://localhost/' }, 'media_url_not_allowed'],
    [{ url: 'http://[::ffff:169.254.169.254]/' }, 'media_url_not_allowed'],
    [{ url: 'file:///etc/passwd' }, 'media_url_not_allowed'],
  ])('%j is refused', async (json, code) => expect((await server.ask('POST', '/api/media', { json })).error.code).toBe(code));

  test('a host that sends its visitors to us gets nothing, and what it said is not told', async () => {
    host.redirect('/to-us', `http://127.0.0.1:${server.port}/docs`);
    expect((await server.ask('POST', '/api/media', { json: { url: host.url('/to-us') } })).error).toMatchObject({ code: 'media_url_not_allowed', details: { reason: 'private_address' } });
    const gone = await server.ask('POST', '/api/media', { json: { url: host.url('/gone') } });
    expect(gone).toMatchObject({ status: 422, error: { code: 'media_unreachable', details: { reason: 'status', status: 404 } } });
    expect(gone.text).not.toContain('secret-text');
    host.file('/login', SAMPLES.html, 'image/jpeg');
    expect((await server.ask('POST', '/api/media', { json: { url: host.url('/login') } })).error).toMatchObject({ code: 'media_type_not_allowed', details: { kind: 'image', mimetype: 'text/html' } });
  });

  test('a file and a URL at once is one too many', async () => {
    expect((await post('/api/media', form(PNG, ['url', 'http://example.com/']))).error.code).toBe('invalid_request');
    expect(await drafts()).toEqual([]);
  });
});

describe('a form', () => {
  test('reaches the route as JSON would, and its file is there while the route works, and no longer', async () => {
    const parts: Part[] = [['caption', 'Halo 👋'], ['seen', 'true'], ['count', '12'], ['options[0]', 'a'], ['options[1]', 'b'], ['media[url]', 'x'], PNG];
    const answer = await post('/api/example', form(...parts));
    expect(answer.body).toMatchObject({
      body: { caption: 'Halo 👋', seen: true, count: 12, options: ['a', 'b'], media: { url: 'x' } },
      file: { filename: 'logo.png', mimetype: 'image/png', size: SAMPLES.png.length, sha256: sha256(SAMPLES.png) },
    });
    expect(seen).toHaveLength(1);
    expect(await drafts()).toEqual([]);
    expect((await post('/api/example', form(PNG, ['options[]', 'a'], ['options[]', 'b']))).body).toMatchObject({ body: { options: ['a', 'b'] } });
  });

  test('may carry the whole body in the field `json`', async () => {
    const json = JSON.stringify({ caption: 'x', count: 3, options: ['1'] });
    expect((await post('/api/example', form(['json', json], PNG))).body).toMatchObject({ body: { caption: 'x', count: 3, options: ['1'] }, file: { size: SAMPLES.png.length } });
    expect(fieldsOf(await post('/api/example', form(['json', json], ['caption', 'y'], PNG)))).toEqual(['body.caption']);
    expect((await post('/api/example', form(['json', '{"caption":'], PNG))).error.code).toBe('invalid_json');
    expect(fieldsOf(await post('/api/example', form(['json', '{"caption":5}'], PNG)))).toEqual(['body.caption']);
    // Which knows numbers: a text is none.
    expect(fieldsOf(await post('/api/example', form(['json', '{"caption":"x","count":"3"}'], PNG)))).toEqual(['body.count']);
  });

  test('the same form has the same digest on every repetition; another file, name or field has another', async () => {
    const hashOf = async (...parts: Part[]): Promise<string> => ((await post('/api/example', form(...parts))).body as { hash: string }).hash;
    const first = await hashOf(['caption', 'a'], PNG);
    expect(first).toMatch(/^[0-9a-f]{64}$/);
    expect(await hashOf(['caption', 'a'], PNG)).toBe(first);
    const others = [await hashOf(['caption', 'b'], PNG), await hashOf(['caption', 'a'], ['file', SAMPLES.jpeg, 'logo.png', 'image/png']), await hashOf(['caption', 'a'], ['file', SAMPLES.png, 'other.png', 'image/png'])];
    expect(new Set([first, ...others]).size).toBe(4);
  });

  test('JSON still does', async () => {
    expect((await server.ask('POST', '/api/example', { json: { caption: 'x' } })).body).toMatchObject({ body: { caption: 'x' }, file: null });
  });

  // prettier-ignore
  test.each<[string, Part[], string, string[] | null]>([
    ['no file',                  [['caption', 'a']], 'invalid_request', ['body.file']],
    ['a file without a name',    [['file', 'text']], 'invalid_request', ['body.file']],
    ['a long one without a name', [['file', 'x'.repeat(20_000)]], 'invalid_request', ['body.file']],
    ['an empty file',            [['file', '', 'a.txt']], 'invalid_request', ['body.file']],
    ['the wrong part',           [['picture', 'x', 'a.png']], 'invalid_request', ['body.picture']],
    ['two files',                [PNG, PNG], 'invalid_request', ['body.file']],
    ['a second file elsewhere',  [PNG, ['other', 'x', 'a.png']], 'invalid_request', null],
    ['a field of nobody',        [PNG, ['nope', 'x']], 'invalid_request', ['body.nope']],
    ['a field of the wrong type', [PNG, ['count', 'many']], 'invalid_request', ['body.count']],
    ['too many fields',          [...Array.from({ length: 31 }, (_, at): Part => [`f${at}`, 'x']), PNG], 'invalid_request', ['body']],
    ['a field that is too long', [['caption', 'x'.repeat(LIMIT_BYTES + 1)], PNG], 'invalid_request', ['body.caption']],
    ['fields that are too long', [['caption', 'x'.repeat(6_000)], ['options[]', 'x'.repeat(6_000)], PNG], 'payload_too_large', null],
    ['a deep field',             [[`a${'[b]'.repeat(9)}`, 'x'], PNG], 'invalid_request', null],
    ['a sparse list',            [['options[99999]', 'x'], PNG], 'invalid_request', null],
    ['a hostile name',           [['__proto__', 'x'], PNG], 'invalid_request', ['body.__proto__']],
    ['a hostile name further in', [['media[__proto__]', 'x'], PNG], 'invalid_request', ['body.media.__proto__']],
    ['a file that is too large', [['file', Buffer.alloc(MAX + 1), 'a.bin']], 'media_too_large', null],
    ['one that is far too large', [['file', Buffer.alloc(MAX * 3), 'a.bin']], 'media_too_large', null],
  ])('%s is refused in the catalogue’s words and leaves no file', async (_name, parts, code, fields) => {
    const answer = await post('/api/example', form(...parts));
    expect(answer.error).toMatchObject({ code });
    if (fields) expect(fieldsOf(answer)).toEqual(fields);
    if (code === 'media_too_large') expect(answer).toMatchObject({ status: 413, error: { details: { limit_bytes: MAX, field: 'file' } } });
    expect(seen).toEqual([]);
    expect(await drafts()).toEqual([]);
  });

  test('a file that is too large is refused without an announced size too', async () => {
    const boundary = 'xyz';
    async function* chunks(): AsyncGenerator<Uint8Array> {
      yield Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n`);
      for (let sent = 0; sent <= MAX; sent += 65_536) yield Buffer.alloc(65_536);
      yield Buffer.from(`\r\n--${boundary}--\r\n`);
    }
    const answer = await server.ask('POST', '/api/example', { body: ReadableStream.from(chunks()), headers: { 'content-type': `multipart/form-data; boundary=${boundary}` } });
    expect(answer).toMatchObject({ status: 413, error: { code: 'media_too_large' } });
    expect(await drafts()).toEqual([]);
  });

  test.each([
    ['no boundary', 'multipart/form-data', 'x', 'invalid_request'],
    ['rubbish', 'multipart/form-data; boundary=a', 'rubbish', 'invalid_request'],
    ['a form that ends in the middle', 'multipart/form-data; boundary=a', '--a\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nhalf', 'invalid_request'],
    ['another multipart type', 'multipart/mixed; boundary=a', '--a--', 'unsupported_media_type'],
    ['an urlencoded form', 'application/x-www-form-urlencoded', 'caption=x', 'unsupported_media_type'],
  ])('%s is refused', async (_name, type, body, code) => {
    expect((await server.ask('POST', '/api/example', { body, headers: { 'content-type': type } })).error?.code).toBe(code);
    expect(await drafts()).toEqual([]);
  });

  test('a route that takes no forms refuses them', async () => {
    const plain = await TestServer.start();
    expect((await plain.ask('POST', '/api/messages', { body: form(PNG) })).error.code).toBe('unsupported_media_type');
    await plain.close();
  });

  test('a route that takes forms where there is no folder for them is a mistake at the start', async () => {
    await expect(TestServer.start({ routes: mediaRoutes(media, MAX) })).rejects.toThrow(/no folder/);
  });

  test('a failure of the route removes the file and tells nothing', async () => {
    const answer = await post('/api/example', form(['caption', 'fail'], PNG));
    expect(answer).toMatchObject({ status: 500, error: { code: 'internal' } });
    expect(answer.text).not.toContain('secret-text');
    await wait(50);
    expect([seen.length, await drafts()]).toEqual([1, []]);
  });

  test('is shown in the documentation', async () => {
    const { body } = await server.ask('GET', '/docs/openapi.json', { key: null });
    const { requestBody, responses } = (body as { paths: Record<string, { post: { requestBody: { required: boolean; content: Record<string, { schema: { required: string[]; properties: object } }> }; responses: object } }> }).paths['/api/media']!.post;
    expect(Object.keys(requestBody.content)).toEqual(['application/json', 'multipart/form-data']);
    expect(requestBody.content['multipart/form-data']!.schema).toMatchObject({ required: ['file'], properties: { file: { format: 'binary' }, filename: {}, json: { contentMediaType: 'application/json' } } });
    expect([requestBody.required, '413' in responses]).toEqual([true, true]);
  });
});

/** An upload that says it is `announced` bytes, sends `sent` of them and then waits. */
function halfAnUpload(key: string, sent: number, announced = MAX): { answered: Promise<number>; abort(): void } {
  const outgoing = request(`${server.url}/api/media`, { method: 'POST', headers: { 'x-api-key': key, 'content-type': 'multipart/form-data; boundary=a', 'content-length': announced } });
  const answered = new Promise<number>((resolve) => {
    outgoing.on('response', (answer) => {
      resolve(answer.statusCode ?? 0);
      answer.resume();
    });
    outgoing.on('error', () => resolve(0));
  });
  outgoing.write('--a\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\n\r\n');
  outgoing.write(Buffer.alloc(sent));
  return { answered, abort: () => outgoing.destroy() };
}

describe('an upload', () => {
  test('of somebody who may not is refused before a byte is stored', async () => {
    for (const [key, status] of [['nope', 401], ['read-key', 403]] as const) {
      const half = halfAnUpload(key, 100_000);
      expect(await half.answered).toBe(status);
      expect(await drafts()).toEqual([]);
      half.abort();
    }
  });

  test('that is announced too large is refused before it is sent', async () => {
    const half = halfAnUpload('send-key', 1, MAX * 2);
    expect(await half.answered).toBe(413);
    half.abort();
  });

  test('that is given up leaves no file', async () => {
    const before = server.lines.length;
    const halves = Array.from({ length: 10 }, (_, at) => halfAnUpload('send-key', 20_000 * (at + 1)));
    for (let tries = 0; (await drafts()).length < 10 && tries < 100; tries++) await wait(20);
    expect(await drafts()).toHaveLength(10);
    // One that is under way is no leftover.
    await media.sweep();
    expect(await drafts()).toHaveLength(10);
    for (const half of halves) half.abort();
    for (let tries = 0; (await drafts()).length > 0 && tries < 100; tries++) await wait(20);
    expect(await drafts()).toEqual([]);
    expect(server.lines.slice(before).filter(({ level }) => level === 'error')).toEqual([]);
  });

  test('that a crash cut off is cleared away at the next start', async () => {
    await writeFile(join(media.uploadFolder, 'upl_0'), 'half');
    await new MediaService({ storage: temp.storage, dataDir: temp.dir, settings: { maxBytes: MAX, fetchTimeoutMs: 1, keepMs: 1e9, allowedHosts: [] }, clock: systemClock, logger: silentLogger }).open();
    expect(await drafts()).toEqual([]);
  });
});

describe('memory', () => {
  const SIZE = 67_108_864 - 1_000;
  let child: ChildProcess;
  let port: number;

  beforeAll(async () => {
    child = spawn(process.execPath, ['--import', 'tsx', 'tests/helpers/media-process.ts'], { stdio: ['pipe', 'pipe', 'inherit'] });
    const [line] = (await once(child.stdout!, 'data')) as [Buffer];
    ({ port } = JSON.parse(line.toString()) as { port: number });
    host.on('/big', (_req, res) => {
      res.writeHead(200, { 'content-type': 'application/octet-stream' });
      let left = SIZE;
      const more = (): void => {
        while (left > 0) {
          const size = Math.min(left, 65_536);
          left -= size;
          if (!res.write(Buffer.alloc(size, 7))) return void res.once('drain', more);
        }
        res.end();
      };
      more();
    });
  });
  afterAll(async () => {
    const ended = once(child, 'exit');
    child.stdin!.end();
    await ended;
  });

  const kilobytes = async (name: string): Promise<number> => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(await readFile(`/proc/${child.pid}/status`, 'utf8'))?.[1]);

  async function upload(size: number): Promise<void> {
    const boundary = 'xyz';
    const head = Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="big.bin"\r\n\r\n`);
    const tail = Buffer.from(`\r\n--${boundary}--\r\n`);
    const outgoing = request({ port, path: '/api/media', method: 'POST', headers: { 'x-api-key': 'k', 'content-type': `multipart/form-data; boundary=${boundary}`, 'content-length': head.length + size + tail.length } });
    const answered = once(outgoing, 'response');
    outgoing.write(head);
    for (let left = size; left > 0; left -= 65_536) if (!outgoing.write(Buffer.alloc(Math.min(left, 65_536), 7))) await once(outgoing, 'drain');
    outgoing.end(tail);
    const [answer] = (await answered) as [IncomingMessage];
    answer.resume();
    expect(answer.statusCode).toBe(201);
  }

  async function fetchBig(): Promise<void> {
    const answer = await fetch(`http://127.0.0.1:${port}/api/media`, { method: 'POST', headers: { 'x-api-key': 'k', 'content-type': 'application/json' }, body: JSON.stringify({ url: host.url('/big') }) });
    expect(await answer.json()).toMatchObject({ size: SIZE });
  }

  /** The smallest of a few looks at the peak while `work` runs, above what it began from, in MB: other work of the process is in it, too. */
  async function growth(work: () => Promise<void>): Promise<number> {
    let smallest = Infinity;
    for (let round = 0; round < 3 && smallest >= 10; round++) {
      await writeFile(`/proc/${child.pid}/clear_refs`, '5');
      const before = await kilobytes('VmRSS');
      await work();
      smallest = Math.min(smallest, ((await kilobytes('VmHWM')) - before) / 1024);
    }
    return smallest;
  }

  test.each([
    ['an upload', () => upload(SIZE)],
    ['a file from a URL', fetchBig],
  ])('%s of 64 MB grows the process by less than 10 MB', async (_name, work) => {
    // What the first file of all loads is no matter of its size.
    await upload(1_000);
    expect(await growth(work)).toBeLessThan(10);
  });
});
