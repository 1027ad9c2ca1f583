import { asSessionId } from '../../../whatsapp-service/shared/ids.js';
import { systemClock } from '../../../whatsapp-service/shared/clock.js';
import { silentLogger } from '../../../whatsapp-service/shared/logger.js';
import { ProviderError, type ProviderSession } from '../../../whatsapp-service/whatsapp/provider.js';
import { WebProvider } from '../../../whatsapp-service/whatsapp/web/web-provider.js';
import { until } from '../../helpers/sandbox-client.js';
import type { EnumerationResult, Job, Variant } from '../variant.js';
import { allChatsLoaded, benchHub, serviceConfig } from './service.js';

/** Every chat out of the page and nothing done with it: the list, then the slices that the service's settings allow, two under way as in a sync. */
let page: ProviderSession | null = null;
let perSlice = 0;

export const variant: Variant = {
  async prepare(job: Job): Promise<void> {
    const config = serviceConfig(job);
    perSlice = config.sync.maxChatsInMemory;
    const hub = await benchHub(job);
    const provider = new WebProvider({ config, source: await hub.engine(), clock: systemClock, logger: silentLogger });
    let ready = false;
    page = provider.session(asSessionId(job.session), {
      lifecycle: (event) => {
        if (event.kind === 'qr') void hub.scanQr(job.session, { phone: job.phone });
        if (event.kind === 'ready') ready = true;
        if (event.kind === 'ended') throw new ProviderError('page_unavailable', event.detail, false);
      },
      events: () => Promise.resolve(),
    });
    await page.start({ proxy: null, deviceName: null });
    await until(() => ready, { name: 'the session is ready', timeoutMs: 60_000 });
    await allChatsLoaded(hub, job);
  },
  async run(): Promise<EnumerationResult> {
    if (!page) throw new Error('not prepared');
    const start = performance.now();
    const source = page;
    const ids = (await source.listChats()).map((chat) => chat.id);
    const slice = (from: number) => source.chatTexts(ids.slice(from, from + perSlice));
    let firstMs: number | null = null;
    let chats = 0;
    const asked = [slice(0), slice(perSlice)];
    for (let from = 0; from < ids.length; from += perSlice) {
      chats += (await asked.shift())?.length ?? 0;
      firstMs ??= performance.now() - start;
      asked.push(slice(from + 2 * perSlice));
    }
    await Promise.all(asked);
    const ms = performance.now() - start;
    return { chats, ms, firstMs: firstMs ?? ms };
  },
  async close(): Promise<void> {
    await page?.stop();
  },
};
