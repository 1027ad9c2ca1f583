import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { zBase64 } from '../../../whatsapp-service/contracts/media-api.js';
import { MediaService, type MediaSource } from '../../../whatsapp-service/features/media/media-service.js';
import type { MediaId } from '../../../whatsapp-service/shared/ids.js';
import { silentLogger } from '../../../whatsapp-service/shared/logger.js';
import { FileHost } from '../../helpers/file-host.js';
import { SAMPLES } from '../../helpers/media-samples.js';
import { addSession, tempStorage } from '../../helpers/temp-storage.js';

const MAX = 1_048_576;
const HOUR = 3_600_000;
const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

let host: FileHost;
beforeAll(async () => void (host = await FileHost.start()));
afterAll(() => host.close());

let temp: Awaited<ReturnType<typeof tempStorage>>;
let service: MediaService;
let now: number;
beforeEach(async () => {
  temp = await tempStorage();
  now = 1_000_000_000_000;
  service = restarted();
  await service.open();
});
afterEach(() => temp.remove());

const restarted = (): MediaService =>
  new MediaService({ storage: temp.storage, dataDir: temp.dir, settings: { maxBytes: MAX, fetchTimeoutMs: 2_000, keepMs: 24 * HOUR, allowedHosts: [host.address] }, clock: { now: () => now }, logger: silentLogger });
const folder = (): string => join(temp.dir, 'media');
/** Every file there is, drafts too. */
const filesNow = async (): Promise<string[]> => (await readdir(folder(), { recursive: true })).filter((name) => name !== 'tmp').sort();
const rowsNow = () => temp.storage.db.selectFrom('media').select('id').execute();

async function upload(bytes: Buffer, more: Partial<Extract<MediaSource, { kind: 'upload' }>> = {}): Promise<Extract<MediaSource, { kind: 'upload' }>> {
  const path = join(service.uploadFolder, `upl_${Math.random()}`);
  await writeFile(path, bytes);
  return { kind: 'upload', path, filename: 'a.png', size: bytes.length, mimetype: 'image/png', ...more };
}

async function addMessage(id: string, mediaId: string, state: 'queued' | 'sending' | 'sent'): Promise<void> {
  const times = { created_at: now, updated_at: now, next_attempt_at: now, expires_at: now + HOUR };
  await temp.storage.db
    .insertInto('message')
    .values({ id, session_id: 'sales', chat_id: '1@c.us', type: 'image', content: '{}', wa_key: id, state, attempts: 0, priority: 0, media_id: mediaId, ...times })
    .execute();
}

