import type { Config } from '../../config/config.js';
import { ApiError } from '../../contracts/errors.js';
import type { MessageView, SendMessage } from '../../contracts/message-api.js';
import type { EchoedId } from '../../contracts/payloads.js';
import { ackName, MESSAGE_REASONS, type AckLevel } from '../../contracts/states.js';
import { iso, type Clock } from '../../shared/clock.js';
import { asSessionId, newMessageId, newWhatsAppKey, type MessageId, type SessionId } from '../../shared/ids.js';
import { parseRecipient } from '../../shared/phone.js';
import type { Db, Storage } from '../../storage/database.js';
import type { MessageRow } from '../../storage/schema.js';
import { expireIdempotent, findIdempotent, findMessage, insertIdempotent, insertMessage, markSendingUnknown, type IdempotentRequest } from './message-store.js';

export interface MessageServiceOptions {
  storage: Storage;
  config: Pick<Config, 'defaultCountry' | 'idempotencyTtlMs'>;
  clock: Clock;
  /** The session has something to send. */
  wakeSender(sessionId: SessionId): void;
}

/** Takes messages in and tells how they are: sending is the sender's. */
export class MessageService {
  constructor(private readonly options: MessageServiceOptions) {}

  /**
   * Commits the message, and only then answers. The same idempotency key with the same body answers the message that it made before.
   */
  async accept(input: SendMessage, idempotent: IdempotentRequest | null): Promise<{ message: MessageView; repeated: boolean }> {
    const { storage, config, clock } = this.options;
    const recipient = parseRecipient(input.to, config.defaultCountry);
    if (!recipient) throw new ApiError('invalid_phone', { fields: [{ field: 'body.to', message: 'must be a phone number, a user JID or a group JID' }] });
    const sessionId = asSessionId(String(input.session_id));
    const now = clock.now();
    const accepted = await storage.transaction(async (trx) => {
      const before = idempotent && (await this.repeated(trx, idempotent, now));
      if (before) return { id: before, repeated: true };
      const session = await trx.selectFrom('session').select('id').where('id', '=', sessionId).executeTakeFirst();
      if (!session) throw new ApiError('session_not_found', { session_id: input.session_id });
      const id = newMessageId();
      await insertMessage(trx, {
        id,
        session_id: sessionId,
        chat_id: recipient.chatId,
        phone: recipient.kind === 'user' ? recipient.phone : null,
        type: 'text',
        content: JSON.stringify({ text: input.text }),
        wa_key: newWhatsAppKey(),
        state: 'queued',
        attempts: 0,
        next_attempt_at: now,
        created_at: now,
        updated_at: now,
      });
      if (idempotent) await insertIdempotent(trx, idempotent, id, now);
      return { id, repeated: false };
    });
    if (!accepted.repeated) this.options.wakeSender(sessionId);
    return { message: await this.view(accepted.id), repeated: accepted.repeated };
  }

  async view(id: MessageId): Promise<MessageView> {
    const row = await findMessage(this.options.storage.db, id);
    if (!row) throw new ApiError('message_not_found');
    const session = await this.options.storage.db.selectFrom('session').select('echo_id').where('id', '=', row.session_id).executeTakeFirst();
    return viewOf(row, session ? (JSON.parse(session.echo_id) as EchoedId) : row.session_id);
  }

  /**
   * The session's pairing is gone, and with it the way to ask what became of a message that was being sent. A new pairing may be another
   * number: sending it again could tell somebody the same thing twice.
   */
  async giveUpUnderWay(sessionId: SessionId): Promise<void> {
    await markSendingUnknown(this.options.storage.db, sessionId, this.options.clock.now());
  }

  /** Forgets idempotency keys that are too old to be repeated. */
  async forgetOldKeys(): Promise<void> {
    const { storage, config, clock } = this.options;
    await expireIdempotent(storage.db, clock.now() - config.idempotencyTtlMs);
  }

  private async repeated(trx: Db, request: IdempotentRequest, now: number): Promise<MessageId | null> {
    const known = await findIdempotent(trx, request);
    if (!known) return null;
    if (known.created_at < now - this.options.config.idempotencyTtlMs) {
      await expireIdempotent(trx, now - this.options.config.idempotencyTtlMs);
      return null;
    }
    if (known.request_hash !== request.requestHash) throw new ApiError('idempotency_key_reused');
    return known.message_id as MessageId;
  }
}

function viewOf(row: MessageRow, sessionId: EchoedId): MessageView {
  return {
    id: row.id,
    session_id: sessionId,
    to: row.chat_id,
    phone: row.phone,
    type: row.type,
    state: row.state,
    reason: row.reason && { code: row.reason, message: MESSAGE_REASONS[row.reason], detail: row.detail },
    message_id: row.wa_message_id,
    ack: row.ack === null ? null : { level: row.ack, name: ackName(row.ack as AckLevel) },
    attempts: row.attempts,
    created_at: iso(row.created_at),
    sent_at: row.sent_at === null ? null : iso(row.sent_at),
    delivered_at: row.delivered_at === null ? null : iso(row.delivered_at),
    read_at: row.read_at === null ? null : iso(row.read_at),
  };
}
