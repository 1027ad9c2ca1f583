import type { Config } from '../../config/config.js';
import { ApiError } from '../../contracts/errors.js';
import type { SendMedia, SendMessage } from '../../contracts/message-api.js';
import type { UploadedFile } from '../../contracts/route.js';
import type { Clock } from '../../shared/clock.js';
import { asSessionId, newMessageId, newWhatsAppKey, type MessageId, type SessionId } from '../../shared/ids.js';
import type { Db, Storage } from '../../storage/database.js';
import { expireIdempotent, findIdempotent, insertIdempotent, type IdempotentRequest } from '../../storage/idempotency.js';
import type { MessageRow } from '../../storage/schema.js';
import { contentOf, isMedia, targetOf, type StoredContent, type TakenMedia } from './message-content.js';
import type { MessageOutcomes } from './message-outcomes.js';
import { priorityOf } from './message-view.js';
import { expiredMessages, findMessage, inSending, insertMessage } from './message-store.js';

export interface MessageServiceOptions {
  storage: Storage;
  config: Pick<Config, 'defaultCountry' | 'idempotencyTtlMs' | 'send'>;
  clock: Clock;
  outcomes: MessageOutcomes;
  /** Takes a file in, and rejects with what the caller is to see. `file` is the form's, when there was one. */
  takeMedia(input: SendMedia, file: UploadedFile | null): Promise<TakenMedia>;
  /** A file that was taken in for a message that is not there. */
  dropMedia(id: string): Promise<unknown>;
  /** Keeps a file that was taken in from being cleared away, from this transaction on. */
  holdMedia(trx: Db, id: string): Promise<unknown>;
  /** Rejects with `session_wrong_state` unless the session works. */
  requireWorking(id: SessionId): Promise<unknown>;
  /** The session has something to send. */
  wakeSender(sessionId: SessionId): void;
}

/** A file that was uploaded by itself may serve many messages. */
const isShared = (input: SendMessage): boolean => isMedia(input) && input.media !== undefined && 'id' in input.media;

/** Messages that are given up in one go for their age. */
const EXPIRY_BATCH = 500;

/** Takes messages in; sending is the sender's. */
export class MessageService {
  constructor(private readonly options: MessageServiceOptions) {}

  /** Commits the message, and only then answers. The same idempotency key with the same body answers the message that it made before. */
  async accept(input: SendMessage, idempotent: IdempotentRequest | null, file: UploadedFile | null): Promise<{ id: MessageId; repeated: boolean }> {
    const { storage, config, clock } = this.options;
    const sessionId = asSessionId(String(input.session_id));
    // Before a file is fetched for nothing. The insert looks again.
    const before = idempotent && (await this.repeated(storage.db, idempotent));
    if (before) return { id: before, repeated: true };
    await this.requireSession(storage.db, sessionId, input);
    const about = 'message_id' in input ? await this.messageRef(sessionId, input.message_id, 'body.message_id') : null;
    const quoted = 'quoted_message_id' in input && input.quoted_message_id ? await this.messageRef(sessionId, input.quoted_message_id, 'body.quoted_message_id') : null;
    const target = targetOf(input, about, config.defaultCountry);
    const media = isMedia(input) ? await this.options.takeMedia(input, file) : null;
    const stored: StoredContent = {
      content: contentOf(input, about, media, config.defaultCountry),
      quotedMessageId: quoted,
      seen: 'seen' in input && input.seen,
      typing: 'typing' in input && input.typing,
    };
    const now = clock.now();
    const accepted = await storage.transaction(async (trx) => {
      const meanwhile = idempotent && (await this.repeated(trx, idempotent));
      if (meanwhile) return { id: meanwhile, repeated: true };
      await this.requireSession(trx, sessionId, input);
      if (media) await this.options.holdMedia(trx, media.id);
      const id = newMessageId();
      await insertMessage(trx, {
        id,
        session_id: sessionId,
        chat_id: target.chatId,
        phone: target.phone,
        type: input.type,
        content: JSON.stringify(stored),
        wa_key: newWhatsAppKey(),
        state: 'queued',
        attempts: 0,
        next_attempt_at: now,
        priority: priorityOf(input.priority),
        expires_at: now + (input.max_age_seconds === undefined ? config.send.maxAgeMs : input.max_age_seconds * 1000),
        media_id: media?.id ?? null,
        created_at: now,
        updated_at: now,
      });
      if (idempotent) await insertIdempotent(trx, idempotent, id, now);
      return { id, repeated: false };
    });
    if (!accepted.repeated) this.options.wakeSender(sessionId);
    else if (media && !isShared(input)) await this.options.dropMedia(media.id);
    return accepted;
  }

