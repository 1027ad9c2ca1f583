import type { IncomingMessage, Server as HttpServer } from 'node:http';
import { Server, type Socket } from 'socket.io';
import type { BlastJobView } from '../contracts/blast-api.js';
import { ApiError, errorBody, type ErrorBody } from '../contracts/errors.js';
import { CLIENT_EVENTS, zHandshake, type ClientEvent } from '../contracts/realtime-api.js';
import { hasScope, mayUseWorkspace, type Caller } from '../contracts/route.js';
import { refuseHostile, validated } from '../contracts/validation.js';
import type { BlastStarter } from '../features/blast/blast-starter.js';
import type { BlastService } from '../features/blast/blast-service.js';
import { newRequestId } from '../shared/ids.js';
import type { Logger } from '../shared/logger.js';
import { mayHear, roomOf, roomsOf, type Listener } from './audience.js';
import { NewsDesk } from './blast-news.js';
import { HANDLERS, readPacket } from './client-events.js';

export interface RealtimeOptions {
  server: HttpServer;
  admit(req: IncomingMessage, key: string | null): Promise<{ caller: Caller; key: string }>;
  /** What the key may use now; null when it was revoked. */
  authenticate(key: string): Promise<Caller | null>;
  /** Counts a client event. @throws ApiError `rate_limited` */
  count(caller: Caller): Promise<void>;
  blasts: BlastService;
  starter: BlastStarter;
  /** Of one packet. */
  limitBytes: number;
  /** Origins of other sites whose pages may connect. */
  origins: readonly string[];
  /** Milliseconds since the Unix epoch. */
  startedAt: number;
  logger: Logger;
}

export interface Realtime {
  /** Ends the connections of a key. */
  revoked(keyId: string): void;
  /** Ends every connection. */
  close(): Promise<void>;
}

/** What the service keeps of a connection. The key stays in memory for as long as it is open. */
interface Held extends Listener {
  key: string;
}
type BlastSocket = Socket<Record<string, never>, Record<string, (data: unknown) => void>, Record<string, never>, Held>;

/** An open connection that names no key is closed after this. */
const CONNECT_TIMEOUT_MS = 10_000;
/** Keys of open connections are looked at again: another process may have revoked one. */
const RECHECK_MS = 10_000;

const EVENT_NAMES: ReadonlySet<string> = new Set(CLIENT_EVENTS);
const keyRoom = (keyId: string): string => `key:${keyId}`;

