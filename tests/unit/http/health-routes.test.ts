import { expect, test } from '@jest/globals';
import { healthRoutes, type ReadinessCheck } from '../../../whatsapp-service/http/health-routes.js';
import { createMetrics } from '../../../whatsapp-service/shared/metrics.js';
import { recordingLogger, TestServer } from './http-fixture.js';

const never = (): Promise<never> => new Promise(() => undefined);

async function served(checks: Record<string, ReadinessCheck>) {
  const clock = { time: 1_000, now: () => clock.time };
  const { logger, lines } = recordingLogger();
  const metrics = createMetrics();
  const server = await TestServer.start({ routes: healthRoutes({ version: '1.2.3', clock, logger, metrics, checks }) });
  return { server, clock, lines, metrics };
}

test('/health says that the process lives, without a key', async () => {
  const { server, clock } = await served({});
  clock.time += 61_500;
  const answer = await server.ask('GET', '/health', { key: null });
  expect([answer.status, answer.body]).toEqual([200, { status: 'ok', uptime_seconds: 61, version: '1.2.3' }]);
  await server.close();
});

test('/ready shows every check; one that is not required does not count', async () => {
  const { server } = await served({
    database: { run: () => ({ ok: true }) },
    browser: { run: () => Promise.resolve({ ok: true, detail: 'headless-shell' }) },
    backend: { run: () => ({ ok: false, last_status: 500, last_answer_at: null }), required: false },
  });
  const answer = await server.ask('GET', '/ready', { key: null });
  expect([answer.status, answer.body]).toEqual([
    200,
    { status: 'ready', checks: { database: { ok: true }, browser: { ok: true, detail: 'headless-shell' }, backend: { ok: false, last_status: 500, last_answer_at: null } } },
  ]);
  await server.close();
});

test('/ready is 503 when a check says no, fails or hangs; what it threw stays in the log', async () => {
  const checks: Record<string, ReadinessCheck>[] = [
    { database: { run: () => ({ ok: false }) } },
    { database: { run: () => Promise.reject(new Error('SQLITE_CANTOPEN: /var/secret-place')) } },
    {
      database: {
        run: () => {
          throw new Error('secret-place');
        },
      },
    },
    { database: { run: never, deadlineMs: 20 } },
  ];
  for (const check of checks) {
    const { server, lines } = await served({ ...check, browser: { run: () => ({ ok: true }) } });
    const answer = await server.ask('GET', '/ready', { key: null });
    expect([answer.status, answer.body]).toEqual([503, { status: 'not_ready', checks: { database: expect.objectContaining({ ok: false }), browser: { ok: true } } }]);
    expect(answer.text).not.toContain('secret-place');
    if (answer.text.includes('see the log')) expect(lines).toContainEqual(expect.objectContaining({ level: 'warn', fields: { check: 'database', error: expect.anything() } }));
    await server.close();
  }
});

test('/ready runs its checks once a second, however often it is asked', async () => {
  let runs = 0;
  const { server, clock } = await served({ database: { run: () => ({ ok: ++runs > 0 }) } });
  await Promise.all(Array.from({ length: 20 }, () => server.ask('GET', '/ready', { key: null })));
  expect(runs).toBe(1);
  clock.time += 1_000;
  await server.ask('GET', '/ready', { key: null });
  expect(runs).toBe(2);
  await server.close();
});

test('/metrics needs a key, answers whatever Accept says, and counts requests by their pattern', async () => {
  const server = await TestServer.start({ routes: [] });
  await server.close();
  const { metrics } = server;
  const counted = await TestServer.start({ routes: healthRoutes({ version: '1', clock: { now: Date.now }, logger: recordingLogger().logger, metrics, checks: {} }) });
  expect((await counted.ask('GET', '/metrics', { key: null })).status).toBe(401);
  for (const path of ['/health', '/health?x=1', '/nothing', '/nothing/else']) await counted.ask('GET', path);
  const answer = await counted.ask('GET', '/metrics', { key: 'read-key', headers: { accept: 'application/json' } });
  expect(answer.headers.get('content-type')).toContain('text/plain; version=0.0.4');
  expect(answer.text).toContain('process_cpu_seconds_total');
  // Its own server counts with its own registry.
  const text = (await counted.metrics.render()).text;
  expect(text).toContain('bridge_http_requests_total{method="GET",route="/health",status="200"} 2');
  expect(text).toContain('bridge_http_requests_total{method="GET",route="(none)",status="404"} 2');
  expect(text).toContain('bridge_http_request_seconds_count{method="GET",route="/health"} 2');
  expect(text).not.toContain('/nothing');
  await counted.close();
});
