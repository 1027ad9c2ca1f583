import { HubClient } from '../../../whatsapp-service/sandbox/hub-client.js';
import type { BlastRun, BlastRunResult, Job, Variant } from '../variant.js';
import { readyClient, type PlainClient } from './plain-client.js';
import { countingSent, strangerOf } from './sent-messages.js';

/** A `for` loop over the library's `sendMessage`, as scripts for blasts have it: nothing is on disk, and nothing survives. */
let client: PlainClient | null = null;
let hub: HubClient | null = null;
let job: Job | null = null;

export const variant: Variant = {
  async prepare(prepared: Job): Promise<void> {
    job = prepared;
    hub = await HubClient.connect(prepared.hub);
    client = await readyClient(prepared);
  },
  async run({ sent }: BlastRun): Promise<BlastRunResult> {
    if (!client || !hub || !job) throw new Error('not prepared');
    const delivered = await countingSent(hub, job.session);
    const startedAt = performance.now();
    for (let number = 0; number < sent; number++) await client.sendMessage(`${strangerOf(number)}@c.us`, `Halo ${number}`);
    await delivered.reach(sent);
    return { acceptedMs: 0, sentMs: performance.now() - startedAt };
  },
  async close(): Promise<void> {
    await client?.destroy();
  },
};
