import { readFileSync } from 'node:fs';

const PARTS = ['core', 'contract', 'pairing', 'events', 'catch-up', 'chats', 'send-content', 'send', 'directory', 'marks', 'groups', 'media'] as const;

/**
 * The page bridge as one script for `evalOnNewDoc`. It is kept as JavaScript files and never as functions of ours:
 * a compiler may rewrite a function in a way that only runs in node.
 */
export function pageScript(): string {
  const parts = PARTS.map((part) => readFileSync(new URL(`./page/${part}.js`, import.meta.url), 'utf8'));
  return `(() => {\nif (window.top !== window || window.__waBridge) return;\n${parts.join('\n')}\n})();`;
}

/** What the page hands over: `first` is the number of the first of `events`; `epoch` names one life of the page. */
export interface PageBatch {
  epoch: string;
  first: number;
  events: PageEvent[];
  groups: Record<string, PageGroup>;
  /** Unix seconds of the oldest message that waits behind these. */
  oldestWaiting: number | null;
}

/** `[jid, lid]`: the phone's id where it is known, else the LID twice. */
export type PagePerson = [jid: string, lid: string | null];
export interface PageGroup {
  name: string | null;
  participants: PageParticipants;
}
/** JIDs with a space between them, those of phones without their `@c.us`; an admin's ends with a star. */
export type PageParticipants = string;

export interface PageMessage {
  kind: 'message';
  id: string;
  key: string;
  fromMe: boolean;
  chat: PagePerson;
  group?: string;
  author: PagePerson | null;
  to: string | null;
  name: string | null;
  type: string;
  status: boolean;
  body: string | null;
  /** Unix seconds, as everywhere in the page. */
  t: number;
  ack: number | null;
  quoted?: { id: string | null; author: string | null; type: string | null; body: string | null };
  media?: {
    mimetype: string | null;
    size: number | null;
    filename: string | null;
    caption: string | null;
    duration: number | null;
    width: number | null;
    height: number | null;
    sha256: string | null;
  };
  mentions: string[];
  location?: { latitude: number; longitude: number; description: string | null; url: string | null };
  contacts?: { name: string | null; vcard: string }[];
  forwarded: boolean;
}

interface AboutMessage {
  id: string;
  key: string;
  fromMe: boolean;
  chat: PagePerson;
}

export type PageEvent =
  | PageMessage
  | ({ kind: 'ack'; ack: number } & AboutMessage)
  | ({ kind: 'edit'; body: string | null; previous: string | null; edited: number | null; t: number } & AboutMessage)
  | ({ kind: 'revoke' } & AboutMessage)
  | { kind: 'reaction'; id: string; chat: PagePerson | null; sender: PagePerson | null; reaction: string | null; t: number }
  | { kind: 'group'; id: string; chat: PagePerson; action: string; author: PagePerson | null; recipients: PagePerson[]; body: string | null; t: number }
  | { kind: 'call'; id: string; chat: PagePerson | null; video: boolean; isGroup: boolean; outgoing: boolean };

export type PageChat = [
  id: string,
  lid: string | null,
  name: string | null,
  unread: number,
  t: number | null,
  /** 1 archived, 2 pinned, 4 muted. */
  flags: number,
  last: [id: string, type: string, body: string | null, fromMe: 0 | 1, t: number] | null,
  subject: string | null,
  /** Null: no group. */
  participants: PageParticipants | null,
  /** How many participants, where they themselves are left out. */
  count?: number,
];
