import { describe, expect, test } from '@jest/globals';
import type { AckLevel, MessageState } from '../../../whatsapp-service/contracts/states.js';
import { stateAfterAck } from '../../../whatsapp-service/features/message/message-state.js';

describe('the state of a message after an ack', () => {
  const table: [MessageState, AckLevel, MessageState | null][] = [
    ['queued', 0, 'sending'],
    ['sending', 0, null],
    ['sending', 1, 'sent'],
    ['sending', 3, 'read'],
    ['sent', 2, 'delivered'],
    ['delivered', 1, null],
    ['read', 2, null],
    ['read', 4, 'played'],
    ['played', 3, null],
    ['sending', -1, 'failed'],
    ['sent', -1, null],
    ['failed', 1, 'sent'],
    ['unknown', 2, 'delivered'],
    ['failed', 0, null],
  ];
  test.each(table)('%s + %d → %s', (state, ack, expected) => {
    expect(stateAfterAck(state, ack)).toBe(expected);
  });
});
