import { Agent, request } from 'node:http';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ERRORS, type ErrorBody } from '../../whatsapp-service/contracts/errors.js';
import { zMessage } from '../../whatsapp-service/contracts/message-api.js';
import type { OpenApiDocument } from '../../whatsapp-service/http/openapi.js';
import { silentLogger, type LogFields, type Logger } from '../../whatsapp-service/shared/logger.js';
import { InProcessBridge, TEST_KEY, World } from '../helpers/bridge.js';
import { FileHost } from '../helpers/file-host.js';
import { Dice } from '../helpers/hostile.js';
import { knownNames, passingPlaces, serveFiles } from '../helpers/fuzz-world.js';
import { hostileRequest, operationsOf, plainRequest, type Known, type Operation, type Sent } from '../helpers/hostile-requests.js';

/** `FUZZ_REQUESTS` and `FUZZ_SEED` make it longer or other; `FUZZ_SHOW=1` prints what every route answered. */
const REQUESTS = Number(process.env.FUZZ_REQUESTS ?? 20_000);
const SEED = Number(process.env.FUZZ_SEED ?? 20_260_131);
const AT_ONCE = 12;
const WARM_UP = Math.min(2_000, Math.floor(REQUESTS / 4));
const MAX_GROWTH_MB = 60;
const PLAIN_ROUNDS = 20;

interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
}

let world: World;
let bridge: InProcessBridge;
let files: FileHost;
const failures: string[] = [];

const keep = (message: string, fields: LogFields = {}): void => {
  const { error, endpoint } = fields;
  // Endpoints that the test adds lead nowhere.
  if (typeof endpoint === 'string' && endpoint !== 'default') return;
  failures.push(`${message} ${error instanceof Error ? (error.stack ?? error.message) : JSON.stringify(fields)}`);
};
/** Keeps what a person would have to act on. */
const logger: Logger = { ...silentLogger, error: keep, child: () => logger, sync: silentLogger };

beforeAll(async () => {
  world = await World.open();
  files = await FileHost.start();
  serveFiles(files);
  bridge = await InProcessBridge.start(world, { TRUST_PROXY: 'true', MEDIA_ALLOWED_HOSTS: files.address, SEND_PER_SECOND: '3', SYNC_ON_READY: 'false', MEDIA_FETCH_TIMEOUT_MS: '2000' }, { logger });
  await bridge.api.pair(world, 'sales', { seed: { chats: 20 } });
});
afterAll(async () => {
  await bridge.stop();
  await files.close();
  await world.close();
});

test(`${REQUESTS} hostile requests to every route: only answers of the catalogue, the session works on, and memory stays flat (seed ${SEED})`, async () => {
  const known = await knownNames(world, bridge.api, files);
  const document = await bridge.api.ok<OpenApiDocument>('GET', '/docs/openapi.json');
  const operations = operationsOf(document, known);
  const run = new Run(operations, known);

  await run.requests(WARM_UP);
  const before = heldMb();
  await run.requests(REQUESTS - WARM_UP);
  const neverTaken = await run.neverTaken();
  run.agent.destroy();

  if (process.env.FUZZ_SHOW) console.log([...run.seen].sort().map(([answer, count]) => `${count}\t${answer}`).join('\n'));
  expect({ seed: SEED, wrong: run.wrong.slice(0, 3) }).toEqual({ seed: SEED, wrong: [] });
  expect(failures.slice(0, 3)).toEqual([]);
  expect(neverTaken).toEqual([]);
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined();

  expect((await bridge.api.request('GET', '/health')).status).toBe(200);
  expect(await bridge.api.session('sales')).toMatchObject({ state: 'WORKING' });
  expect(await bridge.api.ok<string>('GET', '/metrics')).not.toMatch(/^bridge_session_restarts_total\{.*\} [1-9]/m);
  const grown = await grownBy(before);
  if (process.env.FUZZ_SHOW) console.log(`grown by ${grown.toFixed(1)} MB from ${before.toFixed(1)} MB`);
  expect(grown).toBeLessThan(MAX_GROWTH_MB);
}, 900_000);

/** Sends requests, and judges every answer. */
class Run {
  readonly agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
  /** How often each operation answered what. */
  readonly seen = new Map<string, number>();
  readonly wrong: unknown[] = [];
  private readonly dice = new Dice(SEED);

  constructor(
    private readonly operations: readonly Operation[],
    private readonly known: Known,
  ) {}

  async requests(count: number): Promise<void> {
    let left = count;
    const hand = async (): Promise<void> => {
      while (left-- > 0 && this.wrong.length < 20) await this.one();
    };
    await Promise.all(Array.from({ length: AT_ONCE }, hand));
    // What the backend took is of no interest here, and would look like a leak.
    world.receiver.requests.length = 0;
  }

