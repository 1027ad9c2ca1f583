import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { zCreatedGroup, zGroup, zMemberResults, type ChatListView, type CreatedGroupView, type GroupView, type MemberView } from '../../whatsapp-service/contracts/chat-api.js';
import { sleep } from '../../whatsapp-service/shared/clock.js';
import { BridgeApi, InProcessBridge, World } from '../helpers/bridge.js';
import { eventThat, faultsOf, messageThat, rowsOf } from '../helpers/flow.js';
import { until } from '../helpers/sandbox-client.js';

interface ErrorBody {
  error: { code: string; details?: { fields?: { field: string }[] } };
}

/** Not on WhatsApp; may only be invited. */
const [ABSENT, INVITE_ONLY] = ['081999000001', '081234560403'];
const [BUDI, SITI, JOKO] = ['0812-3456-7890', '+62 813-2222-3333', '6281455556666'];
const jidOf = (digits: string): string => `${digits}@c.us`;
const [BUDI_JID, SITI_JID, JOKO_JID] = [jidOf('6281234567890'), jidOf('6281322223333'), jidOf('6281455556666')];

let world: World;
let bridge: InProcessBridge;

const groupsOf = (session: string): string => `/api/sessions/${session}/groups`;
const create = async (session: string, subject: string, participants: unknown[]): Promise<CreatedGroupView> => zCreatedGroup.strict().parse(await bridge.api.ok('POST', groupsOf(session), { subject, participants }));
const info = async (session: string, id: string): Promise<GroupView> => zGroup.strict().parse(await bridge.api.ok('GET', `${groupsOf(session)}/${id}`));
const change = async (session: string, id: string, { action, people }: { action: 'add' | 'remove' | 'promote' | 'demote'; people: unknown[] }): Promise<MemberView[]> => {
  const path = `${groupsOf(session)}/${id}/participants${action === 'add' ? '' : `/${action}`}`;
  return zMemberResults.strict().parse(await bridge.api.ok('POST', path, action === 'add' ? { add: people } : { participants: people })).results;
};
const short = (results: MemberView[]): [string, string, number, string | null][] => results.map(({ jid, status, code, reason }) => [jid, status, code, reason]);
const refused = async (method: string, path: string, body?: unknown, api: BridgeApi = bridge.api): Promise<[number, string]> => {
  const answer = await api.request<ErrorBody>(method, path, body);
  return [answer.status, answer.body.error.code];
};
const membersOf = (group: GroupView): [string, boolean][] => group.participants.map(({ jid, is_admin: admin }) => [jid, admin]);

beforeAll(async () => {
  world = await World.open();
  bridge = await InProcessBridge.start(world, { SYNC_ON_READY: 'false' });
  await world.hub.unregister('6281999');
  await bridge.api.pair(world, 'sales', { seed: { chats: 12, groupShare: 0.5, participants: 5 } });
});
afterAll(async () => {
  const faults = faultsOf(world.receiver);
  await bridge.stop();
  await world.close();
  expect(faults).toEqual([]);
});

describe('a group is made once for each Idempotency-Key', () => {
  const named = async (subject: string): Promise<number> => (await bridge.api.ok<ChatListView>('GET', `/api/sessions/sales/chats?type=group&search=${subject}`)).chats.length;
  const ask = (key: string, subject: string) => bridge.api.request<CreatedGroupView & ErrorBody>('POST', groupsOf('sales'), { subject, participants: [BUDI] }, { 'Idempotency-Key': key });

  test('however often it is asked for, at once or later; another body is refused', async () => {
    const answers = await Promise.all([ask('team-1', 'Sekali'), ask('team-1', 'Sekali'), ask('team-1', 'Sekali')]);
    answers.push(await ask('team-1', 'Sekali'));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 200, 200, 201]);
    expect(new Set(answers.map(({ body }) => body.group_jid)).size).toBe(1);
    expect(await named('Sekali')).toBe(1);
    const other = await ask('team-1', 'Lain');
    expect([other.status, other.body.error.code]).toEqual([409, 'idempotency_key_reused']);
    expect((await ask('team-2', 'Sekali')).status).toBe(201);
    expect(await named('Sekali')).toBe(2);
  });

  test('a request whose end is not known is not repeated', async () => {
    await world.hub.hangPage('sales', 60_000);
    const lost = ask('team-3', 'Hilang');
    await until(() => rowsOf(join(world.dir, 'data'), "select 1 from group_request where key = 'team-3'").length > 0, { name: 'the request is under way' });
    await bridge.api.ok('POST', '/api/sessions/sales/restart');
    expect([(await lost).status, (await lost).body.error.code]).toEqual([503, 'session_unavailable']);
    const again = await ask('team-3', 'Hilang');
    expect([again.status, again.body.error.code]).toEqual([409, 'outcome_unknown']);
    await bridge.api.inState('sales', 'WORKING');
    expect((await ask('team-4', 'Hilang')).status).toBe(201);
  });
});

