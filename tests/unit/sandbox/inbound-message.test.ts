import { describe, expect, test } from '@jest/globals';
import { inboundMessage, isMediaType, mediaOf, whatsAppType, type InboundParts } from '../../../whatsapp-service/sandbox/hub/inbound-message.js';
import { changedGroup, groupNotice } from '../../../whatsapp-service/sandbox/hub/group-change.js';
import { mediaBytes } from '../../../whatsapp-service/sandbox/hub/media-store.js';

const parts: InboundParts = {
  chat: '62812@c.us', participant: null, fromMe: false, t: 1_800_000_000, body: 'halo', pushname: 'Budi', media: null, mentions: [], quoted: null, quotedAuthor: null,
};

describe('an inbound message', () => {
  test('has the type that WhatsApp gives it; unknown ones stay', () => {
    expect(['text', 'contact', 'multi_contact', 'poll', 'image', 'ptt', 'order', 'brand_new'].map(whatsAppType)).toEqual(['chat', 'vcard', 'multi_vcard', 'poll_creation', 'image', 'ptt', 'order', 'brand_new']);
  });

  test('has an id of its own and a key from it', () => {
    const [a, b] = [inboundMessage({}, parts), inboundMessage({}, parts)];
    expect(a.id).toMatch(/^3A[0-9A-F]{30}$/);
    expect(a.key).toBe(`false_62812@c.us_${a.id}`);
    expect(a.id).not.toBe(b.id);
    expect(a).toMatchObject({ body: 'halo', ack: 1, from_me: false, data: { notifyName: 'Budi' } });
  });

  test('quotes and mentions', () => {
    const quoted = inboundMessage({}, parts);
    const reply = inboundMessage({}, { ...parts, quoted, quotedAuthor: '62812@c.us', mentions: ['62813@c.us'] });
    expect(reply.data).toMatchObject({ quotedMsg: { type: 'chat', body: 'halo' }, quotedStanzaID: quoted.id, quotedParticipant: '62812@c.us', mentionedJidList: ['62813@c.us'] });
  });

  test('with media has its caption, and no body of its own', () => {
    const media = { path: '/v/1', mimetype: 'image/jpeg', size: 10, filehash: 'x' };
    expect(inboundMessage({ type: 'image' }, { ...parts, media }).body).toBe('');
    const captioned = inboundMessage({ type: 'image', media: { caption: 'foto' } }, { ...parts, media });
    expect(captioned).toMatchObject({ type: 'image', body: 'foto', data: { directPath: '/v/1', size: 10, mimetype: 'image/jpeg', filehash: 'x' } });
  });
});

test('media has usual types and sizes', () => {
  expect(['image', 'video', 'audio', 'ptt', 'document', 'sticker'].every(isMediaType)).toBe(true);
  expect(isMediaType('text')).toBe(false);
  expect(mediaOf('document')).toMatchObject({ mimetype: 'application/pdf', filename: 'dokumen.pdf', missing: false });
  expect(mediaOf('image', { size: 5, mimetype: 'image/png' })).toMatchObject({ mimetype: 'image/png', size: 5 });
});

test('the bytes of a medium have the size asked for and are always the same', () => {
  for (const size of [0, 1, 50, 1_048_576, 2_500_000]) {
    const bytes = Buffer.concat([...mediaBytes('/v/a', 'image/png', size)]);
    expect(bytes).toHaveLength(size);
    expect(bytes.equals(Buffer.concat([...mediaBytes('/v/a', 'image/png', size)]))).toBe(true);
  }
  expect(Buffer.concat([...mediaBytes('/v/a', 'video/mp4', 100)]).equals(Buffer.concat([...mediaBytes('/v/b', 'video/mp4', 100)]))).toBe(false);
  expect(Buffer.concat([...mediaBytes('/v/a', 'image/png', 100)]).subarray(1, 4).toString()).toBe('PNG');
});

test('a group changes as its notice says', () => {
  const group = { subject: 'Lama', owner: 'a', creation: 1, participants: [{ id: 'a', admin: true }, { id: 'b' }] };
  const facts = { group: '12@g.us', by: 'a', people: ['b', 'c'], body: '' };
  expect(changedGroup(group, { ...facts, subtype: 'add' }).participants.map(({ id }) => id)).toEqual(['a', 'b', 'c']);
  expect(changedGroup(group, { ...facts, subtype: 'remove' }).participants.map(({ id }) => id)).toEqual(['a']);
  expect(changedGroup(group, { ...facts, subtype: 'subject', body: 'Baru' }).subject).toBe('Baru');
  expect(changedGroup(group, { ...facts, subtype: 'description', body: 'Baru' })).toMatchObject({ subject: 'Lama', description: 'Baru' });
  expect(groupNotice({ ...facts, subtype: 'add' }, 5)).toMatchObject({ type: 'gp2', t: 5, participant: 'a', data: { subtype: 'add', recipients: ['b', 'c'] } });
});
