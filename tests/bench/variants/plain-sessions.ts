import { until } from '../../helpers/sandbox-client.js';
import type { Job, Variant } from '../variant.js';
import { allChatsLoaded, benchHub } from './service.js';
import { defaultClient, type PlainClient } from './plain-client.js';

/** Several clients in one process, with what the library does by default: a whole browser each, and puppeteer's own flags. */
const clients: PlainClient[] = [];

export const variant: Variant = {
  async prepare(job: Job): Promise<void> {
    for (const [index, phone] of [job.phone, ...(job.morePhones ?? [])].entries()) {
      const one = { ...job, phone, session: `${job.session}-${index}` };
      const hub = await benchHub(one);
      const client = await defaultClient(one, hub);
      let ready = false;
      client.on('qr', () => void hub.scanQr(one.session, { phone }).catch(() => undefined));
      client.on('ready', () => (ready = true));
      await client.initialize();
      await until(() => ready, { name: 'the client is ready', timeoutMs: 60_000 });
      await allChatsLoaded(hub, one);
      clients.push(client);
    }
  },
  run: () => Promise.resolve(),
  async close(): Promise<void> {
    await Promise.all(clients.map((client) => client.destroy()));
  },
};
