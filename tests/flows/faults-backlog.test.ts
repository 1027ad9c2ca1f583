import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { World } from '../helpers/bridge.js';
import { arrivals, brokenPromises, pause, sentTo, sorted } from '../helpers/fault-checks.js';
import { MortalBridge } from '../helpers/fault-service.js';
import { rowsOf } from '../helpers/flow.js';
import { drift, residentMb } from '../helpers/process-memory.js';
import { until } from '../helpers/sandbox-client.js';

const SESSION = 'shop';
/** Messages that wait for a backend that is away; `npm run test:faults` makes it 100,000. */
const BACKLOG = Number(process.env.FAULT_BACKLOG ?? 5_000);
const CHUNK = 1_000;
const CHATS = 300;
const TIMEOUT_MS = 900_000;
/** The default one, a thousand times faster: two minutes are more than a day. */
const SCHEDULE = '10ms,30ms,120ms,600ms,1800ms,3600ms,10800ms,21600ms,43200ms,86400ms*4';

let world: World;
let bridge: MortalBridge;

beforeAll(async () => {
  world = await World.open();
  bridge = new MortalBridge(world, { SYNC_ON_READY: 'false', WEBHOOK_RETRY_SCHEDULE: SCHEDULE, WEBHOOK_BREAKER_MS: '300' });
  await bridge.start();
  await bridge.api.pair(world, SESSION, { seed: { chats: CHATS, now: Date.now() - 60_000 } });
  await until(() => count("select count(*) as n from outbox where state = 'pending'") === 0, { name: 'the outbox is empty' });
});
afterAll(async () => {
  await bridge.kill();
  await world.close();
});

const count = (query: string): number => rowsOf<{ n: number }>(join(world.dir, 'data'), query)[0]?.n ?? 0;
const committed = (): number => count("select count(*) as n from event where name = 'message'");
const attempts = (): number => count("select coalesce(sum(attempts), 0) as n from outbox where state = 'pending'");

test(`a backend that is away while ${BACKLOG.toLocaleString('en')} messages come: memory stays flat, it is asked calmly, and has everything in order when it is back`, async () => {
  const start = (await world.hub.messages(SESSION)).at(-1)?.order ?? 0;
  await world.receiver.down();
  const memory: number[] = [];
  for (let brought = 0; brought < BACKLOG; brought += CHUNK) {
    await world.hub.inbound(SESSION, { spread: CHATS, count: CHUNK, body: 'pesan' });
    await until(() => committed() >= brought + CHUNK, { name: `${brought + CHUNK} messages are committed`, timeoutMs: 60_000 });
    for (let sample = 0; sample < 3; sample++) {
      memory.push(residentMb(bridge.pid));
      await pause(100);
    }
  }
  // What a page sends and a collection takes away moves it by some; what is kept for each message would be hundreds.
  expect(drift(memory)).toBeLessThan(40);

  // No hot loop: a chat asks once in its turn of the schedule, whatever waits behind its first message.
  const before = attempts();
  await pause(2_000);
  expect(attempts() - before).toBeLessThanOrEqual(CHATS * 3);

  // Before it is well again it is ill in other ways.
  for (const ill of ['hang', { status: 500 }, 'drop', { status: 429, headers: { 'Retry-After': '1' } }, { status: 401 }] as const) {
    world.receiver.answerWith(ill);
    await world.receiver.up();
    const { requests } = world.receiver.counts();
    await world.receiver.waitFor(() => world.receiver.counts().requests > requests, { what: `a request to a backend that is ill: ${JSON.stringify(ill)}`, timeoutMs: 30_000 });
  }
  expect(count("select count(*) as n from outbox where state = 'dead'")).toBe(0);
  world.receiver.accept();
  await world.receiver.waitFor(() => (world.receiver.counts().byEvent.message ?? 0) >= BACKLOG, { what: `all ${BACKLOG} messages`, timeoutMs: TIMEOUT_MS / 2 });
  await until(() => count("select count(*) as n from outbox where state = 'pending'") === 0, { name: 'the outbox is empty', timeoutMs: 60_000 });
  const brought = (await world.hub.messages(SESSION)).filter(({ order, type }) => order > start && type !== 'gp2');
  expect(sorted(arrivals(world.receiver, SESSION))).toEqual(sorted(sentTo(brought)));
  expect(brokenPromises(world.receiver, SESSION)).toEqual([]);
  expect(bridge.starts).toBe(1);
}, TIMEOUT_MS);
