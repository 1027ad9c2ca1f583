import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { createApp } from '../../whatsapp-service/app.js';
import { loadConfig } from '../../whatsapp-service/config/load-config.js';
import type { MessageView } from '../../whatsapp-service/contracts/message-api.js';
import { silentLogger } from '../../whatsapp-service/shared/logger.js';
import { BridgeApi, BridgeProcess, InProcessBridge, TEST_KEY, TEST_SECRET, World } from '../helpers/bridge.js';
import { eventsOf, faultsOf, messageThat, processesNaming, rowsOf } from '../helpers/flow.js';
import { until } from '../helpers/sandbox-client.js';

let world: World;
/** One in this process, for what needs no process of its own. */
let shared: InProcessBridge;
const running: BridgeProcess[] = [];

const dirsOf = (name: string): Record<string, string> => ({
  DATA_DIR: join(world.dir, name, 'data'), SESSIONS_DIR: join(world.dir, name, 'sessions'), LOG_DIR: join(world.dir, name, 'logs'), SYNC_ON_READY: 'false',
});
const started = async (name: string, env: Record<string, string> = {}): Promise<BridgeProcess> => {
  const service = await BridgeProcess.start(world, { ...dirsOf(name), ...env });
  running.push(service);
  return service;
};
/** What a service that does not start says. */
const refusalOf = (name: string, env: Record<string, string> = {}): Promise<string> => started(name, env).then(() => 'it started', String);
const linesOf = (service: BridgeProcess): Record<string, unknown>[] => service.output().trim().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>);

beforeAll(async () => {
  world = await World.open();
  shared = await InProcessBridge.start(world, dirsOf('shared'));
});
afterEach(async () => {
  world.receiver.accept();
  await Promise.all(running.splice(0).filter(({ child }) => child.exitCode === null).map((service) => service.terminate()));
});
afterAll(async () => {
  const faults = faultsOf(world.receiver);
  await shared.stop();
  await world.close();
  expect(faults).toEqual([]);
});

