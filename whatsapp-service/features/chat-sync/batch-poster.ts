import { sleep, type Clock, type Random } from '../../shared/clock.js';
import type { Logger } from '../../shared/logger.js';
import type { PostOutcome } from '../../signed-http/backend-client.js';
import { retryDelay } from '../../signed-http/retry-delay.js';
import type { Storage } from '../../storage/database.js';
import type { ChatSyncBatchRow } from '../../storage/schema.js';
import { batchBody, type BatchChats, type BatchContext } from './batch-chats.js';
import { failBatchAttempt, type SettledBatch } from './chat-sync-store.js';

export const CHAT_SYNC_PATH = '/api/whatsapp/chats/sync';

export type PostBatch = (path: string, delivery: { deliveryId: string; event: string; attempt: number; body: Buffer }) => Promise<PostOutcome>;

export interface BatchPosterOptions {
  storage: Storage;
  post: PostBatch;
  quickRetries: number;
  retryDelayMs: number;
  retryCapMs: number;
  clock: Clock;
  random: Random;
  logger: Logger;
}

/** The backend refuses our credentials: nothing goes on until a person has mended them. */
export class BackendUnauthorized extends Error {}
/** The run was told to stop; what is not settled stays pending. */
export class RunStopped extends Error {}

/** Brings one batch to the backend, however often it takes. */
export class BatchPoster {
  constructor(private readonly options: BatchPosterOptions) {}

  /** What became of it, to be written down. */
  async post(batch: ChatSyncBatchRow, chats: BatchChats, context: BatchContext, signal: AbortSignal): Promise<SettledBatch> {
    const { storage, clock, random, logger, quickRetries, retryDelayMs, retryCapMs } = this.options;
    const { count, groups, gone } = chats;
    const delivered = (status: number | null): SettledBatch => ({
      number: batch.number, state: 'delivered', status, error: null, counts: { synced: count, gone, dead: 0, private: count - groups, groups },
    });
    if (count === 0 && !context.last) return delivered(null);
    for (let attempt = batch.attempts + 1; ; attempt++) {
      if (signal.aborted) throw new RunStopped();
      const { verdict, status } = await this.options.post(CHAT_SYNC_PATH, {
        deliveryId: batch.delivery_id,
        event: 'chats.sync',
        attempt,
        body: batchBody(batch, chats, context, clock.now()),
      });
      const facts = { session: String(context.sessionId), delivery: batch.delivery_id, sync: batch.sync_id, batch: batch.number, attempt, status };
      switch (verdict.kind) {
        case 'done':
          logger.debug('Chat batch delivered', { ...facts, chats: count });
          return delivered(status);
        case 'refused':
          logger.error('The backend refused a batch of chats for good; it is kept as a dead letter', facts);
          return { number: batch.number, state: 'dead', status, error: verdict.excerpt, counts: { synced: 0, gone, dead: count, private: 0, groups: 0 } };
        case 'unauthorized':
          await failBatchAttempt(storage.db, batch, status, `HTTP ${verdict.status}`);
          throw new BackendUnauthorized(`The backend answered ${verdict.status}: check WEBHOOK_SECRET and BACKEND_TOKEN on both sides.`);
        case 'retry': {
          const failures = attempt - batch.attempts;
          const wait = verdict.afterMs ?? retryDelay({ attempt: failures, quickRetries, baseMs: retryDelayMs, capMs: retryCapMs }, random);
          logger.warn('A batch of chats was not delivered; it is tried again', { ...facts, reason: verdict.reason, next_in_ms: wait });
          await failBatchAttempt(storage.db, batch, status, verdict.reason);
          await sleep(wait, signal);
        }
      }
    }
  }
}
