import type { StartedBlast } from '../../../whatsapp-service/contracts/blast-api.js';
import { HubClient } from '../../../whatsapp-service/sandbox/hub-client.js';
import type { BlastRun, BlastRunResult, Job, Variant } from '../variant.js';
import { countingSent, strangerOf } from './sent-messages.js';
import { workingService, type Service } from './service.js';

/** The whole service: a blast with filters, each step of each recipient on disk. */
let service: Service | null = null;
let hub: HubClient | null = null;
let job: Job | null = null;

export const variant: Variant = {
  async prepare(prepared: Job): Promise<void> {
    job = prepared;
    hub = await HubClient.connect(prepared.hub);
    service = await workingService(prepared);
  },
  async run({ recipients, sent }: BlastRun): Promise<BlastRunResult> {
    if (!service || !hub || !job) throw new Error('not prepared');
    const { api } = service;
    const { session } = job;
    const everyone = Array.from({ length: recipients }, (_, number) => ({ phone: `+${strangerOf(number)}`, variables: { n: number } }));
    const comesAt = performance.now();
    const started = await api.ok<StartedBlast>('POST', '/api/whatsapp/blast/start', { session_id: session, content: { type: 'text', text: 'Halo {{n}}' }, recipients: everyone, draft: true });
    const acceptedMs = performance.now() - comesAt;
    const delivered = await countingSent(hub, session);
    const startedAt = performance.now();
    await api.ok('POST', `/api/whatsapp/blast/${started.job.id}/resume`);
    await delivered.reach(sent);
    const sentMs = performance.now() - startedAt;
    // A small one is through by now, which is a 409.
    await api.request('POST', `/api/whatsapp/blast/${started.job.id}/stop`);
    return { acceptedMs, sentMs };
  },
  async close(): Promise<void> {
    await service?.app.stop();
  },
};
