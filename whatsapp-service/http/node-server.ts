import { createServer, STATUS_CODES, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { ApiError, errorBody, ERRORS, type ErrorCode } from '../contracts/errors.js';
import { newRequestId } from '../shared/ids.js';
import { StartError } from '../shared/start-error.js';

/** A caller that sends its request drop by drop holds a connection for no longer than this; a large file over a slow line needs its time. */
const HEADERS_TIMEOUT_MS = 15_000;
const REQUEST_TIMEOUT_MS = 300_000;
const CHECK_INTERVAL_MS = 5_000;
/** Longer than a reverse proxy keeps an idle connection (60 s is common), so that it never writes into one that we just closed. */
const KEEP_ALIVE_TIMEOUT_MS = 65_000;

/** A node server that can be ended without cutting off what it is answering. */
export interface NodeServer {
  readonly server: Server;
  /** True from the first call of `close`. */
  isClosing(): boolean;
  listen(port: number, host: string): Promise<{ host: string; port: number }>;
  /** Takes nothing new, lets what runs end, and cuts what still runs after `graceMs`. Later calls wait for the first. */
  close(graceMs: number): Promise<void>;
}

export function createNodeServer(listener: RequestListener): NodeServer {
  const server = createServer({ headersTimeout: HEADERS_TIMEOUT_MS, requestTimeout: REQUEST_TIMEOUT_MS, connectionsCheckingInterval: CHECK_INTERVAL_MS, keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS });
  const sockets = new Set<Socket>();
  const running = new Set<ServerResponse>();
  let closing: Promise<void> | null = null;

  server.on('connection', (socket) => track(sockets, socket));
  const take: RequestListener = (req, res) => {
    track(running, res);
    listener(req, res);
  };
  server.on('request', take);
  // An `Expect` that nobody knows may be overlooked; node itself would answer it with a bare 417.
  server.on('checkExpectation', take);
  server.on('clientError', answerMalformed);

  const end = (graceMs: number): Promise<void> =>
    new Promise((resolve) => {
      // A socket that became something else (a WebSocket) is not ended by the server itself.
      const cut = setTimeout(() => sockets.forEach((socket) => socket.destroy()), graceMs);
      // Ends idle connections at once, and calls back when the last one is gone.
      server.close(() => {
        clearTimeout(cut);
        resolve();
      });
      server.keepAliveTimeout = 1;
      for (const res of running) if (!res.headersSent) res.setHeader('Connection', 'close');
    });

  return {
    server,
    isClosing: () => closing !== null,
    listen: (port, host) => listening(server, port, host),
    close: (graceMs) => {
      closing ??= end(graceMs);
      return closing;
    },
  };
}

function track<T extends { once(event: 'close', listener: () => void): unknown }>(set: Set<T>, item: T): void {
  set.add(item);
  item.once('close', () => set.delete(item));
}

function listening(server: Server, port: number, host: string): Promise<{ host: string; port: number }> {
  return new Promise((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException): void => reject(new StartError(listenProblem(error, port, host), { cause: error }));
    server.once('error', failed);
    server.listen(port, host, () => {
      server.off('error', failed);
      resolve({ host, port: (server.address() as AddressInfo).port });
    });
  });
}

function listenProblem(error: NodeJS.ErrnoException, port: number, host: string): string {
  if (error.code === 'EADDRINUSE') return `Port ${port} on ${host} is taken by another program. Stop it, or set PORT to another one.`;
  if (error.code === 'EACCES') return `Port ${port} may not be used by this user. Set PORT to one above 1023.`;
  if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND') return `${host} is no address of this machine. Set HOST to 127.0.0.1, 0.0.0.0 or one of its own.`;
  return `The service could not listen on ${host}, port ${port}: ${error.message}`;
}

/** What is not HTTP, or never becomes a whole request, does not reach Express; it gets the catalogue's answer all the same. */
function answerMalformed(error: NodeJS.ErrnoException & { rawPacket?: Buffer }, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const code = malformedCode(error.code);
  const details = code === 'invalid_request' ? { fields: [{ field: 'request', message: 'is not well-formed HTTP' }] } : undefined;
  const requestId = newRequestId();
  const body = JSON.stringify(errorBody(new ApiError(code, details), requestId));
  const { status } = ERRORS[code];
  const head = [`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`, 'Connection: close', `X-Request-Id: ${requestId}`, 'Content-Type: application/json; charset=utf-8', `Content-Length: ${Buffer.byteLength(body)}`];
  // Whoever asked with HEAD takes a body for the beginning of another answer.
  const isHead = error.rawPacket?.toString('latin1', 0, 5) === 'HEAD ';
  socket.end(`${head.join('\r\n')}\r\n\r\n${isHead ? '' : body}`, () => socket.destroy());
}

function malformedCode(reason: string | undefined): ErrorCode {
  if (reason === 'ERR_HTTP_REQUEST_TIMEOUT') return 'request_timeout';
  if (reason === 'HPE_HEADER_OVERFLOW') return 'headers_too_large';
  return 'invalid_request';
}
