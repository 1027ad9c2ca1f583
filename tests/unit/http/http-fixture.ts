import { connect } from 'node:net';
import { z } from 'zod';
import type { Config } from '../../../whatsapp-service/config/config.js';
import { ApiError, type ErrorBody } from '../../../whatsapp-service/contracts/errors.js';
import { route, type Caller, type Route } from '../../../whatsapp-service/contracts/route.js';
import { createHttpServer, type HttpServer } from '../../../whatsapp-service/http/http-server.js';
import { silentLogger, type LogFields, type Logger } from '../../../whatsapp-service/shared/logger.js';
import { createMetrics, type Metrics } from '../../../whatsapp-service/shared/metrics.js';

export const LIMIT_BYTES = 10_000;

/** Key → who it is. */
export const CALLERS: Record<string, Caller> = {
  'admin-key': { keyId: 'key_admin', scopes: ['admin'], sessions: null, workspaces: null },
  'send-key': { keyId: 'key_send', scopes: ['send'], sessions: null, workspaces: null },
  'read-key': { keyId: 'key_read', scopes: ['read'], sessions: null, workspaces: null },
  'limited-key': { keyId: 'key_limited', scopes: ['admin'], sessions: ['sales', '12'], workspaces: ['7'] },
};

export interface LogLine {
  level: string;
  message: string;
  fields: LogFields;
}

/** Work that is under way until it is let go. */
export class Gate {
  entered = 0;
  private release: (value: unknown) => void = () => undefined;
  private readonly opened = new Promise((resolve) => (this.release = resolve));

  readonly pass = (): Promise<unknown> => {
    this.entered++;
    return this.opened;
  };

  open(): void {
    this.release(undefined);
  }
}

/** A logger that keeps its lines. */
export function recordingLogger(): { logger: Logger; lines: LogLine[] } {
  const lines: LogLine[] = [];
  const keep = (level: string) => (message: string, fields: LogFields = {}) => void lines.push({ level, message, fields });
  const logger: Logger = { ...silentLogger, error: keep('error'), warn: keep('warn'), info: keep('info'), debug: keep('debug'), child: () => logger };
  return { logger, lines };
}

const zId = z.union([z.string().regex(/^[\w-]{1,64}$/, 'must be a session id'), z.number().int()]);

/** One of each kind of route; `/api/slow` takes as long as `slow`. */
export function exampleRoutes(slow: () => Promise<unknown> = () => Promise.resolve()): Route[] {
  const params = z.object({ id: z.string().regex(/^[\w-]{1,64}$/) });
  const echo = (context: unknown) => ({ status: 200, body: context });
  return [
    route({
      method: 'post',
      path: '/api/messages',
      scope: 'send',
      tag: 'Messages',
      summary: 'Send a message',
      request: { body: z.strictObject({ session_id: zId, text: z.string().max(100), note: z.object({ tags: z.array(z.string()) }).optional() }), bodyExample: { session_id: 'sales', text: 'Hello' } },
      responses: { 202: { description: 'Taken', schema: z.object({ body: z.unknown() }) } },
      errors: ['idempotency_key_reused', 'session_not_found'],
      handle: (context) => ({ status: 202, body: context }),
    }),
    route({ method: 'get', path: '/api/messages', scope: 'read', tag: 'Messages', summary: 'List', request: { query: z.strictObject({ session_id: zId.optional(), limit: z.coerce.number().int().min(1).max(100).default(20) }) }, responses: { 200: { description: 'Some' } }, handle: echo }),
    route({ method: 'get', path: '/api/messages/{id}', scope: 'read', tag: 'Messages', summary: 'Get', request: { params }, responses: { 200: { description: 'One' } }, handle: echo }),
    route({ method: 'get', path: '/api/messages/latest', scope: 'read', tag: 'Messages', summary: 'Get the latest', responses: { 200: { description: 'One' } }, handle: () => ({ status: 200, body: 'the latest' }) }),
    route({ method: 'get', path: '/api/sessions/{id}', scope: 'read', tag: 'Sessions', summary: 'Get', request: { params }, responses: { 200: { description: 'One' } }, handle: echo }),
    route({ method: 'delete', path: '/api/sessions/{id}', scope: 'admin', tag: 'Sessions', summary: 'Delete', request: { params }, responses: { 204: { description: 'Gone' } }, handle: () => ({ status: 204 }) }),
    route({ method: 'post', path: '/api/sessions/{id}/start', scope: 'admin', tag: 'Sessions', summary: 'Start', request: { params }, responses: { 200: { description: 'Started' } }, handle: echo }),
    route({
      method: 'get',
      path: '/api/sessions/{id}/qr',
      scope: 'read',
      tag: 'Sessions',
      summary: 'QR',
      request: { params },
      produces: ['application/json', 'image/png', 'image/svg+xml'],
      responses: { 200: { description: 'QR', schema: z.object({ qr: z.string() }) } },
      handle: ({ accept }) => (accept === 'image/png' ? { status: 200, type: accept, body: Buffer.from([1, 2, 3]) } : accept === 'image/svg+xml' ? { status: 200, type: accept, body: '<svg/>' } : { status: 200, body: { qr: 'x' } }),
    }),
    route({ method: 'put', path: '/api/anything', scope: 'send', tag: 'Test', summary: 'Any JSON', request: { body: z.json() }, responses: { 200: { description: 'It' } }, handle: echo }),
    route({ method: 'patch', path: '/api/optional', scope: 'send', tag: 'Test', summary: 'All optional', request: { body: z.strictObject({ a: z.string().optional() }) }, responses: { 200: { description: 'It' } }, handle: echo }),
    route({ method: 'get', path: '/open', scope: 'public', tag: 'Test', summary: 'Public', responses: { 200: { description: 'It' } }, handle: echo }),
    route({ method: 'get', path: '/api/slow', scope: 'read', tag: 'Test', summary: 'Waits', responses: { 200: { description: 'It' } }, handle: () => slow().then(() => ({ status: 200, body: 'done' })) }),
    route({
      method: 'get',
      path: '/api/fails/{how}',
      scope: 'read',
      tag: 'Test',
      summary: 'Fails',
      request: { params: z.object({ how: z.string() }) },
      responses: { 200: { description: 'Never' } },
      handle: ({ params: { how } }) => {
        if (how === 'api') throw new ApiError('session_not_found', { session_id: 'x' });
        if (how === 'unavailable') throw new ApiError('shutting_down');
        if (how === 'status') throw Object.assign(new Error('the backend said secret-text'), { status: 400 });
        if (how === 'string') throw 'secret-text';
        if (how === 'bigint') return { status: 200, body: { n: 1n } };
        return Promise.reject(new Error('secret-text of an unexpected failure'));
      },
    }),
  ];
}

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  body: unknown;
  /** Of an error answer. */
  error: ErrorBody['error'];
}

