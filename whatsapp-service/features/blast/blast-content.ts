import type { BlastContentInput, Variables } from '../../contracts/blast-api.js';
import type { Random } from '../../shared/clock.js';
import type { BlastMediaKind, BlastMessage } from './message-line.js';
import { choose, render, type Rendered } from './render.js';

/** A file that was taken in. */
export interface TakenMedia {
  id: string;
  mimetype: string;
  filename: string | null;
  /** Bytes. */
  size: number;
}

/** What a job keeps of its content: the texts or captions to choose from, and a file by its id. */
export type StoredBlastContent = { type: 'text'; texts: string[]; linkPreview: boolean } | { type: BlastMediaKind; texts: string[]; media: TakenMedia };

/** The texts to choose from, as they were written; a file without a caption has none. */
export function textsOf(input: BlastContentInput): string[] {
  if (input.type === 'text') return [input.text, ...input.variants];
  if (input.type === 'audio' || input.type === 'voice') return [];
  return input.caption === undefined ? input.variants : [input.caption, ...input.variants];
}

export function storedContent(input: BlastContentInput, media: TakenMedia | null): StoredBlastContent {
  if (input.type === 'text') return { type: 'text', texts: textsOf(input), linkPreview: input.link_preview };
  if (!media) throw new Error('The content has a file, and none was taken in.');
  const { id, mimetype, filename, size } = media;
  return { type: input.type, texts: textsOf(input), media: { id, mimetype, filename, size } };
}

/** One of the texts at random, with the recipient's variables in it; null: there is none. */
export function textFor(texts: readonly string[], variables: Variables, random: Random): (Rendered & { variant: number }) | null {
  const variant = choose(texts.length, random);
  const template = texts[variant];
  return template === undefined ? null : { ...render(template, variables), variant };
}

/** WhatsApp takes 65,536 characters in one message, and 1,024 under a picture. */
const LONGEST = { text: 65_536, caption: 1_024 };

/** What one recipient gets; null: the variables have made a text of it that cannot be sent. */
export function messageFor(content: StoredBlastContent, variables: Variables, random: Random): BlastMessage | null {
  const text = textFor(content.texts, variables, random)?.text ?? null;
  if (content.type === 'text') {
    if (text === null || text.trim() === '' || text.length > LONGEST.text) return null;
    return { type: 'text', text, mentions: [], linkPreview: content.linkPreview };
  }
  if (text !== null && text.length > LONGEST.caption) return null;
  const { id, mimetype, filename, size } = content.media;
  return { type: content.type, mediaId: id, mimetype, filename, size, caption: text, viewOnce: false };
}

/** A recipient's variables; the number is one of them unless it is given. */
export const variablesOf = ({ phone, variables }: { phone: string; variables: string | null }): Variables => ({ phone, ...(variables === null ? {} : (JSON.parse(variables) as Variables)) });
