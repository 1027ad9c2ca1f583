import type { ChatId } from '../../shared/ids.js';
import type { ChatRef } from '../../whatsapp/provider.js';
import type { SyncOptions } from './chat-sync-store.js';

const DAY_MS = 86_400_000;

/** Which chats a run takes, in the order given (newest first), cut into batches. Without a known time a chat is outside any window. */
export function planSync(chats: readonly ChatRef[], options: SyncOptions, batchSize: number, now: number): ChatId[][] {
  const since = options.sync_window > 0 ? now - options.sync_window * DAY_MS : null;
  const inWindow = since === null ? chats : chats.filter((chat) => chat.lastMessageAt !== null && chat.lastMessageAt >= since);
  const taken = options.max_chats > 0 ? inWindow.slice(0, options.max_chats) : inWindow;
  const batches: ChatId[][] = [];
  for (let start = 0; start < taken.length; start += batchSize) batches.push(taken.slice(start, start + batchSize).map((chat) => chat.id));
  return batches;
}
