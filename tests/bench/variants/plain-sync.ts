import http from 'node:http';
import axios from 'axios';
import pLimit from 'p-limit';
import type wweb from 'whatsapp-web.js';
import { CHAT_SYNC_PATH } from '../../../whatsapp-service/features/chat-sync/batch-poster.js';
import type { Job, SyncResult, Variant } from '../variant.js';
import { readyClient, type PlainClient } from './plain-client.js';

const BATCH = 50;
const CONCURRENT = 5;

/** `getChats()`, then the same posts: 50 chats each, five at once, unsigned. */
let client: PlainClient | null = null;
let job: Job | null = null;

export const variant: Variant = {
  async prepare(given: Job): Promise<void> {
    job = given;
    client = await readyClient(given);
  },
  async run(): Promise<SyncResult> {
    if (!client || !job) throw new Error('not prepared');
    const { backendUrl, session } = job;
    const startedAt = Date.now();
    const start = performance.now();
    const chats = await client.getChats();
    const enumerationMs = performance.now() - start;
    const wire = axios.create({ httpAgent: new http.Agent({ keepAlive: true }), proxy: false });
    const limit = pLimit(CONCURRENT);
    const posts: Promise<unknown>[] = [];
    const batches = Math.ceil(chats.length / BATCH);
    for (let number = 1; number <= batches; number++) {
      posts.push(
        limit(() => {
          const slice = chats.slice((number - 1) * BATCH, number * BATCH);
          return wire.post(backendUrl + CHAT_SYNC_PATH, { session_id: session, batch: { number, last: number === batches }, chats: slice.map(payload) });
        }),
      );
    }
    await Promise.all(posts);
    return { startedAt, endedAt: Date.now(), enumerationMs, chats: chats.length };
  },
  async close(): Promise<void> {
    await client?.destroy();
  },
};

interface RawGroup {
  subject: string | null;
  participants: { id: { _serialized: string; user: string }; isAdmin: boolean }[];
}

/** The same fields as ours, so that both ways post bodies of one size. */
function payload(chat: wweb.Chat): Record<string, unknown> {
  const { id, name, isGroup, unreadCount, timestamp, archived, pinned, isMuted, lastMessage } = chat;
  const group = (chat as unknown as { groupMetadata?: RawGroup }).groupMetadata;
  return {
    chat_id: id._serialized,
    chat_type: isGroup ? 'group' : 'private',
    provider_type: 'webjs',
    name,
    phone: isGroup ? null : `+${id.user}`,
    lid: null,
    unread_count: unreadCount,
    last_message_at: new Date(timestamp * 1000).toISOString(),
    archived,
    pinned,
    muted: isMuted,
    ...(lastMessage && {
      last_message: {
        message_id: lastMessage.id._serialized,
        type: lastMessage.type,
        body: lastMessage.body,
        from_me: lastMessage.fromMe,
        timestamp: new Date(lastMessage.timestamp * 1000).toISOString(),
      },
    }),
    ...(group && {
      group: {
        group_jid: id._serialized,
        subject: group.subject,
        participants: group.participants.map((person) => ({ jid: person.id._serialized, phone: `+${person.id.user}`, is_admin: person.isAdmin })),
        participants_count: group.participants.length,
      },
    }),
  };
}
