import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { LookupFunction } from 'node:net';
import { ApiError } from '../../contracts/errors.js';
import { guardedAgents, isGuardError, isHiddenIpv4 } from '../../shared/address-guard.js';
import { tooLarge } from './media-files.js';

export interface FetchOptions {
  /** For everything together: names, redirects, bytes. */
  timeoutMs: number;
  limitBytes: number;
  /** `host` or `host:port`: these may have a private address. */
  allowedHosts: readonly string[];
  /** Sent as `User-Agent`; some hosts refuse requests without one. */
  userAgent: string;
  /** Names to addresses; the system's when absent. */
  lookup?: LookupFunction;
}

export interface FetchedFile<T> {
  received: T;
  /** As the server declared it. */
  mimetype: string | null;
  /** The last step of the URL's path. */
  filename: string | null;
}

type UnreachableReason =
  | 'timeout'
  | 'host_not_found'
  | 'connection_refused'
  | 'connection_failed'
  | 'tls'
  | 'status'
  | 'too_many_redirects'
  | 'encoded'
  | 'broken_off'
  | 'empty';

const MAX_REDIRECTS = 3;
const REDIRECTS = [301, 302, 303, 307, 308];

/**
 * Fetches a file and hands its bytes to `receive` as they come. An address is checked where it counts, when the connection is made and on
 * every redirect: a name that has just been looked up may point elsewhere a moment later. No proxy of the environment is used.
 *
 * @throws ApiError `media_url_not_allowed`, `media_unreachable` or `media_too_large`; whatever `receive` throws.
 */
export async function fetchMedia<T>(address: string, options: FetchOptions, receive: (body: AsyncIterable<Buffer>) => Promise<T>): Promise<FetchedFile<T>> {
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), options.timeoutMs);
  try {
    let url = allowedUrl(address);
    for (let redirects = 0; ; redirects++) {
      const answer = await ask(url, options, deadline.signal);
      const target = REDIRECTS.includes(answer.statusCode ?? 0) ? answer.headers.location : undefined;
      if (target === undefined) return await take(answer, url, options.limitBytes, receive);
      answer.destroy();
      if (redirects === MAX_REDIRECTS) throw unreachable('too_many_redirects');
      url = allowedUrl(target, url);
    }
  } catch (error) {
    throw deadline.signal.aborted ? unreachable('timeout') : error;
  } finally {
    clearTimeout(timer);
    // Whatever is still open of it is not wanted any more.
    deadline.abort();
  }
}

export const unreachable = (reason: UnreachableReason, more: Record<string, unknown> = {}): ApiError => new ApiError('media_unreachable', { reason, ...more });

const notAllowed = (reason: 'not_a_url' | 'scheme' | 'credentials' | 'private_address'): ApiError => new ApiError('media_url_not_allowed', { reason });

function allowedUrl(address: string, base?: URL): URL {
  // Spelled as decimals, octals or with hexadecimals, an IPv4 address comes out of this in its one form.
  if (!URL.canParse(address, base?.href)) throw notAllowed('not_a_url');
  const url = new URL(address, base);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw notAllowed('scheme');
  if (url.username !== '' || url.password !== '') throw notAllowed('credentials');
  if (isHiddenIpv4(url)) throw notAllowed('private_address');
  return url;
}

function ask(url: URL, options: FetchOptions, signal: AbortSignal): Promise<IncomingMessage> {
  const isSecure = url.protocol === 'https:';
  const request = isSecure ? httpsRequest : httpRequest;
  const { httpAgent, httpsAgent } = guardedAgents(url, { allowedHosts: options.allowedHosts, ...(options.lookup && { lookup: options.lookup }) }, { keepAlive: false });
  return new Promise((resolve, reject) => {
    const outgoing = request(url, {
      agent: isSecure ? httpsAgent : httpAgent,
      // Unpacking could make any size of a few bytes.
      headers: { Accept: '*/*', 'Accept-Encoding': 'identity', 'User-Agent': options.userAgent },
      signal,
    });
    // Stays for the whole exchange: what comes after the answer has begun is seen by whoever reads it.
    outgoing.on('error', (error) => reject(connectionError(error)));
    outgoing.on('response', resolve);
    outgoing.end();
  });
}

function connectionError(error: NodeJS.ErrnoException): ApiError {
  const code = error.code ?? '';
  if (isGuardError(error)) return notAllowed('private_address');
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return unreachable('host_not_found');
  if (code === 'ECONNREFUSED') return unreachable('connection_refused');
  if (/^(ERR_TLS|ERR_SSL|CERT_|UNABLE_TO|DEPTH_ZERO|SELF_SIGNED|HOSTNAME_MISMATCH|EPROTO)/.test(code)) return unreachable('tls');
  return unreachable('connection_failed');
}

async function take<T>(answer: IncomingMessage, url: URL, limitBytes: number, receive: (body: AsyncIterable<Buffer>) => Promise<T>): Promise<FetchedFile<T>> {
  try {
    if (answer.statusCode !== 200) throw unreachable('status', { status: answer.statusCode });
    const encoding = answer.headers['content-encoding'] ?? 'identity';
    if (encoding.toLowerCase() !== 'identity') throw unreachable('encoded');
    if (Number(answer.headers['content-length'] ?? 0) > limitBytes) throw tooLarge(limitBytes);
    const received = await receive(bytesOf(answer));
    return { received, mimetype: answer.headers['content-type'] ?? null, filename: nameIn(url) };
  } finally {
    answer.destroy();
  }
}

/** What fails on the way is the server's doing; what the receiver of these bytes throws stays what it is. */
async function* bytesOf(answer: IncomingMessage): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of answer) yield chunk as Buffer;
  } catch {
    throw unreachable('broken_off');
  }
}

function nameIn(url: URL): string | null {
  const last = url.pathname.split('/').at(-1) ?? '';
  try {
    return decodeURIComponent(last) || null;
  } catch {
    return last;
  }
}
