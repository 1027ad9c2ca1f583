/** What came back for one request: a status with its headers and the beginning of its body, or the failure that kept it from coming, or both. */
export interface BackendAnswer {
  status?: number;
  /** Names in lower case. */
  headers?: Readonly<Record<string, unknown>>;
  /** The beginning of the body is enough. */
  body?: string | Buffer;
  /** Node's or TLS's error code, or `TIMEOUT` / `CLOSED` of the backend client. */
  networkError?: string;
}

/**
 * What an answer means for the delivery and its endpoint:
 * - `done`: it has been taken in, or had been before;
 * - `unauthorized`: stop this endpoint, alert, keep everything;
 * - `refused`: these bytes will never be taken in: a dead letter, with the first 500 bytes of the answer;
 * - `retry`: again later; after `afterMs` milliseconds when the backend named a time, else on the schedule.
 *
 * `reason` is short, says what to do, and holds nothing that the backend sent: it is safe to log.
 */
export type Verdict =
  | { kind: 'done' }
  | { kind: 'unauthorized'; status: number }
  | { kind: 'refused'; status: number; excerpt: string }
  | { kind: 'retry'; status: number | null; afterMs: number | null; reason: string };

/** Bytes of an answer that are kept beside a dead letter. */
export const EXCERPT_BYTES = 500;
/** A backend that asks for more than a day has most likely mistaken milliseconds for seconds. */
const MAX_AFTER_MS = 24 * 3_600_000;
/** `Retry-After: 0` in every answer must not become a loop without a pause. */
const MIN_AFTER_MS = 1_000;

/**
 * Decides what an answer means. `nowMs` (Unix milliseconds) is only asked where `Retry-After` is a date. `setBy` is what a person would
 * correct when the address is wrong: a reason names it.
 */
export function judge(answer: BackendAnswer, nowMs: number, setBy = 'BACKEND_URL'): Verdict {
  const verdict = verdictOf(answer, nowMs);
  return verdict.kind === 'retry' ? { ...verdict, reason: verdict.reason.replaceAll('{url}', setBy) } : verdict;
}

function verdictOf(answer: BackendAnswer, nowMs: number): Verdict {
  const { status } = answer;
  if (status === undefined) return retry(null, networkReason(answer.networkError ?? 'UNKNOWN'));
  if (isSuccess(status)) {
    // Without its end, nobody knows whether the backend came to its own. It knows the delivery's id, so that a repeat does no harm.
    if (answer.networkError !== undefined) return retry(status, `HTTP ${status}, but the answer broke off (${safeCode(answer.networkError)}): look at the backend's log`);
    return { kind: 'done' };
  }
  switch (status) {
    case 409:
      return { kind: 'done' };
    case 401:
    case 403:
      return { kind: 'unauthorized', status };
    case 413:
    case 422:
      return { kind: 'refused', status, excerpt: excerptOf(answer.body) };
    case 429:
      return retry(status, 'HTTP 429: the backend limits its rate', retryAfter(answer, nowMs) ?? jsonRetryAfter(answer.body));
    case 503:
      return retry(status, 'HTTP 503: the backend is down for maintenance or overloaded', retryAfter(answer, nowMs));
    default:
      return retry(status, statusReason(status));
  }
}

const isSuccess = (status: number): boolean => status >= 200 && status < 300;

function retry(status: number | null, reason: string, afterMs: number | null = null): Verdict {
  return { kind: 'retry', status, afterMs, reason };
}

/** What the usual statuses say about the backend's set-up; Laravel's own are among them. */
const STATUS_REASONS: Readonly<Record<number, string>> = {
  400: 'the backend could not read the request: look at its log',
  404: 'check {url}, the route is missing',
  405: 'the route does not take POST: check {url} and the routes',
  408: 'the backend gave up waiting for the request',
  410: 'the backend says that the route is gone: check {url}',
  415: 'the backend does not take JSON here: check the routes',
  419: "Laravel's CSRF check is in the way: put the route into routes/api.php",
  500: "an error in the backend: look at Laravel's log",
  502: 'the web server does not reach PHP: check that it runs',
  504: 'PHP did not answer its web server in time: process webhooks in a queue',
};

