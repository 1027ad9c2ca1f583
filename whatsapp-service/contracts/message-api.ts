import { z } from 'zod';
import { zBase64, zFilename, zMediaUrl, zMimetype } from './media-api.js';
import { zEchoedId } from './payloads.js';
import { zSessionIdInput } from './session-api.js';
import { zAckName, zMessageState } from './states.js';

const zTime = z.iso.datetime();

/** WhatsApp takes 65,536 characters in one message, and 1,024 under a picture. */
const MAX_TEXT = 65_536;
const MAX_CAPTION = 1_024;

const notBlank = (text: string): boolean => text.trim() !== '';
const zText = z.string().max(MAX_TEXT).refine(notBlank, 'must not be blank');
const zRecipient = z.union([z.string().min(1).max(128), z.number().int().positive()]).transform(String);

/** A message by WhatsApp's serialised id (`true_62812…@c.us_3EB0…`) or by ours (`msg_…`). */
const zMessageRef = z
  .string()
  .max(255)
  .regex(/^(?:(?:true|false)_[^_\s]+@[a-z.]+_[A-Za-z0-9]+(?:_[^_\s]+)?|msg_[0-9a-f]{32})$/, "must be WhatsApp's message_id or an id that POST /api/messages answered");

const common = {
  session_id: zSessionIdInput,
  priority: z.enum(['high', 'normal', 'low']).default('normal').describe('high goes before normal, normal before low; within one, in the order of arrival'),
  if_not_working: z.enum(['queue', 'refuse']).default('queue').describe('queue: it waits until the session works; refuse: 409'),
  max_age_seconds: z.number().int().min(1).max(2_592_000).optional().describe('give it up when it has not gone out by then; default: SEND_MAX_AGE_HOURS'),
};

const addressed = {
  ...common,
  to: zRecipient.describe('a phone number in any spelling, a user JID or a group JID'),
  quoted_message_id: zMessageRef.optional().describe('the message that this one answers'),
  typing: z.boolean().default(false).describe('show "typing…" for a moment first'),
  seen: z.boolean().default(false).describe('mark the chat as seen first'),
};

export const zMediaInput = z.union([
  z.strictObject({ id: z.string().regex(/^med_[0-9a-f]{32}$/, 'must be an id that POST /api/media answered') }),
  z.strictObject({ url: zMediaUrl, filename: zFilename.optional() }),
  z.strictObject({ base64: zBase64, mimetype: zMimetype.optional(), filename: zFilename.optional() }),
]);
export type MediaInput = z.infer<typeof zMediaInput>;

const media = {
  ...addressed,
  media: zMediaInput.optional().describe('{id} of POST /api/media, {url}, or {base64}; leave it out when the file is a part of the form'),
};
const caption = z.string().max(MAX_CAPTION).optional();

const zSendText = z.strictObject({
  type: z.literal('text'),
  ...addressed,
  text: zText,
  mentions: z.array(z.string().min(1).max(128)).max(256).default([]).describe('phone numbers or user JIDs; write each as @62812… in the text'),
  link_preview: z.boolean().default(true),
});
const zSendMedia = [
  z.strictObject({ type: z.literal('image'), ...media, caption, view_once: z.boolean().default(false) }),
  z.strictObject({ type: z.literal('video'), ...media, caption, view_once: z.boolean().default(false) }),
  z.strictObject({ type: z.literal('audio'), ...media }),
  z.strictObject({ type: z.literal('voice'), ...media }),
  z.strictObject({ type: z.literal('document'), ...media, caption }),
  z.strictObject({ type: z.literal('sticker'), ...media }),
] as const;
const zSendLocation = z.strictObject({
  type: z.literal('location'),
  ...addressed,
  latitude: z.number().min(-90).max(90),
  longitude: z.number().min(-180).max(180),
  name: z.string().max(256).optional(),
  address: z.string().max(512).optional(),
  url: z.url().max(2_048).optional(),
});
const zSendContacts = z.strictObject({
  type: z.literal('contact'),
  ...addressed,
  contacts: z.array(z.strictObject({ name: z.string().min(1).max(128), phone: z.string().min(1).max(64), organization: z.string().max(128).optional() })).min(1).max(50),
});
const zSendPoll = z.strictObject({
  type: z.literal('poll'),
  ...addressed,
  question: z.string().min(1).max(255).refine(notBlank, 'must not be blank'),
  options: z
    .array(z.string().min(1).max(100).refine(notBlank, 'must not be blank'))
    .min(2)
    .max(12)
    .refine((options) => new Set(options.map((option) => option.trim())).size === options.length, 'must differ from one another'),
  multiple: z.boolean().default(false),
});
const zSendReaction = z.strictObject({ type: z.literal('reaction'), ...common, message_id: zMessageRef, emoji: z.string().max(32).describe('empty takes the reaction back') });
const zSendEdit = z.strictObject({ type: z.literal('edit'), ...common, message_id: zMessageRef, text: zText });
const zSendDelete = z.strictObject({ type: z.literal('delete'), ...common, message_id: zMessageRef });

