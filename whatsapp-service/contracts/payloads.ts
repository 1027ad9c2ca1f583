import { z } from 'zod';
import { zBlastProgress, zBlastReason, zBlastState } from './blast-states.js';
import { zAckName, zSessionState } from './states.js';

/**
 * What the backend receives, in snake_case as Laravel reads it.
 * A session's id and its workspace's are echoed with the type that they came with (Laravel's ids are integers).
 */
export const zEchoedId = z.union([z.string(), z.number().int()]);
export type EchoedId = z.infer<typeof zEchoedId>;

const zTime = z.iso.datetime();
const zPhone = z.string().nullable().describe('E.164, or null where WhatsApp shows only a LID');

export const zPerson = z.object({
  jid: z.string().describe('`…@c.us` or `…@lid`'),
  lid: z.string().nullable(),
  phone: zPhone,
  name: z.string().nullable(),
});
export type Person = z.infer<typeof zPerson>;

export const zParticipant = z.object({ jid: z.string(), phone: zPhone, is_admin: z.boolean() });
export type Participant = z.infer<typeof zParticipant>;

export const zChat = z.object({
  chat_id: z.string(),
  chat_type: z.enum(['private', 'group']),
  provider_type: z.literal('webjs'),
  name: z.string().nullable(),
  phone: zPhone,
  lid: z.string().nullable(),
  unread_count: z.number().int(),
  last_message_at: zTime.nullable(),
  archived: z.boolean(),
  pinned: z.boolean(),
  muted: z.boolean(),
  last_message: z
    .object({ message_id: z.string(), type: z.string(), body: z.string().nullable(), from_me: z.boolean(), timestamp: zTime })
    .optional(),
  group: z
    .object({
      group_jid: z.string(),
      subject: z.string().nullable(),
      participants: z.array(zParticipant).optional().describe('absent when GROUP_PARTICIPANTS=count'),
      participants_count: z.number().int(),
    })
    .optional(),
});
export type ChatPayload = z.infer<typeof zChat>;

export const zChatSyncBatch = z.object({
  delivery_id: z.string(),
  sent_at: zTime,
  session_id: zEchoedId,
  workspace_id: zEchoedId.nullable(),
  sync_id: z.string(),
  batch: z.object({ number: z.number().int().min(1), last: z.boolean() }),
  chats: z.array(zChat).max(50),
});
export type ChatSyncBatch = z.infer<typeof zChatSyncBatch>;

export const zMessageData = z.object({
  message_id: z.string().describe("WhatsApp's serialised id"),
  chat_id: z.string(),
  chat_type: z.enum(['private', 'group']),
  group_jid: z.string().nullable(),
  group_name: z.string().nullable().optional(),
  participants: z.array(zParticipant).optional().describe("a group's; absent when GROUP_PARTICIPANTS=count"),
  participants_count: z.number().int().optional(),
  from: zPerson.describe('the chat that it came from: the person, or the group'),
  author: zPerson.nullable().describe('in a group, who wrote it'),
  to: z.string().nullable(),
  from_me: z.boolean(),
  type: z.string().describe('text, image, video, audio, voice, document, sticker, location, contact, contacts, poll; any other is WhatsApp Web\'s own word'),
  raw_type: z.string(),
  body: z.string().nullable(),
  timestamp: zTime,
  quoted: z.object({ message_id: z.string().nullable(), author: z.string().nullable(), type: z.string().nullable(), body: z.string().nullable() }).optional(),
  media: z
    .object({
      mimetype: z.string().nullable(),
      size: z.number().int().nullable().describe('bytes'),
      filename: z.string().nullable(),
      caption: z.string().nullable(),
      duration: z.number().nullable().describe('seconds'),
      width: z.number().nullable(),
      height: z.number().nullable(),
      sha256: z.string().nullable().describe('base64, as WhatsApp gives it'),
      path: z.string().optional().describe('below the bridge’s own address: GET it with an API key'),
    })
    .optional(),
  mentions: z.array(zPerson.pick({ jid: true, phone: true })),
  location: z.object({ latitude: z.number(), longitude: z.number(), description: z.string().nullable(), url: z.string().nullable() }).optional(),
  contacts: z.array(z.object({ name: z.string().nullable(), vcard: z.string() })).optional(),
  forwarded: z.boolean(),
});
export type MessageData = z.infer<typeof zMessageData>;