describe('a group of our own', () => {
  let id: string;
  let me: string;

  test('is created with people in any spelling; what became of each is told, and the backend hears of it', async () => {
    me = `${(await world.hub.state('sales')).phone}@c.us`;
    const made = await create('sales', ' Reseller Bandung ', [BUDI, SITI, ABSENT, INVITE_ONLY, '+6281234567890', `+${me.split('@')[0]}`]);
    id = made.group_jid;
    expect(made).toMatchObject({ group_jid: expect.stringMatching(/^120363\d+@g\.us$/), subject: 'Reseller Bandung' });
    expect(short(made.participants)).toEqual([
      [BUDI_JID, 'added', 200, null],
      [SITI_JID, 'added', 200, null],
      [jidOf('6281999000001'), 'failed', 404, 'not_on_whatsapp'],
      [jidOf('6281234560403'), 'invited', 403, null],
      [me, 'unchanged', 409, null],
    ]);
    expect(made.participants[0]).toMatchObject({ input: BUDI, phone: '+6281234567890' });
    const told = await eventThat(world.receiver, ['sales', 'group.update'], ({ data }) => data.group_jid === id);
    expect(told.data).toMatchObject({ action: 'create', author: { jid: me }, body: 'Reseller Bandung', recipients: [{ jid: BUDI_JID }, { jid: SITI_JID }] });
    const invitation = (await world.hub.sent('sales')).find((message) => message.type === 'groups_v4_invite');
    expect(invitation).toMatchObject({ to: jidOf('6281234560403'), deliveries: 1 });
  });

  test('is shown with its participants', async () => {
    const group = await info('sales', id);
    expect(group).toMatchObject({ group_jid: id, subject: 'Reseller Bandung', description: null, owner: { jid: me }, announce: false, restrict: false, is_member: true, is_admin: true, participants_count: 3 });
    expect(membersOf(group)).toEqual([[me, true], [BUDI_JID, false], [SITI_JID, false]]);
    expect(Math.abs(Date.now() - Date.parse(group.created_at ?? ''))).toBeLessThan(60_000);
  });

  test('takes messages, and is among the chats', async () => {
    const { id: message } = await bridge.api.ok<{ id: string }>('POST', '/api/messages', { session_id: 'sales', to: id, text: 'Selamat datang' });
    await bridge.api.messageIn(message, 'read');
    const { message_ids: [answer] } = await world.hub.inbound('sales', { group: id, from: '6281234567890', body: 'Terima kasih' });
    expect((await messageThat(world.receiver, 'sales', answer)).data).toMatchObject({ group_jid: id, group_name: 'Reseller Bandung', author: { jid: BUDI_JID }, participants_count: 3 });
    const { chats } = await bridge.api.ok<ChatListView>('GET', '/api/sessions/sales/chats?search=reseller%20bandung');
    expect(chats).toMatchObject([{ chat_id: id, group: { participants_count: 3 } }]);
  });

  test('people are added, invited, known already, or not to be had', async () => {
    const results = await change('sales', id, { action: 'add', people: [JOKO, BUDI, ABSENT, INVITE_ONLY] });
    expect(short(results)).toEqual([
      [JOKO_JID, 'added', 200, null],
      [BUDI_JID, 'unchanged', 409, null],
      [jidOf('6281999000001'), 'failed', 404, 'not_on_whatsapp'],
      [jidOf('6281234560403'), 'invited', 403, null],
    ]);
    const told = await eventThat(world.receiver, ['sales', 'group.join'], ({ data }) => data.group_jid === id);
    expect(told.data).toMatchObject({ action: 'add', author: { jid: me }, recipients: [{ jid: JOKO_JID, phone: '+6281455556666' }] });
  });

  test('people are promoted, demoted and removed; what is so already, and who is not there, is told', async () => {
    expect(short(await change('sales', id, { action: 'promote', people: [BUDI, SITI] }))).toEqual([[BUDI_JID, 'promoted', 200, null], [SITI_JID, 'promoted', 200, null]]);
    expect(short(await change('sales', id, { action: 'promote', people: [BUDI, '081277777777'] }))).toEqual([[BUDI_JID, 'unchanged', 200, null], [jidOf('6281277777777'), 'failed', 404, 'not_a_member']]);
    expect(short(await change('sales', id, { action: 'demote', people: [BUDI, JOKO, me] }))).toEqual([[BUDI_JID, 'demoted', 200, null], [JOKO_JID, 'unchanged', 200, null], [me, 'failed', 400, 'refused']]);
    expect(short(await change('sales', id, { action: 'remove', people: [JOKO, '081277777777'] }))).toEqual([[JOKO_JID, 'removed', 200, null], [jidOf('6281277777777'), 'unchanged', 404, null]]);
    expect(membersOf(await info('sales', id))).toEqual([[me, true], [BUDI_JID, false], [SITI_JID, true]]);
    for (const [event, action, jid] of [['group.update', 'promote', BUDI_JID], ['group.update', 'demote', BUDI_JID], ['group.leave', 'remove', JOKO_JID]] as const) {
      await eventThat(world.receiver, ['sales', event], ({ data }) => data.group_jid === id && data.action === action && data.recipients[0]?.jid === jid);
    }
  });

  test('an invite link stays the same until it is revoked', async () => {
    const link = async (): Promise<string> => (await bridge.api.ok<{ invite_link: string }>('GET', `${groupsOf('sales')}/${id}/invite-link`)).invite_link;
    const first = await link();
    expect(first).toMatch(/^https:\/\/chat\.whatsapp\.com\/\w+$/);
    expect(await link()).toBe(first);
    const { invite_link: second } = await bridge.api.ok<{ invite_link: string }>('POST', `${groupsOf('sales')}/${id}/invite-link/revoke`);
    expect(second).not.toBe(first);
    expect(await link()).toBe(second);
  });

  test('outlives a restart of the page, and may be left', async () => {
    await bridge.api.ok('POST', '/api/sessions/sales/restart');
    await bridge.api.inState('sales', 'WORKING');
    expect(membersOf(await info('sales', id))).toEqual([[me, true], [BUDI_JID, false], [SITI_JID, true]]);
    expect((await bridge.api.request('POST', `${groupsOf('sales')}/${id}/leave`)).status).toBe(204);
    await eventThat(world.receiver, ['sales', 'group.leave'], ({ data }) => data.group_jid === id && data.action === 'leave' && data.recipients[0]?.jid === me);
    expect(await info('sales', id)).toMatchObject({ is_member: false, is_admin: false, participants_count: 2 });
    expect(await refused('POST', `${groupsOf('sales')}/${id}/leave`)).toEqual([403, 'group_forbidden']);
    expect(await refused('POST', `${groupsOf('sales')}/${id}/participants`, { add: [JOKO] })).toEqual([403, 'group_forbidden']);
  });
});

