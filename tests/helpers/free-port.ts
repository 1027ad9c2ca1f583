import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below what the system hands out by itself, and of this worker alone: nobody takes it before it is used. */
const FIRST = 10_000;
const PER_WORKER = 2_000;
const WORKERS = 8;
let next = Math.floor(Math.random() * PER_WORKER);

/** A port of 127.0.0.1 on which nobody listens. */
export async function freePort(): Promise<number> {
  const worker = Number(process.env.JEST_WORKER_ID ?? 1) % WORKERS;
  for (;;) {
    const port = FIRST + worker * PER_WORKER + (next++ % PER_WORKER);
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve) => server.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true)));
    if (!isFree) continue;
    server.close();
    await once(server, 'close');
    return port;
  }
}