  /**
   * Operations that took nothing at all: what is behind their validation was never reached. Where chance alone has left one out, it takes
   * what is plain.
   */
  async neverTaken(): Promise<string[]> {
    const missing = (): Operation[] => this.operations.filter((operation) => !NOT_TAKEN.has(nameOf(operation)) && ![...this.seen.keys()].some((key) => key.startsWith(`${nameOf(operation)} 2`)));
    const known = { ...this.known, places: [...(missing().length > 0 ? await passingPlaces(bridge.api) : []), ...this.known.places] };
    for (let round = 0; round < PLAIN_ROUNDS; round++) for (const operation of missing()) await this.judge(plainRequest(this.dice, operation, known));
    return missing().map((operation) => `${nameOf(operation)}: ${[...this.seen.keys()].filter((key) => key.startsWith(nameOf(operation))).join(', ')}`);
  }

  private one(): Promise<void> {
    return this.judge(hostileRequest(this.dice, this.operations, this.known));
  }

  private async judge(sent: Sent): Promise<void> {
    const answer = await send(this.agent, sent).catch((error: unknown) => ({ status: 0, headers: {}, text: String(error) }));
    const code = answer.status >= 400 ? codeOf(answer.text) : 'ok';
    const key = `${sent.operation && sent.operation.method === sent.method ? nameOf(sent.operation) : '(other)'} ${answer.status} ${code}`;
    this.seen.set(key, (this.seen.get(key) ?? 0) + 1);
    const faults = faultsOf(sent, answer, code);
    if (faults.length > 0) this.wrong.push({ faults, method: sent.method, path: sent.path.slice(0, 300), headers: sent.headers, body: sent.body?.toString('latin1').slice(0, 600), status: answer.status, text: answer.text.slice(0, 600) });
  }
}

const nameOf = ({ method, path }: Operation): string => `${method} ${path}`;

/** They would end the session, or bring a browser up each time, or need one that is not paired. */
const NOT_TAKEN = new Set(['start', 'stop', 'restart', 'logout', 'pairing-code'].map((action) => `POST /api/sessions/{id}/${action}`).concat('DELETE /api/sessions/{id}', 'GET /api/sessions/{id}/qr'));

/** Words that only our own insides use. */
const INSIDES = /\n {4}at |node_modules|whatsapp-service\/|SQLITE_|bridge\.sqlite|no such (?:column|table)|constraint failed|syntax error|select "|insert into "|TypeError|RangeError|Cannot (?:read|set) prop|is not a function|puppeteer|ProtocolError|ECONN|ENOENT|EACCES/;

function faultsOf(sent: Sent, { status, headers, text }: Answer, code: string | null): string[] {
  const faults: string[] = [];
  const isDocs = /^\/{1,2}docs/.test(sent.path);
  const isError = status >= 400 && status <= 499;
  if (!(status >= 200 && status <= 299) && !isError && !(isDocs && status < 400)) faults.push(`status ${status}`);
  if (isError && sent.method !== 'HEAD' && ERRORS[code as keyof typeof ERRORS]?.status !== status) faults.push(`code ${code} with status ${status}`);
  // What is refused before it is a request has its id in the body alone.
  if (headers['x-request-id'] === undefined && code !== 'headers_too_large' && status !== 0) faults.push('no X-Request-Id');
  if (isDocs) return faults;
  const insides = INSIDES.exec(text)?.[0] ?? [world.dir, process.cwd(), TEST_KEY].find((word) => text.includes(word));
  if (insides !== undefined) faults.push(`tells ${insides}`);
  if (/(?<!\\)(?:\\\\)*\\ud[89a-f]/.test(text)) faults.push('half a character, which PHP does not read');
  if (status === 202 && sent.path.startsWith('/api/messages') && !zMessage.safeParse(JSON.parse(text)).success) faults.push('no message');
  return faults;
}

function send(agent: Agent, { method, path, headers, body }: Sent): Promise<Answer> {
  const { hostname, port } = new URL(bridge.api.url);
  return new Promise((resolve, reject) => {
    const req = request({ host: hostname, port, agent, method, path: path.replaceAll(/[^\x21-\x7e]/g, '%20'), headers }, (res) => {
      const chunks: Buffer[] = [];
      res.on('data', (chunk: Buffer) => chunks.push(chunk));
      res.on('end', () => resolve({ status: res.statusCode ?? 0, headers: res.headers, text: Buffer.concat(chunks).toString() }));
      res.on('error', reject);
    });
    req.on('error', reject);
    req.end(body ?? undefined);
  });
}

/** After a collection of what nobody holds any more: what is left has leaked, or is a cache. */
function heldMb(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 2 ** 20;
}

/** The lower of two looks: the second comes after what was still under way. */
async function grownBy(before: number): Promise<number> {
  const first = heldMb() - before;
  if (first < MAX_GROWTH_MB) return first;
  await new Promise((resolve) => setTimeout(resolve, 5_000));
  return heldMb() - before;
}

function codeOf(text: string): string | null {
  try {
    return (JSON.parse(text) as ErrorBody).error.code;
  } catch {
    return null;
  }
}
