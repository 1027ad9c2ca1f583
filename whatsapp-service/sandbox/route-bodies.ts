import { z } from 'zod';

/** Bodies, queries and answers of the sandbox's routes. */
const MAX_MS = 24 * 3_600_000;
const zJid = z.string().min(3).max(128);
const zPerson = z.string().min(3).max(128).describe('phone number or JID');
const zMs = z.int().min(0).max(MAX_MS);
const zMessageId = z.string().min(3).max(256).describe('serialised message id');

const zLidMode = z.boolean().optional().describe('people are known by `…@lid`; fixed when the account is made, by the first seed or scan');

export const zScan = z
  .strictObject({
    phone: z.string().regex(/^\+?\d{6,15}$/, 'must be 6 to 15 digits').optional().describe("the scanning phone; the session's own one by default"),
    pushname: z.string().min(1).max(100).optional(),
    lid_mode: zLidMode,
  })
  .default({});

export const zEnterCode = z.strictObject({ code: z.string().min(1).max(32).describe('as the session shows it') });

export const zSeed = z.strictObject({
  chats: z.int().min(0).max(200_000),
  group_share: z.number().min(0).max(1).default(0.3),
  participants: z.int().min(1).max(1_024).default(20).describe('of each group'),
  messages_per_chat: z.int().min(0).max(1_000).default(1),
  lid_mode: zLidMode,
  unmappable_share: z.number().min(0).max(1).default(0.05).describe('in LID mode: the part of the people without a known phone number'),
});

const zMedia = z.strictObject({
  mimetype: z.string().max(200).optional(),
  size: z.int().min(0).max(256 * 2 ** 20).optional().describe('bytes'),
  filename: z.string().max(255).optional(),
  caption: z.string().max(65_536).optional(),
  missing: z.boolean().optional().describe('a download answers 404'),
});

export const zInbound = z
  .strictObject({
    from: zPerson.optional(),
    chat: zJid.optional(),
    group: z.union([z.boolean(), zJid]).optional().describe('true: the newest group; a JID: that group, made if need be'),
    type: z.string().min(1).max(64).default('text').describe("text, image, video, audio, ptt, document, sticker, location, contact, multi_contact, poll, or WhatsApp's name of another type"),
    body: z.string().max(65_536).optional(),
    quoted: zMessageId.optional(),
    mentions: z.array(zPerson).max(1_024).optional(),
    media: zMedia.optional(),
    location: z.strictObject({ latitude: z.number(), longitude: z.number(), name: z.string().optional(), address: z.string().optional(), url: z.string().optional() }).optional(),
    contacts: z.array(z.strictObject({ name: z.string(), phone: z.string() })).min(1).max(50).optional(),
    poll: z.strictObject({ name: z.string(), options: z.array(z.string()).min(2).max(12), multiple: z.boolean().optional() }).optional(),
    pushname: z.string().max(100).optional(),
    count: z.int().min(1).max(10_000).default(1).describe('above 1, ` #1`, ` #2`, … is added to the body'),
    spread: z.int().min(1).max(10_000).optional().describe('spread over so many of the newest chats'),
    from_me: z.boolean().optional().describe("written on the user's own phone"),
    offline: z.boolean().optional().describe('the page finds it only when it starts the next time'),
    unmappable: z.boolean().optional().describe('in LID mode: from somebody whose phone number cannot be known'),
  })
  .default({ type: 'text', count: 1 });

export const zAckBody = z.strictObject({ message_id: zMessageId, level: z.int().min(-1).max(4).describe('-1 error, 0 pending, 1 server, 2 device, 3 read, 4 played') });
export const zEditBody = z.strictObject({ message_id: zMessageId, body: z.string().max(65_536) });
export const zRevokeBody = z.strictObject({ message_id: zMessageId });
export const zReactionBody = z.strictObject({ message_id: zMessageId, emoji: z.string().max(32).describe('empty takes it back'), from: zPerson.optional() });

export const zGroupMembers = z.strictObject({ group: zJid, participants: z.array(zPerson).min(1).max(1_024), by: zPerson.optional() });
export const zGroupUpdate = z
  .strictObject({ group: zJid, subject: z.string().min(1).max(100).optional(), description: z.string().max(2_048).optional(), by: zPerson.optional() })
  .refine((change) => (change.subject === undefined) !== (change.description === undefined), 'give either subject or description');

