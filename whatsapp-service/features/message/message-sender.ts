import type { Config } from '../../config/config.js';
import type { MessageReason } from '../../contracts/states.js';
import type { Clock } from '../../shared/clock.js';
import { asChatId, type SessionId } from '../../shared/ids.js';
import type { Logger } from '../../shared/logger.js';
import type { Storage } from '../../storage/database.js';
import type { MessageRow } from '../../storage/schema.js';
import { ProviderError, type LookUp, type ProviderSession } from '../../whatsapp/provider.js';
import type { MessageAcks } from './message-acks.js';
import { inSending, nextQueued, nextQueuedAt, updateMessage } from './message-store.js';

export interface MessageSenderOptions {
  storage: Storage;
  settings: Config['send'];
  acks: MessageAcks;
  /** The session's page, or null while it does not work. */
  page(id: SessionId): ProviderSession | null;
  /** Run the sender of this session again after `delayMs`. */
  again(id: SessionId, delayMs: number): void;
  wakeOutbox(): void;
  clock: Clock;
  logger: Logger;
  onResult?: (result: 'sent' | 'failed' | 'retry') => void;
}

/** Messages of one turn; then another session's sender may run. */
const TURN = 100;

/**
 * Sends what is queued for one session, one message after the other. A message is `sending` on disk, with its WhatsApp id, before the page
 * hears of it; whatever becomes of this process, that id tells afterwards whether it went out.
 */
export class MessageSender {
  constructor(private readonly options: MessageSenderOptions) {}

  /** The job: until nothing is due, or the session stops working. */
  async run(id: SessionId): Promise<void> {
    const { storage, clock, again } = this.options;
    if (!(await this.recover(id))) return;
    for (let sent = 0; sent < TURN; sent++) {
      const page = this.options.page(id);
      if (!page) return;
      const row = await nextQueued(storage.db, id, clock.now());
      if (!row) {
        const next = await nextQueuedAt(storage.db, id);
        if (next !== null) again(id, Math.max(1, next - clock.now()));
        return;
      }
      if (!(await this.send(page, row))) return;
    }
    again(id, 0);
  }

  /**
   * Asks WhatsApp what became of the messages whose end is not known; nothing is under way when a job begins, so that these
   * broke off. One that WhatsApp does not have is queued again under the same id. False: the page could not be asked.
   */
  private async recover(id: SessionId): Promise<boolean> {
    const { storage, clock, acks, logger, settings, again } = this.options;
    for (const row of await inSending(storage.db, id)) {
      const page = this.options.page(id);
      if (!page) return false;
      let found: LookUp;
      try {
        found = await page.lookUp(asChatId(row.chat_id), row.wa_key);
      } catch (error) {
        logger.warn('A message could not be looked up; it is tried again', { session: id, message: row.id, error });
        again(id, settings.retryBaseMs);
        return false;
      }
      logger.info('Looked up a message that was being sent when the session broke off', { session: id, message: row.id, found: found.found });
      if (found.found && found.ack < 0) await this.onFailure(row, new ProviderError('send_failed', 'WhatsApp refused the message.', true));
      else if (found.found) await acks.apply(id, row, found.messageId, found.ack);
      else await updateMessage(storage.db, row.id, { state: 'queued', next_attempt_at: clock.now(), updated_at: clock.now() });
    }
    return true;
  }

  /** False: this session's page has to come back first. */
  private async send(page: ProviderSession, row: MessageRow): Promise<boolean> {
    const { storage, clock, acks, onResult, logger } = this.options;
    const id = row.session_id as SessionId;
    const attempts = row.attempts + 1;
    await updateMessage(storage.db, row.id, { state: 'sending', attempts, updated_at: clock.now() });
    const { text } = JSON.parse(row.content) as { text: string };
    try {
      const result = await page.sendText({ chatId: asChatId(row.chat_id), key: row.wa_key, text, repeat: attempts > 1 });
      await acks.apply(id, { ...row, state: 'sending', attempts }, result.messageId, result.ack);
      onResult?.('sent');
      logger.debug('Message sent', { session: id, message: row.id, ack: result.ack });
      return true;
    } catch (error) {
      return this.onFailure({ ...row, attempts }, error);
    }
  }

  private async onFailure(row: MessageRow, error: unknown): Promise<boolean> {
    const { storage, clock, acks, settings, logger, onResult } = this.options;
    const facts = { session: row.session_id, message: row.id, attempts: row.attempts, error };
    if (!(error instanceof ProviderError)) throw error;
    if (error.code === 'page_unavailable' || error.code === 'timeout') {
      // It may have gone out. It stays `sending` until the page is back and can be asked.
      logger.warn('The page did not say what became of a message; it is looked up when the session works again', facts);
      onResult?.('retry');
      this.options.again(row.session_id as SessionId, settings.retryBaseMs);
      return false;
    }
    if (error.retry && row.attempts < settings.maxAttempts) {
      const wait = settings.retryBaseMs * 2 ** (row.attempts - 1);
      logger.warn('A message was refused; it is tried again', { ...facts, next_in_ms: wait });
      await updateMessage(storage.db, row.id, { state: 'queued', next_attempt_at: clock.now() + wait, updated_at: clock.now() });
      onResult?.('retry');
      return true;
    }
    const reason: MessageReason = error.code === 'number_not_on_whatsapp' || error.code === 'chat_not_found' ? error.code : 'send_failed';
    logger.warn('A message could not be sent', { ...facts, reason });
    await acks.fail(row, reason, error.message);
    onResult?.('failed');
    return true;
  }
}

