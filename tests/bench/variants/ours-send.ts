import { HubClient } from '../../../whatsapp-service/sandbox/hub-client.js';
import type { MediaView } from '../../../whatsapp-service/contracts/media-api.js';
import type { CallersJob } from '../callers-process.js';
import { sampleDocument } from '../sample-document.js';
import type { Job, SendJob, SendResult, Variant } from '../variant.js';
import { Worker } from '../worker.js';
import { countingSent, recipientOf } from './sent-messages.js';
import { workingService, type Service } from './service.js';

/** The whole service: messages over HTTP, each committed before its 202; a file uploaded first, then sent by its id. */
let service: Service | null = null;
let hub: HubClient | null = null;
let job: Job | null = null;
let callers: Worker | null = null;

export const variant: Variant = {
  async prepare(prepared: Job): Promise<void> {
    job = prepared;
    hub = await HubClient.connect(prepared.hub);
    service = await workingService(prepared);
    callers = Worker.start('callers', 'callers-process');
  },
  async run({ texts, documents, documentBytes, answerMs }: SendJob): Promise<SendResult> {
    if (!service || !hub || !job || !callers) throw new Error('not prepared');
    const { api } = service;
    const { session } = job;
    await hub.settings(session, { answer_ms: answerMs });
    const delivered = await countingSent(hub, session);
    const startedAt = performance.now();
    await callers.call('post', { url: api.url, key: api.key, texts: Array.from({ length: texts }, (_, number) => ({ session_id: session, to: recipientOf(number), text: `ours ${number}` })) } satisfies CallersJob);
    const acceptedMs = performance.now() - startedAt;
    const deliveredBefore = await delivered.soFar();
    await delivered.reach(texts);
    const deliveredMs = performance.now() - startedAt;
    // The simulated upload takes longer than what the two ways differ in, and would hide it.
    await hub.settings(job.session, { instant_upload: true });
    const documentMs: number[] = [];
    for (let number = 0; number < documents; number++) {
      const form = new FormData();
      form.set('file', new Blob([new Uint8Array(sampleDocument(documentBytes, number))], { type: 'application/pdf' }), `document-${number}.pdf`);
      const uploaded = await fetch(`${api.url}/api/media`, { method: 'POST', headers: { 'X-Api-Key': api.key }, body: form });
      const { id } = (await uploaded.json()) as MediaView;
      const before = performance.now();
      await api.ok('POST', '/api/messages?wait=sent', { session_id: session, type: 'document', to: recipientOf(number), media: { id } });
      documentMs.push(performance.now() - before);
    }
    return { acceptedMs, deliveredMs, deliveredBefore, documentMs };
  },
  async close(): Promise<void> {
    await callers?.stop();
    await service?.app.stop();
  },
};
