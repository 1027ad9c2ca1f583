import type { ChatId, SessionId } from '../shared/ids.js';
import type { AckLevel, SessionReason } from '../contracts/states.js';
import type { EventData } from '../contracts/payloads.js';
import type { Directory } from './directory.js';

/**
 * The port to WhatsApp. A feature knows this file; only `whatsapp/web` knows whatsapp-web.js.
 *
 * Times are milliseconds since the Unix epoch. Methods reject with `ProviderError`.
 */
export interface Provider {
  /** A handle for one session. Nothing is started. `sink` is told what happens. */
  session(id: SessionId, sink: ProviderSink): ProviderSession;
  /**
   * Before the first start: takes the profiles' folder for this service alone, and ends what one that crashed has left running on it.
   * Rejects with a `StartError` while another service works there.
   */
  open(): Promise<void>;
  /** After the last stop. */
  close(): void;
}

/** How a session's browser is started. */
export interface Launch {
  proxy: Proxy | null;
  /** What the phone shows among its linked devices; null: the browser's own name. */
  deviceName: string | null;
}

export interface Proxy {
  /** `http://host:port`, `https://…` or `socks5://…`; without credentials, because a command line is no secret. */
  server: string;
  credentials: { username: string; password: string } | null;
}

/** What a browser takes of the machine, over all of its processes. */
export interface BrowserUsage {
  processes: number;
  /** Memory that is shared counts in parts (PSS). */
  memoryBytes: number;
  /** Memory that is shared counts in full. */
  rssBytes: number;
  /** Of one core, since the look before; null at the first one. */
  cpuPercent: number | null;
  /** Since the browser was started. */
  cpuSeconds: number;
}

/** A part of WhatsApp Web that is used and is not there any more. */
export interface MissingPart {
  module: string;
  /** Null: the whole module. */
  field: string | null;
  /** What does not work without it. */
  feature: string;
  /** Nothing works without it. */
  essential: boolean;
}

export interface PageCheck {
  /** WhatsApp Web's own version. */
  version: string | null;
  missing: readonly MissingPart[];
}

export interface ProviderSession {
  readonly id: SessionId;
  /** What the account knows, and its groups. */
  readonly directory: Directory;
  /** Opens the browser and the page. Resolves once the page is injected; pairing and readiness arrive as events. */
  start(launch: Launch): Promise<void>;
  /** Closes the page and the browser, and waits until its processes are gone. Never rejects. */
  stop(): Promise<void>;
  /** Unlinks the device at WhatsApp where it can be reached, closes, and deletes the profile. Resolves with whether WhatsApp has heard of it. */
  logout(): Promise<boolean>;
  /** Deletes the profile from disk. Only while stopped. */
  deleteProfile(): Promise<void>;
  /** A cheap call into the page, for the watchdog. Rejects when it is not answered in `timeoutMs`. */
  probe(timeoutMs: number): Promise<PageHealth>;
  /** What the browser takes, at most so many milliseconds old (default 5,000); null while there is none, and where the system does not say. */
  usage(maxAgeMs?: number): Promise<BrowserUsage | null>;
  /** Looks whether the page offers every module and field that is used. Loads nothing from the network. */
  checkPage(timeoutMs?: number): Promise<PageCheck>;
  /** Asks WhatsApp for a code of eight characters that links this device when it is typed on the phone with this number (E.164). */
  pairingCode(phone: string): Promise<string>;
  /** Asks WhatsApp for a new QR. */
  refreshQr(): Promise<void>;
  /**
   * Messages since then, and what became of them, that may have been missed while nobody listened: they go to the sink, before anything
   * that happens later. `unread`: chats that could not be searched to the end.
   */
  catchUp(since: number): Promise<{ found: number; unread: number }>;
  /** How far these messages of ours are (at most 500 of WhatsApp's serialised ids). One that WhatsApp no longer has is left out. */
  acks(messageIds: readonly string[]): Promise<{ messageId: string; ack: AckLevel }[]>;
  /** Every chat's id and time of its last message, newest first. */
  listChats(): Promise<ChatRef[]>;
  /** The chats with these ids (at most 500), in their order, as they go to a backend; null for one that WhatsApp no longer has. */
  chatTexts(ids: readonly ChatId[]): Promise<(ChatText | null)[]>;
  send(message: Outbound): Promise<SendResult>;
  /**
   * Hands the file of a message (WhatsApp's serialised id) to `receive`, while the page has it open. `message_not_found`,
   * `media_unavailable` when there is none any more, `media_too_large`.
   */
  downloadMedia<T>(messageId: string, bounds: { maxBytes: number; timeoutMs: number }, receive: (file: MessageFile) => Promise<T>): Promise<T>;
  /** What became of a message that may have been sent before a crash. */
  lookUp(chatId: ChatId, key: string): Promise<LookUp>;
}

export interface ChatText {
  /** A `ChatPayload`, ready to be sent. */
  json: string;
  isGroup: boolean;
}

/** The file of a message, as it comes. */
export interface MessageFile {
  /** Bytes. */
  size: number;
  /** As its sender declared them. */
  mimetype: string | null;
  filename: string | null;
  bytes: AsyncIterable<Buffer>;
}

