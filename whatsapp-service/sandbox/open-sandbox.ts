import { join } from 'node:path';
import type { Config } from '../config/config.js';
import type { Logger } from '../shared/logger.js';
import type { PageSource } from '../whatsapp/web/web-provider.js';
import { throughProxy } from './engine.js';
import { HubClient } from './hub-client.js';
import type { Hub } from './hub-contract.js';
import { SandboxHub } from './sandbox-hub.js';

/** The simulated WhatsApp that the settings ask for: one of its own process when `SANDBOX_HUB_URL` names it, else one in this process. */
export async function openSandbox(config: Config, logger: Logger): Promise<Hub> {
  const { hubUrl, hubToken } = config.sandbox;
  if (hubUrl !== null) return HubClient.connect({ controlUrl: hubUrl, token: hubToken ?? '' });
  return SandboxHub.open({ dataDir: join(config.dataDir, 'sandbox'), logger });
}

/** How a session's browser reaches the simulated page. */
export async function pageSourceOf(hub: Hub): Promise<PageSource> {
  const engine = await hub.engine();
  return { ...engine, argsThrough: (proxyServer) => throughProxy(engine.args, proxyServer) };
}
