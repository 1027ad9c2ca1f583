import { expect, test } from '@jest/globals';
import { typingMs } from '../../../whatsapp-service/features/message/outbound.js';

test.each([
  ['', 800],
  ['x'.repeat(50), 2_000],
  ['x'.repeat(5_000), 6_000],
])('typing %j takes what a person would', (text, ms) => expect(typingMs(text)).toBe(ms));
