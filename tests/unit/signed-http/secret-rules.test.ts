import { randomBytes } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { secretProblem } from '../../../whatsapp-service/shared/secret-rules.js';

const key = (bytes: Buffer): string => `whsec_${bytes.toString('base64')}`;

describe('secretProblem', () => {
  test('takes what the usual commands make', () => {
    for (let i = 0; i < 500; i++) {
      expect(secretProblem(randomBytes(32).toString('hex'))).toBeNull();
      expect(secretProblem(randomBytes(16).toString('hex'))).toBeNull();
      expect(secretProblem(randomBytes(32).toString('base64'))).toBeNull();
      expect(secretProblem(randomBytes(32).toString('base64url'))).toBeNull();
      expect(secretProblem(key(randomBytes(24)))).toBeNull();
      expect(secretProblem(key(randomBytes(64)))).toBeNull();
    }
  });

  test.each([
    ['', 'is empty'],
    ['   ', 'is empty'],
    ['f3a9', 'has 4 characters; at least 32'],
    ['f3a91c7e05d24b68a17e93d05c8b2f6', 'has 31 characters; at least 32'],
    ['whsec_', 'not standard base64'],
    [key(randomBytes(23)), 'decodes to 23 bytes; at least 24'],
    [`whsec_${randomBytes(31).toString('base64').replace(/=+$/, '')}`, 'not standard base64'],
    ['whsec_-_8fV0dKp2LrJx7WcT3yHbN6QmZsEaU1oGiRkDvXtCw=', 'not standard base64'],
    ['changemechangemechangemechangeme', 'placeholder'],
    ['please-CHANGE-ME-before-production-1234', 'placeholder'],
    ['your-webhook-secret-goes-right-here-ok', 'placeholder'],
    ['secret_1f8e0c93ab7245d6b0e1f2a3c4d5e6f7', 'placeholder'],
    ['my-password-is-long-but-can-be-guessed', 'placeholder'],
    ['an_example_of_a_very_long_value_0123456', 'placeholder'],
    ['<put the output of openssl rand here>'.replaceAll(' ', '_'), 'placeholder'],
    ['xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx', 'placeholder'],
    ['a'.repeat(64), 'placeholder'],
    ['ab'.repeat(32), 'placeholder'],
    ['12345678901234567890123456789012', 'placeholder'],
    ['0123456789abcdef0123456789abcdef', 'placeholder'],
    ['abcdefghijklmnopqrstuvwxyz012345', 'placeholder'],
    [key(Buffer.alloc(32)), 'placeholder'],
    [key(Buffer.from('change-me-change-it-before-use!!')), 'placeholder'],
    ['whsec_your-secret-from-the-dashboard-here', 'placeholder'],
    ['8fa29d5606bffb5d55037c6a4ebee4cd6aeb111fe95be07c', 'example from the documentation'],
    ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'example from the documentation'],
    [' 3f9a1c7e05d24b68a17e93d05c8b2f64', 'contains a space'],
    ['3f9a1c7e05d24b68a17e93d05c8b2f64\n', 'contains a space'],
    ['3f9a1c7e05d24b68 a17e93d05c8b2f64', 'contains a space'],
    ['3f9a1c7e05d24b68a17e93d05c8b2fé4', 'beyond ASCII'],
  ])('refuses %j', (secret, reason) => {
    const problem = secretProblem(secret);
    expect(problem).toContain(reason);
    if (!['', 'whsec_'].includes(secret.trim())) expect(problem).not.toContain(secret.trim());
    expect(problem).toMatch(/Make one with `/);
  });
});
