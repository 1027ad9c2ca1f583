import { ackName, MESSAGE_REASONS, type AckLevel, type MessageReason, type MessageState } from '../../contracts/states.js';
import { appendEvents, type NewEvent } from '../../outbox/outbox-store.js';
import { iso, type Clock } from '../../shared/clock.js';
import type { SessionId } from '../../shared/ids.js';
import type { Db, Storage } from '../../storage/database.js';
import type { MessageRow } from '../../storage/schema.js';
import type { ProviderSession } from '../../whatsapp/provider.js';
import type { MessageWatcher } from './message-line.js';
import { findByKey, unreadSince, updateMessage } from './message-store.js';
import { stateAfterAck } from './message-state.js';
import { sentPayload } from './sent-payload.js';

export interface PageAck {
  key: string;
  messageId: string;
  chatId: string;
  ack: AckLevel;
  at: number;
  dedupeKey: string;
}

/** How far back, how many at most, and how many at once are asked after when a session is back. */
const RECONCILED_MS = 7 * 86_400_000;
const MAX_RECONCILED = 5_000;
const RECONCILED_AT_ONCE = 500;

export interface End {
  state: 'failed' | 'cancelled' | 'unknown';
  reason: MessageReason;
  detail: string | null;
}

export interface MessageOutcomesOptions {
  storage: Storage;
  clock: Clock;
  wakeOutbox(): void;
  /** WhatsApp has acknowledged a message that came over the API. */
  onAcked(sessionId: SessionId, key: string): void;
  /** WhatsApp refused one; the sender decides what becomes of it. */
  onRefused(sessionId: SessionId, key: string): void;
  watcher: MessageWatcher;
}

/** What became of messages that this account sent, into their rows and out to the backend. */
export class MessageOutcomes {
  constructor(private readonly options: MessageOutcomesOptions) {}

  /** Which of these WhatsApp ids are of messages that came over the API. */
  async ownKeys(trx: Db, sessionId: SessionId, keys: readonly string[]): Promise<ReadonlySet<string>> {
    if (keys.length === 0) return new Set();
    return new Set((await findByKey(trx, sessionId, keys)).map((row) => row.wa_key));
  }

  /** A batch of acks from the page, inside the caller's transaction. Returns what the backend is to hear, in order. */
  async fromPage(trx: Db, sessionId: SessionId, acks: readonly PageAck[]): Promise<NewEvent[]> {
    if (acks.length === 0) return [];
    const rows = await findByKey(trx, sessionId, [...new Set(acks.map((ack) => ack.key))]);
    const byKey = new Map(rows.map((row) => [row.wa_key, row]));
    const events: NewEvent[] = [];
    for (const ack of acks) {
      const row = byKey.get(ack.key) ?? null;
      if (row && ack.ack < 0 && row.state !== 'failed') {
        // It may be tried again under the same id, and what went out is not taken back.
        await updateMessage(trx, row.id, { wa_message_id: ack.messageId, updated_at: this.options.clock.now() });
        this.options.onRefused(sessionId, ack.key);
        continue;
      }
      if (row && ack.ack > 0) this.options.onAcked(sessionId, ack.key);
      if (row) byKey.set(ack.key, await this.advance(trx, row, ack, events));
      // PENDING says only that the page has it.
      if (ack.ack !== 0) events.push(ackEvent(ack, row?.id ?? null));
    }
    return events;
  }

  /** The answer to a send or to a look-up. */
  async apply(sessionId: SessionId, row: MessageRow, messageId: string, ack: AckLevel): Promise<void> {
    const at = this.options.clock.now();
    await this.options.storage.transaction(async (trx) => {
      // An ack of the page may have come first.
      const [current = row] = await findByKey(trx, sessionId, [row.wa_key]);
      const events: NewEvent[] = [];
      await this.advance(trx, current, { key: row.wa_key, messageId, chatId: row.chat_id, ack, at, dedupeKey: '' }, events);
      await appendEvents(trx, sessionId, events, at);
    });
    this.tell();
  }

