import { ackName, MESSAGE_REASONS, type AckLevel, type MessageReason, type MessageState } from '../../contracts/states.js';
import { appendEvents, type NewEvent } from '../../outbox/outbox-store.js';
import { iso, type Clock } from '../../shared/clock.js';
import type { SessionId } from '../../shared/ids.js';
import type { Db, Storage } from '../../storage/database.js';
import type { MessageRow } from '../../storage/schema.js';
import { findByKey, updateMessage } from './message-store.js';
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

export interface End {
  state: 'failed' | 'cancelled' | 'unknown';
  reason: MessageReason;
  detail: string | null;
}

/** What became of messages that this account sent, into their rows and out to the backend. */
export class MessageOutcomes {
  constructor(
    private readonly storage: Storage,
    private readonly clock: Clock,
    private readonly wakeOutbox: () => void,
  ) {}

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
      if (row) byKey.set(ack.key, await this.advance(trx, row, ack, events));
      // PENDING says only that the page has it.
      if (ack.ack !== 0) events.push(ackEvent(ack, row?.id ?? null));
    }
    return events;
  }

  /** The answer to a send or to a look-up. */
  async apply(sessionId: SessionId, row: MessageRow, messageId: string, ack: AckLevel): Promise<void> {
    const at = this.clock.now();
    await this.storage.transaction(async (trx) => {
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
    const at = this.clock.now();
    await updateMessage(trx, row.id, { state, reason, detail, updated_at: at, ended_at: at });
    const event: NewEvent<'message.ack'> = {
      name: 'message.ack',
      chatId: row.chat_id,
      dedupeKey: `end:${row.wa_key}:${state}`,
      at,
      data: {
        message_id: row.wa_message_id,
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

  /** The outbox has something new. */
  tell(): void {
    this.wakeOutbox();
  }

  private async advance(trx: Db, row: MessageRow, { ack, messageId, at }: PageAck, events: NewEvent[]): Promise<MessageRow> {
    const state = stateAfterAck(row.state, ack);
    if (!state && row.wa_message_id === messageId) return row;
    const ended = state === 'failed' ? { reason: 'send_failed' as const, ended_at: at } : { reason: null, detail: null, ended_at: null };
    const change = { wa_message_id: messageId, ...(state && { state, ack, ...timesOf(row, state, at), ...ended }) };
    await updateMessage(trx, row.id, { ...change, updated_at: this.clock.now() });
    if (state && state !== 'failed' && state !== 'sending' && row.sent_at === null) {
      events.push({ name: 'message.sent', chatId: row.chat_id, dedupeKey: `sent:${row.wa_key}`, at, data: sentPayload(row, messageId, at) });
    }
    return { ...row, ...change };
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
