import { fileTypeFromBuffer } from 'file-type';
import { ApiError } from '../../contracts/errors.js';
import { MAX_FILENAME, type MediaKind } from '../../contracts/media-api.js';

/** So much of a file's beginning tells its type. */
export const HEAD_BYTES = 65_536;

const UNKNOWN = 'application/octet-stream';

/** What WhatsApp takes as which kind; a document may be anything. */
const ALLOWED: Record<Exclude<MediaKind, 'document'>, readonly string[]> = {
  image: ['image/jpeg', 'image/png', 'image/webp', 'image/gif'],
  video: ['video/mp4', 'video/3gpp', 'video/quicktime'],
  audio: ['audio/ogg', 'audio/mpeg', 'audio/mp4', 'audio/aac', 'audio/amr', 'audio/wav'],
  voice: ['audio/ogg', 'audio/mpeg', 'audio/mp4'],
  sticker: ['image/webp', 'image/png', 'image/jpeg'],
};

/** Other names of the same thing. */
const ALIASES: Readonly<Record<string, string>> = {
  'image/jpg': 'image/jpeg',
  'image/pjpeg': 'image/jpeg',
  'image/apng': 'image/png',
  'audio/mp3': 'audio/mpeg',
  'audio/m4a': 'audio/mp4',
  'audio/x-m4a': 'audio/mp4',
  'audio/x-aac': 'audio/aac',
  'audio/opus': 'audio/ogg',
  'audio/x-wav': 'audio/wav',
  'audio/wave': 'audio/wav',
  'audio/vnd.wave': 'audio/wav',
  'video/x-m4v': 'video/mp4',
};

/** A container says what is outside; whoever declares one of these says what is inside, and does not contradict it. */
const INSIDE: Readonly<Record<string, RegExp>> = {
  'video/mp4': /^audio\/mp4$/,
  'video/3gpp': /^audio\/3gpp$/,
  'video/webm': /^audio\/webm$/,
  'application/ogg': /^(audio|video)\/ogg$/,
  'application/zip': /^application\/(vnd\.[\w.+-]+|epub\+zip|java-archive|x-zip-compressed|[\w.-]+\+zip)$/,
  'application/x-cfb': /^application\/(msword|x-msi|vnd\.ms-[\w.-]+)$/,
  'application/xml': /^(image\/svg\+xml|text\/xml|application\/[\w.-]+\+xml)$/,
};

/** For files that are sent without a type, and whose bytes leave it open. */
const BY_EXTENSION: Readonly<Record<string, string>> = {
  txt: 'text/plain',
  csv: 'text/csv',
  json: 'application/json',
  html: 'text/html',
  m4a: 'audio/mp4',
  svg: 'image/svg+xml',
  doc: 'application/msword',
  xls: 'application/vnd.ms-excel',
  ppt: 'application/vnd.ms-powerpoint',
  docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  pptx: 'application/vnd.openxmlformats-officedocument.presentationml.presentation',
};

/**
 * The type of a file by its first bytes. Where they tell nothing, the declared type or the name's ending counts; but nothing is a picture,
 * a video or a sound only because somebody says so.
 *
 * @throws ApiError `media_type_not_allowed` for a web page that was declared as media: a login or an error page, mostly.
 */
export async function typeOfContent(head: Buffer, declared: string | null, filename: string): Promise<string> {
  const claimed = claimedType(declared, filename);
  if (isHtml(head)) {
    if (isMedia(claimed)) throw new ApiError('media_type_not_allowed', { kind: claimed.split('/')[0], mimetype: 'text/html' });
    return claimed.startsWith('text/') ? claimed : 'text/html';
  }
  const found = await fileTypeFromBuffer(head);
  if (!found) return isMedia(claimed) ? UNKNOWN : claimed;
  const type = canonical(found.mime);
  return INSIDE[type]?.test(claimed) ? claimed : type;
}

/** Why a file of this type cannot be sent as this kind; null: it can. */
export function mediaKindProblem(kind: MediaKind, mimetype: string): ApiError | null {
  if (kind === 'document') return null;
  const allowed = ALLOWED[kind];
  return allowed.includes(canonical(essenceOf(mimetype))) ? null : new ApiError('media_type_not_allowed', { kind, mimetype, allowed });
}

/** The name that its receiver sees: no path, nothing invisible, at most 200 characters with the ending kept. */
export function cleanFilename(name: string | null | undefined, mimetype: string): string {
  const last = (name ?? '').normalize('NFC').split(/[/\\]/).at(-1) ?? '';
  // Control characters, halves of characters, and what turns the writing direction, so that `fdp.exe` would be shown as `exe.pdf`.
  const plain = last.replace(/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu, '').replace(/\s+/g, ' ').trim();
  if (/^\.*$/.test(plain)) return fallbackName(mimetype);
  if (plain.length <= MAX_FILENAME) return plain;
  const ending = /\.[A-Za-z0-9]{1,10}$/.exec(plain)?.[0] ?? '';
  let stem = '';
  for (const character of plain) {
    if (stem.length + character.length + ending.length > MAX_FILENAME) break;
    stem += character;
  }
  return stem + ending;
}

function fallbackName(mimetype: string): string {
  const essence = essenceOf(mimetype);
  const known: Record<string, string> = { 'image/jpeg': 'jpg', 'audio/mpeg': 'mp3', 'audio/mp4': 'm4a', 'text/plain': 'txt', 'video/quicktime': 'mov', 'video/3gpp': '3gp', ...Object.fromEntries(Object.entries(BY_EXTENSION).map(([ending, type]) => [type, ending])) };
  const subtype = essence.split('/')[1] ?? '';
  const ending = known[essence] ?? (/^[a-z0-9]{2,5}$/.test(subtype) ? subtype : 'bin');
  return `file.${ending}`;
}

const essenceOf = (mimetype: string): string => (mimetype.split(';')[0] ?? '').trim().toLowerCase();

/** Keeps a parameter such as `codecs=opus`, which a voice message needs. */
function canonical(mimetype: string): string {
  const essence = essenceOf(mimetype);
  const alias = ALIASES[essence];
  return alias ?? (essence === mimetype ? essence : essence + mimetype.slice(mimetype.indexOf(';')));
}

function claimedType(declared: string | null, filename: string): string {
  const essence = declared === null ? '' : essenceOf(declared);
  const isType = /^[\w.+-]{1,63}\/[\w.+-]{1,63}$/.test(essence);
  if (isType && essence !== UNKNOWN && essence !== 'binary/octet-stream') return ALIASES[essence] ?? essence;
  const ending = /\.([A-Za-z0-9]{1,10})$/.exec(filename)?.[1]?.toLowerCase() ?? '';
  return BY_EXTENSION[ending] ?? UNKNOWN;
}

/** Kinds whose every format begins with a signature; SVG is text. */
const isMedia = (mimetype: string): boolean => /^(image|video|audio)\//.test(mimetype) && mimetype !== 'image/svg+xml';

function isHtml(head: Buffer): boolean {
  const start = head.subarray(0, 1_024).toString('latin1').replace(/^\u00ef\u00bb\u00bf/, '').trimStart().toLowerCase();
  return /^<(!doctype html|html|head|body|script|iframe|title)\b/.test(start) || (/^<(\?xml|!--|!doctype)/.test(start) && start.includes('<html'));
}
