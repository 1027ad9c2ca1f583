import http from 'node:http';
import https from 'node:https';
import type { LookupFunction } from 'node:net';
import type { Readable } from 'node:stream';
import { urlToHttpOptions } from 'node:url';
import { guardedAgents, isGuardError } from '../shared/address-guard.js';
import type { Clock } from '../shared/clock.js';
import { excerptOf, judge, type BackendAnswer, type Verdict } from './answer.js';
import { signHeaders } from './signature.js';

/** More of an answer than this is not read: a verdict needs the status, an excerpt and `retry_after`. */
const MAX_ANSWER_BYTES = 16 * 1024;
/**
 * An idle connection is given up after this many milliseconds, before the other side does it: Apache closes at 5 s, and
 * a request that meets a closing connection fails without the backend having seen it.
 */
const IDLE_SOCKET_MS = 4_000;
const DEFAULT_MAX_SOCKETS = 16;
const USER_AGENT = 'laravel-whatsapp-bridge';

export interface BackendClientOptions {
  /** Without a trailing slash. */
  url: string;
  /** The first signs; each one adds a standard signature. Asked for each request: a secret may run out. */
  secrets: readonly string[] | (() => readonly string[]);
  /** Sent as they are, beneath all of ours. */
  headers?: Readonly<Record<string, string>>;
  /** The address was named by a caller of the API: it must not be private, unless its host is listed. Absent: it may be anything. */
  guard?: { allowedHosts: readonly string[]; lookup?: LookupFunction };
  token: string | null;
  /** Milliseconds for the whole exchange, from the call to the last byte of the answer. */
  timeoutMs: number;
  clock: Clock;
  /** Connections that may be open at once; 16 by default. Requests beyond it wait, and their time runs. */
  maxSockets?: number;
}

export interface Delivery {
  deliveryId: string;
  event: string;
  /** From 1. */
  attempt: number;
  /** JSON. A string is sent as UTF-8. */
  body: Buffer | string;
}

export interface PostOutcome {
  verdict: Verdict;
  /** Milliseconds. */
  durationMs: number;
  /** Null when no status line came. */
  status: number | null;
  /** The code of what kept the answer, or the rest of it, from coming; null when all of it came. */
  failure: string | null;
  /** The first bytes of the answer; null when none came. */
  excerpt: string | null;
}

export interface LastAnswer {
  /** Unix milliseconds. */
  at: number;
  /** Null when no status line came. */
  status: number | null;
  /** The backend answered and let us in: the verdict was `done` or `refused`. */
  ok: boolean;
}

export interface BackendClient {
  /** Posts to `url + path`. Never throws, never rejects: whatever happens is a verdict. */
  post(path: string, delivery: Delivery): Promise<PostOutcome>;
  /** Requests without a verdict yet; a stop waits for 0. */
  inFlight(): number;
  lastAnswer(): LastAnswer | null;
  /** Breaks off what is under way (verdict `retry`) and closes every connection. Later posts are answered `retry`. */
  close(): void;
}

/** The only place from where the backend is called. It logs nothing: bodies, secrets and answers are not for logs. */
export function createBackendClient(options: BackendClientOptions): BackendClient {
  const base = new URL(options.url);
  const agentOptions = { keepAlive: true, maxSockets: options.maxSockets ?? DEFAULT_MAX_SOCKETS, timeout: IDLE_SOCKET_MS };
  const agents = options.guard ? guardedAgents(base, options.guard, agentOptions) : { httpAgent: new http.Agent(agentOptions), httpsAgent: new https.Agent(agentOptions) };
  const send = createWire(base, agents, options.headers ?? {});
  const open = new Set<Exchange>();
  let last: LastAnswer | null = null;
  let closed = false;

  function begin(path: string, delivery: Delivery): Exchange {
    const body = Buffer.isBuffer(delivery.body) ? delivery.body : Buffer.from(delivery.body, 'utf8');
    const headers = signHeaders({
      secrets: typeof options.secrets === 'function' ? options.secrets() : options.secrets,
      deliveryId: delivery.deliveryId,
      body,
      timestamp: Math.floor(options.clock.now() / 1000),
      attempt: delivery.attempt,
      event: delivery.event,
      token: options.token,
    });
    return send(path, body, headers);
  }

  async function exchange(path: string, delivery: Delivery): Promise<BackendAnswer> {
    if (closed) return { networkError: 'CLOSED' };
    let under: Exchange;
    try {
      under = begin(path, delivery);
    } catch (error) {
      return { networkError: codeOf(error) };
    }
    const deadline = setTimeout(() => under.breakOff('TIMEOUT'), options.timeoutMs);
    open.add(under);
    const answer = await under.answer;
    clearTimeout(deadline);
    open.delete(under);
    return answer;
  }

  async function post(path: string, delivery: Delivery): Promise<PostOutcome> {
    const startedAt = performance.now();
    const answer = await exchange(path, delivery);
    const now = options.clock.now();
    const verdict = judge(answer, now, options.guard && "the endpoint's url");
    const status = answer.status ?? null;
    if (!closed) last = { at: now, status, ok: verdict.kind === 'done' || verdict.kind === 'refused' };
    return { verdict, durationMs: performance.now() - startedAt, status, failure: answer.networkError ?? null, excerpt: answer.body === undefined || answer.body.length === 0 ? null : excerptOf(answer.body) };
  }

  return {
    post,
    inFlight: () => open.size,
    lastAnswer: () => last,
    close() {
      closed = true;
      for (const under of open) under.breakOff('CLOSED');
      agents.httpAgent.destroy();
      agents.httpsAgent.destroy();
    },
  };
}

