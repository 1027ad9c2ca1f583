import { z } from 'zod';
import { zEchoedId } from './payloads.js';
import { zSessionIdInput } from './session-api.js';
import { zAckName, zMessageState } from './states.js';

const zTime = z.iso.datetime();

/** WhatsApp takes 65,536 characters in one message. */
const MAX_TEXT = 65_536;

export const zSendMessage = z.strictObject({
  session_id: zSessionIdInput,
  to: z.union([z.string().min(1).max(128), z.number().int().positive()]).transform(String).describe('a phone number in any spelling, a user JID or a group JID'),
  text: z
    .string()
    .max(MAX_TEXT)
    .refine((text) => text.trim() !== '', 'must not be blank'),
});
export type SendMessage = z.infer<typeof zSendMessage>;

export const zMessageParams = z.object({ id: z.string().regex(/^msg_[0-9a-f]{32}$/, 'must be an id that POST /api/messages answered') });

export const zMessage = z.object({
  id: z.string(),
  session_id: zEchoedId,
  to: z.string().describe('the JID that it goes to'),
  phone: z.string().nullable(),
  type: z.string(),
  state: zMessageState,
  reason: z.object({ code: z.string(), message: z.string(), detail: z.string().nullable() }).nullable(),
  message_id: z.string().nullable().describe("WhatsApp's serialised id, once it is known"),
  ack: z.object({ level: z.number().int(), name: zAckName }).nullable(),
  attempts: z.number().int(),
  created_at: zTime,
  sent_at: zTime.nullable(),
  delivered_at: zTime.nullable(),
  read_at: zTime.nullable(),
});
export type MessageView = z.infer<typeof zMessage>;
