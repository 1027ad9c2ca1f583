import wweb from 'whatsapp-web.js';
import { userAgentOf, launchOptions } from '../../../whatsapp-service/whatsapp/web/browser.js';
import { findBrowser } from '../../../whatsapp-service/whatsapp/web/find-browser.js';
import type { Hub } from '../../../whatsapp-service/sandbox/hub-contract.js';
import { until } from '../../helpers/sandbox-client.js';
import type { Job } from '../variant.js';
import { allChatsLoaded, benchHub, serviceConfig } from './service.js';

export type PlainClient = InstanceType<typeof wweb.Client>;

/** The same without anything of ours: the whole browser, and only the flags without which it does not run here or would leave the machine. */
export async function defaultClient(job: Job, hub: Hub): Promise<PlainClient> {
  const config = serviceConfig(job);
  const engine = await hub.engine();
  const found = findBrowser({ kind: 'chrome', path: null });
  if (!found) throw new Error('no whole browser was found');
  return new wweb.Client({
    authStrategy: new wweb.LocalAuth({ clientId: job.session, dataPath: job.dir }),
    webVersionCache: { type: 'none' },
    userAgent: userAgentOf(found),
    evalOnNewDoc: engine.prelude(job.session) as unknown as () => void,
    puppeteer: { executablePath: found.path, headless: true, args: [...(config.browser.noSandbox ? ['--no-sandbox'] : []), ...engine.args, `--disable-features=${engine.disableFeatures.join(',')}`] },
  });
}

/**
 * The library as its guide shows it: a client, LocalAuth and puppeteer's default transport, a WebSocket.
 * Browser, flags and user agent are ours, so that the ways differ in nothing else.
 */
export async function readyClient(job: Job): Promise<PlainClient> {
  const config = serviceConfig(job);
  const hub = await benchHub(job);
  const engine = await hub.engine();
  const found = findBrowser(config.browser);
  if (!found) throw new Error('no browser was found: run `npm run setup`');
  const { executablePath, headless, args } = launchOptions({ found, noSandbox: config.browser.noSandbox, args: engine.args, disableFeatures: engine.disableFeatures, proxyServer: null }, job.dir);
  const client = new wweb.Client({
    authStrategy: new wweb.LocalAuth({ clientId: job.session, dataPath: job.dir }),
    webVersionCache: { type: 'none' },
    userAgent: userAgentOf(found),
    // The library hands it to puppeteer, which takes a script's text too.
    evalOnNewDoc: engine.prelude(job.session) as unknown as () => void,
    puppeteer: { executablePath, headless, args, pipe: false },
  });
  let ready = false;
  client.on('qr', () => void hub.scanQr(job.session, { phone: job.phone }).catch(() => undefined));
  client.on('ready', () => (ready = true));
  await client.initialize();
  await until(() => ready, { name: 'the client is ready', timeoutMs: 60_000 });
  await allChatsLoaded(hub, job);
  return client;
}