/** The server on a port of its own, and how to ask it. */
export class TestServer {
  private constructor(
    readonly server: HttpServer,
    readonly port: number,
    readonly lines: LogLine[],
    readonly metrics: Metrics,
  ) {}

  static async start(parts: { config?: Partial<Config['http']>; routes?: Route[]; authenticate?: (key: string) => Promise<Caller | null>; uploadFolder?: string } = {}): Promise<TestServer> {
    const { logger, lines } = recordingLogger();
    const metrics = createMetrics();
    const server = createHttpServer({
      config: { host: '127.0.0.1', port: 0, bodyLimitBytes: LIMIT_BYTES, rateLimitPerMinute: 0, trustProxy: false, ...parts.config },
      routes: parts.routes ?? exampleRoutes(),
      authenticate: parts.authenticate ?? ((key) => Promise.resolve(CALLERS[key] ?? null)),
      logger,
      metrics,
      ...(parts.uploadFolder !== undefined && { uploadFolder: parts.uploadFolder }),
      version: '1.2.3',
    });
    const { port } = await server.listen();
    return new TestServer(server, port, lines, metrics);
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async ask(method: string, path: string, options: { key?: string | null; headers?: Record<string, string>; body?: unknown; json?: unknown } = {}): Promise<Answer> {
    const { key = 'admin-key', json } = options;
    const headers: Record<string, string> = { ...(key === null ? {} : { 'x-api-key': key }), ...(json === undefined ? {} : { 'content-type': 'application/json' }), ...options.headers };
    const body = (json === undefined ? options.body : JSON.stringify(json)) as RequestInit['body'];
    const answer = await fetch(this.url + path, { method, headers, body, redirect: 'manual', ...(body instanceof ReadableStream ? { duplex: 'half' } : {}) });
    const text = await answer.text();
    const parsed = parse(text);
    return { status: answer.status, headers: answer.headers, text, body: parsed, error: (parsed as ErrorBody | null)?.error as ErrorBody['error'] };
  }

  /** Writes bytes as they are and returns all that comes back until the server ends the connection. */
  raw(bytes: string | Buffer): Promise<string> {
    return new Promise((resolve, reject) => {
      const socket = connect(this.port, '127.0.0.1', () => socket.end(bytes));
      const chunks: Buffer[] = [];
      socket.on('data', (chunk) => chunks.push(chunk));
      socket.on('error', reject);
      socket.on('close', () => resolve(Buffer.concat(chunks).toString()));
    });
  }

  close(): Promise<void> {
    return this.server.close(100);
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
