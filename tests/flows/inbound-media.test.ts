import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { InProcessBridge, TEST_KEY, World } from '../helpers/bridge.js';
import { eventThat, faultsOf, messageThat, rowsOf, type EventOf } from '../helpers/flow.js';
import { until } from '../helpers/sandbox-client.js';

const FROM = '6285712345678';
const MIB = 1_048_576;

let world: World;
let bridge: InProcessBridge;

beforeAll(async () => {
  world = await World.open();
  bridge = await InProcessBridge.start(world, { INBOUND_MEDIA_MAX_MB: '24' });
  await bridge.api.pair(world, 'shop', { seed: { chats: 2, now: Date.now() - 60_000 } });
});
afterAll(async () => {
  const faults = faultsOf(world.receiver);
  await bridge.stop().finally(() => world.close());
  expect(faults).toEqual([]);
});

const bring = async (spec: Parameters<World['hub']['inbound']>[1]): Promise<EventOf<'message'>['data']> => {
  const { message_ids: [id] } = await world.hub.inbound('shop', { from: FROM, ...spec });
  return (await messageThat(world.receiver, 'shop', id)).data;
};
const get = (path: string, key = TEST_KEY): Promise<Response> => fetch(bridge.api.url + path, { headers: { 'X-Api-Key': key } });
const code = async (answer: Response): Promise<[number, string]> => [answer.status, ((await answer.json()) as { error: { code: string } }).error.code];
const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('base64');

describe('the file of an incoming message', () => {
  test('is what its webhook says: size, type, name and hash; and is fetched from WhatsApp once', async () => {
    const { message_id: id, media } = await bring({ type: 'document', media: { size: 300_000, filename: 'tagihan "Mei".pdf' } });
    expect(media).toMatchObject({ mimetype: 'application/pdf', size: 300_000, path: `/api/messages/${encodeURIComponent(id)}/media?session_id=shop` });
    const answer = await get(media!.path!);
    expect([answer.status, answer.headers.get('content-type'), answer.headers.get('content-length'), answer.headers.get('content-disposition')]).toEqual([
      200, 'application/pdf', '300000', expect.stringMatching(/^attachment; filename\*=UTF-8''tagihan/),
    ]);
    const bytes = Buffer.from(await answer.arrayBuffer());
    expect([bytes.length, sha256(bytes)]).toEqual([300_000, media!.sha256]);
    // From here on it is on disk: WhatsApp is not asked again, not even for a session that is stopped.
    await bridge.api.ok('POST', '/api/sessions/shop/stop');
    expect((await get(`/api/messages/${encodeURIComponent(id)}/media`)).status).toBe(200);
    await bridge.api.ok('POST', '/api/sessions/shop/start');
    await bridge.api.inState('shop', 'WORKING');
  });

  test('of 20 MiB passes in pieces: the memory of the process does not take it in', async () => {
    const { media } = await bring({ type: 'video', media: { size: 20 * MIB } });
    const answers = await Promise.all(Array.from({ length: 3 }, () => get(media!.path!)));
    for (const answer of answers) {
      const hash = createHash('sha256');
      let size = 0;
      for await (const chunk of answer.body!) {
        hash.update(chunk as Uint8Array);
        size += (chunk as Uint8Array).length;
      }
      expect([answer.status, size, hash.digest('base64')]).toEqual([200, 20 * MIB, media!.sha256]);
    }
    expect(rowsOf(join(world.dir, 'data'), "select 1 from inbound_media where size > 20000000")).toHaveLength(1);
    expect(await readdir(join(world.dir, 'data', 'inbound-media', 'tmp'))).toEqual([]);
  });

  test('is refused in plain words: none, too large, unknown, not this key’s', async () => {
    const text = await bring({ body: 'tanpa file' });
    expect(await code(await get(`/api/messages/${encodeURIComponent(text.message_id)}/media`))).toEqual([404, 'message_without_media']);
    const large = await bring({ type: 'video', media: { size: 25 * MIB } });
    expect(await code(await get(large.media!.path!))).toEqual([413, 'media_too_large']);
    expect(await code(await get('/api/messages/false_1@c.us_NONE/media'))).toEqual([404, 'message_not_found']);
    expect(await code(await get('/api/messages/false_1@c.us_NONE/media?session_id=shop'))).toEqual([404, 'message_not_found']);
    expect(await code(await get('/api/messages/msg_none/media'))).toEqual([404, 'message_not_found']);
    const { key } = await bridge.api.ok<{ key: string }>('POST', '/api/keys', { name: 'other', scopes: ['read'], sessions: ['other'] });
    expect((await get(large.media!.path!, key)).status).toBe(403);
    expect(await code(await get(large.media!.path!.split('?')[0]!, key))).toEqual([404, 'message_not_found']);
  });

  test('that was sent over the API is to be had, too', async () => {
    const { id } = await bridge.api.ok<{ id: string }>('POST', '/api/messages', { session_id: 'shop', to: FROM, type: 'document', media: { base64: Buffer.from('halo dunia').toString('base64'), filename: 'halo.txt' } });
    await bridge.api.messageIn(id, 'read');
    expect(await (await get(`/api/messages/${id}/media`)).text()).toBe('halo dunia');
  });
});

test('with INBOUND_MEDIA=download it is there by itself, and goes when its time is over', async () => {
  await bridge.stop();
  bridge = await InProcessBridge.start(world, { INBOUND_MEDIA: 'download', INBOUND_MEDIA_DIR: join(world.dir, 'files') });
  await bridge.api.inState('shop', 'WORKING');
  const { message_id: id, media } = await bring({ type: 'image', media: { size: 5_000 } });
  const rows = () => rowsOf<{ state: string; size: number; id: string }>(join(world.dir, 'data'), 'select id, state, size from inbound_media where message_id = ?', id);
  await until(() => rows()[0]?.state === 'kept', { name: 'the file is kept' });
  expect(await readdir(join(world.dir, 'files'))).toContain(rows()[0]!.id);
  await world.hub.loseConnection('shop');
  await eventThat(world.receiver, ['shop', 'session.status'], ({ data }) => data.code === 'connection_lost');
  const answer = await get(media!.path!);
  expect(sha256(Buffer.from(await answer.arrayBuffer()))).toBe(media!.sha256);
  await world.hub.restoreConnection('shop');
});
