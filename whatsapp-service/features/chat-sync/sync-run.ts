import type { Config } from '../../config/config.js';
import type { ChatPayload, EchoedId } from '../../contracts/payloads.js';
import type { Clock } from '../../shared/clock.js';
import type { ChatId } from '../../shared/ids.js';
import type { Db } from '../../storage/database.js';
import type { ChatSyncBatchRow, ChatSyncRow } from '../../storage/schema.js';
import type { ProviderSession } from '../../whatsapp/provider.js';
import { RunStopped, type BatchPoster } from './batch-poster.js';
import { ChatRate } from './chat-rate.js';
import { pendingBatches } from './chat-sync-store.js';

export interface SyncRunOptions {
  db: Db;
  page: ProviderSession;
  poster: BatchPoster;
  settings: Config['sync'];
  clock: Clock;
  session: { id: EchoedId; workspaceId: EchoedId | null };
  /** A batch was settled. */
  onBatch(): Promise<void>;
}

/** Plan rows that are read at once. */
const PLAN_ROWS = 40;

/**
 * Takes a run's pending batches in their order: slices of chats out of the page, batches to the backend, some beside one another.
 * No more chats are held as objects than one slice; what is in flight are bodies, as many as there are requests.
 */
export async function runBatches(run: ChatSyncRow, options: SyncRunOptions, signal: AbortSignal, probeFirst: boolean): Promise<void> {
  const { db, settings, clock } = options;
  const rate = new ChatRate(settings.chatsPerSecond, clock);
  const perSlice = Math.max(1, Math.floor(settings.maxChatsInMemory / settings.batchSize));
  const inFlight = new Set<Promise<void>>();
  const failure = new AbortController();
  const stop = AbortSignal.any([signal, failure.signal]);
  let alone = probeFirst;

  const launch = async (batch: ChatSyncBatchRow, chats: ChatPayload[]): Promise<void> => {
    const last = batch.number === run.batches;
    await rate.take(chats.length, stop);
    // The receiver may take `last` at its word.
    if (last) await Promise.all(inFlight);
    while (inFlight.size >= (alone ? 1 : settings.concurrentRequests)) await Promise.race(inFlight);
    if (stop.aborted) throw failure.signal.reason instanceof Error ? failure.signal.reason : new RunStopped();
    const context = { sessionId: options.session.id, workspaceId: options.session.workspaceId, last };
    const post: Promise<void> = options.poster
      .post(batch, chats, context, stop)
      .then(async () => {
        alone = false;
        await options.onBatch();
      })
      .catch((error: unknown) => failure.abort(error))
      .finally(() => inFlight.delete(post));
    inFlight.add(post);
    if (alone) await post;
  };

  try {
    let after = 0;
    for (;;) {
      const plan = await pendingBatches(db, run.id, after, PLAN_ROWS);
      for (let start = 0; start < plan.length; start += perSlice) {
        const slice = plan.slice(start, start + perSlice);
        const chats = await fetchSlice(options.page, slice);
        for (const batch of slice) await launch(batch, chats.get(batch.number) ?? []);
      }
      const last = plan.at(-1);
      if (!last) break;
      after = last.number;
    }
  } finally {
    await Promise.all(inFlight);
  }
  if (failure.signal.aborted) throw failure.signal.reason;
  if (signal.aborted) throw new RunStopped();
}

/** One call into the page for several batches; the answer is divided again by the plan. */
async function fetchSlice(page: ProviderSession, slice: readonly ChatSyncBatchRow[]): Promise<Map<number, ChatPayload[]>> {
  const ids = slice.map((batch) => JSON.parse(batch.chat_ids) as ChatId[]);
  const found = new Map((await page.chats(ids.flat())).map((chat) => [chat.chat_id, chat]));
  return new Map(slice.map((batch, index) => [batch.number, (ids[index] ?? []).flatMap((id) => found.get(id) ?? [])]));
}
