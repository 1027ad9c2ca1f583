import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { setTimeout as pause } from 'node:timers/promises';
import type { BlastJobView } from '../../whatsapp-service/contracts/blast-api.js';
import type { BlastNews } from '../../whatsapp-service/contracts/realtime-api.js';
import { InProcessBridge, TEST_KEY, World } from '../helpers/bridge.js';
import { until } from '../helpers/sandbox-client.js';
import { SocketClient } from '../helpers/socket-client.js';

/** The blast face over Socket.IO: the real client library, the real service, two workspaces on the sandbox. */
let world: World;
let bridge: InProcessBridge;
const open: SocketClient[] = [];

beforeAll(async () => {
  world = await World.open();
  bridge = await InProcessBridge.start(world);
  await bridge.api.pair(world, 'sales', { workspace_id: 7 });
  await bridge.api.pair(world, 'shop', { workspace_id: 'eight' });
});
afterAll(async () => {
  for (const client of open) client.close();
  await bridge.stop();
  await world.close();
});

const connect = async (auth: unknown, more?: object): Promise<SocketClient> => {
  const client = await SocketClient.connect(bridge.api.url, auth, more);
  open.push(client);
  return client;
};
const refusal = (auth: unknown, more?: object): Promise<unknown> => connect(auth, more).then(() => 'connected', (error: unknown) => (error as { data?: { error?: { code?: string } } }).data?.error?.code);
const keyFor = async (limits: object): Promise<{ id: string; key: string }> => bridge.api.ok('POST', '/api/keys', { name: 'x', scopes: ['send'], ...limits });

let next = 0;
const phones = (count: number): string[] => Array.from({ length: count }, () => `+62812${String(30_000_000 + next++)}`);
const blast = (session: string, count: number, more: object = {}): object => ({ session_id: session, content: { type: 'text', text: 'Halo' }, recipients: phones(count), ...more });
const codeOf = (answer: { ok: boolean; error?: { code: string } }): unknown => (answer.ok ? 'ok' : answer.error?.code);
const isOver = (id: string) => (news: BlastNews): boolean => news.blast_id === id && news.state === 'COMPLETED';

describe('who may connect', () => {
  test('nobody without a key, and not with one in the URL', async () => {
    expect(await refusal({})).toBe('unauthorized');
    expect(await refusal({ key: 'wrong' })).toBe('unauthorized');
    expect(await refusal({}, { query: { key: TEST_KEY, 'x-api-key': TEST_KEY, token: TEST_KEY } })).toBe('unauthorized');
    expect(await refusal({ key: 5 })).toBe('invalid_request');
    expect(await refusal({ key: { toString: 'x' } })).toBe('invalid_request');
  });

  test('a key in the handshake or in a header', async () => {
    await connect({ key: TEST_KEY });
    await connect({}, { extraHeaders: { 'X-Api-Key': TEST_KEY } });
    await connect({}, { extraHeaders: { Authorization: `Bearer ${TEST_KEY}` }, transports: ['polling'] });
  });

  test('a workspace that is not the key’s is refused, and so is a page of another site', async () => {
    const { key } = await keyFor({ workspaces: [7] });
    expect(await refusal({ key, workspace_id: 'eight' })).toBe('forbidden');
    await connect({ key, workspace_id: 7 });
    await expect(connect({ key }, { extraHeaders: { Origin: 'https://evil.example' } })).rejects.toThrow();
  });

  test('a key that is revoked ends its connections, and no others', async () => {
    const other = await connect({ key: TEST_KEY });
    const { id, key } = await keyFor({});
    const client = await connect({ key });
    await bridge.api.ok('DELETE', `/api/keys/${id}`);
    await until(() => !client.socket.connected, { name: 'the connection is ended' });
    expect(other.socket.connected).toBe(true);
  });
});