function statusReason(status: number): string {
  const known = STATUS_REASONS[status];
  if (known !== undefined) return `HTTP ${status}: ${known}`;
  if (status >= 300 && status < 400) return `HTTP ${status}: redirects are not followed, set {url} to the final address`;
  if (status >= 500) return `HTTP ${status}: an error in the backend or before it`;
  return `HTTP ${status}: not an answer that a backend should give`;
}

const NETWORK_REASONS: Readonly<Record<string, string>> = {
  TIMEOUT: 'no complete answer in time: answer first and process in a queue, or raise WEBHOOK_TIMEOUT_MS',
  CLOSED: 'the service is stopping',
  ECONNREFUSED: 'connection refused: check {url} and that the backend runs',
  ECONNRESET: 'the connection broke before an answer came',
  EPIPE: 'the connection broke before an answer came',
  ENOTFOUND: 'unknown host: check the host in {url}',
  EAI_AGAIN: 'the host could not be looked up: check DNS and the host in {url}',
  ETIMEDOUT: 'the host does not answer: check {url} and the firewall',
  EHOSTUNREACH: 'no way to the host: check the network',
  ENETUNREACH: 'no way to the host: check the network',
  EPROTO: 'the TLS handshake failed: check http or https and the port in {url}',
  ERR_INVALID_URL: '{url} is not an address',
  ADDRESS_NOT_ALLOWED: 'the address is private: list its host in WEBHOOK_ALLOWED_HOSTS',
};

function networkReason(code: string): string {
  const known = NETWORK_REASONS[code];
  if (known !== undefined) return `${known} (${code})`;
  if (code.startsWith('HPE_')) return `this is no HTTP answer: check http or https and the port in {url} (${safeCode(code)})`;
  if (/CERT|SIGNATURE|ISSUER/.test(code)) return `the TLS certificate is not trusted: renew it, or name its authority in NODE_EXTRA_CA_CERTS (${safeCode(code)})`;
  return `the request failed (${safeCode(code)})`;
}

/** A code comes from below us; whatever it is, it stays short and plain. */
const safeCode = (code: string): string => code.replace(/[^A-Za-z0-9_]/g, '').slice(0, 40) || 'UNKNOWN';

/** Milliseconds, from a number of seconds or an HTTP date (RFC 9110 §10.2.3); null when absent or neither. */
function retryAfter(answer: BackendAnswer, nowMs: number): number | null {
  const value = headerText(answer, 'retry-after');
  if (/^\d+(\.\d+)?$/.test(value)) return bounded(Number(value) * 1000);
  const date = httpDate(value);
  // Measured by the backend's own clock where it tells the time, so that a difference between the two clocks does not count.
  return date === null ? null : bounded(date - (httpDate(headerText(answer, 'date')) ?? nowMs));
}

function jsonRetryAfter(body: BackendAnswer['body']): number | null {
  try {
    const parsed: unknown = JSON.parse(textOf(body));
    const value: unknown = typeof parsed === 'object' && parsed !== null && 'retry_after' in parsed ? parsed.retry_after : null;
    const seconds = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
    return typeof seconds === 'number' && Number.isFinite(seconds) && seconds >= 0 ? bounded(seconds * 1000) : null;
  } catch {
    return null;
  }
}

const bounded = (ms: number): number => Math.round(Math.min(MAX_AFTER_MS, Math.max(MIN_AFTER_MS, ms)));

/** `Date.parse` alone makes a date of almost any word with a number in it. */
function httpDate(value: string): number | null {
  const parsed = /^[A-Za-z]{3,9}, .+ GMT$/.test(value) ? Date.parse(value) : NaN;
  return Number.isNaN(parsed) ? null : parsed;
}

function headerText(answer: BackendAnswer, name: string): string {
  const value = answer.headers?.[name];
  return typeof value === 'string' ? value.trim() : '';
}

const textOf = (body: BackendAnswer['body']): string => (Buffer.isBuffer(body) ? body.toString('utf8') : (body ?? ''));

/** At most 500 bytes of readable text: no half character at the end, and no control characters, which a database or a terminal may not take. */
export function excerptOf(body: BackendAnswer['body']): string {
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(body ?? '', 'utf8');
  // `stream: true` holds back the bytes of a character that was cut.
  const text = new TextDecoder('utf-8').decode(bytes.subarray(0, EXCERPT_BYTES), { stream: true });
  // eslint-disable-next-line no-control-regex -- these are the characters to take out
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, '');
}
