import { join } from 'node:path';
import { createApp, type App, type AppOverrides } from '../../../whatsapp-service/app.js';
import { loadConfig } from '../../../whatsapp-service/config/load-config.js';
import type { Config } from '../../../whatsapp-service/config/config.js';
import { HubClient } from '../../../whatsapp-service/sandbox/hub-client.js';
import { BridgeApi } from '../../helpers/bridge.js';
import type { Hub } from '../../../whatsapp-service/sandbox/hub-contract.js';
import { until } from '../../helpers/sandbox-client.js';
import { BENCH_FLAGS, BENCH_SCRIPT } from '../page-scripts.js';
import type { Job } from '../variant.js';

const KEY = 'bench-key-0123456789abcdef0123456789abcdef';

/** The service's defaults; what differs is what a benchmark is about. */
export function serviceConfig(job: Job): Config {
  const env = {
    ENGINE: 'sandbox',
    PORT: '0',
    ADMIN_API_KEY: KEY,
    ...(job.untold ? {} : { BACKEND_URL: job.backendUrl }),
    WEBHOOK_SECRET: job.secret,
    DATA_DIR: join(job.dir, 'data'),
    SESSIONS_DIR: join(job.dir, 'sessions'),
    LOG_DIR: join(job.dir, 'logs'),
    LOG_FORMAT: 'json',
    // A large blast in one request.
    HTTP_BODY_LIMIT_KB: '65536',
    SYNC_ON_READY: 'false',
    SYNC_CHATS_PER_SECOND: '0',
    API_RATE_LIMIT_PER_MINUTE: '1000000',
    SEND_PER_SECOND: '0',
    SEND_PER_MINUTE: '0',
    SANDBOX_HUB_URL: job.hub.controlUrl,
    SANDBOX_HUB_TOKEN: job.hub.token,
  };
  return loadConfig({ env, dotenvFile: null, isTerminal: false });
}

export interface Service {
  app: App;
  api: BridgeApi;
  config: Config;
}

/** The whole service, with its session paired and working. */
export async function workingService(job: Job, overrides: AppOverrides = {}): Promise<Service> {
  const config = serviceConfig(job);
  const hub = await benchHub(job);
  const app = await createApp(config, { ...overrides, hub });
  const { host, port } = await app.start();
  const api = new BridgeApi(`http://${host}:${port}`, KEY);
  await api.ok('POST', '/api/sessions', { id: job.session, workspace_id: 7 });
  await api.inState(job.session, 'SCAN_QR_CODE');
  await until(() => hub.scanQr(job.session, { phone: job.phone }).then(() => true, () => false), { name: 'the QR is scanned' });
  await api.inState(job.session, 'WORKING');
  await allChatsLoaded(hub, job);
  return { app, api, config };
}

/** The simulated WhatsApp, with the bench's script in its page. */
export async function benchHub(job: Job): Promise<Hub> {
  const hub = await HubClient.connect(job.hub);
  const engine = async () => {
    const { prelude, args, ...rest } = await hub.engine();
    return { ...rest, args: [...args, ...BENCH_FLAGS], prelude: (session: string) => `${prelude(session)}\n${BENCH_SCRIPT}` };
  };
  return new Proxy<Hub>(hub, {
    get(target, name) {
      if (name === 'engine') return engine;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

/** The page has taken in its account. */
export async function allChatsLoaded(hub: Hub, job: Job): Promise<void> {
  await until(async () => (await hub.state(job.session)).has_synced, { name: 'the page has its chats', timeoutMs: 60_000 });
}
