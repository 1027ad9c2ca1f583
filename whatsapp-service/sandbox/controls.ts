import { randomBytes, randomUUID } from 'node:crypto';
import {
  SandboxError, type AutoAck, type CallSpec, type ChatMark, type GroupChange, type InboundResult, type InboundSpec, type MessageFilter, type ReactionSpec, type ReceivedMessage,
  type SandboxControls, type SandboxSettings, type SandboxState, type ScanOptions, type ScanResult, type SeedOptions, type SeedResult, type SendFailure,
  type SentFilter, type SentMessage,
} from './hub-contract.js';
import { meOf, type Account } from './hub/account-store.js';
import { changedGroup, groupNotice } from './hub/group-change.js';
import { receiveInbound } from './hub/inbound-delivery.js';
import { isGroupJid, personJid } from './hub/identity.js';
import type { HubParts } from './hub/parts.js';
import type { PageConnection } from './hub/page-connection.js';
import { seededChats } from './hub/seeding.js';

const SEED_BATCH = 2_000;
/** WhatsApp dates in whole seconds: the account's past must not look as if it came with its pairing. */
const SEEDED_AGE_MS = 1_000;
const MAX_CHATS = 200_000;

/** The controls, on a hub in this process. */
export class Controls implements SandboxControls {
  readonly #parts: HubParts;

  constructor(parts: HubParts) {
    this.#parts = parts;
  }

  async scanQr(sessionId: string, options: ScanOptions = {}): Promise<ScanResult> {
    const page = this.#parts.server.page(sessionId);
    const { ref = null, code = null } = page?.pairing?.view() ?? {};
    if (!page || (ref === null && code === null)) throw new SandboxError('not_waiting_for_scan', 'No page of this session shows a code.');
    const { account, created } = this.#parts.accounts.ensure(sessionId, options);
    if (account.banned) throw new SandboxError('account_banned', `+${account.phone} is banned and cannot be linked.`);
    const token = this.#parts.accounts.link(sessionId, account);
    page.pairing?.close();
    page.push({ p: 'paired', token });
    return { phone: account.phone, wid: account.wid, lid: account.lid, new_account: created };
  }

  async enterPairingCode(sessionId: string, code: string): Promise<ScanResult> {
    const shown = this.#parts.server.page(sessionId)?.pairing?.view();
    if (!shown?.code || shown.phone === null) throw new SandboxError('not_waiting_for_scan', 'No page of this session shows a pairing code.');
    if (code.replace(/[\s-]/g, '').toUpperCase() !== shown.code) throw new SandboxError('wrong_code', 'The phone does not take this code.');
    return this.scanQr(sessionId, { phone: shown.phone });
  }

