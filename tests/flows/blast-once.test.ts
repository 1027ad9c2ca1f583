import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { BlastJobView, BlastRecipientList, StartedBlast } from '../../whatsapp-service/contracts/blast-api.js';
import { World } from '../helpers/bridge.js';
import { MortalBridge } from '../helpers/fault-service.js';
import { pause, withChance } from '../helpers/fault-checks.js';
import { until } from '../helpers/sandbox-client.js';

const ROOT = '/api/whatsapp/blast';
const ROUNDS = Number(process.env.BLAST_KILL_ROUNDS ?? 3);
const RECIPIENTS = 200;
/** Messages a second: slow enough that the blast still runs in the last round. */
const PACE = ROUNDS > 5 ? 1 : 20;

describe('each recipient of a blast gets it once', () => {
  let world: World;
  let service: MortalBridge;
  beforeAll(async () => {
    world = await World.open();
    service = new MortalBridge(world, { SYNC_ON_READY: 'false' });
  });
  afterAll(async () => {
    await service.kill();
    await world.close();
  });

  test(`through ${ROUNDS} rounds of kill -9, with pauses, resumes and edits in between`, () => withChance(async (chance) => {
    await service.start();
    await service.api.pair(world, 'sales', { seed: { chats: 3 } });
    const everyone = Array.from({ length: RECIPIENTS }, (_, index) => `+62812${String(70_000_000 + index)}`);
    const removed = everyone.slice(-5);
    const { job } = await service.api.ok<StartedBlast>('POST', `${ROOT}/start`, {
      session_id: 'sales', content: { type: 'text', text: 'Halo {{phone}}' }, recipients: everyone.slice(0, -3), pace: { per_second: PACE, pause_after_failures: 0 },
    });
    const path = `${ROOT}/${job.id}`;
    // A command that the kill cuts off is given again, as an operator would.
    const tell = (method: string, action: string, body?: object): Promise<unknown> => service.api.request(method, path + action, body).catch(() => null);
    const commands = [
      () => tell('POST', '/pause'),
      () => tell('POST', '/resume'),
      () => tell('PATCH', '', { pace: { per_second: chance.between(PACE, 2 * PACE) } }),
      () => tell('PATCH', '', { content: { type: 'text', text: 'Halo {{phone}}', variants: ['Halo {{phone}}'] } }),
    ];

    for (let round = 0; round < ROUNDS; round++) {
      const until = Date.now() + chance.between(200, 2_000);
      const dying = pause(until - Date.now()).then(() => service.kill());
      const { api } = service;
      if ((await api.request<BlastJobView>('GET', path).catch(() => null))?.body.state === 'PAUSED' && chance.next() < 0.7) await tell('POST', '/resume');
      while (Date.now() < until) {
        await commands[chance.between(0, commands.length - 1)]?.();
        await pause(chance.between(0, 150));
      }
      await dying;
      await service.back('sales');
    }

    expect((await service.api.ok<BlastJobView>('GET', path)).state).toMatch(/^(RUNNING|PAUSED)$/);
    await until(() => service.api.ok('PATCH', path, { add_recipients: everyone.slice(-3), remove_recipients: removed, pace: { per_second: 0 } }).then(() => true, () => false), { name: 'the last edit' });
    await service.api.ok('POST', `${path}/resume`);
    const done = await until(async () => {
      const view = await service.api.ok<BlastJobView>('GET', path);
      return view.state === 'COMPLETED' ? view : null;
    }, { timeoutMs: 120_000, name: 'the blast is completed' });

    const { recipients } = await service.api.ok<BlastRecipientList>('GET', `${path}/recipients?limit=500`);
    const reached = recipients.filter(({ state }) => ['sent', 'delivered', 'read'].includes(state)).map(({ phone }) => phone);
    const sent = await world.hub.sent('sales');
    const { failed, unknown, cancelled, queued, processing } = done.progress.states;
    expect({ failed, unknown, queued, processing, all: recipients.length }).toEqual({ failed: 0, unknown: 0, queued: 0, processing: 0, all: RECIPIENTS });
    // Whoever was taken out before their turn came got nothing; everyone else one message, under the id that their row has.
    expect(everyone.filter((phone) => !reached.includes(phone)).every((phone) => removed.includes(phone))).toBe(true);
    expect(reached.length).toBe(RECIPIENTS - cancelled);
    expect(sent.map(({ to }) => `+${to.split('@')[0]}`).sort()).toEqual([...reached].sort());
    expect(sent.filter(({ deliveries }) => deliveries !== 1)).toEqual([]);
    expect(sent.map(({ message_id: id }) => id).sort()).toEqual(recipients.flatMap(({ whatsapp_message_id: id }) => id ?? []).sort());
  }), 1_800_000);
});