/** One message. `type` may be left out of a text. */
export const zSendMessage = z.preprocess(
  (input) => (typeof input === 'object' && input !== null && !Array.isArray(input) && !('type' in input) ? { type: 'text', ...input } : input),
  z.discriminatedUnion('type', [zSendText, ...zSendMedia, zSendLocation, zSendContacts, zSendPoll, zSendReaction, zSendEdit, zSendDelete]),
);
export type SendMessage = z.infer<typeof zSendMessage>;
export type SendMedia = Extract<SendMessage, { type: 'image' | 'video' | 'audio' | 'voice' | 'document' | 'sticker' }>;

/** One body of each kind, for the documentation. */
export const SEND_EXAMPLES: Record<SendMessage['type'], unknown> = {
  text: { session_id: 'sales', to: '0812-3456-7890', text: 'Your order is on its way.' },
  image: { session_id: 'sales', type: 'image', to: '+6281234567890', media: { url: 'https://shop.example/picture.jpg' }, caption: 'New in store' },
  video: { session_id: 'sales', type: 'video', to: '081234567890', media: { url: 'https://shop.example/clip.mp4' } },
  audio: { session_id: 'sales', type: 'audio', to: '081234567890', media: { url: 'https://shop.example/jingle.mp3' } },
  voice: { session_id: 'sales', type: 'voice', to: '081234567890', media: { url: 'https://shop.example/note.ogg' } },
  document: { session_id: 'sales', type: 'document', to: '081234567890', media: { url: 'https://shop.example/invoice.pdf', filename: 'invoice-1042.pdf' } },
  sticker: { session_id: 'sales', type: 'sticker', to: '081234567890', media: { url: 'https://shop.example/thanks.webp' } },
  location: { session_id: 'sales', type: 'location', to: '081234567890', latitude: -6.1754, longitude: 106.8272, name: 'Monas', address: 'Jakarta' },
  contact: { session_id: 'sales', type: 'contact', to: '081234567890', contacts: [{ name: 'Warehouse', phone: '0813-1111-2222' }] },
  poll: { session_id: 'sales', type: 'poll', to: '120363000000000001@g.us', question: 'When shall we deliver?', options: ['Monday', 'Tuesday'] },
  reaction: { session_id: 'sales', type: 'reaction', message_id: 'false_6281234567890@c.us_3A0C5F', emoji: '👍' },
  edit: { session_id: 'sales', type: 'edit', message_id: 'msg_0123456789abcdef0123456789abcdef', text: 'Your order arrives on Tuesday.' },
  delete: { session_id: 'sales', type: 'delete', message_id: 'msg_0123456789abcdef0123456789abcdef' },
};

export const zSendQuery = z.object({
  wait: z.enum(['none', 'sent']).default('none').describe('sent: answer when WhatsApp has the message, or at the bound'),
  wait_seconds: z.coerce.number().min(1).max(60).default(20),
});

export const zMessageParams = z.object({ id: z.string().regex(/^msg_[0-9a-f]{32}$/, 'must be an id that POST /api/messages answered') });

export const zMessage = z.object({
  id: z.string(),
  session_id: zEchoedId,
  to: z.string().describe('the JID that it goes to'),
  phone: z.string().nullable(),
  type: z.string(),
  priority: z.enum(['high', 'normal', 'low']),
  state: zMessageState,
  reason: z.object({ code: z.string(), message: z.string(), detail: z.string().nullable() }).nullable(),
  message_id: z.string().nullable().describe("WhatsApp's serialised id, once it is known"),
  ack: z.object({ level: z.number().int(), name: zAckName }).nullable(),
  attempts: z.number().int(),
  created_at: zTime,
  expires_at: zTime,
  sent_at: zTime.nullable(),
  delivered_at: zTime.nullable(),
  read_at: zTime.nullable(),
  played_at: zTime.nullable(),
  ended_at: zTime.nullable().describe('when it failed, was cancelled or became unknown'),
});
export type MessageView = z.infer<typeof zMessage>;

export const zMessageQuery = z.object({
  session_id: z.string().max(64).optional(),
  to: z.string().max(128).optional().describe('any phone spelling, or a JID'),
  state: zMessageState.optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(200).optional(),
});
export const zMessageList = z.object({ messages: z.array(zMessage), next_cursor: z.string().nullable() });
