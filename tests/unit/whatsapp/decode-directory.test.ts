import { describe, expect, test } from '@jest/globals';
import { zMessageData } from '../../../whatsapp-service/contracts/payloads.js';
import { decodeChat } from '../../../whatsapp-service/whatsapp/web/decode/chat.js';
import { decodeContact, decodeGroup, decodeListedMessage } from '../../../whatsapp-service/whatsapp/web/decode/directory.js';
import type { PageChat, PageMessage } from '../../../whatsapp-service/whatsapp/web/page-script.js';
import { WebDirectory, type PageCall } from '../../../whatsapp-service/whatsapp/web/web-directory.js';

const message = (change: Partial<PageMessage>): PageMessage => ({
  kind: 'message', id: 'true_6281234567890@c.us_3EB0AA', key: '3EB0AA', fromMe: true, chat: ['6281234567890@c.us', null], author: null, to: null, name: null, type: 'chat',
  status: false, body: 'halo', t: 1_799_999_999, ack: 2, mentions: [], forwarded: false, ...change,
});
const ID = '120363000000000001@g.us';
const group = (participants: string, count?: number): PageChat => [ID, null, 'Arisan', -1, 5, 0, null, 'Arisan', participants, count];

describe('what the page tells, as the port has it', () => {
  test('a message is that of the event, with its ack where it is ours', () => {
    const own = decodeListedMessage(message({}));
    expect(own.ack).toBe(2);
    expect(zMessageData.parse(own.data)).toEqual(own.data);
    expect(decodeListedMessage(message({ fromMe: false })).ack).toBeNull();
    expect(decodeListedMessage(message({ ack: 9 })).ack).toBeNull();
    expect(decodeListedMessage(message({ ack: null })).ack).toBeNull();
  });

  test('a group in a list has the number of its participants only', () => {
    expect(decodeChat(group('', 400), false)).toMatchObject({ chat_type: 'group', unread_count: 0, group: { participants_count: 400 } });
    expect(decodeChat(group('', 400), false).group).not.toHaveProperty('participants');
    expect(decodeChat(group('1@lid'), true).group).toMatchObject({ participants_count: 1, participants: [{ jid: '1@lid', phone: null }] });
  });

  test('a group with phones where they are known', () => {
    const decoded = decodeGroup({
      id: ID, subject: 'Arisan', description: null, owner: ['6281234567890@c.us', '777@lid'], created: 1_700_000_000, announce: true, restrict: false, member: true, admin: false,
      participants: [['6281234567890@c.us', '77777@lid', 1], ['88888@lid', '88888@lid', 0]],
    });
    expect(decoded).toMatchObject({ owner: { phone: '+6281234567890' }, createdAt: 1_700_000_000_000, announce: true, isMember: true, isAdmin: false });
    expect(decoded.participants).toEqual([
      { jid: '6281234567890@c.us', lid: '77777@lid', phone: '+6281234567890', isAdmin: true },
      { jid: '88888@lid', lid: '88888@lid', phone: null, isAdmin: false },
    ]);
  });

  test('a contact', () => {
    expect(decodeContact({ person: ['6281234567890@c.us', null], name: 'Budi', pushname: null, verifiedName: null, business: true, mine: true, blocked: false, me: false })).toEqual({
      jid: '6281234567890@c.us', lid: null, phone: '+6281234567890', name: 'Budi', pushname: null, verifiedName: null, isBusiness: true, isMyContact: true, isBlocked: false, isMe: false,
    });
  });

  test('members get more time the more they are, and links are whole', async () => {
    const calls: unknown[][] = [];
    const call = (async (...args: unknown[]) => {
      calls.push(args);
      return args[0] === 'inviteCode' ? 'AbC' : [];
    }) as PageCall;
    const directory = new WebDirectory(call);
    await directory.addParticipants(ID, ['1@c.us', '2@c.us']);
    expect(calls[0]).toEqual(['addMembers', { groupId: ID, jids: ['1@c.us', '2@c.us'] }, 63_000]);
    expect(await directory.inviteLink(ID)).toBe('https://chat.whatsapp.com/AbC');
  });
});
