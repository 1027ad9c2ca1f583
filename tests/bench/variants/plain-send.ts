import wweb from 'whatsapp-web.js';
import { HubClient } from '../../../whatsapp-service/sandbox/hub-client.js';
import { sampleDocument } from '../sample-document.js';
import type { Job, SendJob, SendResult, Variant } from '../variant.js';
import { readyClient, type PlainClient } from './plain-client.js';
import { countingSent, recipientOf } from './sent-messages.js';

/**
 * The library's `sendMessage`, one after the other, and a file as base64, as its guide shows it. Where WhatsApp's answer takes time, each
 * is waited for: without it nobody knows whether a message went out.
 */
let client: PlainClient | null = null;
let hub: HubClient | null = null;
let job: Job | null = null;

export const variant: Variant = {
  async prepare(prepared: Job): Promise<void> {
    job = prepared;
    hub = await HubClient.connect(prepared.hub);
    client = await readyClient(prepared);
  },
  async run({ texts, documents, documentBytes, answerMs }: SendJob): Promise<SendResult> {
    if (!client || !hub || !job) throw new Error('not prepared');
    await hub.settings(job.session, { answer_ms: answerMs });
    const delivered = await countingSent(hub, job.session);
    const startedAt = performance.now();
    for (let number = 0; number < texts; number++) await client.sendMessage(recipientOf(number), `plain ${number}`, { waitUntilMsgSent: answerMs > 0 });
    await delivered.reach(texts);
    const textsMs = performance.now() - startedAt;
    // The simulated upload takes longer than what the two ways differ in, and would hide it.
    await hub.settings(job.session, { instant_upload: true });
    const documentMs: number[] = [];
    for (let number = 0; number < documents; number++) {
      const media = new wweb.MessageMedia('application/pdf', sampleDocument(documentBytes, number).toString('base64'), `document-${number}.pdf`);
      const before = performance.now();
      await client.sendMessage(recipientOf(number), media, { sendMediaAsDocument: true, waitUntilMsgSent: true });
      documentMs.push(performance.now() - before);
    }
    return { acceptedMs: 0, deliveredMs: textsMs, deliveredBefore: 0, documentMs };
  },
  async close(): Promise<void> {
    await client?.destroy();
  },
};
