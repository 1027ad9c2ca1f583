/**
 * What the simulated WhatsApp offers to whoever drives it. `SandboxHub` implements it in this process,
 * `HubClient` over loopback HTTP, so that a hub can outlive the service that uses it.
 * Every argument and every answer is plain JSON; answers are snake_case because routes pass them on as they are.
 */

/** What the browser launcher needs to reach the simulated WhatsApp and nothing else. */
export interface SandboxEngine {
  /** Chromium flags: the host map, the certificate that is trusted, no proxy. */
  args: string[];
  /** Feature names to add to the launcher's one `--disable-features` flag. */
  disableFeatures: string[];
  /** Script to run before the page's own scripts (`evalOnNewDoc`); tells the page which session it is. */
  prelude(sessionId: string): string;
}

export interface ScanOptions {
  /** Digits of the phone that scans. A session keeps one phone of its own when none is given. */
  phone?: string;
  pushname?: string;
  /** The account knows people by `…@lid` instead of by phone number. Fixed when the account is made. */
  lidMode?: boolean;
}

export interface ScanResult {
  phone: string;
  /** JID: `62…@c.us`. */
  wid: string;
  /** JID: `…@lid`. */
  lid: string;
  new_account: boolean;
}

export interface SeedOptions {
  chats: number;
  /** Before the first scan: the account to seed, as in `ScanOptions`. A scan without a phone links the same one. */
  phone?: string;
  lidMode?: boolean;
  /** Part of the chats that are groups, 0 to 1. */
  groupShare?: number;
  /** Participants of each group. */
  participants?: number;
  messagesPerChat?: number;
  /** Milliseconds since the epoch of the newest message; a second ago when absent. */
  now?: number;
  /** In LID mode: the part of the people whose phone number cannot be known, 0 to 1. */
  unmappableShare?: number;
}

export interface SeedResult {
  chats: number;
  groups: number;
  messages: number;
}

export interface InboundMedia {
  mimetype?: string;
  /** Bytes. */
  size?: number;
  filename?: string;
  caption?: string;
  /** The bytes are gone from the server: a download answers 404. */
  missing?: boolean;
}

export interface InboundSpec {
  /** Digits of a phone, or a JID. A group message without it comes from one of the group's participants. */
  from?: string;
  /** JID of the chat; otherwise the chat with `from`, otherwise the newest suitable chat. */
  chat?: string;
  /** `true`: the newest group; a JID: that group, which is made when it does not exist. */
  group?: boolean | string;
  /** text, image, video, audio, ptt, document, sticker, location, contact, multi_contact, poll, or WhatsApp's own name of any type. */
  type?: string;
  /** With `count` above 1, ` #1`, ` #2`, … is added. */
  body?: string;
  /** Serialised id of the message that this one answers. */
  quoted?: string;
  /** Phones or JIDs. */
  mentions?: string[];
  media?: InboundMedia;
  location?: { latitude: number; longitude: number; name?: string; address?: string; url?: string };
  contacts?: { name: string; phone: string }[];
  poll?: { name: string; options: string[]; multiple?: boolean };
  /** Name that the sender has chosen. */
  pushname?: string;
  /** How many; at most 10,000. */
  count?: number;
  /** Spread `count` round robin over this many of the newest chats. */
  spread?: number;
  /** Written on the user's own phone. */
  fromMe?: boolean;
  /** Kept from a connected page: it finds it only when it starts the next time. */
  offline?: boolean;
  /** In LID mode: the sender's phone number cannot be known. */
  unmappable?: boolean;
  /** Milliseconds since the epoch; now when absent. */
  at?: number;
}

export interface InboundResult {
  /** Serialised ids, in the order in which the messages came. */
  message_ids: string[];
  chats: string[];
}

export interface ReactionSpec {
  /** An emoji; empty takes the reaction back. */
  emoji: string;
  /** Phone or JID; in a private chat the other person when absent. */
  from?: string;
}

