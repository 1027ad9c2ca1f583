import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApp, type App, type AppOverrides } from '../../whatsapp-service/app.js';
import { loadConfig } from '../../whatsapp-service/config/load-config.js';
import type { ChatSyncView } from '../../whatsapp-service/contracts/chat-sync-api.js';
import type { MessageView } from '../../whatsapp-service/contracts/message-api.js';
import type { SessionView } from '../../whatsapp-service/contracts/session-api.js';
import type { SessionState } from '../../whatsapp-service/contracts/states.js';
import { ControlServer } from '../../whatsapp-service/sandbox/hub/control-server.js';
import { SandboxHub } from '../../whatsapp-service/sandbox/sandbox-hub.js';
import { silentLogger } from '../../whatsapp-service/shared/logger.js';
import { freePort } from './free-port.js';
import { programArgs, SERVICE_FLAGS } from './programs.js';
import { RecordingReceiver } from './recording-receiver.js';
import { until } from './sandbox-client.js';

export const TEST_SECRET = 'kf83hd62-test-only-4f8a0c1e9b7d5a3f';
export const TEST_KEY = 'test-key-0123456789abcdef0123456789abcdef';

/** Tight enough for tests; the paths are the same as with the defaults. */
const FAST: Record<string, string> = {
  SYNC_CHATS_PER_SECOND: '0',
  SYNC_RETRY_DELAY_MS: '50',
  SYNC_RETRY_CAP_MS: '500',
  WEBHOOK_RETRY_SCHEDULE: '50ms,100ms,200ms,500ms*900',
  WEBHOOK_BREAKER_MS: '300',
  WEBHOOK_PROBE_MS: '300',
  WEBHOOK_TIMEOUT_MS: '2000',
  SESSION_RESTART_BASE_MS: '100',
  SESSION_RESTART_CAP_MS: '1000',
  SESSION_RESTORE_STAGGER_MS: '0',
  SESSION_WATCHDOG_INTERVAL_MS: '500',
  SESSION_WATCHDOG_TIMEOUT_MS: '5000',
  SESSION_CALL_TIMEOUT_MS: '15000',
  SEND_RETRY_BASE_MS: '100',
  SEND_PER_SECOND: '0',
  SEND_PER_MINUTE: '0',
  SHUTDOWN_TIMEOUT_MS: '5000',
  API_RATE_LIMIT_PER_MINUTE: '1000000',
  LOG_LEVEL: process.env.TEST_LOG_LEVEL ?? 'error',
  LOG_FORMAT: 'pretty',
};

/** What lives longer than the service: the simulated WhatsApp, the backend, and the service's directory. */
export class World {
  private constructor(
    readonly dir: string,
    readonly hub: SandboxHub,
    readonly receiver: RecordingReceiver,
    private readonly controls: ControlServer,
    readonly controlUrl: string,
  ) {}

  static async open(): Promise<World> {
    const receiver = await RecordingReceiver.start({ secrets: [TEST_SECRET] });
    const dir = await mkdtemp(join(tmpdir(), 'bridge-world-'));
    const hub = await SandboxHub.open({ dataDir: join(dir, 'hub') });
    const controls = new ControlServer({ hub, address: { page_port: hub.pagePort, spki: hub.spki, page_key: hub.pageKey }, token: TEST_KEY });
    const controlUrl = await controls.listen(0);
    return new World(dir, hub, receiver, controls, controlUrl);
  }

  env(more: Record<string, string> = {}): Record<string, string> {
    return {
      ...FAST,
      ENGINE: 'sandbox',
      PORT: '0',
      ADMIN_API_KEY: TEST_KEY,
      BACKEND_URL: this.receiver.url,
      WEBHOOK_SECRET: TEST_SECRET,
      DATA_DIR: join(this.dir, 'data'),
      SESSIONS_DIR: join(this.dir, 'sessions'),
      LOG_DIR: join(this.dir, 'logs'),
      SANDBOX_HUB_URL: this.controlUrl,
      SANDBOX_HUB_TOKEN: TEST_KEY,
      ...more,
    };
  }

  async close(): Promise<void> {
    await this.receiver.close();
    await this.controls.close();
    await this.hub.close();
    await rm(this.dir, { recursive: true, force: true, maxRetries: 5 });
  }
}

export interface Answer<T> {
  status: number;
  body: T;
  headers: Headers;
}

/** The service's API, as a client uses it. */
export class BridgeApi {
  constructor(
    public url: string,
    readonly key = TEST_KEY,
  ) {}