/** One request under way. */
interface Exchange {
  /** Never rejects. */
  answer: Promise<BackendAnswer>;
  /** Ends it now; the answer says why. */
  breakOff(reason: 'TIMEOUT' | 'CLOSED'): void;
}

type Wire = (path: string, body: Buffer, headers: Record<string, string>) => Exchange;

const COMMON_HEADERS = {
  // Without it Laravel answers a failed validation with a redirect instead of 422.
  Accept: 'application/json',
  // The answer is read as it came: nothing that unfolds to gigabytes.
  'Accept-Encoding': 'identity',
  'Content-Type': 'application/json',
  'User-Agent': USER_AGENT,
};

/**
 * Node's own client. It goes to no address but this one: it follows no redirect, so that a signed payload and a token stay where they were
 * sent, and it knows no HTTP_PROXY, which is set for other programs and would let a proxy read every payload.
 */
function createWire(base: URL, { httpAgent, httpsAgent }: { httpAgent: http.Agent; httpsAgent: https.Agent }, own: Readonly<Record<string, string>>): Wire {
  const isSecure = base.protocol === 'https:';
  const target = { ...urlToHttpOptions(base), method: 'POST', agent: isSecure ? httpsAgent : httpAgent };
  const whole = base.pathname + base.search;
  const prefix = whole === '/' ? '' : whole;
  const begin = isSecure ? https.request : http.request;
  const common = withoutShadowed({ Host: base.host, ...COMMON_HEADERS }, own);
  return (path, body, signed) => {
    let reason: string | null = null;
    const ours = { ...signed, 'Content-Length': String(body.length) };
    const headers = { ...common, ...withoutShadowed({ ...own }, ours), ...ours };
    // As a list they are written as they are, instead of being set one by one.
    const request = begin({ ...target, path: prefix + path || '/', headers: Object.entries(headers).flat() });
    const answer = new Promise<BackendAnswer>((resolve) => {
      let isAnswered = false;
      request.once('response', (response) => {
        isAnswered = true;
        void readBeginning(response).then(({ bytes, failure }) => resolve({ status: response.statusCode, headers: response.headers, body: bytes, networkError: failure }));
      });
      // `on`: an error may follow another one, and one without a listener would end the process.
      request.on('error', (error) => (isAnswered ? undefined : resolve({ networkError: codeOf(error) })));
      request.once('close', () => (isAnswered ? undefined : resolve({ networkError: 'ECONNRESET' })));
    }).then((came) => (reason !== null && came.networkError !== undefined ? { ...came, networkError: reason } : came));
    request.end(body);
    return {
      answer,
      breakOff: (why) => {
        reason = why;
        request.destroy(new Error(why));
      },
    };
  };
}

/** These headers without those that are in `other`, in whatever case. */
function withoutShadowed(headers: Record<string, string>, other: Readonly<Record<string, string>>): Record<string, string> {
  const given = Object.keys(headers);
  if (given.length === 0) return headers;
  const names = new Set(Object.keys(other).map((name) => name.toLowerCase()));
  for (const name of given) if (names.has(name.toLowerCase())) delete headers[name];
  return headers;
}

interface Beginning {
  bytes: Buffer;
  /** The code of what kept the rest from coming; absent when the answer ended, or was cut by us. */
  failure?: string;
}

/**
 * Reads to the end, or to the limit; then the connection is closed, because the rest would have to be read to use it
 * again.
 */
function readBeginning(answer: Readable): Promise<Beginning> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const finish = (failure?: string): void => resolve({ bytes: Buffer.concat(chunks), failure });
    answer.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      size += chunk.length;
      if (size <= MAX_ANSWER_BYTES) return;
      finish();
      answer.destroy();
    });
    answer.once('end', () => finish());
    // `on`: an error may follow another one, and one without a listener would end the process.
    answer.on('error', (error: unknown) => finish(codeOf(error)));
    answer.once('close', () => finish('ECONNRESET'));
  });
}

function codeOf(error: unknown): string {
  if (isGuardError(error)) return 'ADDRESS_NOT_ALLOWED';
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : null;
  return typeof code === 'string' ? code : 'UNKNOWN';
}