describe('storing', () => {
  test('an upload is moved, hashed and named by its id alone', async () => {
    const source = await upload(SAMPLES.png, { filename: '../../logo.png' });
    const stored = await service.store(source);
    expect(stored).toEqual({ id: expect.stringMatching(/^med_[0-9a-f]{32}$/), path: join(folder(), stored.id), mimetype: 'image/png', size: SAMPLES.png.length, sha256: sha256(SAMPLES.png), filename: 'logo.png', expiresAt: now + 24 * HOUR });
    expect(await readFile(stored.path)).toEqual(SAMPLES.png);
    expect(await filesNow()).toEqual([stored.id]);
    expect(await service.get(stored.id)).toEqual(stored);
  });

  test('nobody else can read the files', async () => {
    const { path } = await service.store(await upload(SAMPLES.png));
    for (const [place, mode] of [[path, 0o600], [folder(), 0o700], [service.uploadFolder, 0o700]] as const) expect((await stat(place)).mode & 0o777).toBe(mode);
  });

  test.each([
    ['plain', (text: string) => text],
    ['without padding', (text: string) => text.replaceAll('=', '')],
    ['URL-safe', (text: string) => text.replaceAll('+', '-').replaceAll('/', '_')],
    ['in lines, as PHP chunks it', (text: string) => text.replaceAll(/.{76}/g, '$&\r\n')],
    ['a data URL', (text: string) => `data:image/webp;base64,${text}`],
  ])('Base64 %s', async (_name, written) => {
    for (const size of [1, 2, 3, 49_151, 49_152, 49_153, 200_000]) {
      const bytes = Buffer.from(Array.from({ length: size }, (_, at) => (at * 31 + 251) % 256));
      const data = written(bytes.toString('base64'));
      expect(zBase64.safeParse(data).success).toBe(true);
      const stored = await service.store({ kind: 'base64', data, filename: 'x.bin' });
      expect([stored.size, stored.sha256]).toEqual([size, sha256(bytes)]);
    }
  });

  test.each(['a', 'aGVsbG8=x', 'aGV$bG8=', 'data:image/png;base64,a', '====', `${'A'.repeat(65_534)}==AAAA`])('%s is not Base64', async (data) => {
    await expect(service.store({ kind: 'base64', data })).rejects.toMatchObject({ code: 'invalid_request', details: { fields: [{ field: 'body.base64' }] } });
    expect(await filesNow()).toEqual([]);
  });

  test.each(['', 'aGV$bG8=', 'aGVsbG8===', 'aGVs=bG8', 'data:image/png,aGVsbG8=', '😀'])('%j is refused by the schema', (data) => expect(zBase64.safeParse(data).success).toBe(false));

  test('the schema looks at a very long text once', () => {
    for (const data of [`${' '.repeat(30_000_000)}!`, 'A'.repeat(60_000_000), `${'='.repeat(1_000_000)}A`]) {
      const began = performance.now();
      zBase64.safeParse(data);
      expect(performance.now() - began).toBeLessThan(30_000);
    }
  });

  test('a URL: the server’s type and the URL’s name count until something better is known', async () => {
    host.file('/a/list.csv', Buffer.from('a,b\n1,2\n'), 'text/csv; charset=utf-8');
    expect(await service.store({ kind: 'url', url: host.url('/a/list.csv') })).toMatchObject({ mimetype: 'text/csv', filename: 'list.csv', size: 8 });
    host.file('/logo', SAMPLES.png, 'image/jpeg');
    expect(await service.store({ kind: 'url', url: host.url('/logo'), filename: 'ours.png' }, 'image')).toMatchObject({ mimetype: 'image/png', filename: 'ours.png' });
  });

  test('what does not fit is refused and leaves nothing', async () => {
    host.file('/page', SAMPLES.html, 'image/png');
    host.file('/empty', Buffer.alloc(0), 'image/png');
    host.file('/large', Buffer.alloc(MAX + 1));
    host.on('/large-unannounced', (_req, res) => res.writeHead(200).end(Buffer.alloc(MAX + 1)));
    const url = (path: string): MediaSource => ({ kind: 'url', url: host.url(path) });
    const base64 = (bytes: Buffer, mimetype?: string): MediaSource => ({ kind: 'base64', data: bytes.toString('base64'), mimetype });
    const refused: [MediaSource, Parameters<MediaService['store']>[1], object][] = [
      [url('/page'), undefined, { code: 'media_type_not_allowed', details: { kind: 'image', mimetype: 'text/html' } }],
      [url('/empty'), undefined, { code: 'media_unreachable', details: { reason: 'empty' } }],
      [url('/large'), undefined, { code: 'media_too_large', details: { limit_bytes: MAX } }],
      [url('/large-unannounced'), undefined, { code: 'media_too_large', details: { limit_bytes: MAX } }],
      [url('/gone'), undefined, { code: 'media_unreachable', details: { reason: 'status', status: 404 } }],
      [base64(Buffer.alloc(MAX + 1)), undefined, { code: 'media_too_large' }],
      [base64(SAMPLES.pdf, 'image/png'), 'image', { code: 'media_type_not_allowed', details: { kind: 'image', mimetype: 'application/pdf' } }],
      [base64(SAMPLES.png, 'audio/ogg'), 'voice', { code: 'media_type_not_allowed', details: { kind: 'voice', mimetype: 'image/png' } }],
      [base64(SAMPLES.text, 'image/png'), 'sticker', { code: 'media_type_not_allowed', details: { mimetype: 'application/octet-stream' } }],
    ];
    for (const [source, kind, expected] of refused) await expect(service.store(source, kind)).rejects.toMatchObject(expected);
    expect(await filesNow()).toEqual([]);
    expect(await rowsNow()).toEqual([]);
  });

  test('an upload that is refused stays where it is, for whoever owns it', async () => {
    for (const [bytes, code] of [[Buffer.alloc(MAX + 1), 'media_too_large'], [Buffer.alloc(0), 'invalid_request'], [SAMPLES.pdf, 'media_type_not_allowed']] as const) {
      const source = await upload(bytes);
      await expect(service.store(source, 'image')).rejects.toMatchObject({ code });
      expect((await stat(source.path)).size).toBe(bytes.length);
    }
  });

  test('a row that cannot be written takes its file with it', async () => {
    await temp.storage.db.schema.dropTable('media').execute();
    await expect(service.store({ kind: 'base64', data: 'aGVsbG8=' })).rejects.toThrow(/media/);
    expect(await filesNow()).toEqual([]);
  });
});

