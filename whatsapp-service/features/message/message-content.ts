import type { CountryCode } from 'libphonenumber-js';
import type { SendMedia, SendMessage } from '../../contracts/message-api.js';
import { ApiError } from '../../contracts/errors.js';
import { asChatId, type ChatId } from '../../shared/ids.js';
import { parseRecipient } from '../../shared/phone.js';
import type { MediaKind, OutboundContent } from '../../whatsapp/provider.js';
import { vcard } from './vcard.js';

/** What is stored of a message: all that its send needs; a file by its id. */
export interface StoredContent {
  content: Exclude<OutboundContent, { path: string }> | StoredMediaContent;
  quotedMessageId: string | null;
  seen: boolean;
  typing: boolean;
}

export interface StoredMediaContent {
  type: MediaKind;
  mediaId: string;
  mimetype: string;
  filename: string | null;
  size: number;
  caption: string | null;
  viewOnce: boolean;
}

/** A file that has been taken in. */
export interface TakenMedia {
  id: string;
  mimetype: string;
  filename: string | null;
  /** Bytes. */
  size: number;
}

export interface Target {
  chatId: ChatId;
  /** E.164; null for a group and where only a LID is known. */
  phone: string | null;
}

export const isMedia = (input: SendMessage): input is SendMedia => ['image', 'video', 'audio', 'voice', 'document', 'sticker'].includes(input.type);

/** Where a message goes. One about another message goes to that one's chat. */
export function targetOf(input: SendMessage, messageId: string | null, country: CountryCode): Target {
  const to = 'to' in input ? input.to : (messageId?.split('_')[1] ?? '');
  const recipient = parseRecipient(to, country);
  if (!recipient) throw badPhone('to' in input ? 'body.to' : 'body.message_id', 'must be a phone number, a user JID or a group JID');
  return { chatId: asChatId(recipient.chatId), phone: recipient.kind === 'user' ? recipient.phone : null };
}

/** The content as it is stored. `about` is WhatsApp's id of the message that an edit, a reaction or a deletion is about. */
export function contentOf(input: SendMessage, about: string | null, media: TakenMedia | null, country: CountryCode): StoredContent['content'] {
  switch (input.type) {
    case 'text':
      return { type: 'text', text: input.text, mentions: input.mentions.map((mention, index) => mentionOf(mention, index, country)), linkPreview: input.link_preview };
    case 'location':
      return { type: 'location', latitude: input.latitude, longitude: input.longitude, name: input.name ?? null, address: input.address ?? null, url: input.url ?? null };
    case 'contact':
      return { type: 'contact', contacts: input.contacts.map((contact, index) => ({ name: contact.name, vcard: vcard(contact, phoneOf(contact.phone, `body.contacts.${index}.phone`, country)) })) };
    case 'poll':
      return { type: 'poll', question: input.question, options: input.options, multiple: input.multiple };
    case 'reaction':
      return { type: 'reaction', messageId: about ?? '', emoji: input.emoji };
    case 'edit':
      return { type: 'edit', messageId: about ?? '', text: input.text };
    case 'delete':
      return { type: 'delete', messageId: about ?? '' };
    default: {
      if (!media) throw new ApiError('invalid_request', { fields: [{ field: 'body.media', message: 'is missing: give an id, a url or base64, or send the file as a part of the form' }] });
      return {
        type: input.type,
        mediaId: media.id,
        mimetype: media.mimetype,
        filename: media.filename,
        size: media.size,
        caption: 'caption' in input ? (input.caption ?? null) : null,
        viewOnce: 'view_once' in input && input.view_once,
      };
    }
  }
}

function mentionOf(mention: string, index: number, country: CountryCode): string {
  const person = parseRecipient(mention, country);
  if (!person || person.kind === 'group') throw badPhone(`body.mentions.${index}`, 'must be a phone number or a user JID');
  return person.chatId;
}

function phoneOf(phone: string, field: string, country: CountryCode): string {
  const person = parseRecipient(phone, country);
  if (person?.kind !== 'user') throw badPhone(field, 'must be a phone number');
  return person.phone;
}

const badPhone = (field: string, message: string): ApiError => new ApiError('invalid_phone', { fields: [{ field, message }] });
