import type { WebSocket } from 'ws';
import { meOf, type Account, type AccountStore } from './account-store.js';
import type { ChatMark } from '../hub-contract.js';
import type { ChatMarks } from './chat-marks.js';
import { newChat, type ChatFlags, type ChatStore } from './chat-store.js';
import type { EventLog } from './event-log.js';
import { answerAboutGroups } from './group-admin.js';
import { isGroupJid, personJid, phoneOf } from './identity.js';
import type { Mailbox } from './mailbox.js';
import type { MessageStore } from './message-store.js';
import { Pairing } from './pairing.js';
import type { SendQueue } from './send-queue.js';
import type { LogEvent, Request, WireMessage } from './wire.js';

export interface ConnectionParts {
  accounts: AccountStore;
  chats: ChatStore;
  messages: MessageStore;
  mailbox: Mailbox;
  log: EventLog;
  sends: SendQueue;
  marks: ChatMarks;
}

const SNAPSHOT_SLICE = 500;
const EVENT_SLICE = 1_000;
const EARLIER = 50;
/** A page that hangs does not confirm; whoever drives it goes on. */
const CONFIRM_MS = 1_000;

/** One page of one session, for as long as its WebSocket lives. */
export class PageConnection {
  readonly sessionId: string;
  readonly #socket: WebSocket;
  readonly #parts: ConnectionParts;
  #account: Account | null = null;
  #pairing: Pairing | null = null;
  /** Events reach the page only after it has its snapshot and while no other page has its place. */
  #live = false;
  pageState: string | null = null;
  hasSynced = false;
  deviceName: string | null = null;
  readonly #unconfirmed = new Map<number, () => void>();
  #confirmations = 0;

  constructor(sessionId: string, socket: WebSocket, parts: ConnectionParts) {
    this.sessionId = sessionId;
    this.#socket = socket;
    this.#parts = parts;
  }

  get account(): Account | null {
    return this.#account;
  }

  get pairing(): Pairing | null {
    return this.#pairing;
  }

