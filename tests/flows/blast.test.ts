import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { BlastJobView, BlastRecipientList, StartedBlast } from '../../whatsapp-service/contracts/blast-api.js';
import { InProcessBridge, World } from '../helpers/bridge.js';
import { until } from '../helpers/sandbox-client.js';

const ROOT = '/api/whatsapp/blast';

let world: World;
let bridge: InProcessBridge;

beforeAll(async () => {
  world = await World.open();
  bridge = await InProcessBridge.start(world, { SYNC_ON_READY: 'false' });
  await bridge.api.pair(world, 'sales', { seed: { chats: 5 } });
}, 60_000);
afterAll(async () => {
  await bridge.stop();
  await world.close();
});

const start = (body: object): Promise<StartedBlast> => bridge.api.ok('POST', `${ROOT}/start`, { session_id: 'sales', ...body });
const inState = (id: string, state: string): Promise<BlastJobView> =>
  until(async () => {
    const job = await bridge.api.ok<BlastJobView>('GET', `${ROOT}/${id}`);
    return job.state === state ? job : null;
  }, { timeoutMs: 30_000, name: `blast ${id} is ${state}` });

describe('a blast', () => {
  test('reaches each recipient once, with their own text', async () => {
    const { job, accepted, duplicates, invalid } = await start({
      content: { type: 'text', text: 'Halo {{name|friend}}, code {{code|-}}' },
      recipients: ['0812-1000-0001', { phone: '+6281210000002', variables: { name: 'Budi', code: 7 } }, '6281210000001', 'nobody'],
    });
    expect({ accepted, duplicates, invalid }).toEqual({ accepted: 2, duplicates: 1, invalid: 1 });
    const done = await inState(job.id, 'COMPLETED');
    expect(done.progress).toMatchObject({ total: 2, done: 2, percent: 100, invalid: 1, skipped_by_reason: { duplicate: 1 } });
    const { recipients } = await bridge.api.ok<BlastRecipientList>('GET', `${ROOT}/${job.id}/recipients`);
    expect(recipients.map(({ phone, attempts }) => ({ phone, attempts }))).toEqual([{ phone: '+6281210000001', attempts: 1 }, { phone: '+6281210000002', attempts: 1 }]);
    const sent = await world.hub.sent('sales');
    expect(sent.map(({ to, body, deliveries }) => ({ to, body, deliveries }))).toEqual([
      { to: '6281210000001@c.us', body: 'Halo friend, code -', deliveries: 1 },
      { to: '6281210000002@c.us', body: 'Halo Budi, code 7', deliveries: 1 },
    ]);
  }, 60_000);
});
