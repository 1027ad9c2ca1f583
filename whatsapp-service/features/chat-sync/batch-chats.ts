import type { ChatSyncBatch, EchoedId } from '../../contracts/payloads.js';
import { iso } from '../../shared/clock.js';
import type { ChatId } from '../../shared/ids.js';
import { toJson } from '../../shared/json.js';
import type { ChatSyncBatchRow } from '../../storage/schema.js';
import type { ProviderSession } from '../../whatsapp/provider.js';

const END = Buffer.from('}');

/** The chats of one batch, as the bytes that are sent: however long a batch waits, no objects wait with it. */
export interface BatchChats {
  /** JSON array. */
  json: Buffer;
  count: number;
  groups: number;
  /** Chats of the plan that WhatsApp no longer has. */
  gone: number;
}

/** One call into the page for several batches; the answer is divided again by the plan. */
export async function readSlice(page: ProviderSession, slice: readonly ChatSyncBatchRow[]): Promise<BatchChats[]> {
  const ids = slice.map((batch) => JSON.parse(batch.chat_ids) as ChatId[]);
  const answer = await page.chatTexts(ids.flat());
  let start = 0;
  return ids.map((wanted) => {
    const chats = answer.slice(start, (start += wanted.length)).filter((chat) => chat !== null);
    const groups = chats.filter((chat) => chat.isGroup).length;
    return { json: arrayOf(chats.map((chat) => chat.json)), count: chats.length, groups, gone: wanted.length - chats.length };
  });
}

/** UTF-8 takes no more bytes for a unit of UTF-16. */
const MAX_BYTES = 3;
/** Where nearly every batch finds room to be written; what is kept of it is a copy. */
const sheet = Buffer.allocUnsafeSlow(256 * 1024);

/** Text by text: one with an emoji would make all of a batch a text of two bytes a character, and a buffer for each would be copied again. */
function arrayOf(texts: readonly string[]): Buffer {
  const most = texts.reduce((sum, text) => sum + MAX_BYTES * text.length + 1, 2);
  const to = most <= sheet.length ? sheet : Buffer.allocUnsafe(most);
  let end = to.write('[');
  for (const text of texts) {
    if (end > 1) end += to.write(',', end);
    end += to.write(text, end);
  }
  end += to.write(']', end);
  return Buffer.from(to.subarray(0, end));
}

export interface BatchContext {
  sessionId: EchoedId;
  workspaceId: EchoedId | null;
  last: boolean;
}

/** The exact bytes that are signed and sent. */
export function batchBody(batch: ChatSyncBatchRow, chats: BatchChats, context: BatchContext, sentAt: number): Buffer {
  const head: Omit<ChatSyncBatch, 'chats'> = {
    delivery_id: batch.delivery_id,
    sent_at: iso(sentAt),
    session_id: context.sessionId,
    workspace_id: context.workspaceId,
    sync_id: batch.sync_id,
    batch: { number: batch.number, last: context.last },
  };
  return Buffer.concat([Buffer.from(`${toJson(head).slice(0, -1)},"chats":`), chats.json, END]);
}