describe('a blast over the socket', () => {
  test('is started, watched to its end, and told to its own workspace alone', async () => {
    const [all, seven, eight, sales, shop] = await Promise.all([
      connect({ key: TEST_KEY }),
      connect({ key: TEST_KEY, workspace_id: '7' }),
      keyFor({ workspaces: ['eight'] }).then(({ key }) => connect({ key })),
      keyFor({ sessions: ['sales'] }).then(({ key }) => connect({ key })),
      keyFor({ sessions: ['shop'] }).then(({ key }) => connect({ key })),
    ]);
    const started = await all.ask('whatsapp-start-blast', blast('sales', 40, { pace: { per_second: 20 } }));
    expect(started).toMatchObject({ ok: true, result: { accepted: 40, job: { state: 'RUNNING', skipRecipientsInAddress: true } } });
    const { id } = (started as unknown as { result: { job: BlastJobView } }).result.job;
    for (const client of [all, seven, sales]) {
      await until(() => client.of<BlastNews>('whatsapp-blast-completed').some(isOver(id)), { timeoutMs: 40_000, name: 'the blast is over' });
      const news = client.heard.filter(({ event, data }) => event === 'whatsapp-blast-progress' && (data as BlastNews).blast_id === id);
      expect((news.at(-1)?.data as BlastNews).progress).toMatchObject({ total: 40, done: 40 });
      expect(news.every(({ data }) => (data as BlastNews).workspace_id === 7)).toBe(true);
      // At most two a second: any three of them take at least a second, less what a timer may be early.
      for (let index = 2; index < news.length; index++) expect((news[index]?.at ?? 0) - (news[index - 2]?.at ?? 0)).toBeGreaterThan(600);
    }
    await pause(700);
    expect([...eight.heard, ...shop.heard]).toEqual([]);
    expect(all.of('whatsapp-blast-completed')).toHaveLength(1);
    expect(codeOf(await shop.ask('whatsapp-get-blast-status', { id }))).toBe('blast_not_found');
    expect(codeOf(await eight.ask('whatsapp-stop-blast', { id }))).toBe('blast_not_found');
    expect(codeOf(await eight.ask('whatsapp-start-blast', blast('sales', 1)))).toBe('forbidden');
  });

  test('is paused, edited, resumed and stopped; two starts under one key are one blast', async () => {
    const client = await connect({ key: TEST_KEY });
    const request = { ...blast('sales', 30, { pace: { per_second: 2 } }), idempotency_key: 'spring' };
    const first = await client.ask('whatsapp-start-blast', request);
    const second = await client.ask('whatsapp-start-blast', request);
    const { id } = (first as unknown as { result: { job: BlastJobView } }).result.job;
    expect(second).toMatchObject({ ok: true, result: { repeated: true, job: { id } } });
    expect(codeOf(await client.ask('whatsapp-start-blast', { ...request, name: 'other' }))).toBe('idempotency_key_reused');

    expect(await client.ask('whatsapp-pause-blast', { id })).toMatchObject({ ok: true, result: { job: { state: 'PAUSED' } } });
    expect(await client.ask('whatsapp-edit-blast', { id })).toMatchObject({ ok: true, result: { job: { id, content: { text: 'Halo' } } } });
    expect(client.of('whatsapp-blast-job-for-edit')).toMatchObject([{ job: { id, content: { text: 'Halo' } } }]);
    expect(await client.ask('whatsapp-edit-blast', { id, changes: { content: { type: 'text', text: 'Hai' }, skipRecipientsInAddress: false } })).toMatchObject({ ok: true, result: { job: { content: { text: 'Hai' }, skipRecipientsInAddress: false } } });
    await until(() => client.of('whatsapp-blast-job-for-edit').length === 2, { name: 'the edited job is told' });
    expect(await client.ask('whatsapp-get-blast-status')).toMatchObject({ ok: true, result: { jobs: [{ id, state: 'PAUSED' }] } });
    expect(await client.ask('whatsapp-resume-blast', { id })).toMatchObject({ ok: true, result: { job: { state: 'RUNNING' } } });
    expect(await client.ask('whatsapp-stop-blast', { id })).toMatchObject({ ok: true, result: { job: { state: 'STOPPED' } } });
  });

  test('is heard of again by a client whose connection broke', async () => {
    const client = await connect({ key: TEST_KEY });
    const started = await client.ask('whatsapp-start-blast', blast('sales', 12, { pace: { per_second: 4 } }));
    const { id } = (started as unknown as { result: { job: BlastJobView } }).result.job;
    client.socket.io.engine.close();
    await until(() => client.socket.connected, { name: 'it is connected again' });
    await until(() => client.of<BlastNews>('whatsapp-blast-completed').some(isOver(id)), { timeoutMs: 30_000, name: 'the blast is over' });
  });
});

