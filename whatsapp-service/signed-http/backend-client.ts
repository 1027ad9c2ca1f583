import http from 'node:http';
import https from 'node:https';
import type { LookupFunction } from 'node:net';
import type { Readable } from 'node:stream';
import axios, { AxiosHeaders, type AxiosResponse } from 'axios';
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
  const agentOptions = { keepAlive: true, maxSockets: options.maxSockets ?? DEFAULT_MAX_SOCKETS, timeout: IDLE_SOCKET_MS };
  const agents = options.guard ? guardedAgents(new URL(options.url), options.guard, agentOptions) : { httpAgent: new http.Agent(agentOptions), httpsAgent: new https.Agent(agentOptions) };
  const wire = createWire(agents, options.headers ?? {});
  const open = new Set<AbortController>();
  let last: LastAnswer | null = null;
  let closed = false;

  async function exchange(path: string, delivery: Delivery, control: AbortController): Promise<BackendAnswer> {
    try {
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
      const response = await wire(options.url + path, body, headers, control.signal);
      const { bytes, failure } = await readBeginning(response.data);
      return { status: response.status, headers: response.headers, body: bytes, networkError: failure };
    } catch (error) {
      return { networkError: codeOf(error) };
    }
  }

  async function post(path: string, delivery: Delivery): Promise<PostOutcome> {
    const startedAt = performance.now();
    const control = new AbortController();
    // Not AbortSignal.timeout: it lets the process end, and a delivery that is under way must hold it.
    const deadline = setTimeout(() => control.abort('TIMEOUT'), options.timeoutMs);
    open.add(control);
    const answer: BackendAnswer = closed ? { networkError: 'CLOSED' } : await exchange(path, delivery, control);
    clearTimeout(deadline);
    open.delete(control);
    // Why it was broken off says more than how the socket told it.
    if (control.signal.aborted && answer.networkError !== undefined) answer.networkError = String(control.signal.reason);
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
      for (const control of open) control.abort('CLOSED');
      agents.httpAgent.destroy();
      agents.httpsAgent.destroy();
    },
  };
}

type Wire = (url: string, body: Buffer, headers: Record<string, string>, signal: AbortSignal) => Promise<AxiosResponse<Readable>>;

const COMMON_HEADERS = {
  // Without it Laravel answers a failed validation with a redirect instead of 422.
  Accept: 'application/json',
  'Accept-Encoding': 'identity',
  'Content-Type': 'application/json',
  'User-Agent': USER_AGENT,
};

/**
 * axios's own HTTP adapter, without what axios does around it: merging settings, transforming bodies and calling interceptors, of which
 * there are none here, would cost as much as the request itself.
 */
function createWire(agents: { httpAgent: http.Agent; httpsAgent: https.Agent }, own: Readonly<Record<string, string>>): Wire {
  const common = new AxiosHeaders({ ...COMMON_HEADERS, ...own });
  // Only an endpoint's own headers may be spelled in another case than ours.
  const withCommon = Object.keys(own).length > 0 ? (headers: Record<string, string>) => new AxiosHeaders(common).set(headers) : (headers: Record<string, string>) => Object.assign(new AxiosHeaders(), common, headers);
  const send = axios.getAdapter('http');
  const settings = {
    ...agents,
    method: 'POST',
    // A signed payload and a token go where they were sent, never where an answer points to.
    maxRedirects: 0,
    // HTTP_PROXY and its kind are set for other programs; the backend is a neighbour, and a proxy would read every payload.
    proxy: false,
    validateStatus: null,
    responseType: 'stream',
    // The answer is read as it came: nothing that unfolds to gigabytes.
    decompress: false,
  } as const;
  return (url, data, headers, signal) => send({ ...settings, url, data, signal, headers: withCommon(headers) });
}

interface Beginning {
  bytes: Buffer;
  /** The code of what kept the rest from coming; absent when the answer ended, or was cut by us. */
  failure?: string;
}

/**
 * Reads to the end, or to the limit; then the connection is closed, because the rest would have to be read to use it
 * again. When the request is broken off, axios destroys the stream with an error.
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
