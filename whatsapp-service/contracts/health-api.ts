import { z } from 'zod';
import { zEchoedId } from './payloads.js';
import { zSessionState, zSyncState } from './states.js';
import { SESSION_ID } from '../shared/ids.js';

const zTime = z.iso.datetime();

export const zHealthQuery = z.strictObject({ session_id: z.string().regex(SESSION_ID, 'must be 1 to 64 of A-Z, a-z, 0-9, _ and -').optional() });

export const zSessionHealth = z
  .object({
    status: zSessionState,
    session_id: zEchoedId,
    workspace_id: zEchoedId.nullable(),
    sync: z.object({
      last_sync_at: zTime.nullable().describe('end of the last chat sync that was completed'),
      total_synced: z.number().int().describe('chats that the latest chat sync has brought to the backend'),
      sync_status: z.union([zSyncState, z.literal('never')]).describe('of the latest chat sync'),
      last_error: z.string().nullable().describe('of the latest chat sync'),
    }),
    queue: z.object({
      depth: z.number().int().describe('deliveries that are pending'),
      failed_jobs: z.number().int().describe('dead letters'),
      processing_rate: z.number().describe('deliveries per second, over the last five minutes'),
    }),
    performance: z.object({
      avg_sync_time: z.number().nullable().describe('seconds, of the last ten chat syncs that were completed; null: there was none'),
      success_rate: z.number().min(0).max(1).describe('of the attempts to deliver in the last hour; 1 when there was none'),
      error_rate: z.number().min(0).max(1),
    }),
  })
  .meta({ id: 'SessionHealth' });
export type SessionHealth = z.infer<typeof zSessionHealth>;

export const zBridgeHealth = z.object({ sessions: z.array(zSessionHealth) });

export const SESSION_HEALTH_EXAMPLE: SessionHealth = {
  status: 'WORKING', session_id: 'sales', workspace_id: 7,
  sync: { last_sync_at: '2026-01-31T08:00:00.000Z', total_synced: 512, sync_status: 'completed', last_error: null },
  queue: { depth: 0, failed_jobs: 0, processing_rate: 0.4 },
  performance: { avg_sync_time: 51.2, success_rate: 1, error_rate: 0 },
};
