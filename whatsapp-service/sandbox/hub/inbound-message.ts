import { randomBytes } from 'node:crypto';
import type { InboundMedia, InboundSpec } from '../hub-contract.js';
import { serializeKey } from './identity.js';
import type { StoredMedia } from './media-store.js';
import type { WireMessage } from './wire.js';

/** Our names of message types → WhatsApp's. Any other name goes through as it is. */
const TYPES: Record<string, string> = { text: 'chat', contact: 'vcard', multi_contact: 'multi_vcard', poll: 'poll_creation' };

const MEDIA_DEFAULTS: Record<string, Required<Pick<InboundMedia, 'mimetype' | 'size'>> & { extra: Record<string, unknown>; filename?: string }> = {
  image: { mimetype: 'image/jpeg', size: 2_048, extra: { width: 1, height: 1 } },
  video: { mimetype: 'video/mp4', size: 8_192, extra: { width: 640, height: 360, duration: '5', isGif: false } },
  audio: { mimetype: 'audio/mpeg', size: 4_096, extra: { duration: '7' } },
  ptt: { mimetype: 'audio/ogg; codecs=opus', size: 4_096, extra: { duration: '3' } },
  document: { mimetype: 'application/pdf', size: 4_096, filename: 'dokumen.pdf', extra: { pageCount: 1 } },
  sticker: { mimetype: 'image/webp', size: 1_024, extra: { width: 512, height: 512, isAnimated: false } },
};

export const whatsAppType = (type: string): string => TYPES[type] ?? type;
export const isMediaType = (type: string): boolean => type in MEDIA_DEFAULTS;

/** What kind of file a media message carries when the caller leaves it open. */
export function mediaOf(type: string, media: InboundMedia = {}): { mimetype: string; size: number; filename?: string; missing: boolean } {
  const defaults = MEDIA_DEFAULTS[type];
  return {
    mimetype: media.mimetype ?? defaults?.mimetype ?? 'application/octet-stream', size: media.size ?? defaults?.size ?? 1_024,
    filename: media.filename ?? defaults?.filename, missing: media.missing ?? false,
  };
}

export function vcard(contact: { name: string; phone: string }): string {
  const digits = contact.phone.replace(/\D/g, '');
  return `BEGIN:VCARD\nVERSION:3.0\nN:;${contact.name};;;\nFN:${contact.name}\nTEL;type=CELL;waid=${digits}:+${digits}\nEND:VCARD`;
}

/** Everything about one inbound message that has been looked up before it is put together. */
export interface InboundParts {
  chat: string;
  /** Who wrote it, in a group. */
  participant: string | null;
  fromMe: boolean;
  /** Unix seconds. */
  t: number;
  body: string;
  pushname: string;
  media: StoredMedia | null;
  mentions: string[];
  quoted: WireMessage | null;
  quotedAuthor: string | null;
}

const newId = (): string => `3A${randomBytes(15).toString('hex').toUpperCase()}`;

export function inboundMessage(spec: InboundSpec, parts: InboundParts): WireMessage {
  const id = newId();
  const type = whatsAppType(spec.type ?? 'text');
  const { body, data } = content(type, spec, parts);
  return {
    key: serializeKey({ fromMe: parts.fromMe, chat: parts.chat, id, participant: parts.participant }),
    id, chat: parts.chat, participant: parts.participant, from_me: parts.fromMe, ack: parts.fromMe ? 3 : 1, t: parts.t, type, body,
    data: {
      notifyName: parts.pushname, ...data,
      ...(parts.mentions.length > 0 ? { mentionedJidList: parts.mentions } : {}),
      ...(parts.quoted ? quote(parts.quoted, parts.quotedAuthor) : {}),
    },
  };
}

function quote(quoted: WireMessage, author: string | null): Record<string, unknown> {
  return { quotedMsg: { type: quoted.type, body: quoted.body }, quotedStanzaID: quoted.id, quotedParticipant: author };
}

function content(type: string, spec: InboundSpec, parts: InboundParts): { body: string; data: Record<string, unknown> } {
  if (parts.media) return { body: spec.media?.caption ?? (spec.body === undefined ? '' : parts.body), data: mediaData(type, spec, parts.media, parts.t) };
  switch (type) {
    case 'location': {
      const { latitude = -6.175392, longitude = 106.827153, name, address, url } = spec.location ?? {};
      const loc = [name, address].filter((line) => line !== undefined).join('\n');
      return { body: '', data: { lat: latitude, lng: longitude, ...(loc ? { loc } : {}), ...(url ? { clientUrl: url } : {}) } };
    }
    case 'vcard': {
      const contact = spec.contacts?.[0] ?? { name: 'Budi Santoso', phone: '6281200000001' };
      return { body: vcard(contact), data: { vcardFormattedName: contact.name } };
    }
    case 'multi_vcard': {
      const contacts = spec.contacts ?? [{ name: 'Budi Santoso', phone: '6281200000001' }, { name: 'Siti Rahayu', phone: '6281300000002' }];
      return { body: '', data: { vcardList: contacts.map((contact) => ({ displayName: contact.name, vcard: vcard(contact) })) } };
    }
    case 'poll_creation': {
      const { name, options, multiple } = spec.poll ?? { name: parts.body || 'Jadi kapan?', options: ['Sabtu', 'Minggu'], multiple: false };
      return { body: '', data: { pollName: name, pollOptions: options.map((option, localId) => ({ name: option, localId })), pollSelectableOptionsCount: multiple ? 0 : 1 } };
    }
    default:
      return { body: parts.body, data: {} };
  }
}

function mediaData(type: string, spec: InboundSpec, media: StoredMedia, t: number): Record<string, unknown> {
  const { filename } = mediaOf(type, spec.media);
  return {
    mimetype: media.mimetype, size: media.size, directPath: media.path, filehash: media.filehash, encFilehash: media.filehash,
    mediaKey: Buffer.from(media.path).toString('base64'), mediaKeyTimestamp: t, ...(filename ? { filename } : {}), ...MEDIA_DEFAULTS[type]?.extra,
  };
}
