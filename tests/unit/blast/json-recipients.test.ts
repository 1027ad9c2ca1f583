import { describe, expect, test } from '@jest/globals';
import { ApiError } from '../../../whatsapp-service/contracts/errors.js';
import { JsonRecipients } from '../../../whatsapp-service/features/blast/json-recipients.js';
import { seeded } from '../../helpers/seeded.js';

function read(text: string, size: number): { header: unknown; recipients: unknown[] } {
  const json = new JsonRecipients();
  const recipients: unknown[] = [];
  for (let at = 0; at < text.length; at += size) recipients.push(...json.feed(text.slice(at, at + size)));
  json.end();
  return { header: json.header, recipients };
}

const problem = (text: string, size: number): unknown => {
  try {
    return read(text, size);
  } catch (error) {
    return error instanceof ApiError ? error.code : error;
  }
};

const TRICKY = ['a', 'x]y', '{"', '\\', 'q"q', '\u2028', '🐎', '', '},{', '\\"recipients":['];

describe.each([1, 3, 17, 100_000])('in pieces of %i characters', (size) => {
  test('reads what JSON.parse reads', () => {
    const random = seeded(size);
    const pick = (): string => TRICKY[Math.floor(random() * TRICKY.length)] ?? '';
    for (let round = 0; round < 100; round++) {
      const recipients = Array.from({ length: Math.floor(random() * 6) }, () => (random() < 0.5 ? pick() : { phone: pick(), variables: { [pick()]: [pick(), { deep: [1, null] }] } }));
      const header = { session_id: 'sales', content: { type: 'text', text: pick(), recipients: [pick()] }, [pick() || 'k']: 'recipients' };
      const text = JSON.stringify({ ...header, recipients }, null, random() < 0.5 ? 2 : undefined);
      expect(read(text, size)).toEqual({ header: { ...header, recipients: [] }, recipients });
    }
  });

  test.each([
    ['', 'invalid_json'],
    ['[]', 'invalid_request'],
    ['{"a":1}', 'invalid_request'],
    ['{"recipients":"x"}', 'invalid_request'],
    ['{"recipients":["a"],"skipRecipientsInAddress":false}', 'invalid_request'],
    ['{"recipients":["a"]', 'invalid_json'],
    ['{"recipients":["a"', 'invalid_json'],
    ['{"recipients":["a",]}', 'invalid_json'],
    ['{"recipients":["a"}', 'invalid_json'],
    ['{"recipients":["a"]}}', 'invalid_json'],
    ['{"recipients":[a]}', 'invalid_json'],
    ['{bad "recipients":["a"]}', 'invalid_json'],
    ['"recipients":["a"]', 'invalid_json'],
  ])('%s: %s', (text, code) => {
    expect(problem(text, size)).toBe(code);
  });
});
