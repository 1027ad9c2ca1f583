import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { MessageView } from '../../whatsapp-service/contracts/message-api.js';
import { sleep } from '../../whatsapp-service/shared/clock.js';
import { BridgeProcess, World } from '../helpers/bridge.js';
import { until } from '../helpers/sandbox-client.js';
import { seeded } from '../helpers/seeded.js';

const ROUNDS = Number(process.env.SEND_ONCE_ROUNDS ?? 4);
const PER_ROUND = 20;
const SEED = Number(process.env.SEND_ONCE_SEED ?? 20_260_131);
const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

const bodyOf = (name: string, index: number): object =>
  index % 5 === 4
    ? { session_id: 'sales', to: '0812-9876-5432', type: 'image', media: { base64: PNG, mimetype: 'image/png' }, caption: name }
    : { session_id: 'sales', to: '0812-9876-5432', text: name };

describe(`a message is sent once, through kill -9 (seed ${SEED})`, () => {
  let world: World;
  beforeAll(async () => void (world = await World.open()));
  afterAll(() => world.close());

  test(`${ROUNDS} rounds with ${PER_ROUND} messages each`, async () => {
    const random = seeded(SEED);
    const env = { SYNC_ON_READY: 'false' };
    let bridge = await BridgeProcess.start(world, env);
    await bridge.api.pair(world, 'sales', { seed: { chats: 5 } });
    const wanted: string[] = [];
    const ids = new Map<string, string>();

    /** As a careful caller does it: the same key until there is an answer. */
    const post = async (name: string, index: number): Promise<boolean> => {
      const answer = await bridge.api.request<MessageView>('POST', '/api/messages', bodyOf(name, index), { 'Idempotency-Key': name }).catch(() => null);
      if (!answer || answer.status >= 500) return false;
      expect([200, 202]).toContain(answer.status);
      ids.set(name, answer.body.id);
      return true;
    };

    for (let round = 0; round < ROUNDS; round++) {
      const names = Array.from({ length: PER_ROUND }, (_, index) => `round-${round}-message-${index}`);
      wanted.push(...names);
      // Killed while it sends, and not only while it starts.
      await bridge.api.inState('sales', 'WORKING');
      const dying = sleep(random() * 500).then(() => bridge.kill());
      await Promise.all(names.map((name, index) => post(name, index)));
      await dying;
      bridge = await BridgeProcess.start(world, env);
      for (const [index, name] of names.entries()) if (!ids.has(name)) expect(await post(name, index)).toBe(true);
    }

    await bridge.api.inState('sales', 'WORKING');
    const under = async (state: string): Promise<number> => (await bridge.api.ok<{ messages: unknown[] }>('GET', `/api/messages?state=${state}&limit=200`)).messages.length;
    await until(async () => (await under('queued')) + (await under('sending')) === 0, { timeoutMs: 120_000, name: 'nothing is under way' });
    expect(await under('unknown')).toBe(0);
    expect(await under('failed')).toBe(0);

    const sent = await world.hub.sent('sales');
    const messages = await Promise.all([...ids.values()].map((id) => bridge.api.ok<MessageView>('GET', `/api/messages/${id}`)));
    expect(ids.size).toBe(wanted.length);
    expect(new Set(ids.values()).size).toBe(wanted.length);
    // One delivery for each accepted message, under the id that its row has, and none besides.
    expect(sent.map((message) => message.message_id).sort()).toEqual(messages.map((message) => message.message_id).sort());
    expect(sent.filter((message) => message.deliveries !== 1)).toEqual([]);
    expect(sent.filter((message) => message.type === 'chat').map((message) => message.body).sort()).toEqual(wanted.filter((_, i) => (i % PER_ROUND) % 5 !== 4).sort());
    expect(await bridge.terminate()).toBe(0);
  }, 1_800_000);
});
