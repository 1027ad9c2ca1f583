import type { NewEvent } from './outbox/outbox-store.js';
import { appendEvents } from './outbox/outbox-store.js';
import type { MessageOutcomes, PageAck } from './features/message/message-outcomes.js';
import { moveInboundMark } from './features/session/session-store.js';
import type { Clock } from './shared/clock.js';
import type { SessionId } from './shared/ids.js';
import type { Logger } from './shared/logger.js';
import { withMediaPath } from './contracts/media-path.js';
import type { MessageData } from './contracts/payloads.js';
import type { Db, Storage } from './storage/database.js';
import type { ProviderEvent } from './whatsapp/provider.js';

export interface EventHandlerOptions {
  storage: Storage;
  outcomes: MessageOutcomes;
  /** Is told of each new message that people wrote to this account alone, in the transaction in which it is written down. */
  heard(trx: Db, id: SessionId, messages: readonly NewEvent<'message'>[]): Promise<void>;
  /** A message's file may be wanted. */
  wantMedia(trx: Db, id: SessionId, message: MessageData): Promise<void>;
  wakeOutbox(): void;
  onEvent(kind: string): void;
  clock: Clock;
  logger: Logger;
}

/**
 * Provider event → what the backend hears. A batch is one transaction: when this resolves, its events and their outbox rows are on disk,
 * and the page may forget them. An event that is known already is left out.
 */
export function createEventHandler(options: EventHandlerOptions): (id: SessionId, batch: readonly ProviderEvent[], oldestWaiting: number | null) => Promise<void> {
  const { storage, outcomes, clock, logger } = options;

  return async (id, batch, oldestWaiting) => {
    const now = clock.now();
    const fresh = await storage.transaction(async (trx) => {
      const events: NewEvent[] = [];
      const pageAcks: PageAck[] = [];
      let newest = 0;
      const own = await outcomes.ownKeys(
        trx,
        id,
        batch.flatMap((event) => (event.kind === 'message_sent' ? event.key : [])),
      );

      for (const event of batch) {
        const { dedupeKey, chatId, at } = event;
        switch (event.kind) {
          case 'message':
            newest = Math.max(newest, at);
            events.push({ name: 'message', chatId, dedupeKey, at, data: withMediaPath(id, event.data) });
            await options.wantMedia(trx, id, event.data);
            break;
          case 'message_sent':
            newest = Math.max(newest, at);
            // One that we sent is told of when WhatsApp has it; this one came from the phone.
            if (!own.has(event.key)) events.push({ name: 'message.sent', chatId, dedupeKey, at, data: { ...withMediaPath(id, event.data), id: null } });
            break;
          case 'ack':
            pageAcks.push({ key: event.key, messageId: event.data.messageId, ack: event.data.ack, chatId, at, dedupeKey });
            break;
          case 'edited':
            events.push({ name: 'message.edited', chatId, dedupeKey, at, data: event.data });
            break;
          case 'revoked':
            events.push({ name: 'message.revoked', chatId, dedupeKey, at, data: event.data });
            break;
          case 'reaction':
            events.push({ name: 'message.reaction', chatId, dedupeKey, at, data: event.data });
            break;
          case 'group_join':
            events.push({ name: 'group.join', chatId, dedupeKey, at, data: event.data });
            break;
          case 'group_leave':
            events.push({ name: 'group.leave', chatId, dedupeKey, at, data: event.data });
            break;
          case 'group_update':
            events.push({ name: 'group.update', chatId, dedupeKey, at, data: event.data });
            break;
          case 'call':
            events.push({ name: 'call', chatId, dedupeKey, at, data: event.data });
            break;
          case 'unknown':
            logger.error('An event of a kind that this version does not know; please report it', { session: id, name: event.data.name, raw: event.data.raw });
            break;
          default:
            throw new Error(`Unhandled kind ${(event satisfies never as ProviderEvent).kind}`);
        }
      }

      events.push(...(await outcomes.fromPage(trx, id, pageAcks)));
      // Chats are not handed over in step, and a message may claim to be of tomorrow: neither must hide what is still to come.
      if (newest > 0) await moveInboundMark(trx, id, Math.min(newest, oldestWaiting ?? newest, now));
      const appended = await appendEvents(trx, id, events, now);
      await options.heard(trx, id, appended.filter(isPrivateMessage));
      return appended;
    });

    for (const event of fresh) options.onEvent(event.name);
    if (fresh.length > 0) options.wakeOutbox();
    logger.debug('Events committed', { session: id, events: batch.length, fresh: fresh.length });
  };
}

const isPrivateMessage = (event: NewEvent): event is NewEvent<'message'> => event.name === 'message' && (event as NewEvent<'message'>).data.chat_type === 'private';