  /** Only what has not begun to go out can be taken back. */
  async cancel(id: MessageId): Promise<void> {
    const { storage, outcomes } = this.options;
    await storage.transaction(async (trx) => {
      const row = await findMessage(trx, id);
      if (!row) throw new ApiError('message_not_found');
      if (row.state !== 'queued') throw new ApiError('message_not_cancellable', { state: row.state });
      await outcomes.end(trx, row, { state: 'cancelled', reason: 'cancelled_by_request', detail: null });
    });
    outcomes.tell();
  }

  /** Gives up what has waited too long for its session. */
  async expire(): Promise<void> {
    const { storage, clock, outcomes } = this.options;
    let rows: MessageRow[];
    do {
      rows = await storage.transaction(async (trx) => {
        const expired = await expiredMessages(trx, clock.now(), EXPIRY_BATCH);
        for (const row of expired) await outcomes.end(trx, row, { state: 'failed', reason: 'expired', detail: null });
        return expired;
      });
      if (rows.length > 0) outcomes.tell();
    } while (rows.length === EXPIRY_BATCH);
  }

  /**
   * The session's pairing is gone, and with it the way to ask what became of a message that was being sent. A new pairing may be another
   * number: sending it again could tell somebody the same thing twice.
   */
  async giveUpUnderWay(sessionId: SessionId): Promise<void> {
    const { storage, outcomes } = this.options;
    await storage.transaction(async (trx) => {
      for (const row of await inSending(trx, sessionId)) await outcomes.end(trx, row, { state: 'unknown', reason: 'outcome_unknown', detail: null });
    });
    outcomes.tell();
  }

  /** Forgets idempotency keys that are too old to be repeated. */
  async forgetOldKeys(): Promise<void> {
    const { storage, config, clock } = this.options;
    await expireIdempotent(storage.db, clock.now() - config.idempotencyTtlMs);
  }

  private async requireSession(db: Db, id: SessionId, input: SendMessage): Promise<void> {
    const session = await db.selectFrom('session').select('id').where('id', '=', id).executeTakeFirst();
    if (!session) throw new ApiError('session_not_found', { session_id: input.session_id });
    if (input.if_not_working === 'refuse') await this.options.requireWorking(id);
  }

  /** WhatsApp's id of a message that the caller names by its id or by ours. */
  private async messageRef(sessionId: SessionId, ref: string, field: string): Promise<string> {
    if (!ref.startsWith('msg_')) return ref;
    const row = await findMessage(this.options.storage.db, ref as MessageId);
    if (row?.session_id !== sessionId) throw new ApiError('message_not_found', { field });
    if (row.wa_message_id === null) throw new ApiError('message_not_sent', { field, state: row.state });
    return row.wa_message_id;
  }

  private async repeated(db: Db, request: IdempotentRequest): Promise<MessageId | null> {
    const { config, clock } = this.options;
    const known = await findIdempotent(db, request);
    if (!known) return null;
    if (known.created_at < clock.now() - config.idempotencyTtlMs) {
      await expireIdempotent(db, clock.now() - config.idempotencyTtlMs);
      return null;
    }
    if (known.request_hash !== request.requestHash) throw new ApiError('idempotency_key_reused');
    return known.message_id as MessageId;
  }
}