/** The blast face over Socket.IO, on the port of the HTTP API. */
export function createRealtime(options: RealtimeOptions): Realtime {
  const { blasts, logger } = options;
  const io = new Server<Record<string, never>, Record<string, (data: unknown) => void>, Record<string, never>, Held>(options.server, {
    serveClient: false,
    connectTimeout: CONNECT_TIMEOUT_MS,
    maxHttpBufferSize: options.limitBytes,
    ...(options.origins.length > 0 && { cors: { origin: [...options.origins], allowedHeaders: ['X-Api-Key', 'Authorization'] } }),
    allowRequest: (req, done) => done(null, isOwnOrigin(req, options.origins)),
  });
  const desk = new NewsDesk(options.startedAt);
  /** Each is told after the one before it: the last figures stay the last. */
  let told: Promise<void> = Promise.resolve();

  io.use((socket, next) => {
    admitted(socket, options).then(
      (held) => {
        socket.data = held;
        next();
      },
      (error: unknown) => {
        const body = bodyOf(error, logger);
        next(Object.assign(new Error(body.error.message), { data: body }));
      },
    );
  });
  io.on('connection', (socket) => {
    const { caller } = socket.data;
    void socket.join([roomOf(socket.data), keyRoom(caller.keyId)]);
    logger.debug('A client listens to blasts', { key_id: caller.keyId, socket: socket.id });
    socket.onAny((name: string, ...args: unknown[]) => void answer(socket, name, args));
  });

  async function answer(socket: BlastSocket, name: string, args: readonly unknown[]): Promise<void> {
    const { payload, acknowledge } = readPacket(args);
    try {
      const result = await resultOf(socket, name, payload);
      acknowledge?.({ ok: true, result });
    } catch (error) {
      const body = bodyOf(error, logger);
      if (acknowledge) acknowledge({ ok: false, ...body });
      else socket.emit('whatsapp-blast-error', { event: name.slice(0, 64), ...body });
    }
  }

  async function resultOf(socket: BlastSocket, name: string, payload: unknown): Promise<unknown> {
    const caller = await current(socket);
    if (!caller) throw new ApiError('unauthorized');
    await options.count(caller);
    if (!EVENT_NAMES.has(name)) throw new ApiError('invalid_request', { fields: [{ field: 'event', message: `is none of ${CLIENT_EVENTS.join(', ')}` }] });
    const { scope, handle } = HANDLERS[name as ClientEvent];
    if (!hasScope(caller, scope)) throw new ApiError('forbidden', { required_scope: scope });
    refuseHostile(payload);
    const forEdit = (job: BlastJobView, to: 'caller' | 'everyone'): void => {
      if (to === 'caller') socket.emit('whatsapp-blast-job-for-edit', { job });
      else tell(job, [{ name: 'whatsapp-blast-job-for-edit', data: { job } }]);
    };
    return handle(payload, { caller, blasts, starter: options.starter, forEdit });
  }

  /** What the key of a connection may use now. One that was revoked ends the connection. */
  async function current(socket: BlastSocket): Promise<Caller | null> {
    const caller = await options.authenticate(socket.data.key);
    if (caller) socket.data.caller = caller;
    else socket.disconnect(true);
    return caller;
  }

  function tell(job: BlastJobView, events: readonly { name: string; data: unknown }[]): void {
    told = told
      .then(async () => {
        const ids = new Set(roomsOf(job).flatMap((room) => [...(io.sockets.adapter.rooms.get(room) ?? [])]));
        for (const id of ids) {
          const socket = io.sockets.sockets.get(id);
          if (!socket || !(await current(socket)) || !mayHear(socket.data, job)) continue;
          for (const { name, data } of events) socket.emit(name, data);
        }
      })
      .catch((error: unknown) => logger.error('The progress of a blast could not be told', { blast: job.id, error }));
  }

  const forget = blasts.onProgress((job) => tell(job, desk.eventsOf(job)));
  const recheck = setInterval(() => {
    for (const socket of io.sockets.sockets.values()) current(socket).catch((error: unknown) => logger.warn('A key could not be looked up', { error }));
  }, RECHECK_MS);
  recheck.unref();

  return {
    revoked: (keyId) => void io.in(keyRoom(keyId)).disconnectSockets(true),
    close: async () => {
      clearInterval(recheck);
      forget();
      await told;
      // One that polls, and is not asking just now, would be waited for half a minute.
      for (const { conn } of io.sockets.sockets.values()) conn.transport.discard();
      // `io.close()` would close the HTTP server, too, which still answers.
      io.disconnectSockets(true);
      io.engine.close();
    },
  };
}

async function admitted(socket: Pick<BlastSocket, 'handshake' | 'request'>, options: RealtimeOptions): Promise<Held> {
  const auth = (await validated('auth', zHandshake, socket.handshake.auth)) as { key?: string; workspace_id?: string | number };
  const { caller, key } = await options.admit(socket.request, auth.key ?? null);
  const workspace = auth.workspace_id ?? null;
  if (workspace !== null && !mayUseWorkspace(caller, workspace)) throw new ApiError('forbidden', { workspace_id: workspace });
  return { caller, key, workspace };
}

/** Pages of other sites may not connect unless they are listed; what is no page sends no origin. */
function isOwnOrigin({ headers }: IncomingMessage, listed: readonly string[]): boolean {
  const { origin, host } = headers;
  if (origin === undefined || listed.includes(origin)) return true;
  return URL.canParse(origin) && new URL(origin).host === host;
}

function bodyOf(error: unknown, logger: Logger): ErrorBody {
  const requestId = newRequestId();
  if (!(error instanceof ApiError)) logger.error('An event failed on our side', { request: requestId, error });
  return errorBody(error instanceof ApiError ? error : new ApiError('internal'), requestId);
}
