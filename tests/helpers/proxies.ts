import { once } from 'node:events';
import { createServer as createHttpServer, type IncomingMessage } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** A proxy as a provider sells one: it asks who is there, and brings whatever is asked for to one port of this machine. */
export interface TestProxy {
  server: string;
  /** `host:port` of each connection that it made. */
  readonly reached: string[];
  /** How many were turned away. */
  readonly refused: () => number;
  close(): Promise<void>;
}

export const PROXY_USER = 'toko-sebelah';
export const PROXY_PASSWORD = 'rahasia-dapur-4711';

const pipe = (one: Duplex, other: Duplex): void => {
  for (const [from, to] of [[one, other], [other, one]] as const) {
    from.pipe(to);
    from.on('error', () => to.destroy());
    from.on('close', () => to.destroy());
  }
};

async function opened(server: Server, scheme: string, counts: { reached: string[]; refused: number }): Promise<TestProxy> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    server: `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    reached: counts.reached,
    refused: () => counts.refused,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** `CONNECT` with basic authentication. */
export function httpProxy(targetPort: number): Promise<TestProxy> {
  const counts = { reached: [] as string[], refused: 0 };
  return opened(createHttpServer().on('connect', connecting(targetPort, counts)), 'http', counts);
}

/** The same, and the way to the proxy itself is encrypted. `identity`: PEM. */
export function httpsProxy(targetPort: number, identity: { key: string; cert: string }): Promise<TestProxy> {
  const counts = { reached: [] as string[], refused: 0 };
  return opened(createHttpsServer(identity).on('connect', connecting(targetPort, counts)), 'https', counts);
}

function connecting(targetPort: number, counts: { reached: string[]; refused: number }): (request: IncomingMessage, socket: Duplex) => void {
  const expected = `Basic ${Buffer.from(`${PROXY_USER}:${PROXY_PASSWORD}`).toString('base64')}`;
  return (request, socket) => {
    if (request.headers['proxy-authorization'] !== expected) {
      counts.refused++;
      return void socket.end('HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="test"\r\nConnection: close\r\n\r\n');
    }
    counts.reached.push(request.url ?? '');
    const target = connect(targetPort, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      pipe(socket, target);
    });
    target.on('error', () => socket.destroy());
  };
}

/** SOCKS 5 (RFC 1928) with user name and password (RFC 1929). */
export function socksProxy(targetPort: number): Promise<TestProxy> {
  const counts = { reached: [] as string[], refused: 0 };
  const server = createServer((socket) => void serve(socket).catch(() => socket.destroy()));

  const serve = async (socket: Socket): Promise<void> => {
    const read = reader(socket);
    const [, methods = 0] = await read(2);
    const offered = await read(methods);
    if (!offered.includes(2)) {
      counts.refused++;
      return void socket.end(Buffer.from([5, 0xff]));
    }
    socket.write(Buffer.from([5, 2]));
    const [, userLength = 0] = await read(2);
    const user = (await read(userLength)).toString();
    const [passwordLength = 0] = await read(1);
    const password = (await read(passwordLength)).toString();
    if (user !== PROXY_USER || password !== PROXY_PASSWORD) {
      counts.refused++;
      return void socket.end(Buffer.from([1, 1]));
    }
    socket.write(Buffer.from([1, 0]));
    const [, , , kind] = await read(4);
    const [length = 0] = kind === 3 ? await read(1) : [kind === 1 ? 4 : 16];
    const host = await read(length);
    const port = (await read(2)).readUInt16BE();
    counts.reached.push(`${kind === 3 ? host.toString() : [...host].join('.')}:${port}`);
    const target = connect(targetPort, '127.0.0.1', () => {
      socket.write(Buffer.from([5, 0, 0, 1, 127, 0, 0, 1, 0, 0]));
      read.release();
      pipe(socket, target);
    });
    target.on('error', () => socket.destroy());
  };
  return opened(server, 'socks5', counts);
}

/** Exactly so many bytes, as often as they are asked for. */
function reader(socket: Socket): ((bytes: number) => Promise<Buffer>) & { release(): void } {
  let held = Buffer.alloc(0);
  let wake = (): void => {};
  const take = (chunk: Buffer): void => {
    held = Buffer.concat([held, chunk]);
    wake();
  };
  socket.on('data', take);
  const read = async (bytes: number): Promise<Buffer> => {
    while (held.length < bytes) await new Promise<void>((resolve) => (wake = resolve));
    const taken = held.subarray(0, bytes);
    held = held.subarray(bytes);
    return taken;
  };
  return Object.assign(read, {
    release: () => {
      socket.off('data', take);
      socket.pause();
      if (held.length > 0) socket.unshift(held);
    },
  });
}