describe('what is not ours to do', () => {
  test('a group of which the account is no admin: it may add, and nothing else', async () => {
    const { chats } = await bridge.api.ok<ChatListView>('GET', '/api/sessions/sales/chats?type=group&limit=50');
    const groups = await Promise.all(chats.map((chat) => info('sales', chat.chat_id)));
    const others = groups.find((group) => group.is_member && !group.is_admin);
    const id = others?.group_jid ?? '';
    const someone = others?.participants.find((person) => !person.is_admin && person.phone !== null)?.jid ?? '';
    for (const action of ['remove', 'promote', 'demote']) expect(await refused('POST', `${groupsOf('sales')}/${id}/participants/${action}`, { participants: [someone] })).toEqual([403, 'group_forbidden']);
    expect(await refused('GET', `${groupsOf('sales')}/${id}/invite-link`)).toEqual([403, 'group_forbidden']);
    expect(await refused('POST', `${groupsOf('sales')}/${id}/invite-link/revoke`)).toEqual([403, 'group_forbidden']);
    expect(short(await change('sales', id, { action: 'add', people: [JOKO] }))).toEqual([[JOKO_JID, 'added', 200, null]]);
  });

  test('a group that is none', async () => {
    const none = `${groupsOf('sales')}/120363999999999999@g.us`;
    expect(await refused('GET', none)).toEqual([404, 'group_not_found']);
    for (const rest of ['/leave', '/invite-link/revoke']) expect(await refused('POST', none + rest)).toEqual([404, 'group_not_found']);
    expect(await refused('POST', `${none}/participants`, { add: [JOKO] })).toEqual([404, 'group_not_found']);
    expect(await refused('GET', `${groupsOf('sales')}/${BUDI_JID}`)).toEqual([400, 'invalid_request']);
  });

  test('a wrong number is told before anything is done', async () => {
    const before = (await world.hub.state('sales')).chats;
    const answer = await bridge.api.request<ErrorBody>('POST', groupsOf('sales'), { subject: 'Arisan', participants: [BUDI, 'budi', '120363999999999999@g.us'] });
    expect([answer.status, answer.body.error.code, answer.body.error.details?.fields?.map(({ field }) => field)]).toEqual([400, 'invalid_phone', ['body.participants.1', 'body.participants.2']]);
    expect(await refused('POST', groupsOf('sales'), { subject: ' ', participants: [BUDI] })).toEqual([400, 'invalid_request']);
    expect(await refused('POST', groupsOf('sales'), { subject: 'Arisan', participants: [] })).toEqual([400, 'invalid_request']);
    expect((await world.hub.state('sales')).chats).toBe(before);
  });

  test('a key that may only read', async () => {
    const { key } = await bridge.api.ok<{ key: string }>('POST', '/api/keys', { name: 'reader', scopes: ['read'] });
    const reader = new BridgeApi(bridge.api.url, key);
    const { chats: [group] } = await bridge.api.ok<ChatListView>('GET', '/api/sessions/sales/chats?type=group&limit=1');
    expect((await reader.request('GET', `${groupsOf('sales')}/${group?.chat_id}`)).status).toBe(200);
    expect(await refused('POST', groupsOf('sales'), { subject: 'Arisan', participants: [BUDI] }, reader)).toEqual([403, 'forbidden']);
    expect(await refused('GET', `${groupsOf('sales')}/${group?.chat_id}/invite-link`, undefined, reader)).toEqual([403, 'forbidden']);
  });
});

