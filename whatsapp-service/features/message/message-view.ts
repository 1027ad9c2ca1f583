import { ApiError } from '../../contracts/errors.js';
import type { MessageView, SendMessage } from '../../contracts/message-api.js';
import type { EchoedId } from '../../contracts/payloads.js';
import { ackName, MESSAGE_REASONS, type AckLevel, type MessageState } from '../../contracts/states.js';
import { iso, sleep, type Clock } from '../../shared/clock.js';
import type { MessageId } from '../../shared/ids.js';
import type { Storage } from '../../storage/database.js';
import type { MessageRow } from '../../storage/schema.js';
import { findMessage, listMessages, type MessageFilter } from './message-store.js';

type Priority = SendMessage['priority'];
const PRIORITIES: Record<Priority, number> = { low: -10, normal: 0, high: 10 };
export const priorityOf = (priority: Priority): number => PRIORITIES[priority];

const UNDER_WAY: readonly MessageState[] = ['queued', 'sending'];
const LOOK_MS = 25;

/** Tells how messages are. */
export class MessageViews {
  constructor(
    private readonly storage: Storage,
    private readonly clock: Clock,
  ) {}

  async one(id: MessageId): Promise<MessageView> {
    const row = await findMessage(this.storage.db, id);
    if (!row) throw new ApiError('message_not_found');
    return this.view(row);
  }

  /** Waits until a message is no longer under way, at most `ms` milliseconds. */
  async settled(id: MessageId, ms: number): Promise<MessageView> {
    const end = this.clock.now() + ms;
    for (;;) {
      const message = await this.one(id);
      if (!UNDER_WAY.includes(message.state) || this.clock.now() >= end) return message;
      await sleep(LOOK_MS);
    }
  }

  /** A page of messages, the newest first, and where the next one begins. */
  async list(filter: Omit<MessageFilter, 'after'>, cursor: string | undefined): Promise<{ messages: MessageView[]; next_cursor: string | null }> {
    const rows = await listMessages(this.storage.db, { ...filter, limit: filter.limit + 1, after: cursor === undefined ? null : afterOf(cursor) });
    const page = rows.slice(0, filter.limit);
    const last = page.at(-1);
    return { messages: await Promise.all(page.map((row) => this.view(row))), next_cursor: rows.length > filter.limit && last ? cursorOf(last) : null };
  }

  private async view(row: MessageRow): Promise<MessageView> {
    const session = await this.storage.db.selectFrom('session').select('echo_id').where('id', '=', row.session_id).executeTakeFirst();
    return viewOf(row, session ? (JSON.parse(session.echo_id) as EchoedId) : row.session_id);
  }
}

const cursorOf = (row: MessageRow): string => Buffer.from(`${row.created_at}:${row.id}`).toString('base64url');

function afterOf(cursor: string): { createdAt: number; id: string } {
  const [, createdAt, id] = /^(\d{1,15}):(msg_[0-9a-f]{32})$/.exec(Buffer.from(cursor, 'base64url').toString()) ?? [];
  if (createdAt === undefined || id === undefined) throw new ApiError('invalid_request', { fields: [{ field: 'query.cursor', message: 'must be a next_cursor of this list' }] });
  return { createdAt: Number(createdAt), id };
}

function viewOf(row: MessageRow, sessionId: EchoedId): MessageView {
  const time = (at: number | null): string | null => (at === null ? null : iso(at));
  return {
    id: row.id,
    session_id: sessionId,
    to: row.chat_id,
    phone: row.phone,
    type: row.type,
    priority: row.priority > 0 ? 'high' : row.priority < 0 ? 'low' : 'normal',
    state: row.state,
    reason: row.reason && { code: row.reason, message: MESSAGE_REASONS[row.reason], detail: row.detail },
    message_id: row.wa_message_id,
    ack: row.ack === null ? null : { level: row.ack, name: ackName(row.ack as AckLevel) },
    attempts: row.attempts,
    created_at: iso(row.created_at),
    expires_at: iso(Math.min(row.expires_at, 8.64e15)),
    sent_at: time(row.sent_at),
    delivered_at: time(row.delivered_at),
    read_at: time(row.read_at),
    played_at: time(row.played_at),
    ended_at: time(row.ended_at),
  };
}
