import axios from 'axios';
import type wweb from 'whatsapp-web.js';
import { stampOf } from '../page-scripts.js';
import type { InboundJob, InboundResult, Job, Variant } from '../variant.js';
import { Arrivals } from './arrivals.js';
import { readyClient, type PlainClient } from './plain-client.js';

/** As bridges do it: what the library tells of an inbound message (`message`, `message_create`, `unread_count`) is one unsigned post each. */
let client: PlainClient | null = null;
const received = new Arrivals();
const posts = new Set<Promise<unknown>>();

export const variant: Variant = {
  async prepare(job: Job): Promise<void> {
    client = await readyClient(job);
    const post = (event: string, data: object): void => {
      // What fails is lost: that is the plain way.
      const sent = axios
        .post(`${job.backendUrl}/api/whatsapp/webhook`, { event, session_id: job.session, data }, { proxy: false })
        .catch(() => undefined)
        .finally(() => posts.delete(sent));
      posts.add(sent);
    };
    const postMessage = (event: string, { id, from, author, body, type, timestamp }: wweb.Message): void =>
      post(event, { message_id: id._serialized, chat_id: from, author, body, type, timestamp });
    client.on('message', (message) => {
      const stamp = stampOf(message.body);
      if (stamp !== null) received.add(stamp, Date.now());
      postMessage('message', message);
    });
    client.on('message_create', (message) => postMessage('message_create', message));
    client.on('unread_count', ({ id, unreadCount }) => post('unread_count', { chat_id: id._serialized, unread_count: unreadCount }));
  },
  async run(burst: InboundJob): Promise<InboundResult> {
    await received.all(burst.messages, burst.quietMs);
    await Promise.all(posts);
    const { stage, firstInPageAt } = received.take();
    return { sent: burst.messages, firstInPageAt, received: stage };
  },
  async close(): Promise<void> {
    await client?.destroy();
  },
};