  push(frame: Record<string, unknown>): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(JSON.stringify(frame));
  }

  /** Resolves once the page has the frame. */
  async pushConfirmed(frame: Record<string, unknown>): Promise<void> {
    const c = (this.#confirmations += 1);
    await new Promise<void>((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#unconfirmed.delete(c);
        resolve();
      };
      const timer = setTimeout(done, CONFIRM_MS);
      this.#unconfirmed.set(c, done);
      this.push({ ...frame, c });
    });
  }

  /** `after` is set by a page that was connected before and only wants what it missed. */
  async start(token: string | null, after: number | null): Promise<void> {
    const account = token === null ? null : this.#parts.accounts.byToken(this.sessionId, token);
    if (!account) return after === null ? this.#startPairing() : this.push({ p: 'logged_out' });
    this.#pairing = null;
    this.#account = account;
    this.#welcome(account);
    if (after === null) await this.#sendSnapshot(account);
    else this.#catchUp(after);
    this.#parts.sends.resume(account, this.#parts.accounts.settings(this.sessionId));
  }

  #startPairing(): void {
    this.#pairing = new Pairing((frame) => this.push(frame), () => this.#parts.accounts.settings(this.sessionId));
    this.push({ p: 'unpaired', settings: this.#pageSettings() });
  }

  #pageSettings(): Record<string, unknown> {
    const { slow_ms, early_has_synced, keep_unsent, instant_upload, missing } = this.#parts.accounts.settings(this.sessionId);
    return { slow_ms, early_has_synced, keep_unsent, instant_upload, missing };
  }

  #welcome(account: Account): void {
    this.push({
      p: 'welcome', settings: this.#pageSettings(), seq: this.#parts.log.head(), chats: this.#parts.chats.count(account.phone),
      account: { wid: account.wid, lid: account.lid, pushname: account.pushname, lid_mode: account.lidMode },
    });
  }

  /** In slices, so that neither side stands still for a large account; what happens meanwhile follows as events. */
  async #sendSnapshot(account: Account): Promise<void> {
    const head = this.#parts.log.head();
    for (let after = ''; ;) {
      const chats = this.#parts.chats.slice(account.phone, after, SNAPSHOT_SLICE);
      const last = chats.at(-1);
      if (!last || this.#socket.readyState !== this.#socket.OPEN) break;
      this.push({ p: 'chats', chats });
      after = last.jid;
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.push({ p: 'loaded' });
    this.#catchUp(head);
  }

  #catchUp(after: number): void {
    if (!this.#account) return;
    for (let seq = after; ;) {
      const events = this.#parts.log.since(this.#account.phone, seq, EVENT_SLICE);
      const last = events.at(-1);
      if (!last) break;
      this.push({ p: 'events', events });
      seq = last.seq;
    }
    this.#live = true;
    this.push({ p: 'current' });
  }

  deliver(events: LogEvent[]): void {
    if (!this.#live) return;
    for (let from = 0; from < events.length; from += EVENT_SLICE) this.push({ p: 'events', events: events.slice(from, from + EVENT_SLICE) });
  }

  /** Another page has taken this one's place, or a control says so. */
  conflict(): void {
    this.#live = false;
    this.push({ p: 'conflict' });
  }

  async settingsChanged(): Promise<void> {
    this.#pairing?.restartTimer();
    await this.pushConfirmed({ p: 'settings', settings: this.#pageSettings() });
  }

  close(): void {
    this.#live = false;
    this.#pairing?.close();
    for (const done of [...this.#unconfirmed.values()]) done();
    this.#socket.terminate();
  }

  async handle(request: Request): Promise<void> {
    if (request.m === 'confirm') return this.#unconfirmed.get(Number(request.a.c))?.();
    if (request.m === 'state') {
      this.pageState = String(request.a.state);
      this.hasSynced = request.a.has_synced === true;
      this.deviceName = typeof request.a.device === 'string' ? request.a.device : this.deviceName;
      return;
    }
    if (request.m === 'mark') {
      if (this.#account) this.#parts.marks.add(this.#account.phone, String(request.a.jid), request.a.mark as ChatMark['mark']);
      return;
    }
    const answer = await this.#answer(request.m, request.a).then(
      (value) => value && { v: value },
      (error: unknown) => ({ e: error instanceof Error ? error.message : String(error) }));
    if (answer === null) return;
    const { slow_ms } = this.#parts.accounts.settings(this.sessionId);
    if (slow_ms > 0) await new Promise((resolve) => setTimeout(resolve, slow_ms));
    this.push({ r: request.i, ...answer });
  }

  /** Null: no answer. */
  async #answer(method: string, a: Record<string, unknown>): Promise<Record<string, unknown> | null> {
    if (this.#pairing && method === 'refresh_qr') return this.#refreshQr(this.#pairing);
    if (this.#pairing && method === 'link_code') return this.#linkCode(this.#pairing, String(a.phone));
    const account = this.#account;
    if (!account) throw new Error('This device is not linked.');
    if (method === 'send') return this.#send(account, a);
    const value = this.#change(account, method, a) ?? this.#query(account, method, a) ?? answerAboutGroups(this.#parts, account, method, a);
    if (value === null) throw new Error(`unknown request ${method}`);
    return value;
  }

  #linkCode(pairing: Pairing, phone: string): Record<string, unknown> {
    if (!/^\d{6,15}$/.test(phone)) throw new Error('400: this is no phone number');
    return { code: pairing.makeCode(phone) };
  }

  #refreshQr(pairing: Pairing): Record<string, unknown> {
    pairing.refresh();
    return {};
  }

  async #send(account: Account, a: Record<string, unknown>): Promise<Record<string, unknown> | null> {
    const answer = await this.#parts.sends.submit(account, this.#parts.accounts.settings(this.sessionId), a.message as WireMessage);
    return answer === null ? null : { ...answer };
  }

  #query(account: Account, method: string, a: Record<string, unknown>): Record<string, unknown> | null {
    const { messages } = this.#parts;
    switch (method) {
      case 'exists':
        return this.#exists(account, String(a.jid));
      case 'find_chat':
        return this.#findChat(account, String(a.jid));
      case 'earlier':
        return { messages: messages.earlier(account.phone, String(a.chat), typeof a.before === 'string' ? a.before : null, EARLIER) };
      case 'get_messages':
        return { messages: (a.keys as string[]).map((key) => messages.byKey(account.phone, key)).filter((message) => message !== null) };
      default:
        return null;
    }
  }

  #change(account: Account, method: string, a: Record<string, unknown>): Record<string, unknown> | null {
    const { mailbox, accounts, chats } = this.#parts;
    switch (method) {
      case 'edit':
        mailbox.edit(account, String(a.key), String(a.body));
        return {};
      case 'revoke':
        mailbox.revoke(account, String(a.key));
        return {};
      case 'remove':
        mailbox.remove(account, String(a.key));
        return {};
      case 'react':
        mailbox.react(account, String(a.key), { id: String(a.id), sender: meOf(account), emoji: String(a.emoji) });
        return {};
      case 'chat_flags':
        mailbox.setFlags(account, String(a.jid), a.flags as ChatFlags);
        return {};
      case 'delete_chat':
        chats.remove(account.phone, String(a.jid));
        return {};
      case 'takeover':
        this.#catchUp(Number(a.after));
        return {};
      case 'unlink':
        accounts.unlink(this.sessionId);
        return {};
      default:
        return null;
    }
  }

  #exists(account: Account, jid: string): Record<string, unknown> {
    const phone = phoneOf(jid);
    if (phone === null || !this.#parts.accounts.isRegistered(phone)) return { jid: null };
    return { jid: personJid(jid, account.lidMode) };
  }

  /** A chat with somebody new is not kept before the first message. */
  #findChat(account: Account, jid: string): Record<string, unknown> {
    const known = this.#parts.chats.full(account.phone, isGroupJid(jid) ? jid : personJid(jid, account.lidMode));
    if (known) return { chat: known };
    if (isGroupJid(jid)) return { chat: null };
    const phone = phoneOf(jid);
    if (phone !== null && !this.#parts.accounts.isRegistered(phone)) return { chat: null };
    return { chat: newChat(personJid(jid, account.lidMode), phone === null ? jid : `+${phone}`, 0) };
  }
}