describe('the first start', () => {
  test('makes an admin key, prints it once, and keeps only its digest', async () => {
    const service = await started('first', { ADMIN_API_KEY: '' });
    const keys = await until(() => service.output().match(/wab_[A-Za-z0-9]{40}/g), { name: 'a key is printed' });
    expect(keys).toHaveLength(1);
    const key = keys[0] ?? '';
    expect((await new BridgeApi(service.api.url, key).request('GET', '/api/sessions')).status).toBe(200);
    expect((await service.api.request('GET', '/api/sessions')).status).toBe(401);
    const dir = join(world.dir, 'first', 'data');
    const files = readdirSync(dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const stored = Buffer.concat(files.map(({ parentPath, name }) => readFileSync(join(parentPath, name))));
    expect(stored.includes(key)).toBe(false);
    expect(stored.includes(createHash('sha256').update(key).digest('hex'))).toBe(true);
    expect(await service.terminate()).toBe(0);

    const again = await started('first', { ADMIN_API_KEY: '' });
    expect((await new BridgeApi(again.api.url, key).request('GET', '/api/sessions')).status).toBe(200);
    expect(again.output()).not.toContain('wab_');
  });

  test('does not begin with bad settings, and names all of them in plain words', async () => {
    const bad = { DEFAULT_COUNTRY: 'XX', WEBHOOK_SECRET: 'too-short-9c1f', SYNC_BATCH_SIZE: '60', LOG_LEVEL: 'loud', SESSION_RESTART_CAP_MS: '20' };
    const failure = await refusalOf('bad', bad);
    expect(failure).toContain('The service ended with 1: The settings cannot be used: 5 things are wrong.');
    for (const name of Object.keys(bad)) expect(failure).toMatch(new RegExp(`\\n  - .*\\b${name}\\b`));
    expect(failure).not.toContain('too-short-9c1f');
    expect(failure).not.toMatch(/\n\s+at /);
  });
});

describe('a stop', () => {
  test('by SIGTERM ends with 0, lets a running delivery end, and leaves no browser', async () => {
    const service = await started('stop');
    await service.api.pair(world, 'shop');
    const profile = join(world.dir, 'stop', 'sessions', 'shop');
    expect(processesNaming(profile).length).toBeGreaterThan(0);
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    let underWay = false;
    world.receiver.answerWith(async ({ event }) => {
      if (event !== 'message') return { status: 202, body: {} };
      underWay = true;
      await held;
      return { status: 202, body: {} };
    });
    const { message_ids: [id] } = await world.hub.inbound('shop', { from: '6281300000001', body: 'saat berhenti' });
    await until(() => underWay, { name: 'a delivery is under way' });
    const stopped = service.terminate();
    await until(() => processesNaming(profile).length === 0, { name: 'the browser is gone' });
    release();
    expect(await stopped).toBe(0);
    expect(processesNaming(join(world.dir, 'stop'))).toEqual([]);
    await messageThat(world.receiver, 'shop', id);
    const outbox = rowsOf<{ state: string; attempts: number }>(join(world.dir, 'stop', 'data'), "select o.state, o.attempts from outbox o join event e on e.id = o.event_id where e.name = 'message'");
    expect(outbox).toEqual([{ state: 'delivered', attempts: 1 }]);
  });

  test('that comes in the middle of a start waits for it', async () => {
    const app = await createApp(loadConfig({ env: world.env(dirsOf('early')), dotenvFile: null, isTerminal: false }), { logger: silentLogger });
    const starting = app.start();
    await app.stop();
    await expect(starting).resolves.toMatchObject({ host: '127.0.0.1' });
  });

  test('keeps what the backend did not take, and delivers it at the next start under the same id', async () => {
    const service = await started('kept', { WEBHOOK_TIMEOUT_MS: '10000', SHUTDOWN_TIMEOUT_MS: '500' });
    await service.api.pair(world, 'kept');
    world.receiver.hang();
    const { message_ids: ids } = await world.hub.inbound('kept', { from: '6281300000002', body: 'tertahan', count: 3 });
    const waiting = await world.receiver.waitFor(({ requests }) => requests.find(({ body, status }) => status === null && body?.event === 'message'), { what: 'a delivery without an answer' });
    expect(await service.terminate()).toBe(0);
    world.receiver.accept();
    const again = await started('kept');
    await world.receiver.waitFor((receiver) => eventsOf(receiver, 'kept', 'message').length === 3, { what: 'three kept messages' });
    expect(eventsOf(world.receiver, 'kept', 'message').map(({ data }) => data.message_id)).toEqual(ids);
    const first = world.receiver.accepted().find(({ body }) => body?.event === 'message' && body.session_id === 'kept');
    expect(waiting?.deliveryId).toMatch(/^dlv_/);
    expect(first?.deliveryId).toBe(waiting?.deliveryId);
    expect(first?.attempt).toBeGreaterThan(1);
    expect((await again.api.inState('kept', 'WORKING')).paired).toBe(true);
    expect(eventsOf(world.receiver, 'kept', 'session.qr')).toHaveLength(1);
  });

});

describe('what it says of itself', () => {
  test('a second service on the same data refuses, in a plain sentence', async () => {
    const refusal = await refusalOf('shared');
    expect(refusal).toContain(`The service ended with 1: `);
    expect(refusal).toContain(`Another bridge works on ${join(world.dir, 'shared', 'data')}. Stop it first, or give this one its own DATA_DIR.`);
    expect(refusal).not.toMatch(/\n\s+at /);
    expect((await shared.api.request('GET', '/api/sessions')).status).toBe(200);
  });

  test('log lines are JSON with session, request and delivery, and tell no number, no text and no secret', async () => {
    const service = await started('log', { LOG_LEVEL: 'debug', GROUP_PARTICIPANTS: 'full' });
    const { phone } = await service.api.pair(world, 'logged', { seed: { chats: 4, groupShare: 0.5, participants: 3 } });
    world.receiver.answerWith(({ event, attempt }) => (event === 'message' && attempt === 1 ? { status: 500, body: 'rusak 6281377788899' } : { status: 202, body: {} }));
    const { message_ids: [id] } = await world.hub.inbound('logged', { from: '6281377788899', body: 'RAHASIA masuk', pushname: 'Rahasiawati' });
    const { id: out } = await service.api.ok<MessageView>('POST', '/api/messages', { session_id: 'logged', to: '0813-7778-8899', text: 'RAHASIA keluar' }, { 'X-Request-Id': 'laravel-42' });
    await service.api.messageIn(out, 'read');
    await world.hub.unregister('62899');
    await service.api.messageIn((await service.api.ok<MessageView>('POST', '/api/messages', { session_id: 'logged', to: '089911112222', text: 'RAHASIA gagal' })).id, 'failed');
    await service.api.request('POST', '/api/messages', { session_id: 'logged', to: 'RAHASIA', text: 'RAHASIA' });
    await new BridgeApi(service.api.url, 'RAHASIA-key-that-is-wrong').request('GET', '/api/sessions');
    const received = await messageThat(world.receiver, 'logged', id);
    await service.api.ok('POST', '/api/sessions/logged/chats/sync', {});
    await service.api.synced('logged');
    expect(await service.terminate()).toBe(0);

    const lines = linesOf(service);
    for (const line of lines) expect(line).toMatchObject({ time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/), level: expect.stringMatching(/^(error|warn|info|debug)$/), message: expect.any(String) });
    expect(lines.find(({ request, route }) => request === 'laravel-42' && route === '/api/messages')).toMatchObject({ method: 'POST', status: '202' });
    expect(lines.find(({ message }) => message === 'Session WORKING')).toMatchObject({ session: 'logged', code: 'ready' });
    expect(lines.find(({ message, level }) => level === 'warn' && message === 'A webhook was not delivered; it is tried again')).toMatchObject({ session: 'logged', delivery: expect.stringMatching(/^dlv_/), status: 500 });
    expect(lines.find(({ message, delivery }) => message === 'Webhook delivered' && delivery === received.delivery_id)).toMatchObject({ session: 'logged', event: 'message', attempt: 2 });
    expect(lines.find(({ message }) => message === 'A message could not be sent')).toMatchObject({ session: 'logged', reason: 'number_not_on_whatsapp' });
    for (const { message, session } of lines.filter(({ message }) => /^(Session |A message |Message |Webhook |Chat |Synced )/.test(String(message)))) expect([message, session]).toEqual([message, 'logged']);

    const qr = eventsOf(world.receiver, 'logged', 'session.qr')[0]?.data.qr ?? 'no QR came';
    const syncLog = readFileSync(join(world.dir, 'log', 'logs', 'sync.log'), 'utf8');
    for (const text of [service.output(), syncLog]) {
      expect(text).toContain('Chat sync completed');
      for (const secret of ['RAHASIA', 'Rahasiawati', '81377788899', '89911112222', '7778-8899', phone?.slice(3) ?? '-', TEST_KEY, TEST_SECRET, qr, qr.split(',')[0] ?? '-']) expect(text).not.toContain(secret);
    }
  });

  test('health, readiness, figures and documentation', async () => {
    const { api } = shared;
    const open = async (path: string): Promise<{ status: number; type: string; body: string }> => {
      const response = await fetch(api.url + path);
      return { status: response.status, type: response.headers.get('content-type') ?? '', body: await response.text() };
    };
    expect(JSON.parse((await open('/health')).body)).toMatchObject({ status: 'ok', version: expect.stringMatching(/^\d+\.\d+\.\d+/), uptime_seconds: expect.any(Number) });
    const ready = await open('/ready');
    expect(ready.status).toBe(200);
    expect(JSON.parse(ready.body)).toMatchObject({ status: 'ready', checks: { database: { ok: true }, browser: { ok: true, detail: expect.stringMatching(/chrome|headless-shell/) }, backend: { ok: true } } });

    await api.pair(world, 'about');
    await world.hub.inbound('about', { from: '6281300000003' });
    await world.receiver.waitFor((receiver) => eventsOf(receiver, 'about', 'message').length === 1, { what: 'a message' });
    expect((await open('/metrics')).status).toBe(401);
    const metrics = await until(async () => {
      const text = await api.ok<string>('GET', '/metrics');
      return text.includes('bridge_outbox_pending 0') ? text : null;
    }, { name: 'an empty outbox' });
    expect(metrics).toContain('bridge_sessions{state="WORKING"} 1');
    expect(metrics).toMatch(/bridge_inbound_events_total\{kind="message"\} 1/);
    expect(metrics).toMatch(/bridge_deliveries_total\{result="delivered"\} \d+/);
    expect(metrics).toMatch(/bridge_http_requests_total\{method="POST",route="\/api\/sessions",status="201"\} 1/);
    // The answer may be a second old.
    await until(async () => (await open('/ready')).body.includes('"last_status":202') || null, { name: "the backend's answer is shown" });

    expect(await open('/docs')).toMatchObject({ status: 200, type: expect.stringContaining('text/html') });
    const document = JSON.parse((await open('/docs/openapi.json')).body) as { openapi: string; paths: Record<string, Record<string, unknown>> };
    expect(document.openapi).toMatch(/^3\.1/);
    expect(Object.keys(document.paths)).toEqual(expect.arrayContaining(['/api/sessions', '/api/sessions/{id}', '/api/sessions/{id}/qr', '/api/sessions/{id}/chats/sync', '/api/messages', '/api/messages/{id}', '/api/keys', '/health', '/ready', '/metrics', '/sandbox/sessions/{id}/inbound']));
    expect(Object.keys(document.paths['/api/sessions'] ?? {}).sort()).toEqual(['get', 'post']);
  });
});
