import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { EVENTS, type EventName, type WebhookPayload } from '../../whatsapp-service/contracts/payloads.js';
import { InProcessBridge, World } from '../helpers/bridge.js';
import { eventThat, faultsOf, messageThat } from '../helpers/flow.js';

/** `UPDATE_EXAMPLES=1` writes the page anew. */
const PAGE = 'docs/webhooks.md';
const BEGIN = '<!-- examples: written by tests/flows/event-examples.test.ts -->';
const END = '<!-- /examples -->';
const FROM = '6281234567890';
/** Those of blasts are shown on their own page. */
const NAMES = (Object.keys(EVENTS) as EventName[]).filter((name) => !name.startsWith('blast.'));

let world: World;
let bridge: InProcessBridge;
/** Milliseconds by which the service's clock is ahead. */
let ahead = 0;
const examples = new Map<EventName, unknown>();

beforeAll(async () => {
  world = await World.open();
  bridge = await InProcessBridge.start(world, { SYNC_ON_READY: 'false', SYNC_BATCH_SIZE: '1', SYNC_CONCURRENT_REQUESTS: '1' }, { clock: { now: () => Date.now() + ahead } });
});
afterAll(async () => {
  const faults = faultsOf(world.receiver);
  await bridge.stop().finally(() => world.close());
  expect(faults).toEqual([]);
});

const TIME = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/;
const FIXED: Record<string, unknown> = {
  delivery_id: 'dlv_77aa0123456789abcdef0123456789ab', event_id: 'evt_0b1d0123456789abcdef0123456789ab', sync_id: 'syn_91c20123456789abcdef0123456789ab', call_id: 'CALL0123456789ABCDEF', sequence: 42, qr: '2@…',
  sha256: '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=', chats_per_second: 10,
};

/** What differs from run to run is made alike; everything else is as it came. */
function settled(value: unknown, key = ''): unknown {
  if (key in FIXED && value !== null) return FIXED[key];
  if (Array.isArray(value)) return value.map((item) => settled(item));
  if (typeof value === 'object' && value !== null) return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, settled(inner, name)]));
  if (typeof value !== 'string') return value;
  if (TIME.test(value)) return '2026-01-31T08:00:03.000Z';
  return value.replaceAll(/\bmsg_[0-9a-f]{32}/g, 'msg_0123456789abcdef0123456789abcdef').replaceAll(/(?<=_)[0-9A-F]{16,40}/g, '3A0C1F0123456789ABCD').replaceAll(/\d{16,}(?=(@|%40)g\.us)/g, '120363000000000001');
}

const keep = (event: { event: string }): void => void examples.set(event.event as EventName, settled(event));

async function collect(): Promise<void> {
  const { hub, receiver } = world;
  const { api } = bridge;
  const of = <N extends EventName>(name: N, matches?: Parameters<typeof eventThat<N>>[2]) => eventThat(receiver, ['sales', name], matches);
  await api.pair(world, 'sales', { workspace_id: 7, seed: { chats: 3, groupShare: 0.34, participants: 3, now: Date.UTC(2026, 0, 31) } });
  keep(await of('session.qr'));
  keep(await of('session.status', ({ data }) => data.state === 'WORKING'));

  const { message_ids: [imageId] } = await hub.inbound('sales', { from: FROM, type: 'image', media: { size: 20_480, caption: 'Ini ya' } });
  keep(await messageThat(receiver, 'sales', imageId));
  const { message_ids: [textId] } = await hub.inbound('sales', { from: FROM, body: 'besok jam 10' });
  await messageThat(receiver, 'sales', textId);
  await hub.edit('sales', textId!, 'besok jam 11');
  keep(await of('message.edited'));
  await hub.react('sales', textId!, { emoji: '👍', from: `${FROM}@c.us` });
  keep(await of('message.reaction'));
  await hub.revoke('sales', textId!);
  keep(await of('message.revoked'));
  const { id } = await api.ok<{ id: string }>('POST', '/api/messages', { session_id: 'sales', to: FROM, text: 'Pesanan Anda dikirim.' });
  keep(await of('message.sent', ({ data }) => data.id === id));
  keep(await of('message.ack', ({ data }) => data.id === id && data.ack_name === 'READ'));

  const group = (await api.ok<{ chats: { chat_id: string }[] }>('GET', '/api/sessions/sales/chats?type=group')).chats[0]!.chat_id;
  const me = `${(await api.session('sales')).phone!.slice(1)}@c.us`;
  await hub.groupJoin('sales', { group, participants: ['6281299900001'], by: me });
  keep(await of('group.join'));
  await hub.groupLeave('sales', { group, participants: ['6281299900001'] });
  keep(await of('group.leave'));
  await hub.groupUpdate('sales', { group, subject: 'Reseller Bandung', by: me });
  keep(await of('group.update'));
  await hub.call('sales', { from: FROM });
  keep(await of('call'));

  // What has happened so far may be of the same second in two chats; which of them is synced first must not be chance.
  const { message_ids: [last] } = await hub.inbound('sales', { group, body: 'Terima kasih', at: Date.now() + 5_000 });
  await messageThat(receiver, 'sales', last);

  // Progress is told each few seconds: they pass with the first batch, and the second one waits for it.
  receiver.answerWith(async ({ body }) => {
    const { number } = (body?.batch ?? {}) as { number?: number };
    if (number === 1) ahead += 10_000;
    if (number === 2) await of('chats.sync.progress');
    return { status: 202 };
  });
  await api.ok('POST', '/api/sessions/sales/chats/sync', {});
  keep(await of('chats.sync.completed'));
  keep(await of('chats.sync.started'));
  keep(await of('chats.sync.progress', ({ data }) => data.synced === 1));
  receiver.answerWith((request) => (request.path.endsWith('/chats/sync') ? 'hang' : { status: 202 }));
  await api.ok('POST', '/api/sessions/sales/chats/sync', {});
  await receiver.waitFor(() => receiver.requests.some((request) => request.path.endsWith('/chats/sync') && request.status === null), { what: 'a batch that hangs' });
  await hub.logoutFromPhone('sales');
  keep(await of('chats.sync.failed'));
  receiver.accept();
}

/** As on the page: the whole request for `message`, the `data` of the others. */
function pageOf(): string {
  const block = (value: unknown): string => `\`\`\`json\n${JSON.stringify(value, null, 2)}\n\`\`\``;
  const parts = NAMES.map((name) => {
    const payload = examples.get(name) as WebhookPayload;
    return `<details><summary><code>${name}</code></summary>\n\n${block(name === 'message' ? payload : payload.data)}\n\n</details>`;
  });
  return `${BEGIN}\n\n${parts.join('\n')}\n\n${END}`;
}

test('the page shows an example of each event of a session, as it really comes', async () => {
  await collect();
  expect(NAMES.filter((name) => !examples.has(name))).toEqual([]);
  const page = readFileSync(PAGE, 'utf8');
  const shown = page.slice(page.indexOf(BEGIN), page.indexOf(END) + END.length);
  if (process.env.UPDATE_EXAMPLES === '1') writeFileSync(PAGE, page.replace(shown, () => pageOf()));
  else expect(shown).toBe(pageOf());
});
