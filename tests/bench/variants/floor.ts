import { readFile } from 'node:fs/promises';
import http from 'node:http';
import axios from 'axios';
import pLimit from 'p-limit';
import { signHeaders } from '../../../whatsapp-service/signed-http/signature.js';
import type { KeptRequest } from '../receiver-process.js';
import type { Job, SyncResult, Variant } from '../variant.js';

const CONCURRENT = 5;

/**
 * The bodies of a whole sync, ready-made: what is left is to post them, as our receivers want it, which is signed with a fresh timestamp.
 * `signedBefore` leaves out even that.
 */
let requests: { path: string; headers: Record<string, string>; body: Buffer }[] = [];
let job: Job | null = null;

export const variant: Variant = {
  async prepare(given: Job): Promise<void> {
    job = given;
    const kept = JSON.parse(await readFile(job.bodies ?? '', 'utf8')) as KeptRequest[];
    requests = kept.map((request) => ({ ...request, body: Buffer.from(request.body) }));
  },
  async run(): Promise<SyncResult> {
    if (!job) throw new Error('not prepared');
    const { backendUrl, secret, signedBefore } = job;
    const wire = axios.create({ httpAgent: new http.Agent({ keepAlive: true }), proxy: false, transformRequest: [] });
    const limit = pLimit(CONCURRENT);
    const startedAt = Date.now();
    const post = ({ path, headers, body }: (typeof requests)[number]): Promise<unknown> =>
      wire.post(backendUrl + path, body, { headers: signedBefore ? headers : signed(headers['webhook-id'] ?? '', body, secret) });
    await Promise.all(requests.map((request) => limit(() => post(request))));
    return { startedAt, endedAt: Date.now(), enumerationMs: null, chats: 0 };
  },
  close: () => Promise.resolve(),
};

const signed = (deliveryId: string, body: Buffer, secret: string): Record<string, string> => ({
  'Content-Type': 'application/json',
  ...signHeaders({ secrets: [secret], deliveryId, body, timestamp: Math.floor(Date.now() / 1000), attempt: 1, event: 'chats.sync' }),
});