test('an account that knows people by LID has its groups by phones', async () => {
  await bridge.api.pair(world, 'lids', { lidMode: true });
  const { group_jid: id, participants } = await create('lids', 'Keluarga', [BUDI, SITI, INVITE_ONLY]);
  expect(short(participants)).toEqual([[BUDI_JID, 'added', 200, null], [SITI_JID, 'added', 200, null], [jidOf('6281234560403'), 'invited', 403, null]]);
  const group = await info('lids', id);
  expect(group.participants.map(({ phone, lid }) => [phone, lid?.endsWith('@lid')])).toEqual([[`+${(await world.hub.state('lids')).phone}`, true], ['+6281234567890', true], ['+6281322223333', true]]);
  expect(group).toMatchObject({ is_admin: true, is_member: true });
  const budiLid = group.participants[1]?.lid ?? '';
  expect(short(await change('lids', id, { action: 'promote', people: [budiLid] }))).toEqual([[budiLid, 'promoted', 200, null]]);
  expect(short(await change('lids', id, { action: 'remove', people: [BUDI] }))).toEqual([[BUDI_JID, 'removed', 200, null]]);
  expect(short(await change('lids', id, { action: 'add', people: [JOKO, SITI] }))).toEqual([[JOKO_JID, 'added', 200, null], [SITI_JID, 'unchanged', 409, null]]);
  const told = await eventThat(world.receiver, ['lids', 'group.join'], ({ data }) => data.group_jid === id);
  expect(told.data.recipients).toMatchObject([{ jid: JOKO_JID, phone: '+6281455556666' }]);
});

test('a page that is cut off while it makes a group: nobody can tell, and the answer says so', async () => {
  await bridge.api.pair(world, 'cut');
  // Nothing outside the page tells that it has begun.
  await world.hub.slowPage('cut', 20_000);
  const making = bridge.api.request<ErrorBody>('POST', groupsOf('cut'), { subject: 'Putus', participants: [BUDI] });
  await sleep(1_500);
  await bridge.api.ok('POST', '/api/sessions/cut/stop');
  const { status, body } = await making;
  expect([status, body.error.code, body.error.details]).toEqual([503, 'session_unavailable', { outcome: 'unknown', hint: expect.any(String) }]);
});
