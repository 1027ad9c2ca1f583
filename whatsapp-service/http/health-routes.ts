import { z } from 'zod';
import { route, type Route } from '../contracts/route.js';
import { iso, sleep, type Clock } from '../shared/clock.js';
import type { Logger } from '../shared/logger.js';
import type { Metrics } from '../shared/metrics.js';

/** What a check found: `ok`, and facts in snake_case that anyone may read. */
export type CheckResult = { ok: boolean } & Record<string, unknown>;

export interface ReadinessCheck {
  run(): Promise<CheckResult> | CheckResult;
  /** `false`: it is shown, but the service is ready without it. Default: true. */
  required?: boolean;
  /** Default: 2 s. */
  deadlineMs?: number;
}

export interface HealthParts {
  version: string;
  clock: Clock;
  logger: Logger;
  metrics: Pick<Metrics, 'render'>;
  /** In the order in which they are shown: `database`, `browser`, `backend`. */
  checks: Readonly<Record<string, ReadinessCheck>>;
}

const DEADLINE_MS = 2_000;
/** `/ready` needs no key: however often it is asked, the checks run this seldom. */
const KEPT_MS = 1_000;
const TAG = 'Operations';

const zHealth = z.object({ status: z.literal('ok'), uptime_seconds: z.number().int(), version: z.string() });
const zReady = z.object({
  status: z.enum(['ready', 'not_ready']),
  checks: z.record(z.string(), z.looseObject({ ok: z.boolean() })),
});

const READY_EXAMPLE = {
  status: 'ready',
  checks: { database: { ok: true }, browser: { ok: true, detail: 'chromium-headless-shell 140' }, backend: { ok: true, last_status: 200, last_answer_at: iso(1_760_000_000_000) } },
};

/** For whoever keeps the service running: is it alive, can it work, what does it do. */
export function healthRoutes(parts: HealthParts): Route[] {
  const startedAt = parts.clock.now();
  const readiness = keptFor(KEPT_MS, parts.clock, () => readinessOf(parts));
  return [
    route({
      method: 'get',
      path: '/health',
      scope: 'public',
      tag: TAG,
      summary: 'Whether the process is alive',
      responses: { 200: { description: 'It is', schema: zHealth, example: { status: 'ok', uptime_seconds: 61, version: parts.version } } },
      handle: () => ({ status: 200, body: { status: 'ok', uptime_seconds: Math.floor((parts.clock.now() - startedAt) / 1000), version: parts.version } }),
    }),
    route({
      method: 'get',
      path: '/ready',
      scope: 'public',
      tag: TAG,
      summary: 'Whether the service can work, and what it lacks',
      description: `The answer is at most ${KEPT_MS / 1000} s old.`,
      responses: { 200: { description: 'It can', schema: zReady, example: READY_EXAMPLE }, 503: { description: 'A check that is required failed', schema: zReady } },
      handle: async () => {
        const body = await readiness();
        return { status: body.status === 'ready' ? 200 : 503, body };
      },
    }),
    route({
      method: 'get',
      path: '/metrics',
      scope: 'read',
      tag: TAG,
      summary: 'Every figure, for Prometheus',
      produces: ['text/plain'],
      responses: { 200: { description: "In Prometheus' text format" } },
      handle: async () => {
        const { type, text } = await parts.metrics.render();
        return { status: 200, type, body: text };
      },
    }),
  ];
}

async function readinessOf({ checks, logger }: HealthParts): Promise<z.infer<typeof zReady>> {
  const results = await Promise.all(Object.entries(checks).map(async ([name, check]) => [name, await resultOf(name, check, logger)] as const));
  const failed = results.some(([name, { ok }]) => !ok && checks[name]?.required !== false);
  return { status: failed ? 'not_ready' : 'ready', checks: Object.fromEntries(results) };
}

/** Anyone can read the answer: what a check threw goes to the log. */
async function resultOf(name: string, check: ReadinessCheck, logger: Logger): Promise<CheckResult> {
  const deadlineMs = check.deadlineMs ?? DEADLINE_MS;
  const answered = new AbortController();
  try {
    const late = sleep(deadlineMs, answered.signal).then((): CheckResult => ({ ok: false, detail: `no answer within ${deadlineMs} ms` }));
    return await Promise.race([Promise.resolve(check.run()), late]);
  } catch (error) {
    logger.warn('A readiness check failed', { check: name, error });
    return { ok: false, detail: 'the check failed; see the log' };
  } finally {
    answered.abort();
  }
}

/** Shares one run among all who ask during it and `ms` after it. */
function keptFor<T>(ms: number, clock: Clock, work: () => Promise<T>): () => Promise<T> {
  let kept: { value: Promise<T>; until: number } | null = null;
  return () => {
    if (kept && clock.now() < kept.until) return kept.value;
    const current = { value: work(), until: Number.POSITIVE_INFINITY };
    void current.value.finally(() => (current.until = clock.now() + ms));
    kept = current;
    return current.value;
  };
}
