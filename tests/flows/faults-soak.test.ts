import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { World } from '../helpers/bridge.js';
import { arrivals, brokenPromises, Chance, pause, sentTo, sorted } from '../helpers/fault-checks.js';
import { browsersOf, membersOf, MortalBridge } from '../helpers/fault-service.js';
import { faultsOf, rowsOf } from '../helpers/flow.js';
import { drift, residentMb, sharedMb } from '../helpers/process-memory.js';
import { until } from '../helpers/sandbox-client.js';

/** How long; `npm run test:faults` makes it twenty minutes. */
const SECONDS = Number(process.env.SOAK_SECONDS ?? 18);
const SEED = Number(process.env.FAULT_SEED ?? 20_261_126);
const SESSIONS = ['shop', 'clinic'];
const MESSAGES_A_SECOND = 20;

let world: World;
let bridge: MortalBridge;

beforeAll(async () => {
  world = await World.open();
  bridge = new MortalBridge(world, { SYNC_ON_READY: 'false' });
  await bridge.start();
  for (const id of SESSIONS) await bridge.api.pair(world, id, { seed: { chats: 200, groupShare: 0.3, participants: 10, now: Date.now() - 60_000 } });
});
afterAll(async () => {
  await bridge.kill();
  await world.close();
});

test(`${SECONDS} s of everything at once: memory of node and of the browsers stays flat, and nothing is lost (seed ${SEED})`, async () => {
  const chance = new Chance(SEED);
  const starts = new Map<string, number>();
  for (const id of SESSIONS) starts.set(id, (await world.hub.messages(id)).at(-1)?.order ?? 0);
  const node: number[] = [];
  const browsers: number[] = [];
  const accepted: string[] = [];
  const end = Date.now() + SECONDS * 1_000;
  for (let second = 0; Date.now() < end; second++) {
    const next = Date.now() + 1_000;
    for (const id of SESSIONS) {
      await world.hub.inbound(id, { spread: 50, count: MESSAGES_A_SECOND / SESSIONS.length, body: 'pesan' });
      const { id: message } = await bridge.api.ok<{ id: string }>('POST', '/api/messages', { session_id: id, to: `6281300000${chance.between(100, 199)}`, text: `kabar ${second}` }, { 'Idempotency-Key': `${id}-${second}` });
      accepted.push(message);
    }
    if (second % 10 === 3) await bridge.api.request('POST', `/api/sessions/${SESSIONS[0]}/chats/sync`, {});
    if (second % 15 === 7) world.receiver.answerNext(40, { status: 500 });
    await bridge.api.ok('GET', '/api/sessions/shop/chats?limit=50');
    await bridge.api.request('GET', '/metrics');
    node.push(residentMb(bridge.pid));
    browsers.push(sharedMb(membersOf(SESSIONS.flatMap((id) => browsersOf(world, id)))));
    await pause(Math.max(0, next - Date.now()));
  }

  await until(() => rowsOf(join(world.dir, 'data'), "select 1 from outbox where state = 'pending'").length === 0, { name: 'the outbox is empty', timeoutMs: 60_000 });
  for (const id of SESSIONS) {
    const brought = (await world.hub.messages(id)).filter(({ order, type }) => order > (starts.get(id) ?? 0) && type !== 'gp2');
    expect(sorted(arrivals(world.receiver, id))).toEqual(sorted(sentTo(brought)));
    expect(brokenPromises(world.receiver, id)).toEqual([]);
    expect((await world.hub.sent(id)).filter(({ deliveries }) => deliveries !== 1)).toEqual([]);
  }
  expect((await Promise.all(SESSIONS.map((id) => world.hub.sent(id)))).flat()).toHaveLength(accepted.length);
  expect(faultsOf(world.receiver)).toEqual([]);
  console.log(`node ${node.at(0)?.toFixed(0)} → ${node.at(-1)?.toFixed(0)} MB, drift ${drift(node).toFixed(1)}; browsers ${browsers.at(0)?.toFixed(0)} → ${browsers.at(-1)?.toFixed(0)} MB, drift ${drift(browsers).toFixed(1)}`);
  expect(drift(node)).toBeLessThan(30);
  expect(drift(browsers)).toBeLessThan(60);
}, (SECONDS + 180) * 1_000);
