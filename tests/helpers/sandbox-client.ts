import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import puppeteer, { type Browser, type LaunchOptions } from 'puppeteer';
import wweb, { type Message } from 'whatsapp-web.js';
import type { Hub } from '../../whatsapp-service/sandbox/hub-contract.js';
import { patient } from './patience.js';
import { programArgs } from './programs.js';

/** The library's own classes for what is sent: the one place where tests reach for the library. */
export const { Location, MessageMedia, Poll } = wweb;
export type { Message };

const BASE_ARGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

/** A folder of its own for one test; `remove` takes it away again. */
export function tempDir(): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'sandbox-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true, maxRetries: 5 }) };
}

export function browserPath(): string {
  return execFileSync('sh', ['-c', 'command -v chromium-headless-shell || command -v chromium']).toString().trim();
}

/** How every browser of a test is started; `flags` on top of what keeps it quiet. */
const launchWith = (flags: readonly string[] = []): LaunchOptions => ({ executablePath: browserPath(), pipe: true, headless: true, args: [...BASE_ARGS, ...flags] });

/** A browser without the service, for a page of the test's own. */
export const openBrowser = (): Promise<Browser> => puppeteer.launch(launchWith());

/** Resolves to the first value that is neither null, undefined nor false. Rejects when that takes far longer than `timeoutMs`. */
export async function until<T>(what: () => T | Promise<T>, { timeoutMs = 15_000, everyMs = 10, name = what.toString() } = {}): Promise<Exclude<NonNullable<T>, false>> {
  const end = Date.now() + patient(timeoutMs);
  for (;;) {
    const value = await what();
    if (value !== null && value !== undefined && value !== false) return value as Exclude<NonNullable<T>, false>;
    if (Date.now() > end) throw new Error(`did not happen within ${patient(timeoutMs)} ms: ${name}`);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}

export interface Seen {
  event: string;
  args: unknown[];
}

export interface SandboxClient {
  client: InstanceType<typeof wweb.Client>;
  /** Every event of the client so far, oldest first. */
  seen: Seen[];
  /** The events of one name. */
  of(event: string): unknown[][];
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Ends the browser as the kernel would, without a word. */
  kill(): void;
}

export interface ClientOptions {
  sessionId: string;
  /** Folder of the browser profiles. */
  authDir: string;
  /** Further options of the client. */
  client?: Record<string, unknown>;
  /** Script to run before the page's own, after the hub's. */
  script?: string;
}

/** The unmodified whatsapp-web.js client in a real browser on the hub's page. */
export async function sandboxClient(hub: Hub, { sessionId, authDir, client: extra, script = '' }: ClientOptions): Promise<SandboxClient> {
  const engine = await hub.engine();
  const options = {
    authStrategy: new wweb.LocalAuth({ clientId: sessionId, dataPath: authDir }),
    webVersionCache: { type: 'none' },
    evalOnNewDoc: engine.prelude(sessionId) + script,
    puppeteer: launchWith(engine.args),
    ...extra,
  };
  const client = new wweb.Client(options as unknown as ConstructorParameters<typeof wweb.Client>[0]);
  const seen: Seen[] = [];
  const emit = client.emit.bind(client);
  client.emit = (event: string, ...args: unknown[]): boolean => {
    seen.push({ event, args });
    return emit(event, ...args);
  };
  return {
    client,
    seen,
    of: (event) => seen.filter((entry) => entry.event === event).map((entry) => entry.args),
    start: async () => client.initialize(),
    stop: async () => client.destroy().catch(() => undefined),
    kill: () => {
      const pid = client.pupBrowser?.process()?.pid;
      // The group: the executable may be a shell script that starts the browser.
      if (pid !== undefined) process.kill(-pid, 'SIGKILL');
    },
  };
}

/** Started, scanned if it has to be, and ready. */
export async function pairedClient(hub: Hub, options: ClientOptions): Promise<SandboxClient> {
  const client = await sandboxClient(hub, options);
  await client.start();
  if (!(await hub.state(options.sessionId)).paired) {
    await until(() => client.of('qr')[0]);
    await hub.scanQr(options.sessionId);
  }
  await until(() => client.of('ready')[0]);
  return client;
}

/** Runs an expression in the client's page. */
export async function inPage<T>({ client }: SandboxClient, expression: string): Promise<T> {
  if (!client.pupPage) throw new Error('the client has no page');
  return (await client.pupPage.evaluate(expression)) as T;
}

export interface HubProcess {
  controlUrl: string;
  token: string;
  /** As `kill -9`. */
  kill(): void;
}

/** A hub in a process of its own; it ends with this one at the latest. */
export async function startHubProcess(dataDir: string): Promise<HubProcess> {
  const child = spawn(process.execPath, programArgs('sandbox/hub-process', '--data-dir', dataDir, '--until-stdin-ends'), { stdio: ['pipe', 'pipe', 'inherit'] });
  const line = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve);
    child.once('exit', (code) => reject(new Error(`the hub ended with ${String(code)}`)));
  });
  const { control_url: controlUrl, token } = JSON.parse(line) as { control_url: string; token: string };
  return { controlUrl, token, kill: () => void child.kill('SIGKILL') };
}
