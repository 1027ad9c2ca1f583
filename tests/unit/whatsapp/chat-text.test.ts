import { describe, expect, test } from '@jest/globals';
import { zChat } from '../../../whatsapp-service/contracts/payloads.js';
import { toJson } from '../../../whatsapp-service/shared/json.js';
import { chatText } from '../../../whatsapp-service/whatsapp/web/decode/chat-text.js';
import { decodeChat } from '../../../whatsapp-service/whatsapp/web/decode/chat.js';
import type { PageChat } from '../../../whatsapp-service/whatsapp/web/page-script.js';
import { seeded } from '../../helpers/seeded.js';

const TEXTS = ['', 'Budi', 'a "quoted" \\ name', 'line\nbreak\t\u0000\u2028', '👩‍👧 ibu', '\ud83d', '\\ud83d', '</script>', 'نص', '*', '628* 629', null];
const PEOPLE = ['6281234567890', '6281234567890*', '5215512345678', '5215512345678*', '12345', '6281234567890:7', '77777@lid', '77777@lid*', '628"x@c.us', '0812', '628123456789@s.whatsapp.net', '120363000000000001@g.us'];
const TIMES = [0, 59, 86_399, 86_400, 1_709_210_096, 1_799_999_999, 1_799_999_999, 253_402_300_799, -1, -86_401, 1_700_000_000.5, null];
const FLAGS = [0, 1, 2, 3, 4, 5, 6, 7];

describe('a chat as text is its payload as JSON, byte for byte', () => {
  const random = seeded(20_261_126);
  const one = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)] as T;
  const chat = (): PageChat => {
    const isGroup = random() < 0.5;
    const id = isGroup ? '120363000000000001@g.us' : one(['6281234567890@c.us', '5215512345678@c.us', '77777@lid', 'odd"id@c.us']);
    const last = random() < 0.2 ? null : ([`false_${id}_3EB0${one(['AA', '"', '\\'])}`, one(['chat', 'ptt', 'poll_creation', 'brand_new']), one(TEXTS), one([0, 1]), one(TIMES) ?? 1] as PageChat[6]);
    const people = isGroup ? Array.from({ length: Math.floor(random() * 4) }, () => one(PEOPLE)).join(' ') : null;
    return [id, one([null, '77777@lid']), one(TEXTS), one([0, -1, 3]), one(TIMES), one(FLAGS), last, isGroup ? one(TEXTS) : null, people];
  };

  test.each([true, false])('participants: %s', (withParticipants) => {
    for (let round = 0; round < 3_000; round++) {
      const row = chat();
      const text = chatText(row, withParticipants);
      expect(text).toBe(toJson(decodeChat(row, withParticipants)));
    }
  });

  test('and the payload is what the contract says', () => {
    const row: PageChat = ['120363000000000001@g.us', null, 'Arisan', 2, 1_799_999_999, 3, ['true_120363000000000001@g.us_3EB0AA', 'chat', 'halo', 1, 1_799_999_999], 'Arisan', '6281234567890* 77777@lid'];
    expect(zChat.parse(JSON.parse(chatText(row, true)))).toEqual({
      chat_id: '120363000000000001@g.us', chat_type: 'group', provider_type: 'webjs', name: 'Arisan', phone: null, lid: null, unread_count: 2,
      last_message_at: '2027-01-15T07:59:59.000Z', archived: true, pinned: true, muted: false,
      last_message: { message_id: 'true_120363000000000001@g.us_3EB0AA', type: 'text', body: 'halo', from_me: true, timestamp: '2027-01-15T07:59:59.000Z' },
      group: {
        group_jid: '120363000000000001@g.us', subject: 'Arisan', participants_count: 2,
        participants: [{ jid: '6281234567890@c.us', phone: '+6281234567890', is_admin: true }, { jid: '77777@lid', phone: null, is_admin: false }],
      },
    });
  });
});