/** A message that this account sent: over the API (then with our `id`), or from the phone. */
export const zMessageSentData = zMessageData.extend({ id: z.string().nullable() });

export const zMessageAckData = z.object({
  message_id: z.string().nullable().describe('null: it failed before WhatsApp had it'),
  id: z.string().nullable().describe('our id, when it was sent over the API'),
  chat_id: z.string(),
  ack: z.number().int().min(-1).max(4),
  ack_name: zAckName,
  timestamp: zTime,
  reason: z.object({ state: z.string(), code: z.string(), message: z.string() }).nullable().describe('why a message that was sent over the API ended with ERROR'),
});
export const zMessageEditedData = z.object({ message_id: z.string(), chat_id: z.string(), from_me: z.boolean(), body: z.string().nullable(), previous_body: z.string().nullable(), timestamp: zTime });
export const zMessageRevokedData = z.object({ message_id: z.string(), chat_id: z.string(), from_me: z.boolean(), timestamp: zTime });
export const zMessageReactionData = z.object({ message_id: z.string(), chat_id: z.string(), sender: zPerson, reaction: z.string().nullable().describe('null: taken back'), timestamp: zTime });
export const zGroupChangeData = z.object({
  group_jid: z.string(),
  action: z.string().describe("WhatsApp Web's own word: add, invite, remove, leave, promote, demote, subject, …"),
  author: zPerson.nullable(),
  recipients: z.array(zPerson),
  body: z.string().nullable(),
  timestamp: zTime,
});
export const zCallData = z.object({ call_id: z.string(), from: zPerson, is_video: z.boolean(), is_group: z.boolean(), timestamp: zTime });
export const zSessionStatusData = z.object({ state: zSessionState, previous_state: zSessionState.nullable(), code: z.string(), message: z.string(), phone: zPhone, features_off: z.array(z.string()).optional().describe('with the code page_changed: what does not work') });
export const zSessionQrData = z.object({ qr: z.string(), attempt: z.number().int(), expires_in_seconds: z.number().int(), code: z.string(), message: z.string() });
export const zSyncEventData = z.object({
  sync_id: z.string(),
  state: z.string(),
  total: z.number().int(),
  synced: z.number().int(),
  gone: z.number().int().describe('chats that WhatsApp no longer had when their turn came'),
  dead: z.number().int().describe('chats in batches that the backend refused for good'),
  batches: z.number().int(),
  private: z.number().int(),
  groups: z.number().int(),
  chats_per_second: z.number(),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
});

export const zBlastEventData = z.object({
  blast_id: z.string(),
  name: z.string().nullable(),
  state: zBlastState,
  reason: zBlastReason.nullable(),
  session_ids: z.array(zEchoedId),
  skipRecipientsInAddress: z.boolean(),
  progress: zBlastProgress,
});

/** Every event name, with the schema of its `data`. */
export const EVENTS = {
  'session.status': zSessionStatusData,
  'session.qr': zSessionQrData,
  message: zMessageData,
  'message.sent': zMessageSentData,
  'message.ack': zMessageAckData,
  'message.edited': zMessageEditedData,
  'message.revoked': zMessageRevokedData,
  'message.reaction': zMessageReactionData,
  'group.join': zGroupChangeData,
  'group.leave': zGroupChangeData,
  'group.update': zGroupChangeData,
  call: zCallData,
  'chats.sync.started': zSyncEventData,
  'chats.sync.progress': zSyncEventData,
  'chats.sync.completed': zSyncEventData,
  'chats.sync.failed': zSyncEventData,
  'blast.started': zBlastEventData,
  'blast.progress': zBlastEventData,
  'blast.paused': zBlastEventData,
  'blast.resumed': zBlastEventData,
  'blast.stopped': zBlastEventData,
  'blast.completed': zBlastEventData,
} as const;
export type EventName = keyof typeof EVENTS;
export type EventData<N extends EventName> = z.infer<(typeof EVENTS)[N]>;

export const zWebhook = z.object({
  delivery_id: z.string(),
  sent_at: zTime,
  event: z.enum(Object.keys(EVENTS) as [EventName, ...EventName[]]),
  event_id: z.string(),
  sequence: z.number().int().min(1).describe('counts per session, without a gap'),
  session_id: zEchoedId,
  workspace_id: zEchoedId.nullable(),
  data: z.record(z.string(), z.unknown()),
});
export type WebhookPayload = z.infer<typeof zWebhook>;
