import type { ChatPayload, ChatSyncBatch, EchoedId } from '../../contracts/payloads.js';
import { iso, sleep, type Clock, type Random } from '../../shared/clock.js';
import { toJson } from '../../shared/json.js';
import type { Logger } from '../../shared/logger.js';
import type { PostOutcome } from '../../signed-http/backend-client.js';
import { retryDelay } from '../../signed-http/retry-delay.js';
import type { Storage } from '../../storage/database.js';
import type { ChatSyncBatchRow } from '../../storage/schema.js';
import { failBatchAttempt, settleBatch } from './chat-sync-store.js';

export const CHAT_SYNC_PATH = '/api/whatsapp/chats/sync';

export type PostBatch = (path: string, delivery: { deliveryId: string; event: string; attempt: number; body: string }) => Promise<PostOutcome>;

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

export interface BatchContext {
  sessionId: EchoedId;
  workspaceId: EchoedId | null;
  last: boolean;
}

/** The backend refuses our credentials: nothing goes on until a person has mended them. */
export class BackendUnauthorized extends Error {}
/** The run was told to stop; what is not settled stays pending. */
export class RunStopped extends Error {}

/** Brings one batch to the backend, however often it takes, and settles it. */
export class BatchPoster {
  constructor(private readonly options: BatchPosterOptions) {}

  async post(batch: ChatSyncBatchRow, chats: readonly ChatPayload[], context: BatchContext, signal: AbortSignal): Promise<void> {
    const { storage, random, logger, quickRetries, retryDelayMs, retryCapMs } = this.options;
    const gone = (JSON.parse(batch.chat_ids) as unknown[]).length - chats.length;
    const groups = chats.filter((chat) => chat.chat_type === 'group').length;
    if (chats.length === 0 && !context.last) {
      await storage.transaction((trx) => settleBatch(trx, batch, { state: 'delivered', status: null, error: null }, { synced: 0, gone, dead: 0, private: 0, groups: 0 }));
      return;
    }
    for (let attempt = batch.attempts + 1; ; attempt++) {
      if (signal.aborted) throw new RunStopped();
      const { verdict, status } = await this.options.post(CHAT_SYNC_PATH, {
        deliveryId: batch.delivery_id,
        event: 'chats.sync',
        attempt,
        body: toJson(this.body(batch, chats, context)),
      });
      const facts = { delivery: batch.delivery_id, sync: batch.sync_id, batch: batch.number, attempt, status };
      switch (verdict.kind) {
        case 'done':
          await storage.transaction((trx) =>
            settleBatch(trx, batch, { state: 'delivered', status, error: null }, { synced: chats.length, gone, dead: 0, private: chats.length - groups, groups }),
          );
          logger.debug('Chat batch delivered', { ...facts, chats: chats.length });
          return;
        case 'refused':
          logger.error('The backend refused a batch of chats for good; it is kept as a dead letter', facts);
          await storage.transaction((trx) =>
            settleBatch(trx, batch, { state: 'dead', status, error: verdict.excerpt }, { synced: 0, gone, dead: chats.length, private: 0, groups: 0 }),
          );
          return;
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

  private body(batch: ChatSyncBatchRow, chats: readonly ChatPayload[], context: BatchContext): ChatSyncBatch {
    return {
      delivery_id: batch.delivery_id,
      sent_at: iso(this.options.clock.now()),
      session_id: context.sessionId,
      workspace_id: context.workspaceId,
      sync_id: batch.sync_id,
      batch: { number: batch.number, last: context.last },
      chats: [...chats],
    };
  }
}
