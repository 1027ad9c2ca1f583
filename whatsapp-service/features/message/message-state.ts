import type { AckLevel, MessageState } from '../../contracts/states.js';

/** How far a message is; it never goes back. */
const RANK: Record<MessageState, number> = { queued: 0, sending: 1, unknown: 2, failed: 2, cancelled: 2, sent: 3, delivered: 4, read: 5, played: 6 };

const OF_ACK: Record<AckLevel, MessageState> = { [-1]: 'failed', 0: 'sending', 1: 'sent', 2: 'delivered', 3: 'read', 4: 'played' };

/**
 * The state of a message after WhatsApp's acknowledgement, or null when that says nothing new. Acks arrive late, twice and out of order;
 * one of SERVER or more proves that a message went out, whatever was believed before.
 */
export function stateAfterAck(state: MessageState, ack: AckLevel): MessageState | null {
  const next = OF_ACK[ack];
  return RANK[next] > RANK[state] ? next : null;
}
