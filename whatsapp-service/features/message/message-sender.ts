import type { Config } from '../../config/config.js';
import type { MessageReason } from '../../contracts/states.js';
import type { Clock } from '../../shared/clock.js';
import { asChatId, type SessionId } from '../../shared/ids.js';
import type { Logger } from '../../shared/logger.js';
import type { Storage } from '../../storage/database.js';
import type { MessageRow } from '../../storage/schema.js';
import { ProviderError, type LookUp, type ProviderSession, type SendResult } from '../../whatsapp/provider.js';
import type { SendGate } from './message-line.js';
import type { MessageOutcomes } from './message-outcomes.js';
import { inSending, nextQueued, nextQueuedAt, updateMessage } from './message-store.js';
import { outboundOf } from './outbound.js';
import type { PaceKeeper } from './pace-keeper.js';
import { UnackedWindow } from './unacked-window.js';

export interface MessageSenderOptions {
  storage: Storage;
  settings: Config['send'];
  outcomes: MessageOutcomes;
  pace: PaceKeeper;
  gate: SendGate;
  /** The session's page, or null while it does not work. */
  page(id: SessionId): ProviderSession | null;
  /** Where a file is; null: it is gone. */
  mediaPath(mediaId: string): Promise<string | null>;
  /** Run the sender of this session again after `delayMs`. */
  again(id: SessionId, delayMs: number): void;
  clock: Clock;
  logger: Logger;
  onResult?: (result: 'sent' | 'failed' | 'retry') => void;
}

/** Messages of one turn; then another session's sender may run. */
const TURN = 100;

/** A message by itself waits for nothing but the session's pace. */
const FREELY = (): Promise<void> => Promise.resolve();

const isAction = (row: MessageRow): boolean => ['reaction', 'edit', 'delete'].includes(row.type);

/**
 * Sends what is queued for one session, one message after the other. A message is `sending` on disk, with its WhatsApp id, before the page
 * hears of it; whatever becomes of this process, that id tells afterwards whether it went out. The page takes the next one before WhatsApp
 * has acknowledged the last: the acks come as events of the page, and the row moves on with them.
 */
export class MessageSender {
  private readonly unacked: UnackedWindow;

  constructor(private readonly options: MessageSenderOptions) {
    this.unacked = new UnackedWindow(options.settings.ackTimeoutMs, options.clock);
  }

  /** The job: until nothing is due, the session's pace is used up, or it stops working. */
  async run(id: SessionId): Promise<void> {
    await this.sendDue(id);
    // When an ack does not come in time, this asks for it.
    const overdue = this.unacked.overdueIn(id);
    if (overdue !== null) this.options.again(id, Math.max(1, overdue));
  }

  onAcked(id: SessionId, key: string): void {
    if (this.unacked.acked(id, key)) this.options.onResult?.('sent');
  }

  onRefused(id: SessionId, key: string): void {
    this.unacked.refused(id, key);
    this.options.again(id, 0);
  }

  /** The session has a new page: what the one before had taken is asked for, not waited for. */
  onNewPage(id: SessionId): void {
    this.unacked.forget(id);
  }

  private async sendDue(id: SessionId): Promise<void> {
    const { storage, clock, again } = this.options;
    this.unacked.dropOverdue(id);
    for (let turn = 1; ; turn++) {
      const isUnsettled = this.unacked.takeUnsettled(id);
      // What WhatsApp refused, or did not acknowledge, is settled before more goes out: it may be a reason to stop.
      if ((turn === 1 || isUnsettled) && !(await this.recover(id))) return;
      const page = this.options.page(id);
      if (!page) return;
      const claim = await this.claim(id);
      if (claim === null) {
        const at = await nextQueuedAt(storage.db, id);
        if (at !== null) again(id, Math.max(1, at - clock.now()));
        return;
      }
      if (typeof claim === 'number') {
        again(id, claim);
        return;
      }
      if (!(await this.send(page, claim))) return;
      await this.unacked.room(id);
      if (turn === TURN) {
        again(id, 0);
        return;
      }
    }
  }

  /** The next message, `sending` from now on; a number: the pace allows one in so many milliseconds; null: nothing is due. */
  private async claim(id: SessionId): Promise<MessageRow | number | null> {
    const { storage, clock, pace, outcomes, gate } = this.options;
    return storage.transaction(async (trx) => {
      const now = clock.now();
      let row: MessageRow | undefined;
      let goes: (() => Promise<void>) | null = null;
      while (!goes) {
        row = await nextQueued(trx, id, now);
        if (!row) return null;
        if (row.expires_at < now) await outcomes.end(trx, row, { state: 'failed', reason: 'expired', detail: null });
        else goes = row.recipient_id === null ? FREELY : await gate.admit(trx, row);
      }
      if (!row) return null;
      const wait = await pace.take(trx, id);
      if (wait > 0) return wait;
      await goes();
      const attempts = row.attempts + 1;
      await updateMessage(trx, row.id, { state: 'sending', attempts, updated_at: now });
      return { ...row, state: 'sending', attempts };
    });
  }

