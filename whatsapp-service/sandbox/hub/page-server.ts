import { createServer, type Server } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import type { HubLogger } from '../hub-contract.js';
import type { Certificate } from './certificate.js';
import { MEDIA_PREFIX, type MediaStore } from './media-store.js';
import { PageConnection, type ConnectionParts } from './page-connection.js';
import { pageHtml } from './page-source.js';
import type { LogEvent, Request } from './wire.js';

export const PAGE_HOST = 'web.whatsapp.com';
const MAX_FRAME = 64 << 20;

/** Whatever else a request line says is the start page. */
function urlOf(request: IncomingMessage): URL {
  const [base, path = '/'] = [`https://${PAGE_HOST}`, request.url];
  return URL.canParse(path, base) ? new URL(path, base) : new URL(base);
}

export interface PageServerOptions {
  certificate: Certificate;
  /** What a page must show to be heard; it gets it from the prelude. */
  pageKey: string;
  media: MediaStore;
  parts: ConnectionParts;
  logger: HubLogger;
}

/** https://web.whatsapp.com of the simulated WhatsApp, on 127.0.0.1 only, and the pages that are connected to it. */
export class PageServer {
  readonly #options: PageServerOptions;
  readonly #server: Server;
  readonly #sockets: WebSocketServer;
  readonly #pages = new Map<string, PageConnection>();
  /** Sessions whose connection is lost, until this time. */
  readonly #lost = new Map<string, number>();
  readonly #html = pageHtml();

  constructor(options: PageServerOptions) {
    this.#options = options;
    this.#server = createServer({ key: options.certificate.key, cert: options.certificate.cert }, (request, response) => void this.#serve(request, response));
    this.#sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_FRAME });
    this.#server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => this.#upgrade(request, socket, head));
  }

  /** Resolves to the port; another one than wished if that is taken. */
  async listen(port: number): Promise<number> {
    const bind = (wish: number): Promise<number> => new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(wish, '127.0.0.1', () => {
        this.#server.off('error', reject);
        const address = this.#server.address();
        resolve(typeof address === 'object' && address ? address.port : wish);
      });
    });
    return bind(port).catch((error: unknown) => {
      if (port === 0) throw error;
      this.#options.logger.warn('sandbox: port is taken, using another', { port });
      return bind(0);
    });
  }

  page(sessionId: string): PageConnection | null {
    return this.#pages.get(sessionId) ?? null;
  }

  pages(): PageConnection[] {
    return [...this.#pages.values()];
  }

  publish(phone: string, events: LogEvent[]): void {
    for (const page of this.#pages.values()) if (page.account?.phone === phone) page.deliver(events);
  }

  loseConnection(sessionId: string, ms: number | undefined): void {
    this.#lost.set(sessionId, ms === undefined ? Infinity : Date.now() + ms);
    this.#drop(sessionId);
  }

  restoreConnection(sessionId: string): void {
    this.#lost.delete(sessionId);
  }

  isLost(sessionId: string): boolean {
    return (this.#lost.get(sessionId) ?? 0) > Date.now();
  }

  #drop(sessionId: string): void {
    this.#pages.get(sessionId)?.close();
    this.#pages.delete(sessionId);
  }

  #trusted(request: IncomingMessage): boolean {
    return request.headers.host?.split(':')[0] === PAGE_HOST;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = urlOf(request).pathname;
    const keyed = request.headers['x-sandbox-key'] === this.#options.pageKey;
    try {
      if (!this.#trusted(request)) return void response.writeHead(421).end();
      if (path.startsWith(MEDIA_PREFIX)) return await this.#serveMedia(path, keyed ? request.method : undefined, response);
      if (path === '/upload' && request.method === 'POST') return await this.#takeUpload(request, keyed, response);
      if (path === '/favicon.ico') return void response.writeHead(204).end();
      if (request.method !== 'GET' && request.method !== 'HEAD') return void response.writeHead(405).end();
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' }).end(this.#html);
    } catch (error) {
      this.#options.logger.warn('sandbox: a request of the page failed', { path, error: String(error) });
      if (response.headersSent) response.destroy();
      else response.writeHead(500).end();
    }
  }

  async #serveMedia(path: string, method: string | undefined, response: ServerResponse): Promise<void> {
    const found = method === undefined ? null : this.#options.media.open(path);
    if (!found) return void response.writeHead(404).end();
    response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': found.size, 'cache-control': 'no-store' });
    if (method !== 'HEAD') return await pipeline(found.bytes, response);
    found.bytes.destroy();
    response.end();
  }

  async #takeUpload(request: IncomingMessage, keyed: boolean, response: ServerResponse): Promise<void> {
    if (!keyed) return void response.writeHead(403).end();
    const stored = await this.#options.media.receive(request.headers['content-type'] ?? 'application/octet-stream', request);
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(stored));
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const url = urlOf(request);
    const sessionId = url.searchParams.get('session') ?? 'default';
    const refused = !this.#trusted(request) || request.headers.origin !== `https://${PAGE_HOST}` || url.pathname !== '/ws'
      || url.searchParams.get('key') !== this.#options.pageKey || this.isLost(sessionId);
    if (refused) return void socket.end('HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n\r\n');
    this.#sockets.handleUpgrade(request, socket, head, (client) => this.#accept(sessionId, client));
  }

  #accept(sessionId: string, client: WebSocket): void {
    const page = new PageConnection(sessionId, client, this.#options.parts);
    client.on('message', (data: Buffer) => {
      try {
        this.#receive(page, data);
      } catch (error) {
        this.#options.logger.warn('sandbox: a page sent what cannot be read', { session: sessionId, error: String(error) });
        client.terminate();
      }
    });
    client.on('close', () => {
      page.close();
      if (this.#pages.get(sessionId) === page) this.#pages.delete(sessionId);
    });
    client.on('error', (error) => this.#options.logger.warn('sandbox: page connection failed', { session: sessionId, error: error.message }));
  }

  #receive(page: PageConnection, data: Buffer): void {
    const request = JSON.parse(data.toString('utf8')) as Request;
    if (request.m === 'hello' || request.m === 'takeover') this.#claim(page);
    if (request.m === 'hello') this.#hello(page, request.a);
    else void page.handle(request);
  }

  /** The newest page of a session has the connection; an older one that is still open is told of the conflict. */
  #claim(page: PageConnection): void {
    const before = this.#pages.get(page.sessionId);
    if (before && before !== page) before.conflict();
    this.#pages.set(page.sessionId, page);
  }

  #hello(page: PageConnection, a: Record<string, unknown>): void {
    const token = typeof a.token === 'string' ? a.token : null;
    page.start(token, typeof a.after === 'number' ? a.after : null)
      .catch((error: unknown) => this.#options.logger.warn('sandbox: a page could not start', { session: page.sessionId, error: String(error) }));
  }

  async close(): Promise<void> {
    for (const sessionId of [...this.#pages.keys()]) this.#drop(sessionId);
    for (const client of this.#sockets.clients) client.terminate();
    this.#sockets.close();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }
}
