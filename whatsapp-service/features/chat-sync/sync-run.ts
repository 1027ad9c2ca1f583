import type { Config } from '../../config/config.js';
import type { EchoedId } from '../../contracts/payloads.js';
import type { Clock } from '../../shared/clock.js';
import type { Db, Storage } from '../../storage/database.js';
import type { ChatSyncBatchRow, ChatSyncRow } from '../../storage/schema.js';
import type { ProviderSession } from '../../whatsapp/provider.js';
import { readSlice, type BatchChats } from './batch-chats.js';
import { RunStopped, type BatchPoster } from './batch-poster.js';
import { ChatRate } from './chat-rate.js';
import { pendingBatches } from './chat-sync-store.js';
import { SettledBatches } from './settled-batches.js';

export interface SyncRunOptions {
  storage: Storage;
  page: ProviderSession;
  poster: BatchPoster;
  settings: Config['sync'];
  clock: Clock;
  session: { id: EchoedId; workspaceId: EchoedId | null };
  /** Batches were settled. */
  onSettled(): Promise<void>;
}

/** Plan rows that are read at once. */
const PLAN_ROWS = 40;

interface Slice {
  batches: ChatSyncBatchRow[];
  chats: BatchChats[];
}

/**
 * Takes a run's pending batches in their order: slices of chats out of the page, batches to the backend, some beside one another.
 * While the last batch of a slice goes out, the page makes the next one. No more chats are held as objects than one slice;
 * what waits or is in flight are bodies, as many as there are requests and one slice ahead.
 */
export async function runBatches(run: ChatSyncRow, options: SyncRunOptions, signal: AbortSignal, probeFirst: boolean): Promise<void> {
  const { storage, settings, clock } = options;
  const rate = new ChatRate(settings.chatsPerSecond, clock);
  const inFlight = new Set<Promise<void>>();
  const failure = new AbortController();
  const stop = AbortSignal.any([signal, failure.signal]);
  const settled = new SettledBatches({ storage, syncId: run.id, onCommit: () => options.onSettled(), onFailure: (error) => failure.abort(error) });
  let alone = probeFirst;

  const launch = async (batch: ChatSyncBatchRow, chats: BatchChats): Promise<void> => {
    const last = batch.number === run.batches;
    // The receiver may take `last` at its word.
    if (last) await Promise.all(inFlight);
    while (inFlight.size >= (alone ? 1 : settings.concurrentRequests)) await Promise.race(inFlight);
    if (stop.aborted) throw failure.signal.reason instanceof Error ? failure.signal.reason : new RunStopped();
    const context = { sessionId: options.session.id, workspaceId: options.session.workspaceId, last };
    const post: Promise<void> = options.poster
      .post(batch, chats, context, stop)
      .then((result) => {
        alone = false;
        settled.add(result);
      })
      .catch((error: unknown) => failure.abort(error))
      .finally(() => inFlight.delete(post));
    inFlight.add(post);
    if (alone) await post;
  };

  const plan = planned(storage.db, run.id, Math.max(1, Math.floor(settings.maxChatsInMemory / settings.batchSize)));
  const read = async (): Promise<Slice | null> => {
    const { value: batches } = await plan.next();
    return batches ? { batches, chats: await readSlice(options.page, batches) } : null;
  };

  try {
    let next = read();
    for (let slice = await next; slice !== null; slice = await next) {
      for (const [index, batch] of slice.batches.entries()) {
        const chats = slice.chats[index];
        if (!chats) continue;
        await rate.take(chats.count, stop);
        if (index === slice.batches.length - 1) {
          next = read();
          // Whoever waits for it hears of a failure; when the run ends before, nobody does.
          next.catch(() => {});
        }
        await launch(batch, chats);
      }
    }
  } finally {
    await Promise.all(inFlight);
    await settled.flush();
  }
  if (failure.signal.aborted) throw failure.signal.reason;
  if (signal.aborted) throw new RunStopped();
}

/** The pending batches in their order, so many at a time as make a slice. */
async function* planned(db: Db, syncId: string, perSlice: number): AsyncGenerator<ChatSyncBatchRow[], undefined> {
  for (let after = 0; ; ) {
    const rows = await pendingBatches(db, syncId, after, Math.max(perSlice, PLAN_ROWS - (PLAN_ROWS % perSlice)));
    const last = rows.at(-1);
    if (!last) return;
    for (let start = 0; start < rows.length; start += perSlice) yield rows.slice(start, start + perSlice);
    after = last.number;
  }
}
