import { until } from '../../helpers/sandbox-client.js';
import type { Job, SyncResult, Variant } from '../variant.js';
import { workingService, type Service } from './service.js';

/** The service's own chat sync, as a request over its API starts it. */
let service: Service | null = null;
let session = '';
let completed: { at: number; chats: number } | null = null;

export const variant: Variant = {
  async prepare(job: Job): Promise<void> {
    session = job.session;
    service = await workingService(job, {
      showSync: (sync) => {
        if (sync.state === 'completed') completed = { at: Date.now(), chats: sync.synced };
      },
    });
  },
  async run(): Promise<SyncResult> {
    if (!service) throw new Error('not prepared');
    const startedAt = Date.now();
    await service.api.ok('POST', `/api/sessions/${session}/chats/sync`);
    const { at, chats } = await until(() => completed, { timeoutMs: 300_000, name: 'the chat sync is over' });
    return { startedAt, endedAt: at, enumerationMs: null, chats };
  },
  async close(): Promise<void> {
    await service?.app.stop();
  },
};