export interface ChatRef {
  id: ChatId;
  lastMessageAt: number | null;
}

/** What a message says. People are JIDs; a file is on this machine. */
export type OutboundContent =
  | { type: 'text'; text: string; mentions: readonly string[]; linkPreview: boolean }
  | { type: MediaKind; path: string; mimetype: string; filename: string | null; caption: string | null; viewOnce: boolean }
  | { type: 'location'; latitude: number; longitude: number; name: string | null; address: string | null; url: string | null }
  | { type: 'contact'; contacts: readonly { name: string; vcard: string }[] }
  | { type: 'poll'; question: string; options: readonly string[]; multiple: boolean }
  | { type: 'reaction'; messageId: string; emoji: string }
  | { type: 'edit'; messageId: string; text: string }
  | { type: 'delete'; messageId: string };

export type MediaKind = 'image' | 'video' | 'audio' | 'voice' | 'document' | 'sticker';

export interface Outbound {
  chatId: ChatId;
  /** The WhatsApp message id that was committed for this message (`newWhatsAppKey()`). */
  key: string;
  content: OutboundContent;
  /** WhatsApp's serialised id of the message that this one answers. */
  quotedMessageId: string | null;
  /** Mark the chat as seen first. */
  seen: boolean;
  /** Show "typing…" for so many milliseconds first. */
  typingMs: number;
  /** It was tried before: WhatsApp is asked for the id first, and a message that it has is not sent again. */
  repeat: boolean;
}

export interface SendResult {
  /** WhatsApp's serialised id. */
  messageId: string;
  /** SERVER or more: WhatsApp has it. PENDING: the page keeps it and sends it when it is connected again; an ack event follows. */
  ack: AckLevel;
}

export type LookUp = { found: false } | { found: true; messageId: string; ack: AckLevel };

export interface PageHealth {
  /** WhatsApp Web's own word: CONNECTED, UNPAIRED, UNPAIRED_IDLE, TIMEOUT, CONFLICT, … */
  socketState: string;
  hasSynced: boolean;
  /** Events that wait in the page to be committed. */
  backlog: number;
}

/** `retry` false: repeating the same call cannot help. */
export class ProviderError extends Error {
  constructor(
    readonly code: 'page_unavailable' | 'timeout' | 'number_not_on_whatsapp' | 'chat_not_found' | 'group_not_found' | 'group_forbidden' | 'refused' | 'message_not_found' | 'message_not_editable' | 'media_unavailable' | 'media_too_large' | 'send_failed' | 'browser_not_found' | 'browser_failed' | 'profile_refused' | 'proxy_failed' | 'whatsapp_unreachable',
    message: string,
    readonly retry: boolean,
  ) {
    super(message);
    this.name = 'ProviderError';
  }
}

/** Where a session's events go. */
export interface ProviderSink {
  /** Changes of the session itself, in their order. */
  lifecycle(event: LifecycleEvent): void;
  /**
   * A batch of events, in the page's order. The page keeps them until this resolves:
   * it resolves when they are committed, and rejects when they must be handed over again.
   * `oldestWaiting` is the time of the oldest message that the page has and has not handed over yet, not even now: were the page to
   * end here, that is where a catch-up would have to begin.
   */
  events(batch: readonly ProviderEvent[], oldestWaiting: number | null): Promise<void>;
  /** An error of the library that nobody waits for. The page may be well all the same. */
  stray?(error: unknown): void;
  /** WhatsApp Web was opened elsewhere: true takes the connection back, and a `conflict` follows; otherwise the session ends. */
  takesOver?(): boolean;
}

export type LifecycleEvent =
  | { kind: 'qr'; qr: string }
  | { kind: 'authenticated' }
  | { kind: 'ready'; phone: string | null; lid: string | null; pushname: string | null }
  | { kind: 'connection'; state: 'lost' | 'restored' }
  /** Another page took the connection; it is being taken back. */
  | { kind: 'conflict' }
  /** The session ended by itself; its browser is closed or closing. */
  | { kind: 'ended'; reason: SessionReason; detail: string };

interface EventOf<K extends string, D> {
  kind: K;
  /** The same for the same happening, so that a repeat is recognised. */
  dedupeKey: string;
  /** Order is kept within a chat. */
  chatId: string;
  /** When it happened. */
  at: number;
  data: D;
}

export type ProviderEvent =
  | EventOf<'message', EventData<'message'>>
  | (EventOf<'message_sent', EventData<'message'>> & { key: string })
  | (EventOf<'ack', { messageId: string; ack: AckLevel }> & { key: string })
  | EventOf<'edited', EventData<'message.edited'>>
  | EventOf<'revoked', EventData<'message.revoked'>>
  | EventOf<'reaction', EventData<'message.reaction'>>
  | EventOf<'group_join' | 'group_leave' | 'group_update', EventData<'group.join'>>
  | EventOf<'call', EventData<'call'>>
  /** A kind that this version does not know: kept and logged, never dropped in silence. */
  | EventOf<'unknown', { name: string; raw: unknown }>;
