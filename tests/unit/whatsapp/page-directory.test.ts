import { describe, expect, test } from '@jest/globals';
import { bridgeWith, wid, type Modules } from '../../helpers/page-bridge.js';

const GROUP = '120363000000000001@g.us';
const refusal = (status: number): Error => Object.assign(new Error('refused'), { name: 'ServerStatusCodeError', status });

/** A group with these members; whoever ends in `*` is an admin. */
const groupOf = (members: string[]): Modules => {
  const participants = members.map((id) => ({ id: wid(id.replace('*', '')), isAdmin: id.endsWith('*'), isSuperAdmin: false }));
  const chat = { id: wid(GROUP), formattedTitle: 'Arisan', groupMetadata: { subject: 'Arisan', participants: { getModelsArray: () => participants } } };
  return { WAWebCollections: { Chat: { get: (id: { _serialized: string }) => (id._serialized === GROUP ? chat : undefined) } } };
};

describe('checking numbers in the page', () => {
  test('asks for five at a time, and one failure is that one\'s own', async () => {
    let running = 0;
    let most = 0;
    const queryWidExists = async ({ _serialized: id }: { _serialized: string }) => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, 2));
      running--;
      if (id.startsWith('629')) throw refusal(429);
      return id.startsWith('628') ? { wid: wid(id) } : null;
    };
    const call = bridgeWith({ WAWebQueryExistsJob: { queryWidExists } });
    const jids = [...Array.from({ length: 30 }, (_, index) => `62812000${index}@c.us`), '629@c.us', '627@c.us'];
    // Two callers share the five.
    const [answer] = await Promise.all([call('checkNumbers', { jids }), call('checkNumbers', { jids })]);
    expect(answer).toEqual({ ok: [...jids.slice(0, 30).map((jid) => [jid, 1, jid]), ['629@c.us', null, null], ['627@c.us', 0, null]] });
    expect(most).toBe(5);
  });

  test('the phone stays a person\'s id where WhatsApp answers with a LID', async () => {
    const call = bridgeWith({
      WAWebQueryExistsJob: { queryWidExists: async ({ _serialized: id }: { _serialized: string }) => ({ wid: wid(id === '6281@c.us' ? '77777@lid' : id) }) },
      WAWebLidMigrationUtils: { toPn: ({ _serialized: id }: { _serialized: string }) => (id === '88888@lid' ? wid('6288@c.us') : null) },
    });
    expect(await call('checkNumbers', { jids: ['6281@c.us', '88888@lid', '99999@lid'] })).toEqual({ ok: [['6281@c.us', 1, '6281@c.us'], ['88888@lid', 1, '6288@c.us'], ['99999@lid', 1, '99999@lid']] });
  });

  test('a module that is gone is a fault of the page, and no number that does not exist', async () => {
    expect(await bridgeWith({})('checkNumbers', { jids: ['6281@c.us'] })).toMatchObject({ error: { code: 'page' } });
  });
});

describe('groups in the page', () => {
  const invite = (answer: () => unknown): Modules => ({ WAWebMexFetchGroupInviteCodeJob: { fetchMexGroupInviteCode: async () => answer() } });
  const refuse = (status: number) => () => {
    throw refusal(status);
  };

  test.each([
    ['an object', () => ({ code: 'AbC' }), { ok: 'AbC' }],
    ['a text', () => 'AbC', { ok: 'AbC' }],
    ['nothing', () => undefined, { error: { code: 'refused' } }],
    ['401', refuse(401), { error: { code: 'group_forbidden' } }],
    ['403', refuse(403), { error: { code: 'group_forbidden' } }],
    ['404', refuse(404), { error: { code: 'group_not_found' } }],
    ['429', refuse(429), { error: { code: 'refused', message: 'WhatsApp refused it with code 429.' } }],
  ])('an invite code: %s', async (_what, answer, expected) => {
    expect(await bridgeWith({ ...groupOf(['628111@c.us*']), ...invite(answer) })('inviteCode', { groupId: GROUP })).toMatchObject(expected);
  });

  test('adding: a refusal of the whole request is one, and stops it', async () => {
    let asked = 0;
    const rpc = async () => {
      asked++;
      return { name: 'AddParticipantsResponseClientError', value: { errorAddParticipantsClientErrors: { value: { code: '403' } } } };
    };
    const call = bridgeWith({
      ...groupOf(['628111@c.us']),
      WAWebQueryExistsJob: { queryWidExists: async (id: unknown) => ({ wid: id }) },
      WAWebWidToJid: { widToUserJid: String, widToGroupJid: String },
      WASmaxGroupsAddParticipantsRPC: { sendAddParticipantsRPC: rpc },
    });
    expect(await call('addMembers', { groupId: GROUP, jids: ['62812@c.us', '62813@c.us'] })).toMatchObject({ error: { code: 'group_forbidden' } });
    expect(asked).toBe(1);
  });

  test('adding: what was done before a refusal is told', async () => {
    const added = { value: { addParticipantsParticipantMixins: null } };
    const success = { name: 'AddParticipantsResponseSuccess', value: { addParticipant: [{ addParticipantsParticipantAddedOrNonRegisteredWaUserParticipantErrorLidResponseMixinGroup: added }] } };
    const answers = [success, { name: 'AddParticipantsResponseServerError', value: { errorServerErrors: { value: { code: '429' } } } }];
    const call = bridgeWith({
      ...groupOf(['628111@c.us']),
      WAWebQueryExistsJob: { queryWidExists: async (id: unknown) => ({ wid: id }) },
      WAWebWidToJid: { widToUserJid: String, widToGroupJid: String },
      WASmaxGroupsAddParticipantsRPC: { sendAddParticipantsRPC: async () => answers.shift() },
    });
    expect(await call('addMembers', { groupId: GROUP, jids: ['62812@c.us', '62813@c.us', '62814@c.us'] })).toEqual({ ok: [['62812@c.us', 'added', 200], ['62813@c.us', 'failed', 429], ['62814@c.us', 'failed', 429]] });
  });

  test('a change that WhatsApp takes without a word, and does not make, has failed', async () => {
    const call = bridgeWith({ ...groupOf(['628111@c.us*', '62812@c.us']), WAWebModifyParticipantsGroupAction: { removeParticipants: async () => undefined } });
    expect(await call('changeMembers', { groupId: GROUP, jids: ['62812@c.us'], change: 'remove' })).toEqual({ ok: [['62812@c.us', 'failed', 400]] });
  });

  test('whoever is no admin, or no member, is told before anything is asked', async () => {
    for (const members of [['628111@c.us', '62812@c.us'], ['62812@c.us']]) {
      expect(await bridgeWith(groupOf(members))('changeMembers', { groupId: GROUP, jids: ['62812@c.us'], change: 'promote' })).toMatchObject({ error: { code: 'group_forbidden' } });
    }
    expect(await bridgeWith(groupOf([]))('groupInfo', { groupId: '120363000000000002@g.us' })).toMatchObject({ error: { code: 'group_not_found' } });
  });
});
