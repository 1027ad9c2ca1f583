import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { zBridgeHealth } from '../../../whatsapp-service/contracts/health-api.js';
import type { SessionView } from '../../../whatsapp-service/contracts/session-api.js';
import { DeliveryRates } from '../../../whatsapp-service/features/health/delivery-rates.js';
import { sessionHealthRoutes } from '../../../whatsapp-service/features/health/health-routes.js';
import { appendEvents, type NewEvent } from '../../../whatsapp-service/outbox/outbox-store.js';
import type { ChatSyncRow } from '../../../whatsapp-service/storage/schema.js';
import { addSession, tempStorage } from '../../helpers/temp-storage.js';
import { TestServer } from '../http/http-fixture.js';

const NOW = 1_760_000_000_000;

let temp: Awaited<ReturnType<typeof tempStorage>>;
let server: TestServer;
const rates = new DeliveryRates();
const sync = { state: 'failed', synced: 120, error: { code: 'page_error', message: 'The page failed.' } };
const view = (id: string | number, more: object = {}): SessionView => ({ id, workspace_id: 7, state: 'WORKING', sync: null, ...more }) as unknown as SessionView;

beforeEach(async () => {
  temp = await tempStorage();
  server = await TestServer.start({
    routes: sessionHealthRoutes({ storage: temp.storage, rates, clock: { now: () => NOW }, sessions: () => Promise.resolve([view(12, { sync }), view('other', { state: 'FAILED', workspace_id: null })]) }),
  });
});
afterEach(async () => {
  await server.close();
  await temp.remove();
});

const syncRow = (id: string, start: number, end: number): ChatSyncRow => ({
  id, session_id: '12', state: 'completed', options: '{}', total: 1, synced: 1, gone: 0, dead: 0, batches: 1, private: 1, groups: 0, error_code: null, error: null, created_at: start, started_at: start, finished_at: end,
});

test('tells of each session its state, its sync, its queue and its deliveries', async () => {
  const { db } = temp.storage;
  const session = await addSession(temp.storage, 12);
  const events = ['a', 'b', 'c', 'd'].map((key): NewEvent => ({ name: 'message.revoked', chatId: 'x', dedupeKey: key, at: NOW, data: { message_id: key, chat_id: 'x', from_me: false, timestamp: '2026-01-01T00:00:00.000Z' } }));
  await appendEvents(db, session, events, NOW);
  await db.updateTable('outbox').set({ state: 'dead' }).where('seq', '=', 1).execute();
  await db.updateTable('outbox').set({ state: 'delivered' }).where('seq', '=', 2).execute();
  await db.insertInto('chat_sync').values([syncRow('s1', NOW - 900_000, NOW - 890_000), syncRow('s2', NOW - 100_000, NOW - 80_000)]).execute();
  for (let i = 0; i < 30; i++) rates.note('12', i % 10 !== 0, NOW);
  const answer = await server.ask('GET', '/api/whatsapp/health', { key: 'read-key' });
  expect(answer.body).toEqual({
    sessions: [
      {
        status: 'WORKING', session_id: 12, workspace_id: 7,
        sync: { last_sync_at: new Date(NOW - 80_000).toISOString(), total_synced: 120, sync_status: 'failed', last_error: 'The page failed.' },
        queue: { depth: 2, failed_jobs: 1, processing_rate: 0.09 },
        performance: { avg_sync_time: 15, success_rate: 0.9, error_rate: 0.1 },
      },
      {
        status: 'FAILED', session_id: 'other', workspace_id: null,
        sync: { last_sync_at: null, total_synced: 0, sync_status: 'never', last_error: null },
        queue: { depth: 0, failed_jobs: 0, processing_rate: 0 },
        performance: { avg_sync_time: null, success_rate: 1, error_rate: 0 },
      },
    ],
  });
  expect(zBridgeHealth.parse(answer.body)).toEqual(answer.body);
});

test('a key sees its own sessions, and one may be asked for', async () => {
  const sessions = async (path: string, key: string): Promise<unknown[]> => ((await server.ask('GET', path, { key })).body as { sessions: { session_id: unknown }[] }).sessions.map(({ session_id: id }) => id);
  expect(await sessions('/api/whatsapp/health', 'limited-key')).toEqual([12]);
  expect(await sessions('/api/whatsapp/health?session_id=other', 'read-key')).toEqual(['other']);
  expect((await server.ask('GET', '/api/whatsapp/health?session_id=nobody', { key: 'read-key' })).status).toBe(404);
  expect((await server.ask('GET', '/api/whatsapp/health', { key: null })).status).toBe(401);
});
