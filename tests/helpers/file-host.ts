import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

type Handler = (req: IncomingMessage, res: ServerResponse) => void;

/** A host of files on loopback that does whatever a test says, and remembers what it was asked. */
export class FileHost {
  readonly asked: { path: string; headers: IncomingMessage['headers'] }[] = [];
  private readonly handlers = new Map<string, Handler>();

  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  static async start(): Promise<FileHost> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const host = new FileHost(server, (server.address() as AddressInfo).port);
    server.on('request', (req: IncomingMessage, res: ServerResponse) => {
      const path = (req.url ?? '').split('?')[0] ?? '';
      host.asked.push({ path, headers: req.headers });
      res.on('error', () => undefined);
      const handler = host.handlers.get(path);
      if (handler) handler(req, res);
      else res.writeHead(404, { 'content-type': 'text/plain' }).end('nothing here: secret-text');
    });
    return host;
  }

  /** Where it is; `path` begins with a slash. */
  url(path: string): string {
    return `http://${this.address}${path}`;
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  on(path: string, handler: Handler): void {
    this.handlers.set(path, handler);
  }

  file(path: string, body: Buffer, type = 'application/octet-stream'): void {
    this.on(path, (_req, res) => res.writeHead(200, { 'content-type': type, 'content-length': body.length }).end(body));
  }

  redirect(path: string, to: string, status = 302): void {
    this.on(path, (_req, res) => res.writeHead(status, { location: to }).end('secret-text'));
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }
}
