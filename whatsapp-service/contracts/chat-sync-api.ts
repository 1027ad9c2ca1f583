import { z } from 'zod';
import { zEchoedId } from './payloads.js';
import { zSyncState } from './states.js';

const zTime = z.iso.datetime();

export const zStartChatSync = z.strictObject({
  max_chats: z.number().int().min(0).max(1_000_000).optional().describe('the newest so many; 0: all; default: SYNC_MAX_CHATS'),
  sync_window: z.number().int().min(0).max(36_500).optional().describe('days: only chats with a message in them; 0: all; default: SYNC_WINDOW_DAYS'),
});
export type StartChatSync = z.infer<typeof zStartChatSync>;

export const zChatSync = z.object({
  sync_id: z.string(),
  session_id: zEchoedId,
  state: zSyncState,
  total: z.number().int().describe('chats to bring to the backend'),
  synced: z.number().int().describe('chats that the backend has'),
  gone: z.number().int().describe('chats that WhatsApp no longer had when their turn came'),
  dead: z.number().int().describe('chats in batches that the backend refused for good'),
  batches: z.number().int(),
  private: z.number().int(),
  groups: z.number().int(),
  progress: z.number().min(0).max(1),
  chats_per_second: z.number(),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
  created_at: zTime,
  started_at: zTime.nullable(),
  finished_at: zTime.nullable(),
}).meta({ id: 'ChatSync' });
export type ChatSyncView = z.infer<typeof zChatSync>;
