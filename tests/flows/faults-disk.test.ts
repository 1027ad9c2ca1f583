import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ErrorBody } from '../../whatsapp-service/contracts/errors.js';
import type { MessageView } from '../../whatsapp-service/contracts/message-api.js';
import { World } from '../helpers/bridge.js';
import { arrivals, brokenPromises, sentTo, sorted } from '../helpers/fault-checks.js';
import { MortalBridge } from '../helpers/fault-service.js';
import { faultsOf } from '../helpers/flow.js';
import { until } from '../helpers/sandbox-client.js';

const SESSION = 'shop';
const DISK_MB = 24;
const TIMEOUT_MS = 400_000;

/** A disk of its own for the database needs root on Linux. */
const canMount = process.platform === 'linux' && process.getuid?.() === 0;
if (!canMount && process.env.CI !== 'true') console.warn('SKIPPED: the disk that fills up. It needs root on Linux, to mount a small disk: run the tests in a container, or with sudo.');
const onOwnDisk = canMount || process.env.CI === 'true' ? describe : describe.skip;

onOwnDisk('a disk that is full', () => {
  let world: World;
  let bridge: MortalBridge;
  let data: string;

  beforeAll(async () => {
    world = await World.open();
    data = join(world.dir, 'data');
    mkdirSync(data);
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_MB}m`, 'tmpfs', data]);
    bridge = new MortalBridge(world, { SYNC_ON_READY: 'false' });
    await bridge.start();
    await bridge.api.pair(world, SESSION, { seed: { chats: 20, now: Date.now() - 60_000 } });
  });
  afterAll(async () => {
    await bridge.kill();
    execFileSync('umount', ['--lazy', data]);
    await world.close();
  });

  const ballast = (): string => join(data, 'ballast');
  function fill(): void {
    const { bavail, bsize } = statfsSync(data);
    try {
      writeFileSync(ballast(), Buffer.alloc(bavail * bsize));
    } catch (error) {
      // The service took the last of it.
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    }
  }

  test('loses nothing: the page keeps what comes, a send is refused with a reason, and all goes on when there is room', async () => {
    const send = (text: string) => bridge.api.request<MessageView & ErrorBody>('POST', '/api/messages', { session_id: SESSION, to: '0812-3000-0001', text }, { 'Idempotency-Key': text });
    const start = (await world.hub.messages(SESSION)).at(-1)?.order ?? 0;
    expect((await send('before')).status).toBe(202);

    fill();
    await world.hub.inbound(SESSION, { spread: 10, count: 2_000, body: 'pesan '.repeat(100) });
    await until(() => bridge.output.includes('Events could not be stored'), { name: 'a hand-over has failed', timeoutMs: 30_000 });
    // What still fits into the space that the database has already is taken; the first that does not is refused.
    const accepted = ['before'];
    const refused = await until(async () => {
      const text = `meanwhile-${accepted.length}`;
      const answer = await send(text);
      if (answer.status === 202) accepted.push(text);
      return answer.status === 202 ? null : { ...answer, text };
    }, { name: 'a send is refused', timeoutMs: 30_000 });
    expect(refused.status).toBe(503);
    expect(refused.body.error).toMatchObject({ code: 'storage_unavailable', details: { reason: 'disk_full' } });
    expect(refused.headers.get('retry-after')).not.toBeNull();
    expect((await bridge.api.request('GET', '/health')).status).toBe(200);

    rmSync(ballast());
    const after = await send(refused.text);
    expect(after.status).toBe(202);
    await bridge.api.messageIn(after.body.id, 'read');
    const brought = (await world.hub.messages(SESSION)).filter(({ order, type }) => order > start && type !== 'gp2');
    const count = (): number => [...arrivals(world.receiver, SESSION).values()].flat().length;
    await world.receiver.waitFor(() => count() >= 2_000, { what: 'all 2,000 messages', timeoutMs: 60_000 });
    expect(sorted(arrivals(world.receiver, SESSION))).toEqual(sorted(sentTo(brought)));
    expect(brokenPromises(world.receiver, SESSION)).toEqual([]);
    expect(faultsOf(world.receiver)).toEqual([]);
    const texts = (await world.hub.sent(SESSION)).map(({ body, deliveries }) => [body, deliveries]);
    expect(texts.sort()).toEqual([...accepted, refused.text].sort().map((text) => [text, 1]));
    expect(bridge.starts).toBe(1);
    expect(bridge.alive).toBe(true);
  }, TIMEOUT_MS);
});