  /** A message that will not go out (any more); the backend hears of it as an ack of ERROR, with the reason. */
  async end(trx: Db, row: MessageRow, { state, reason, detail }: End): Promise<void> {
    const at = this.options.clock.now();
    // The page may have told its id meanwhile.
    const [{ wa_message_id: messageId } = row] = await findByKey(trx, row.session_id as SessionId, [row.wa_key]);
    const change = { state, reason, detail, updated_at: at, ended_at: at };
    await updateMessage(trx, row.id, change);
    await this.tellWatcher(trx, { ...row, ...change, wa_message_id: messageId });
    const event: NewEvent<'message.ack'> = {
      name: 'message.ack',
      chatId: row.chat_id,
      // The page may tell the same, before or after: the key is the one of its event.
      dedupeKey: messageId === null ? `end:${row.wa_key}` : `ack:${messageId}:-1`,
      at,
      data: {
        message_id: messageId,
        id: row.id,
        chat_id: row.chat_id,
        ack: -1,
        ack_name: 'ERROR',
        timestamp: iso(at),
        reason: { state, code: reason, message: MESSAGE_REASONS[reason] },
      },
    };
    await appendEvents(trx, row.session_id as SessionId, [event], at);
  }

  /** WhatsApp says that it did not go out: it is tried again at `nextAt`. */
  async retry(row: MessageRow, nextAt: number): Promise<void> {
    const change = { state: 'queued' as const, next_attempt_at: nextAt, updated_at: this.options.clock.now() };
    await this.options.storage.transaction(async (trx) => {
      await updateMessage(trx, row.id, change);
      await this.tellWatcher(trx, { ...row, ...change });
    });
  }

  /** The outbox has something new. */
  tell(): void {
    this.options.wakeOutbox();
  }

  /**
   * Asks WhatsApp how far messages are that nobody has read yet: what happened to them while the session was away raised no event,
   * and an older one is not among those that the page is searched for.
   */
  async reconcile(sessionId: SessionId, page: Pick<ProviderSession, 'acks'> | null): Promise<void> {
    if (!page) return;
    const rows = await unreadSince(this.options.storage.db, sessionId, this.options.clock.now() - RECONCILED_MS, MAX_RECONCILED);
    for (let start = 0; start < rows.length; start += RECONCILED_AT_ONCE) {
      const known = new Map(rows.slice(start, start + RECONCILED_AT_ONCE).map((row) => [row.wa_message_id ?? '', row]));
      const found = await page.acks([...known.keys()]);
      const at = this.options.clock.now();
      const news = found.flatMap(({ messageId, ack }): PageAck[] => {
        const row = known.get(messageId);
        if (!row || stateAfterAck(row.state, ack) === null) return [];
        return [{ key: row.wa_key, messageId, chatId: row.chat_id, ack, at, dedupeKey: `ack:${messageId}:${ack}` }];
      });
      if (news.length === 0) continue;
      await this.options.storage.transaction(async (trx) => appendEvents(trx, sessionId, await this.fromPage(trx, sessionId, news), at));
      this.options.wakeOutbox();
    }
  }

  private async advance(trx: Db, row: MessageRow, { ack, messageId, at }: PageAck, events: NewEvent[]): Promise<MessageRow> {
    const state = stateAfterAck(row.state, ack);
    if (!state && row.wa_message_id === messageId) return row;
    const ended = state === 'failed' ? { reason: 'send_failed' as const, ended_at: at } : { reason: null, detail: null, ended_at: null };
    const change = { wa_message_id: messageId, ...(state && { state, ack, ...timesOf(row, state, at), ...ended }) };
    await updateMessage(trx, row.id, { ...change, updated_at: this.options.clock.now() });
    if (state && state !== 'failed' && state !== 'sending' && row.sent_at === null) {
      events.push({ name: 'message.sent', chatId: row.chat_id, dedupeKey: `sent:${row.wa_key}`, at, data: sentPayload(row, messageId, at) });
    }
    const current = { ...row, ...change };
    await this.tellWatcher(trx, current);
    return current;
  }

  private async tellWatcher(trx: Db, row: MessageRow): Promise<void> {
    if (row.recipient_id !== null) await this.options.watcher.changed(trx, row);
  }
}

function timesOf(row: MessageRow, state: MessageState, at: number): Partial<Pick<MessageRow, 'sent_at' | 'delivered_at' | 'read_at' | 'played_at'>> {
  if (state === 'failed' || state === 'sending') return {};
  const read = state === 'read' || state === 'played';
  return {
    sent_at: row.sent_at ?? at,
    ...((read || state === 'delivered') && { delivered_at: row.delivered_at ?? at }),
    ...(read && { read_at: row.read_at ?? at }),
    ...(state === 'played' && { played_at: at }),
  };
}

function ackEvent({ ack, messageId, chatId, at, dedupeKey }: PageAck, id: string | null): NewEvent<'message.ack'> {
  return { name: 'message.ack', chatId, dedupeKey, at, data: { message_id: messageId, id, chat_id: chatId, ack, ack_name: ackName(ack), timestamp: iso(at), reason: null } };
}