  async seed(sessionId: string, options: SeedOptions): Promise<SeedResult> {
    if (!Number.isInteger(options.chats) || options.chats < 0 || options.chats > MAX_CHATS) throw new SandboxError('invalid', `chats is 0 to ${MAX_CHATS}.`);
    const { account } = this.#parts.accounts.ensure(sessionId, { phone: options.phone, lidMode: options.lidMode });
    const plan = {
      me: meOf(account), lidMode: account.lidMode, first: this.#parts.chats.count(account.phone), chats: options.chats, groupShare: options.groupShare ?? 0.3,
      participants: options.participants ?? 20, messagesPerChat: options.messagesPerChat ?? 1, now: Math.floor((options.now ?? Date.now() - SEEDED_AGE_MS) / 1000),
      unmappableShare: options.unmappableShare ?? 0.05,
    };
    const result = { chats: 0, groups: 0, messages: 0 };
    let batch = [];
    for (const seeded of seededChats(plan)) {
      batch.push(seeded);
      result.chats += 1;
      result.groups += seeded.chat.group ? 1 : 0;
      result.messages += seeded.messages.length;
      if (batch.length < SEED_BATCH) continue;
      this.#parts.mailbox.addChats(account, batch);
      batch = [];
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.#parts.mailbox.addChats(account, batch);
    return result;
  }

  async inbound(sessionId: string, spec: InboundSpec = {}): Promise<InboundResult> {
    return receiveInbound(this.#parts, this.#account(sessionId), spec);
  }

  async ack(sessionId: string, messageId: string, level: number): Promise<void> {
    const account = this.#account(sessionId);
    this.#parts.mailbox.message(account, messageId);
    this.#parts.mailbox.acknowledge(account, [messageId], level);
  }

  async edit(sessionId: string, messageId: string, body: string): Promise<void> {
    this.#parts.mailbox.edit(this.#account(sessionId), messageId, body);
  }

  async revoke(sessionId: string, messageId: string): Promise<void> {
    this.#parts.mailbox.revoke(this.#account(sessionId), messageId);
  }

  async react(sessionId: string, messageId: string, reaction: ReactionSpec): Promise<void> {
    const account = this.#account(sessionId);
    const message = this.#parts.mailbox.message(account, messageId);
    const other = isGroupJid(message.chat) ? this.#parts.chats.get(account.phone, message.chat)?.group?.participants.find(({ id }) => id !== meOf(account))?.id : message.chat;
    const sender = reaction.from === undefined ? (other ?? message.chat) : personJid(reaction.from, account.lidMode);
    this.#parts.mailbox.react(account, messageId, { id: `3A${randomBytes(15).toString('hex').toUpperCase()}`, sender, emoji: reaction.emoji });
  }

  async groupJoin(sessionId: string, change: GroupChange): Promise<void> {
    this.#changeGroup(sessionId, 'add', change);
  }

  async groupLeave(sessionId: string, change: GroupChange): Promise<void> {
    this.#changeGroup(sessionId, change.by === undefined ? 'leave' : 'remove', change);
  }

  async groupUpdate(sessionId: string, change: GroupChange): Promise<void> {
    this.#changeGroup(sessionId, change.subject === undefined ? 'description' : 'subject', change);
  }

  #changeGroup(sessionId: string, subtype: string, change: GroupChange): void {
    const account = this.#account(sessionId);
    const chat = this.#parts.chats.get(account.phone, change.group);
    if (!chat?.group) throw new SandboxError('chat_not_found', `The account has no group ${change.group}.`);
    const people = (change.participants ?? []).map((person) => personJid(person, account.lidMode));
    const by = change.by === undefined ? (people[0] ?? chat.group.owner) : personJid(change.by, account.lidMode);
    const facts = { group: change.group, subtype, by, people, body: change.subject ?? change.description ?? '' };
    this.#parts.mailbox.changeGroup(account, change.group, changedGroup(chat.group, facts), groupNotice(facts, Math.floor(Date.now() / 1000)));
  }

  async call(sessionId: string, spec: CallSpec = {}): Promise<{ call_id: string }> {
    const account = this.#account(sessionId);
    const callId = randomUUID().replaceAll('-', '').toUpperCase();
    const from = personJid(spec.from ?? this.#parts.chats.newest(account.phone, 1, 'private')[0] ?? '6281200000001', account.lidMode);
    this.#parts.mailbox.call(account, callId, { from, video: spec.video ?? false, group: spec.group ?? false, t: Date.now() });
    return { call_id: callId };
  }

  async loseConnection(sessionId: string, ms?: number): Promise<void> {
    this.#parts.server.loseConnection(sessionId, ms);
  }

  async restoreConnection(sessionId: string): Promise<void> {
    this.#parts.server.restoreConnection(sessionId);
  }

  async conflict(sessionId: string): Promise<void> {
    this.#page(sessionId).conflict();
  }

  async logoutFromPhone(sessionId: string): Promise<void> {
    if (!this.#parts.accounts.unlink(sessionId)) throw new SandboxError('not_paired', 'No device of this session is linked.');
    this.#parts.server.page(sessionId)?.push({ p: 'logout' });
  }

  async ban(sessionId: string, banned = true): Promise<void> {
    const account = this.#account(sessionId);
    this.#parts.accounts.setBanned(account.phone, banned);
    if (!banned) return;
    this.#parts.accounts.unlink(sessionId);
    this.#parts.server.page(sessionId)?.push({ p: 'banned' });
  }

  async hangPage(sessionId: string, ms: number): Promise<void> {
    await this.#page(sessionId).pushConfirmed({ p: 'hang', ms });
  }

  async slowPage(sessionId: string, ms: number): Promise<void> {
    await this.settings(sessionId, { slow_ms: ms });
  }

  async earlyHasSynced(sessionId: string, on: boolean): Promise<void> {
    await this.settings(sessionId, { early_has_synced: on });
  }

  async idleQr(sessionId: string): Promise<void> {
    const { pairing } = this.#page(sessionId);
    if (!pairing) throw new SandboxError('not_waiting_for_scan', 'No page of this session shows a code.');
    pairing.idle();
  }

  async autoAck(sessionId: string, level: AutoAck, delayMs?: number): Promise<void> {
    await this.settings(sessionId, { auto_ack: level, ...(delayMs === undefined ? {} : { ack_delay_ms: delayMs }) });
  }

  async failSends(sessionId: string, mode: SendFailure): Promise<void> {
    await this.settings(sessionId, { fail_sends: mode });
  }

  async settings(sessionId: string, change: Partial<SandboxSettings>): Promise<SandboxSettings> {
    const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined)) as Partial<SandboxSettings>;
    const settings = { ...this.#parts.accounts.settings(sessionId), ...given };
    this.#parts.accounts.saveSettings(sessionId, settings);
    await this.#parts.server.page(sessionId)?.settingsChanged();
    return settings;
  }

  async unregister(prefix: string, unregistered = true): Promise<void> {
    this.#parts.accounts.setUnregistered(prefix, unregistered);
  }

  async sent(sessionId: string, filter: SentFilter = {}): Promise<SentMessage[]> {
    const account = this.#parts.accounts.ofSession(sessionId);
    return account ? this.#parts.messages.sent(account.phone, filter) : [];
  }

  async messages(sessionId: string, filter: MessageFilter = {}): Promise<ReceivedMessage[]> {
    const account = this.#parts.accounts.ofSession(sessionId);
    return account ? this.#parts.messages.received(account.phone, filter) : [];
  }

  async marks(sessionId: string): Promise<ChatMark[]> {
    const account = this.#parts.accounts.ofSession(sessionId);
    return account ? this.#parts.marks.of(account.phone) : [];
  }

  async state(sessionId: string): Promise<SandboxState> {
    const { accounts, chats, messages, server } = this.#parts;
    const account = accounts.ofSession(sessionId);
    const page = server.page(sessionId);
    const { ref = null, refreshes = 0, code = null, phone: pairingPhone = null } = page?.pairing?.view() ?? {};
    return {
      session_id: sessionId, phone: account?.phone ?? null, wid: account?.wid ?? null, lid: account?.lid ?? null, lid_mode: account?.lidMode ?? false,
      banned: account?.banned ?? false, paired: accounts.isPaired(sessionId), connected: page !== null, connection_lost: server.isLost(sessionId),
      page_state: page?.pageState ?? null, has_synced: page?.hasSynced ?? false, qr_ref: ref, qr_refreshes: refreshes, pairing_code: code, pairing_phone: pairingPhone, device_name: page?.deviceName ?? null,
      chats: account ? chats.count(account.phone) : 0, ...(account ? messages.counts(account.phone) : { messages: 0, sent: 0 }),
      settings: accounts.settings(sessionId), unregistered: accounts.unregistered(),
    };
  }

  #account(sessionId: string): Account {
    const account = this.#parts.accounts.ofSession(sessionId);
    if (!account) throw new SandboxError('not_paired', 'This session has no account yet: scan its code first.');
    return account;
  }

  #page(sessionId: string): PageConnection {
    const page = this.#parts.server.page(sessionId);
    if (!page) throw new SandboxError('not_connected', 'No page of this session is connected.');
    return page;
  }
}
