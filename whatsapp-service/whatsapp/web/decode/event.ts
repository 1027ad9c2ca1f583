import type { AckLevel } from '../../../contracts/states.js';
import type { ProviderEvent } from '../../provider.js';
import { iso } from '../../../shared/clock.js';
import type { PageBatch, PageEvent } from '../page-script.js';
import { decodeMessage, IGNORED_TYPES } from './message.js';
import { decodePerson } from './people.js';

const GROUP_KINDS: Record<string, 'group_join' | 'group_leave'> = {
  add: 'group_join',
  invite: 'group_join',
  linked_group_join: 'group_join',
  remove: 'group_leave',
  leave: 'group_leave',
};

export interface DecodeOptions {
  /** Milliseconds since the epoch: when an event that carries no time happened. */
  now: number;
  withParticipants: boolean;
}

/** One page batch as provider events, in its order. An event that cannot be read is kept as `unknown`. */
export function decodeBatch(batch: Omit<PageBatch, 'oldestWaiting'>, options: DecodeOptions): ProviderEvent[] {
  return batch.events.flatMap((event, index) => {
    // Names this one happening, for the kinds that have no id of their own.
    const occurrence = `${batch.epoch}:${batch.first + index}`;
    try {
      return decodeEvent(event, occurrence, batch, options) ?? [];
    } catch (error) {
      return unknown(event, `unreadable: ${error instanceof Error ? error.message : 'error'}`, occurrence, options.now);
    }
  });
}

/** One flat switch; what is dropped on purpose returns null. */
function decodeEvent(event: PageEvent, occurrence: string, batch: Pick<PageBatch, 'groups'>, { now, withParticipants }: DecodeOptions): ProviderEvent | null {
  switch (event.kind) {
    case 'message': {
      if (event.status || IGNORED_TYPES.has(event.type) || !isChat(event.chat[0])) return null;
      const data = decodeMessage(event, event.group === undefined ? undefined : batch.groups[event.group], withParticipants);
      const common = { dedupeKey: `message:${event.id}`, chatId: event.chat[0], at: event.t * 1000, data };
      return event.fromMe ? { kind: 'message_sent', key: event.key, ...common } : { kind: 'message', ...common };
    }
    case 'ack':
      if (!event.fromMe || !isAck(event.ack)) return null;
      return {
        kind: 'ack',
        key: event.key,
        dedupeKey: `ack:${event.id}:${event.ack}`,
        chatId: event.chat[0],
        at: now,
        data: { messageId: event.id, ack: event.ack },
      };
    case 'edit': {
      const at = event.edited ?? now;
      return {
        kind: 'edited',
        dedupeKey: `edit:${event.id}:${event.edited ?? occurrence}`,
        chatId: event.chat[0],
        at,
        data: { message_id: event.id, chat_id: event.chat[0], from_me: event.fromMe, body: event.body, previous_body: event.previous, timestamp: iso(at) },
      };
    }
    case 'revoke':
      return {
        kind: 'revoked',
        dedupeKey: `revoke:${event.id}`,
        chatId: event.chat[0],
        at: now,
        data: { message_id: event.id, chat_id: event.chat[0], from_me: event.fromMe, timestamp: iso(now) },
      };
    case 'reaction': {
      if (!event.chat || !event.sender) return unknown(event, 'reaction', occurrence, now);
      const at = event.t > 0 ? Math.round(event.t * 1000) : now;
      return {
        kind: 'reaction',
        dedupeKey: `reaction:${event.id}:${event.sender[0]}:${at}:${event.reaction ?? ''}`,
        chatId: event.chat[0],
        at,
        data: { message_id: event.id, chat_id: event.chat[0], sender: decodePerson(event.sender), reaction: event.reaction, timestamp: iso(at) },
      };
    }
    case 'group': {
      const at = event.t * 1000;
      return {
        kind: GROUP_KINDS[event.action] ?? 'group_update',
        dedupeKey: `group:${event.id}`,
        chatId: event.chat[0],
        at,
        data: {
          group_jid: event.chat[0],
          action: event.action,
          author: event.author && decodePerson(event.author),
          recipients: event.recipients.map((person) => decodePerson(person)),
          body: event.body,
          timestamp: iso(at),
        },
      };
    }
    case 'call':
      if (event.outgoing) return null;
      if (!event.chat) return unknown(event, 'call', occurrence, now);
      return {
        kind: 'call',
        dedupeKey: `call:${event.id}`,
        chatId: event.chat[0],
        at: now,
        data: { call_id: event.id, from: decodePerson(event.chat), is_video: event.video, is_group: event.isGroup, timestamp: iso(now) },
      };
    default:
      return unknown(event, String((event as { kind?: unknown }).kind), occurrence, now);
  }
}

const isChat = (jid: string): boolean => /@(c\.us|lid|g\.us)$/.test(jid);
const isAck = (ack: number): ack is AckLevel => Number.isInteger(ack) && ack >= -1 && ack <= 4;

function unknown(raw: unknown, name: string, occurrence: string, now: number): ProviderEvent {
  return { kind: 'unknown', dedupeKey: `unknown:${occurrence}`, chatId: '', at: now, data: { name, raw } };
}