export interface GroupChange {
  /** JID of the group. */
  group: string;
  /** Phones or JIDs who join or leave. */
  participants?: string[];
  /** Who did it: phone or JID. */
  by?: string;
  subject?: string;
  description?: string;
}

export interface CallSpec {
  from?: string;
  video?: boolean;
  group?: boolean;
}

/** `lost_ack`: the message is delivered, but the page never hears of it. */
export type SendFailure = 'off' | 'error' | 'hang' | 'lost_ack';

/** The highest acknowledgement that comes by itself; `off` and 0 leave it all to `ack()`. */
export type AutoAck = 0 | 1 | 2 | 3 | 'off';

export interface SandboxSettings {
  auto_ack: AutoAck;
  /** Milliseconds between two automatic acknowledgements. */
  ack_delay_ms: number;
  /** Milliseconds until WhatsApp answers a page that it has taken a message. */
  answer_ms: number;
  /** Milliseconds that every answer and every asynchronous operation of the page takes longer. */
  slow_ms: number;
  /** The page says that it has synced before anybody can listen, and never again. */
  early_has_synced: boolean;
  fail_sends: SendFailure;
  /** The page keeps what it could not send yet on disk, and sends it when it starts again. */
  keep_unsent: boolean;
  /** Files are not uploaded when they are sent: only what comes before the upload takes time. A download of them finds nothing. */
  instant_upload: boolean;
  /** What this version of the page lacks: modules (`WAWebMsgReply`) and fields of modules (`WAWebMsgReply.canReplyMsg`). */
  missing: string[];
  /** How long one QR code is valid, milliseconds. */
  qr_refresh_ms: number;
  /** After so many new codes the page idles until it is asked for another. */
  qr_max_refreshes: number;
}

/** One message id that the page sent to one recipient. */
export interface SentMessage {
  /** 1 for the first id that the account sent, and so on. */
  order: number;
  chat: string;
  /** Phone JID where it is known, otherwise the chat. */
  to: string;
  /** Serialised id. */
  message_id: string;
  /** The id inside it: `3EB0…`. */
  raw_id: string;
  type: string;
  body: string;
  /** Unix seconds. */
  t: number;
  ack: number;
  /** How often the recipient got this id: 1, or 0 if it was not delivered. */
  deliveries: number;
  /** How often the page sent this id. */
  attempts: number;
}

export interface SentFilter {
  chat?: string;
  to?: string;
  /** Only ids after this order. */
  after?: number;
  limit?: number;
}

export interface MessageFilter {
  chat?: string;
  /** Only messages after this order. */
  after?: number;
  limit?: number;
}

/** One message that came to the account. */
export interface ReceivedMessage {
  /** Rises with every message of the hub. */
  order: number;
  message_id: string;
  raw_id: string;
  chat: string;
  author: string | null;
  type: string;
  body: string;
  t: number;
}

/** What the other side saw of the account, besides its messages. */
export interface ChatMark {
  chat: string;
  mark: 'seen' | 'typing' | 'recording' | 'paused';
  /** Milliseconds since the epoch. */
  at: number;
}

export interface SandboxState {
  session_id: string;
  /** Phone of the account, null before the first scan. */
  phone: string | null;
  wid: string | null;
  lid: string | null;
  lid_mode: boolean;
  banned: boolean;
  /** A linked device exists for the session. */
  paired: boolean;
  /** A page of the session is connected to the hub. */
  connected: boolean;
  connection_lost: boolean;
  /** The socket state that the page last told: `CONNECTED`, `UNPAIRED`, … */
  page_state: string | null;
  has_synced: boolean;
  /** The code that is shown now. */
  qr_ref: string | null;
  qr_refreshes: number;
  /** The pairing code that is shown now, and the phone that it is for. */
  pairing_code: string | null;
  pairing_phone: string | null;
  /** What the linked device calls itself; null before a page of the session was connected. */
  device_name: string | null;
  chats: number;
  messages: number;
  sent: number;
  settings: SandboxSettings;
  unregistered: string[];
}

