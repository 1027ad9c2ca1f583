import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { CONTROL_NAMES, SandboxError, type ControlName, type Hub } from '../hub-contract.js';
import type { HubAddress } from '../engine.js';

const MAX_BODY = 4 << 20;

export interface ControlServerOptions {
  hub: Hub;
  address: HubAddress;
  token: string;
}

/** Digests have one length, so that the comparison tells nothing about the token. */
const same = (a: string, b: string): boolean => timingSafeEqual(createHash('sha256').update(a).digest(), createHash('sha256').update(b).digest());

const isControl = (name: string): name is ControlName => (CONTROL_NAMES as readonly string[]).includes(name);

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += (chunk as Buffer).length;
    if (size > MAX_BODY) throw new SandboxError('invalid', 'The body is too large.');
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** The hub's controls over HTTP on 127.0.0.1: `POST /control/<name>` with `{"args": […]}`, and `GET /address`. */
export class ControlServer {
  readonly #options: ControlServerOptions;
  readonly #server: Server;

  constructor(options: ControlServerOptions) {
    this.#options = options;
    this.#server = createServer((request, response) => void this.#serve(request, response));
  }

  /** Resolves to the URL. */
  async listen(port: number): Promise<string> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, '127.0.0.1', resolve);
    });
    const address = this.#server.address();
    return `http://127.0.0.1:${typeof address === 'object' && address ? address.port : port}`;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const answer = (status: number, body: unknown): void => void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    if (!same(request.headers.authorization ?? '', `Bearer ${this.#options.token}`)) return answer(401, { error: { code: 'unauthorized', message: 'The hub token is missing.' } });
    try {
      if (request.method === 'GET' && request.url === '/address') return answer(200, { value: this.#options.address });
      const name = request.url?.startsWith('/control/') ? request.url.slice('/control/'.length) : '';
      if (request.method !== 'POST' || !isControl(name)) return answer(404, { error: { code: 'not_found', message: 'There is no such control.' } });
      const { args = [] } = JSON.parse((await readBody(request)) || '{}') as { args?: unknown[] };
      answer(200, { value: (await this.#call(name, args)) ?? null });
    } catch (error) {
      if (error instanceof SandboxError) return answer(409, { error: { code: error.code, message: error.message } });
      answer(500, { error: { code: 'failed', message: error instanceof Error ? error.message : String(error) } });
    }
  }

  #call(name: ControlName, args: unknown[]): Promise<unknown> {
    const controls = this.#options.hub as unknown as Record<ControlName, (...args: unknown[]) => Promise<unknown>>;
    return controls[name](...args);
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }
}
