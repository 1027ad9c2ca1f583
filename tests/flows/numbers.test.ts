import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { NumberResult } from '../../whatsapp-service/contracts/number-api.js';
import { BridgeApi, InProcessBridge, World, type Answer } from '../helpers/bridge.js';

interface ErrorBody {
  error: { code: string; details?: Record<string, unknown> };
}

let world: World;
let bridge: InProcessBridge;

const check = async (session: string, numbers: unknown[], more: Record<string, unknown> = {}): Promise<NumberResult[]> =>
  (await bridge.api.ok<{ results: NumberResult[] }>('POST', '/api/numbers/check', { session_id: session, numbers, ...more })).results;
const refused = async (body: unknown, api: BridgeApi = bridge.api): Promise<[number, string]> => {
  const answer: Answer<ErrorBody> = await api.request<ErrorBody>('POST', '/api/numbers/check', body);
  return [answer.status, answer.body.error.code];
};
const act = (id: string, action: string): Promise<unknown> => bridge.api.ok('POST', `/api/sessions/${id}/${action}`);

beforeAll(async () => {
  world = await World.open();
  bridge = await InProcessBridge.start(world, { SYNC_ON_READY: 'false' });
  await world.hub.unregister('6281999');
  await bridge.api.pair(world, 'sales');
});
afterAll(async () => {
  await bridge.stop();
  await world.close();
});

describe('POST /api/numbers/check', () => {
  test('every spelling of one number is one person, and one who is not there is told', async () => {
    const results = await check('sales', ['0812-3456-7890', '+62 812-3456-7890', '81234567890', '6281234567890', '081999000001', 'budi', '+65 8123 4567']);
    const known = { phone: '+6281234567890', jid: '6281234567890@c.us', on_whatsapp: true, cached: false };
    expect(results).toMatchObject([
      known, known, known, known,
      { phone: '+6281999000001', jid: null, on_whatsapp: false },
      { phone: null, jid: null, on_whatsapp: null, reason: 'invalid_phone' },
      { phone: '+6581234567', jid: '6581234567@c.us', on_whatsapp: true },
    ]);
  });

  test('what is known is answered without a session that works; what is not, is a 409', async () => {
    await act('sales', 'stop');
    expect(await check('sales', ['081234567890', '081999000001'])).toMatchObject([{ on_whatsapp: true, cached: true }, { on_whatsapp: false, cached: true }]);
    expect(await refused({ session_id: 'sales', numbers: ['081234567890', '081200000077'] })).toEqual([409, 'session_wrong_state']);
    expect(await refused({ session_id: 'sales', numbers: ['081234567890'], refresh: true })).toEqual([409, 'session_wrong_state']);
    await act('sales', 'start');
    await bridge.api.inState('sales', 'WORKING');
    await world.hub.unregister('6281999', false);
    expect(await check('sales', ['081999000001'], { refresh: true })).toMatchObject([{ on_whatsapp: true, cached: false }]);
  });

  test('500 at once, in their order, and in LID mode by their phones', async () => {
    await bridge.api.pair(world, 'lids', { lidMode: true });
    const numbers = Array.from({ length: 500 }, (_, index) => `0812345${String(index).padStart(5, '0')}`);
    const results = await check('lids', numbers);
    expect(results.map(({ phone, jid, on_whatsapp: on }) => [phone, jid, on])).toEqual(numbers.map((number) => [`+62${number.slice(1)}`, `62${number.slice(1)}@c.us`, true]));
  });

  test('a page that hangs is a 503 with a time to wait', async () => {
    await bridge.stop();
    bridge = await InProcessBridge.start(world, { SYNC_ON_READY: 'false', SESSION_CALL_TIMEOUT_MS: '1000', SESSION_WATCHDOG_INTERVAL_MS: '60000' });
    await bridge.api.inState('sales', 'WORKING');
    await world.hub.hangPage('sales', 2_500);
    const answer = await bridge.api.request<ErrorBody>('POST', '/api/numbers/check', { session_id: 'sales', numbers: ['081200000088'] });
    expect([answer.status, answer.body.error.code, answer.headers.get('retry-after')]).toEqual([503, 'session_unavailable', '5']);
  });

  test('what cannot be meant, and whom it is not meant for', async () => {
    expect(await refused({ session_id: 'sales', numbers: [] })).toEqual([400, 'invalid_request']);
    expect(await refused({ session_id: 'sales', numbers: Array.from({ length: 501 }, () => '081234567890') })).toEqual([400, 'invalid_request']);
    expect(await refused({ numbers: ['081234567890'] })).toEqual([400, 'invalid_request']);
    expect(await refused({ session_id: 'nobody', numbers: ['081234567890'] })).toEqual([404, 'session_not_found']);
    const { key } = await bridge.api.ok<{ key: string }>('POST', '/api/keys', { name: 'other', scopes: ['send'], sessions: ['lids'] });
    expect(await refused({ session_id: 'sales', numbers: ['081234567890'] }, new BridgeApi(bridge.api.url, key))).toEqual([403, 'forbidden']);
  });
});
