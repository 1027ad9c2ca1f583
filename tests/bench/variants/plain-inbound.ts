import axios from 'axios';
import { stampOf } from '../page-scripts.js';
import type { InboundJob, InboundResult, Job, Variant } from '../variant.js';
import { Arrivals } from './arrivals.js';
import { readyClient, type PlainClient } from './plain-client.js';

/** The library's `message` event, and one axios post for each, as its users write it. */
let client: PlainClient | null = null;
let post = false;
const received = new Arrivals();
const posts = new Set<Promise<unknown>>();

export const variant: Variant = {
  async prepare({ backendUrl, ...job }: Job): Promise<void> {
    client = await readyClient({ ...job, backendUrl });
    client.on('message', (message) => {
      const stamp = stampOf(message.body);
      if (stamp === null) return;
      received.add(stamp, Date.now());
      if (!post) return;
      const { id, from, author, body, type, timestamp } = message;
      const sent = axios
        .post(`${backendUrl}/api/whatsapp/webhook`, { event: 'message', session_id: job.session, data: { message_id: id._serialized, chat_id: from, author, body, type, timestamp } }, { proxy: false })
        // What fails is lost: that is the plain way.
        .catch(() => undefined)
        .finally(() => posts.delete(sent));
      posts.add(sent);
    });
  },
  async run(burst: InboundJob): Promise<InboundResult> {
    post = burst.post;
    await received.all(burst.messages, burst.quietMs);
    await Promise.all(posts);
    const { stage, firstInPageAt } = received.take();
    return { sent: burst.messages, firstInPageAt, received: stage };
  },
  async close(): Promise<void> {
    await client?.destroy();
  },
};