/** The controls of the simulated WhatsApp. The session is the id that the page was given by `prelude`. */
export interface SandboxControls {
  scanQr(sessionId: string, options?: ScanOptions): Promise<ScanResult>;
  /** Types a pairing code on the phone that it was asked for. */
  enterPairingCode(sessionId: string, code: string): Promise<ScanResult>;
  seed(sessionId: string, options: SeedOptions): Promise<SeedResult>;
  inbound(sessionId: string, spec?: InboundSpec): Promise<InboundResult>;
  ack(sessionId: string, messageId: string, level: number): Promise<void>;
  edit(sessionId: string, messageId: string, body: string): Promise<void>;
  revoke(sessionId: string, messageId: string): Promise<void>;
  react(sessionId: string, messageId: string, reaction: ReactionSpec): Promise<void>;
  groupJoin(sessionId: string, change: GroupChange): Promise<void>;
  groupLeave(sessionId: string, change: GroupChange): Promise<void>;
  groupUpdate(sessionId: string, change: GroupChange): Promise<void>;
  call(sessionId: string, spec?: CallSpec): Promise<{ call_id: string }>;
  /** Without `ms`, until `restoreConnection`. */
  loseConnection(sessionId: string, ms?: number): Promise<void>;
  restoreConnection(sessionId: string): Promise<void>;
  conflict(sessionId: string): Promise<void>;
  logoutFromPhone(sessionId: string): Promise<void>;
  /** The device is unlinked and the number cannot be linked again until `ban(…, false)`. */
  ban(sessionId: string, banned?: boolean): Promise<void>;
  hangPage(sessionId: string, ms: number): Promise<void>;
  slowPage(sessionId: string, ms: number): Promise<void>;
  earlyHasSynced(sessionId: string, on: boolean): Promise<void>;
  idleQr(sessionId: string): Promise<void>;
  autoAck(sessionId: string, level: AutoAck, delayMs?: number): Promise<void>;
  failSends(sessionId: string, mode: SendFailure): Promise<void>;
  settings(sessionId: string, change: Partial<SandboxSettings>): Promise<SandboxSettings>;
  /** Numbers that begin with `prefix` are not on WhatsApp, for every account. */
  unregister(prefix: string, unregistered?: boolean): Promise<void>;
  sent(sessionId: string, filter?: SentFilter): Promise<SentMessage[]>;
  messages(sessionId: string, filter?: MessageFilter): Promise<ReceivedMessage[]>;
  marks(sessionId: string): Promise<ChatMark[]>;
  state(sessionId: string): Promise<SandboxState>;
}

export interface Hub extends SandboxControls {
  engine(): Promise<SandboxEngine>;
  close(): Promise<void>;
}

/** Every control, by name: the hub process serves these and no other. */
export const CONTROL_NAMES = [
  'scanQr', 'enterPairingCode', 'seed', 'inbound', 'ack', 'edit', 'revoke', 'react', 'groupJoin', 'groupLeave', 'groupUpdate', 'call',
  'loseConnection', 'restoreConnection', 'conflict', 'logoutFromPhone', 'ban', 'hangPage', 'slowPage', 'earlyHasSynced',
  'idleQr', 'autoAck', 'failSends', 'settings', 'unregister', 'sent', 'messages', 'marks', 'state',
] as const satisfies readonly (keyof SandboxControls)[];

export type ControlName = (typeof CONTROL_NAMES)[number];

/** Why a control could not be done. `code` is stable. */
export class SandboxError extends Error {
  constructor(
    readonly code: SandboxErrorCode,
    message: string,
  ) {
    super(message);
    this.name = 'SandboxError';
  }
}

export type SandboxErrorCode =
  | 'not_waiting_for_scan' | 'wrong_code' | 'account_banned' | 'not_paired' | 'not_connected' | 'message_not_found' | 'chat_not_found' | 'invalid';

/** The part of a logger that the hub uses. */
export interface HubLogger {
  info(message: string, meta?: Record<string, unknown>): void;
  warn(message: string, meta?: Record<string, unknown>): void;
}
