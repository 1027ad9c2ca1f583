import { expect, test } from '@jest/globals';
import { createMetrics } from '../../../whatsapp-service/shared/metrics.js';

const sample = (text: string, name: string): string[] => text.split('\n').filter((line) => line.startsWith(name) && !line.startsWith('#'));

test('counts what it is told', async () => {
  const metrics = createMetrics();
  metrics.inboundEvents.inc({ kind: 'message' });
  metrics.deliveries.inc({ result: 'delivered' });
  metrics.deliverySeconds.observe(0.2);
  metrics.sessionRestarts.inc({ reason: 'page_hung' });
  metrics.messagesSent.inc({ result: 'sent' });
  metrics.syncChats.inc({ result: 'synced' }, 50);
  metrics.httpRequests.inc({ method: 'GET', route: '/x', status: '200' });
  metrics.httpSeconds.observe({ method: 'GET', route: '/x' }, 0.01);
  const { text, type } = await metrics.render();
  expect(type).toBe('text/plain; version=0.0.4; charset=utf-8');
  expect(sample(text, 'bridge_inbound_events_total')).toEqual(['bridge_inbound_events_total{kind="message"} 1']);
  expect(sample(text, 'bridge_sync_chats_total')).toEqual(['bridge_sync_chats_total{result="synced"} 50']);
  expect(sample(text, 'bridge_delivery_seconds_sum')).toEqual(['bridge_delivery_seconds_sum 0.2']);
});

test('gauges are read when they are asked for; a state without sessions disappears', async () => {
  const metrics = createMetrics();
  let states: Record<string, number> = { WORKING: 2, FAILED: 1 };
  metrics.collectFrom({ sessions: () => Promise.resolve(states), outboxPending: () => Promise.resolve(7) });
  metrics.collectFrom({ oldestUndeliveredSeconds: () => Promise.resolve(1.5) });
  const first = (await metrics.render()).text;
  expect(sample(first, 'bridge_sessions')).toEqual(['bridge_sessions{state="WORKING"} 2', 'bridge_sessions{state="FAILED"} 1']);
  expect(sample(first, 'bridge_outbox')).toEqual(['bridge_outbox_pending 7', 'bridge_outbox_oldest_seconds 1.5']);
  states = { WORKING: 3 };
  expect(sample((await metrics.render()).text, 'bridge_sessions')).toEqual(['bridge_sessions{state="WORKING"} 3']);
});

test('a source that fails or hangs is left out, and costs nothing else', async () => {
  const metrics = createMetrics();
  metrics.collectFrom({ outboxPending: () => Promise.resolve(7), sessions: () => Promise.resolve({ WORKING: 1 }) });
  await metrics.render();
  metrics.collectFrom({ outboxPending: () => Promise.reject(new Error('locked')), oldestUndeliveredSeconds: () => new Promise(() => undefined) });
  const { text } = await metrics.render();
  expect(sample(text, 'bridge_outbox')).toEqual([]);
  expect(sample(text, 'bridge_sessions')).toEqual(['bridge_sessions{state="WORKING"} 1']);
});

test('a thousand scrapes grow nothing, though endpoints come and go', async () => {
  const metrics = createMetrics();
  let scrapes = 0;
  metrics.collectFrom({
    sessions: () => Promise.resolve({ WORKING: 1 }),
    outboxPending: () => Promise.resolve(0),
    endpoints: () => Promise.resolve([{ endpoint: 'default', breaker: 'closed', paused: false }, { endpoint: `whk_${scrapes++ % 999}`, breaker: 'open', paused: true }]),
    browsers: () => Promise.resolve({ memoryBytes: 200e6, largestBytes: 100e6, featuresOff: { [`send${scrapes % 9}`]: 1 } }),
  });
  const lines = async (): Promise<string[]> => (await metrics.render()).text.split('\n').map((line) => line.replace(/ [^ ]*$/, '').replace(/(whk_|send)\d+/, '$1')).filter((line) => line.startsWith('bridge_'));
  const before = await lines();
  for (let scrape = 0; scrape < 1_000; scrape++) await metrics.render();
  expect(await lines()).toEqual(before);
});
