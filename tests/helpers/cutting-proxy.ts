import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/**
 * Stands between a client and a server. While `cuts` is above 0, a connection is cut as soon as the server has answered:
 * the request was taken, and its sender never hears of it.
 */
export class CuttingProxy {
  cuts = 0;
  /** Connections that were cut. */
  cut = 0;
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  static async before(url: string): Promise<CuttingProxy> {
    const { hostname, port } = new URL(url);
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const proxy = new CuttingProxy(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    server.on('connection', (client) => proxy.join(client, connect(Number(port), hostname)));
    return proxy;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
  }

  private join(client: Socket, upstream: Socket): void {
    for (const socket of [client, upstream]) {
      this.sockets.add(socket);
      socket.on('error', () => {}).on('close', () => this.sockets.delete(socket));
    }
    client.on('data', (chunk) => void upstream.write(chunk)).on('end', () => void upstream.end());
    upstream.on('data', (chunk) => {
      if (this.cuts === 0) return void client.write(chunk);
      this.cuts -= 1;
      this.cut += 1;
      client.resetAndDestroy();
      upstream.destroy();
    });
    upstream.on('end', () => void client.end());
  }
}