describe('keeping and clearing away', () => {
  const store = async (): Promise<MediaId> => (await service.store({ kind: 'base64', data: SAMPLES.png.toString('base64') })).id;
  beforeEach(() => addSession(temp.storage));

  test('a file that is released is gone; one that a message waits for is not', async () => {
    const [free, queued, sending, sent] = [await store(), await store(), await store(), await store()];
    await addMessage('m1', queued, 'queued');
    await addMessage('m2', sending, 'sending');
    await addMessage('m3', sent, 'sent');
    expect([await service.release(free), await service.release(queued), await service.release(sending), await service.release(sent)]).toEqual([true, false, false, true]);
    expect(await filesNow()).toEqual([queued, sending].sort());
    await expect(service.get(free)).rejects.toMatchObject({ code: 'media_not_found' });
    expect(await service.release(free)).toBe(true);
  });

  test('after its time a file is deleted, unless a message waits for it', async () => {
    const [old, waiting, done] = [await store(), await store(), await store()];
    await addMessage('m1', waiting, 'queued');
    await addMessage('m2', done, 'sent');
    now += 24 * HOUR + 1;
    const young = await store();
    await service.sweep();
    expect(await filesNow()).toEqual([waiting, young].sort());
    await expect(service.get(old)).rejects.toMatchObject({ code: 'media_not_found' });
    await temp.storage.db.updateTable('message').set({ state: 'sent' }).where('id', '=', 'm1').execute();
    await service.sweep();
    expect(await filesNow()).toEqual([young]);
  });

  test('what a crash left behind is cleared away at the next start, and nothing else', async () => {
    const kept = await store();
    await writeFile(join(service.uploadFolder, 'upl_half'), 'half');
    await writeFile(join(service.uploadFolder, 'med_half'), 'half');
    await writeFile(join(folder(), 'med_without_a_row'), 'whole');
    await restarted().open();
    expect(await filesNow()).toEqual([kept]);
  });

  test('while the service runs, an upload that is under way is left alone', async () => {
    const [fresh, stale] = [join(service.uploadFolder, 'upl_fresh'), join(service.uploadFolder, 'upl_stale')];
    for (const path of [fresh, stale]) await writeFile(path, 'half');
    const old = new Date(Date.now() - 2 * HOUR);
    await utimes(stale, old, old);
    await service.sweep();
    expect(await filesNow()).toEqual([join('tmp', 'upl_fresh')]);
  });

  test('sweeping again and again never takes a file that is being stored', async () => {
    let busy = true;
    const sweeping = (async () => {
      while (busy) await service.sweep(0);
    })();
    const ids = await Promise.all(Array.from({ length: 60 }, () => store()));
    busy = false;
    await sweeping;
    expect(await filesNow()).toEqual(ids.toSorted());
    expect(await rowsNow()).toHaveLength(60);
  });
});