  /**
   * Asks WhatsApp what became of the messages whose end is not known and whose ack is not waited for: these broke off, were refused, or waited
   * too long. One that WhatsApp does not have is queued again under the same id. False: the page could not be asked.
   */
  private async recover(id: SessionId): Promise<boolean> {
    const { storage, clock, outcomes, logger, settings, again } = this.options;
    for (const row of await inSending(storage.db, id)) {
      if (this.unacked.waitsFor(id, row.wa_key)) continue;
      const page = this.options.page(id);
      if (!page) return false;
      let found: LookUp = { found: false };
      try {
        // Doing an edit, a reaction or a deletion once more changes nothing.
        if (!isAction(row)) found = await page.lookUp(asChatId(row.chat_id), row.wa_key);
      } catch (error) {
        logger.warn('A message could not be looked up; it is tried again', { session: id, id: row.id, error });
        again(id, settings.retryBaseMs);
        return false;
      }
      logger.info('Looked up a message that is not known to have gone out', { session: id, id: row.id, found: found.found });
      if (!found.found) await updateMessage(storage.db, row.id, { state: 'queued', next_attempt_at: clock.now(), updated_at: clock.now() });
      else if (found.ack < 0) await this.onFailure(row, new ProviderError('send_failed', 'WhatsApp refused the message.', true));
      else await outcomes.apply(id, row, found.messageId, found.ack);
      if (found.found && found.ack === 0) this.unacked.askLater(id, row.wa_key, row.updated_at);
    }
    return true;
  }

  /** Until the page has the message, or it is known that it will not go out. False: this session's page has to come back first. */
  private async send(page: ProviderSession, row: MessageRow): Promise<boolean> {
    const id = row.session_id as SessionId;
    const outbound = outboundOf(row, row.media_id === null ? null : await this.options.mediaPath(row.media_id));
    if (!outbound) {
      await this.fail(row, 'media_missing', null);
      return true;
    }
    this.unacked.begin(id, row.wa_key);
    try {
      const { messageId, ack } = await page.send(outbound);
      this.options.logger.debug('The page has a message', { session: id, id: row.id, kind: row.type, ack });
      // One that only changes another has no ack of its own, and one that WhatsApp had before this send may have had all of its acks.
      if (ack > 0) await this.succeed(row, { messageId, ack });
      return true;
    } catch (error) {
      this.unacked.drop(id, row.wa_key);
      return this.onFailure(row, error);
    }
  }

  private async succeed(row: MessageRow, { messageId, ack }: SendResult): Promise<void> {
    const id = row.session_id as SessionId;
    await this.options.outcomes.apply(id, row, messageId, ack);
    this.onAcked(id, row.wa_key);
  }

  private async onFailure(row: MessageRow, error: unknown): Promise<boolean> {
    const { outcomes, clock, settings, logger, onResult, again } = this.options;
    const facts = { session: row.session_id, id: row.id, attempts: row.attempts, error };
    if (!(error instanceof ProviderError)) throw error;
    if (error.code === 'page_unavailable' || error.code === 'timeout') {
      // It may have gone out. It stays `sending` until the page is back and can be asked.
      logger.warn('The page did not say what became of a message; it is looked up when the session works again', facts);
      onResult?.('retry');
      again(row.session_id as SessionId, settings.retryBaseMs);
      return false;
    }
    if (error.retry && row.attempts < (row.max_attempts ?? settings.maxAttempts)) {
      const wait = row.retry_ms ?? settings.retryBaseMs * 2 ** (row.attempts - 1);
      logger.warn('A message was refused; it is tried again', { ...facts, next_in_ms: wait });
      await outcomes.retry(row, clock.now() + wait);
      onResult?.('retry');
      return true;
    }
    const reason = FINAL_REASONS[error.code] ?? 'send_failed';
    logger.warn('A message could not be sent', { ...facts, reason });
    await this.fail(row, reason, error.message);
    return true;
  }

  private async fail(row: MessageRow, reason: MessageReason, detail: string | null): Promise<void> {
    const { storage, outcomes, onResult } = this.options;
    await storage.transaction((trx) => outcomes.end(trx, row, { state: 'failed', reason, detail }));
    outcomes.tell();
    onResult?.('failed');
  }
}

const FINAL_REASONS: Partial<Record<ProviderError['code'], MessageReason>> = {
  number_not_on_whatsapp: 'number_not_on_whatsapp',
  chat_not_found: 'chat_not_found',
  message_not_found: 'message_not_found',
  message_not_editable: 'message_not_editable',
};
