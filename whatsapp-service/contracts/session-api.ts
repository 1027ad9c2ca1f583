import { z } from 'zod';
import { SESSION_ID } from '../shared/ids.js';
import { zEchoedId } from './payloads.js';
import { zSessionState } from './states.js';
import { zChatSync } from './chat-sync-api.js';

const zTime = z.iso.datetime();

/** A session's id as the caller gives it: Laravel's integer or a name. */
export const zSessionIdInput = z.union([
  z.string().regex(SESSION_ID, 'must be 1 to 64 of A-Z, a-z, 0-9, _ and -'),
  z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER),
]);

export const zSessionParams = z.object({ id: z.string().regex(SESSION_ID, 'must be 1 to 64 of A-Z, a-z, 0-9, _ and -') });

export const zCreateSession = z.strictObject({
  id: zSessionIdInput.describe('your own id; echoed in every payload with the type you gave it'),
  workspace_id: z
    .union([z.string().min(1).max(128), z.number().int()])
    .nullable()
    .default(null)
    .describe('echoed in every payload'),
  start: z.boolean().default(true).describe('start at once'),
});

export const zSession = z.object({
  id: zEchoedId,
  workspace_id: zEchoedId.nullable(),
  state: zSessionState,
  reason: z.object({ code: z.string(), message: z.string(), detail: z.string().nullable() }),
  phone: z.string().nullable().describe('E.164 of the paired phone'),
  pushname: z.string().nullable(),
  paired: z.boolean().describe('a restart needs no QR'),
  qr_available: z.boolean(),
  sync: zChatSync.nullable().describe('the latest chat sync'),
  created_at: zTime,
  updated_at: zTime,
}).meta({ id: 'Session' });
export type SessionView = z.infer<typeof zSession>;

export const zSessionList = z.object({ sessions: z.array(zSession) });

export const zQr = z.object({
  qr: z.string().describe('the text that the QR shows'),
  attempt: z.number().int().describe('counts the refreshes since the start'),
  received_at: zTime,
});
