import { z } from 'zod';
import { SESSION_ID } from '../shared/ids.js';

/** What a file is sent as; WhatsApp shows each in its own way. */
export const MEDIA_KINDS = ['image', 'video', 'audio', 'voice', 'document', 'sticker'] as const;
export type MediaKind = (typeof MEDIA_KINDS)[number];

export const MAX_FILENAME = 200;

/** Base64 (also the URL-safe alphabet, also in lines), or a data URL. */
export const zBase64 = z.string().min(1).refine(isBase64, 'must be Base64, or a data URL with Base64');
export const zMediaUrl = z.string().min(1).max(2_048);
export const zMimetype = z.string().regex(/^[\w.+-]{1,63}\/[\w.+-]{1,63}(?: *;[\x20-\x7e]{0,60})?$/, 'must be a media type, such as image/jpeg');
export const zFilename = z.string().min(1).max(MAX_FILENAME);

/** Exactly one of a form's file, `url` and `base64`; the form is not seen by a schema. */
export const zStoreMedia = z.strictObject({
  url: zMediaUrl.optional().describe('fetched now, and checked before anything is answered'),
  base64: zBase64.optional().describe('bounded by HTTP_BODY_LIMIT_KB; upload larger files as a form'),
  mimetype: zMimetype.optional().describe('of `base64`; what the bytes themselves say goes before it'),
  filename: zFilename.optional().describe('what the receiver sees'),
});
export type StoreMedia = z.infer<typeof zStoreMedia>;

export const zMediaParams = z.object({ id: z.string().regex(/^med_[0-9a-f]{32}$/, 'must be an id that POST /api/media answered') });

export const zMedia = z.object({
  id: z.string(),
  mimetype: z.string().describe('by the bytes; as it was declared where they tell nothing'),
  size: z.number().int().describe('bytes'),
  sha256: z.string(),
  filename: z.string(),
  expires_at: z.iso.datetime().describe('deleted after this, unless a message still waits for it'),
});
export type MediaView = z.infer<typeof zMedia>;

/** Looks for what may not be there, which takes one pass however long the text is. */
function isBase64(text: string): boolean {
  const data = text.slice(base64Start(text));
  const padding = data.indexOf('=');
  return !/[^A-Za-z0-9+/_=\s-]/.test(data) && (padding === -1 || /^=\s*=?\s*$/.test(data.slice(padding)));
}

/** Where the Base64 begins: after the head of a data URL, if there is one. */
export function base64Start(text: string): number {
  return /^data:[\w.+/-]{0,127}(?:;[\w.+=-]{1,60}){0,3};base64,/.exec(text.slice(0, 400))?.[0].length ?? 0;
}

export const zMessageMediaParams = z.object({ id: z.string().regex(/^[\x21-\x7e]{1,255}$/, 'must be the id of a message') });
export const zMessageMediaQuery = z.strictObject({ session_id: z.string().regex(SESSION_ID, 'must be 1 to 64 of A-Z, a-z, 0-9, _ and -').optional() });