  async request<T = unknown>(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer<T>> {
    const response = await fetch(this.url + path, {
      method,
      headers: { 'X-Api-Key': this.key, ...(body !== undefined && { 'Content-Type': 'application/json' }), ...headers },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const json = response.headers.get('content-type')?.includes('json') ?? false;
    return { status: response.status, body: (json ? JSON.parse(text) : text) as T, headers: response.headers };
  }

  /** Rejects unless the answer is a 2xx. */
  async ok<T = unknown>(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<T> {
    const answer = await this.request<T>(method, path, body, headers);
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  session(id: string): Promise<SessionView> {
    return this.ok<SessionView>('GET', `/api/sessions/${id}`);
  }

  inState(id: string, state: SessionState, timeoutMs = 30_000): Promise<SessionView> {
    return until(async () => {
      const session = await this.session(id);
      return session.state === state ? session : null;
    }, { timeoutMs, name: `session ${id} is ${state}` });
  }

  /** Creates a session, scans its QR on the hub and waits until it works. */
  async pair(world: World, id: string, more: { workspace_id?: string | number; seed?: Parameters<SandboxHub['seed']>[1]; lidMode?: boolean } = {}): Promise<SessionView> {
    if (more.seed) await world.hub.seed(id, { ...more.seed, ...(more.lidMode !== undefined && { lidMode: more.lidMode }) });
    await this.ok('POST', '/api/sessions', { id, workspace_id: more.workspace_id ?? 7 });
    await this.inState(id, 'SCAN_QR_CODE');
    await until(() => world.hub.scanQr(id, { lidMode: more.lidMode }).then(() => true, () => false), { name: 'the QR is scanned' });
    return this.inState(id, 'WORKING');
  }

  synced(id: string, timeoutMs = 60_000): Promise<ChatSyncView> {
    return until(async () => {
      const answer = await this.request<ChatSyncView>('GET', `/api/sessions/${id}/chats/sync`);
      return answer.status === 200 && ['completed', 'failed'].includes(answer.body.state) ? answer.body : null;
    }, { timeoutMs, name: `chat sync of ${id} is over` });
  }

  messageIn(id: string, state: string, timeoutMs = 30_000): Promise<MessageView> {
    return until(async () => {
      const message = await this.ok<MessageView>('GET', `/api/messages/${id}`);
      return message.state === state ? message : null;
    }, { timeoutMs, name: `message ${id} is ${state}` });
  }
}

/** The service inside the test's process. */
export class InProcessBridge {
  private constructor(
    readonly app: App,
    readonly api: BridgeApi,
  ) {}

  static async start(world: World, env: Record<string, string> = {}, overrides: AppOverrides = {}): Promise<InProcessBridge> {
    const { SANDBOX_HUB_URL: _url, SANDBOX_HUB_TOKEN: _token, ...own } = world.env(env);
    const config = loadConfig({ env: own, dotenvFile: null, isTerminal: false });
    const logger = process.env.TEST_LOG_LEVEL ? undefined : silentLogger;
    const app = await createApp(config, { hub: world.hub, ...(logger && { logger }), ...overrides });
    const { host, port } = await app.start();
    return new InProcessBridge(app, new BridgeApi(`http://${host}:${port}`));
  }

  stop(): Promise<void> {
    return this.app.stop();
  }
}

/** The service as its own process, which can be killed at any moment and started again on the same directory. */
export class BridgeProcess {
  private constructor(
    readonly child: ChildProcess,
    readonly api: BridgeApi,
    /** Everything it printed. */
    readonly output: () => string,
  ) {}

  static async start(world: World, env: Record<string, string> = {}): Promise<BridgeProcess> {
    const port = env.PORT ?? String(await freePort());
    const child = spawn(process.execPath, [...SERVICE_FLAGS, ...programArgs('main')], {
      env: { PATH: process.env.PATH, HOME: process.env.HOME, ...world.env({ LOG_LEVEL: 'info', LOG_FORMAT: 'json', ...env }), PORT: port },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const api = new BridgeApi(`http://127.0.0.1:${port}`);
    await until(
      async () => {
        if (child.exitCode !== null) throw new Error(`The service ended with ${child.exitCode}: ${output}`);
        return fetch(`${api.url}/health`).then((response) => response.ok, () => false);
      },
      { timeoutMs: 30_000, name: 'the service answers /health' },
    );
    return new BridgeProcess(child, api, () => output);
  }

  /** `kill -9`. */
  async kill(): Promise<void> {
    const ended = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await ended;
  }

  /** SIGTERM; resolves with the exit code. */
  async terminate(): Promise<number | null> {
    const ended = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    await ended;
    return this.child.exitCode;
  }
}