export const zCall = z.strictObject({ from: zPerson.optional(), video: z.boolean().default(false), group: z.boolean().default(false) }).default({ video: false, group: false });
export const zLost = z.strictObject({ ms: zMs.optional().describe('until it is restored, when absent') }).default({});
export const zMsBody = z.strictObject({ ms: zMs });
export const zOn = z.strictObject({ on: z.boolean().default(true) }).default({ on: true });

export const zSettingsChange = z.strictObject({
  auto_ack: z.union([z.literal(0), z.literal(1), z.literal(2), z.literal(3), z.literal('off')]).optional().describe('the highest acknowledgement that comes by itself'),
  ack_delay_ms: zMs.optional(),
  answer_ms: zMs.optional().describe('until WhatsApp answers that it has taken a message'),
  slow_ms: zMs.optional(),
  early_has_synced: z.boolean().optional(),
  fail_sends: z.enum(['off', 'error', 'hang', 'lost_ack']).optional(),
  keep_unsent: z.boolean().optional().describe('the page keeps what it could not send yet, and sends it when it starts again'),
  instant_upload: z.boolean().optional().describe('files are not uploaded when they are sent'),
  missing: z.array(z.string().regex(/^\w+(\.\w+)*$/, 'must be a module, or a module and a field of it')).max(200).optional().describe('modules and fields that the page does not have: WAWebMsgReply, WAWebMsgReply.canReplyMsg; all of them each time'),
  qr_refresh_ms: z.int().min(50).max(MAX_MS).optional(),
  qr_max_refreshes: z.int().min(0).max(10_000).optional(),
  unregister: z.array(z.string().regex(/^\+?\d+$/)).optional().describe('number prefixes that are not on WhatsApp'),
  register: z.array(z.string().regex(/^\+?\d+$/)).optional().describe('prefixes that are on WhatsApp again'),
});

const zLimit = z.coerce.number().int().min(1).max(10_000).default(1_000);
const zAfter = z.coerce.number().int().min(0).optional().describe('`next` of the page before');
export const zSentQuery = z.object({ chat: zJid.optional(), to: zJid.optional(), after: zAfter, limit: zLimit });
export const zMessagesQuery = z.object({ chat: zJid.optional(), after: zAfter, limit: zLimit });

export const zScanned = z.object({ phone: z.string(), wid: z.string(), lid: z.string(), new_account: z.boolean() });
export const zSeeded = z.object({ chats: z.int(), groups: z.int(), messages: z.int() });
export const zBrought = z.object({ message_ids: z.array(z.string()), chats: z.array(z.string()) });
export const zCalled = z.object({ call_id: z.string() });
const zNext = z.int().nullable().describe('give it as `after` for what follows; null at the end');

export const zSentList = z.object({
  sent: z.array(z.object({
    order: z.int(), chat: z.string(), to: z.string(), message_id: z.string(), raw_id: z.string(), type: z.string(), body: z.string(), t: z.int().describe('Unix seconds'), ack: z.int(),
    deliveries: z.int().describe('how often the recipient got this id'), attempts: z.int().describe('how often the page sent it'),
  })),
  next: zNext,
});

export const zReceivedList = z.object({
  messages: z.array(z.object({
    order: z.int(), message_id: z.string(), raw_id: z.string(), chat: z.string(), author: z.string().nullable(), type: z.string(), body: z.string(), t: z.int().describe('Unix seconds'),
  })),
  next: zNext,
});

export const zMarkList = z.object({
  marks: z.array(z.object({ chat: z.string(), mark: z.enum(['seen', 'typing', 'recording', 'paused']), at: z.int().describe('milliseconds since the epoch') })),
});

export const zSettings = z.object({
  auto_ack: z.union([z.int(), z.literal('off')]), ack_delay_ms: z.int(), answer_ms: z.int(), slow_ms: z.int(), early_has_synced: z.boolean(), fail_sends: z.string(), keep_unsent: z.boolean(), instant_upload: z.boolean(), missing: z.array(z.string()), qr_refresh_ms: z.int(), qr_max_refreshes: z.int(),
});

export const zState = z.object({
  session_id: z.string(), phone: z.string().nullable(), wid: z.string().nullable(), lid: z.string().nullable(), lid_mode: z.boolean(), banned: z.boolean(), paired: z.boolean(), connected: z.boolean(),
  connection_lost: z.boolean(), page_state: z.string().nullable(), has_synced: z.boolean(), qr_ref: z.string().nullable(), qr_refreshes: z.int(), pairing_code: z.string().nullable(), pairing_phone: z.string().nullable(), device_name: z.string().nullable(),
  chats: z.int(), messages: z.int(), sent: z.int(), settings: zSettings, unregistered: z.array(z.string()),
});
