/** What hub and page say to each other: JSON frames over one WebSocket. The page's side is `page/hub-link.js`. */

export interface WireMessage {
  /** Serialised id. */
  key: string;
  id: string;
  chat: string;
  /** Who wrote it, in a group. */
  participant: string | null;
  from_me: boolean;
  ack: number;
  /** Unix seconds. */
  t: number;
  /** WhatsApp's own name: `chat`, `image`, `vcard`, … */
  type: string;
  body: string;
  /** Further attributes of the page's message model, under the names that WhatsApp Web gives them. */
  data: Record<string, unknown>;
}

export interface WireParticipant {
  id: string;
  admin?: boolean;
}

export interface WireGroup {
  subject: string;
  description?: string;
  owner: string;
  /** Unix seconds. */
  creation: number;
  participants: WireParticipant[];
  /** Only admins may write. */
  announce?: boolean;
  /** Only admins may change what the group is called and says of itself. */
  restrict?: boolean;
  /** Made when it is first asked for. */
  invite_code?: string;
}

export interface WireChat {
  jid: string;
  name: string;
  /** The name is in the user's address book. */
  saved: boolean;
  t: number;
  unread: number;
  archived: boolean;
  pinned: number;
  mute: number;
  group?: WireGroup;
  /** The newest message: the one that is loaded at start. */
  last?: WireMessage;
}

export type LogKind = 'message' | 'chat' | 'ack' | 'edit' | 'revoke' | 'remove' | 'reaction' | 'group' | 'call';

/** One thing that happened to an account. A page that was away asks for those after the last `seq` it saw. */
export interface LogEvent {
  seq: number;
  kind: LogKind;
  /** Serialised message id, or JID of a chat. */
  ref: string;
  data: Record<string, unknown>;
  message?: WireMessage;
  chat?: WireChat;
}

/** Page → hub. An answer carries the same `i`. */
export interface Request {
  i: number;
  m: string;
  a: Record<string, unknown>;
}
