import { describe, expect, test } from '@jest/globals';
import { SEND_EXAMPLES, zSendMessage, type SendMessage } from '../../../whatsapp-service/contracts/message-api.js';
import { contentOf, isMedia, targetOf } from '../../../whatsapp-service/features/message/message-content.js';
import { vcard } from '../../../whatsapp-service/features/message/vcard.js';

const parse = (input: unknown): SendMessage => zSendMessage.parse(input);
const to = { session_id: 'sales', to: '0812-3456-7890' };

describe('what a message says', () => {
  test.each(Object.entries(SEND_EXAMPLES))('the example of %s is valid', (type, example) => expect(parse(example).type).toBe(type));

  test('a text needs no type', () => expect(parse({ ...to, text: 'halo' }).type).toBe('text'));

  test.each([
    [{ ...to, text: '   ' }, 'text'],
    [{ ...to, type: 'poll', question: 'q', options: ['a', 'a'] }, 'options'],
    [{ ...to, type: 'poll', question: 'q', options: ['a'] }, 'options'],
    [{ ...to, type: 'location', latitude: 91, longitude: 0 }, 'latitude'],
    [{ session_id: 'sales', type: 'reaction', message_id: 'nonsense', emoji: '👍' }, 'message_id'],
    [{ ...to, type: 'image', media: { path: '/etc/passwd' } }, 'media'],
    [{ ...to, type: 'telegram' }, 'type'],
    [{ ...to, text: 'x', surprise: 1 }, ''],
  ])('%j is refused, and names the field', (input, field) => {
    const result = zSendMessage.safeParse(input);
    expect(result.success).toBe(false);
    expect(result.error?.issues.map((issue) => String(issue.path[0] ?? ''))).toContain(field);
  });

  test('a message about another goes to its chat', () => {
    expect(targetOf(parse(SEND_EXAMPLES.reaction), 'false_6281234567890@c.us_3A0C5F', 'ID')).toEqual({ chatId: '6281234567890@c.us', phone: '+6281234567890' });
    expect(targetOf(parse(SEND_EXAMPLES.edit), 'true_120363000000000001@g.us_3EB0AA_628111@c.us', 'ID')).toEqual({ chatId: '120363000000000001@g.us', phone: null });
  });

  test('mentions are phones in any spelling, and no groups', () => {
    const content = contentOf(parse({ ...to, text: '@62812', mentions: ['0813 1111 2222', '123456789012345@lid'] }), null, null, 'ID');
    expect(content).toMatchObject({ mentions: ['6281311112222@c.us', '123456789012345@lid'] });
    expect(() => contentOf(parse({ ...to, text: 'x', mentions: ['120363000000000001@g.us'] }), null, null, 'ID')).toThrow(expect.objectContaining({ code: 'invalid_phone' }));
  });

  test('a file that is missing is named', () => {
    const input = parse({ ...to, type: 'image' });
    expect(isMedia(input)).toBe(true);
    expect(() => contentOf(input, null, null, 'ID')).toThrow(expect.objectContaining({ code: 'invalid_request' }));
  });

  test('a contact card escapes what the format needs, and opens a chat', () => {
    expect(vcard({ name: 'Budi; Toko, "A\\B"\nX', organization: 'PT Maju' }, '+6281311112222').split('\n')).toEqual([
      'BEGIN:VCARD',
      'VERSION:3.0',
      'N:;Budi\\; Toko\\, "A\\\\B"\\nX;;;',
      'FN:Budi\\; Toko\\, "A\\\\B"\\nX',
      'ORG:PT Maju;',
      'TEL;type=CELL;type=VOICE;waid=6281311112222:+6281311112222',
      'END:VCARD',
    ]);
  });
});