test('whoever makes a session anew in another workspace does not come by the blasts of the one before', async () => {
  await bridge.api.ok('POST', '/api/sessions', { id: 'lent', workspace_id: 7 });
  const { job } = await bridge.api.ok<{ job: BlastJobView }>('POST', '/api/whatsapp/blast/start', blast('lent', 2, { draft: true }));
  await bridge.api.request('DELETE', '/api/sessions/lent');
  await bridge.api.ok('POST', '/api/sessions', { id: 'lent', workspace_id: 'eight' });
  const client = await connect({ key: (await keyFor({ workspaces: ['eight'] })).key });
  expect(await client.ask('whatsapp-get-blast-status')).toMatchObject({ ok: true, result: { jobs: [] } });
  for (const event of ['whatsapp-get-blast-status', 'whatsapp-resume-blast', 'whatsapp-stop-blast']) expect(codeOf(await client.ask(event, { id: job.id }))).toBe('blast_not_found');
  const all = await connect({ key: TEST_KEY });
  expect(await all.ask('whatsapp-stop-blast', { id: job.id })).toMatchObject({ ok: true });
  expect(client.of<BlastNews>('whatsapp-blast-progress').filter(({ blast_id: id }) => id === job.id)).toEqual([]);
});

describe('what clients send', () => {
  test.each([
    ['whatsapp-start-blast', [], 'invalid_request'],
    ['whatsapp-start-blast', ['text'], 'invalid_request'],
    ['whatsapp-start-blast', [[1, 2]], 'invalid_request'],
    ['whatsapp-start-blast', [{ session_id: 'sales', content: { type: 'text', text: 'x' }, recipients: ['0812-3456-7890'], skipRecipientsInAddress: 'no' }], 'invalid_request'],
    ['whatsapp-start-blast', [{ idempotency_key: 'a b' }], 'invalid_request'],
    ['whatsapp-start-blast', [Buffer.from('x')], 'invalid_request'],
    ['whatsapp-pause-blast', [null], 'invalid_request'],
    ['whatsapp-pause-blast', [{ id: '__proto__' }], 'invalid_request'],
    ['whatsapp-pause-blast', [JSON.parse('{"__proto__":{"id":1}}')], 'invalid_request'],
    ['whatsapp-pause-blast', [{ id: `bls_${'0'.repeat(32)}` }], 'blast_not_found'],
    ['__proto__', [{}], 'invalid_request'],
    ['constructor', [], 'invalid_request'],
    ['nothing', [{ id: 1 }], 'invalid_request'],
  ] as [string, unknown[], string][])('%s %j: %s', async (event, args, code) => {
    const client = await connect({ key: TEST_KEY });
    expect(codeOf(await client.ask(event, ...args) as never)).toBe(code);
  });

  test('without an acknowledgement the error comes as an event; what is far too large ends the connection alone', async () => {
    const client = await connect({ key: TEST_KEY });
    client.socket.emit('whatsapp-pause-blast', 5);
    await until(() => client.of('whatsapp-blast-error').length === 1, { name: 'the error is told' });
    expect(client.of('whatsapp-blast-error')).toMatchObject([{ event: 'whatsapp-pause-blast', error: { code: 'invalid_request' } }]);
    const large = await connect({ key: TEST_KEY }, { reconnection: false });
    large.socket.emit('whatsapp-pause-blast', { id: 'x'.repeat(3_000_000) });
    await until(() => !large.socket.connected, { name: 'it is cut off' });
    expect(await client.ask('whatsapp-get-blast-status')).toMatchObject({ ok: true });
  });

  test('a key that may only read may look, and nothing else', async () => {
    const { key } = await bridge.api.ok<{ key: string }>('POST', '/api/keys', { name: 'r', scopes: ['read'] });
    const client = await connect({ key });
    expect(codeOf(await client.ask('whatsapp-get-blast-status', {}))).toBe('ok');
    expect(codeOf(await client.ask('whatsapp-start-blast', blast('sales', 1)))).toBe('forbidden');
  });
});
