import type { ChatSyncService } from './features/chat-sync/chat-sync-service.js';
import type { InboundMediaService } from './features/media/inbound-media-service.js';
import type { MediaService } from './features/media/media-service.js';
import type { MessageSender } from './features/message/message-sender.js';
import type { MessageService } from './features/message/message-service.js';
import type { NumberService } from './features/number/number-service.js';
import type { Queue } from './queue/queue.js';
import { asSessionId, type SessionId } from './shared/ids.js';
import type { Logger } from './shared/logger.js';

/** Job names; an id is always a session's. */
export const JOBS = { sendMessages: 'message.send', syncChats: 'chat-sync.run' } as const;

/** How often the database is asked for what is due, whatever the queue remembers. Milliseconds. */
const RECONCILE_MS = 30_000;
const HOUR_MS = 3_600_000;

export interface JobOptions {
  queue: Queue;
  sender: MessageSender;
  messages: MessageService;
  numbers: NumberService;
  media: MediaService;
  inboundMedia: InboundMediaService;
  chatSync: ChatSyncService;
  /** Sessions that have something to send now. */
  sessionsToSend(): Promise<SessionId[]>;
  wakeOutbox(): void;
  /** Deletes deliveries that were kept long enough. */
  sweepOutbox(): Promise<void>;
  logger: Logger;
}

/** Job → feature, one flat list. Returns the stop of what repeats. */
export function startJobs(options: JobOptions): () => void {
  const { queue, sender, messages, media, inboundMedia, numbers, chatSync, logger } = options;
  queue.consume(JOBS.sendMessages, (id) => sender.run(asSessionId(id)), { concurrency: 50 });
  queue.consume(JOBS.syncChats, (id) => chatSync.run(asSessionId(id)), { concurrency: 50 });
  queue.start();

  const reconcile = async (): Promise<void> => {
    await messages.expire();
    for (const id of await options.sessionsToSend()) queue.add(JOBS.sendMessages, id);
    options.wakeOutbox();
    await inboundMedia.run();
  };
  const repeat = (ms: number, name: string, work: () => Promise<void>): NodeJS.Timeout =>
    setInterval(() => void work().catch((error: unknown) => logger.error('A repeated job failed', { job: name, error })), ms);
  const timers = [repeat(RECONCILE_MS, 'reconcile', reconcile), repeat(HOUR_MS, 'idempotency-keys', () => messages.forgetOldKeys()), repeat(HOUR_MS, 'media-sweep', () => media.sweep()), repeat(HOUR_MS, 'number-checks', () => numbers.forgetOld()), repeat(HOUR_MS, 'inbound-media', () => inboundMedia.sweep()), repeat(HOUR_MS, 'deliveries', () => options.sweepOutbox())];
  return () => timers.forEach((timer) => clearInterval(timer));
}
