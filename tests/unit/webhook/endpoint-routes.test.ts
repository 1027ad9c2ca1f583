import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { EndpointView } from '../../../whatsapp-service/contracts/webhook-api.js';
import type { SessionId } from '../../../whatsapp-service/shared/ids.js';
import { RecordingReceiver } from '../../helpers/recording-receiver.js';
import { until } from '../../helpers/sandbox-client.js';
import { addSession } from '../../helpers/temp-storage.js';
import { OutboxWorld } from './webhook-fixture.js';

const SECRET = 'nM4kQ8vX2rT6wZ1yB5cD9fG3hJ7lP0sV';
const NEXT_SECRET = 'zA1xS2wQ3eD4cR5fV6tG7bY8hN9uJ0mK';
const PATH = '/api/webhooks/endpoints';

let world: OutboxWorld;
let crm: RecordingReceiver;
let sales: SessionId;

beforeEach(async () => {
  world = await OutboxWorld.open();
  crm = await RecordingReceiver.start({ secrets: [SECRET, NEXT_SECRET] });
  sales = await addSession(world.storage);
});
afterEach(async () => {
  await world.close();
  await crm.close();
});

interface Added {
  status: number;
  body: EndpointView & { secret: string | null };
  error: { code: string };
}

async function add(more: Record<string, unknown> = {}, key = 'admin-key'): Promise<Added> {
  const answer = await world.server.ask('POST', PATH, { key, json: { session_id: 'sales', url: `${crm.url}/hook?tenant=acme`, secret: SECRET, ...more } });
  return { status: answer.status, body: answer.body as Added['body'], error: answer.error };
}

describe('an endpoint of the API', () => {
  test('hears what it asked for, at its own URL, signed with its own secret, without a credential of ours', async () => {
    const { status, body } = await add({ events: ['message.*'], headers: { 'X-Tenant': 'acme', Authorization: 'Bearer theirs' } });
    expect(status).toBe(201);
    expect(body).toMatchObject({ session_id: 'sales', events: ['message.*'], header_names: ['X-Tenant', 'Authorization'], state: 'open', secret: null });
    await world.happen(sales, 'a', 2);
    await world.happen(sales, 'a', 1, 'session.qr');
    await crm.waitFor(() => crm.accepted().length >= 2, { what: 'two deliveries' });
    await world.settled();
    expect(crm.requests.map((request) => [request.path, request.event, request.attempt, request.plainOk, request.standardOk])).toEqual([1, 1].map((attempt) => ['/hook?tenant=acme', 'message.revoked', attempt, true, true]));
    expect(crm.requests[0]?.headers).toMatchObject({ 'x-tenant': 'acme', authorization: 'Bearer theirs' });
    expect(JSON.stringify(crm.requests[0]?.headers)).not.toContain('token-of-the-backend');
    expect(world.receiver.requests.map(({ path, event }) => [path, event])).toEqual([['/api/whatsapp/webhook', 'message.revoked'], ['/api/whatsapp/webhook', 'message.revoked'], ['/api/whatsapp/webhook', 'session.qr']]);
    // One delivery for each event and endpoint.
    expect((await world.rows()).map(({ endpoint }) => endpoint).sort()).toEqual(['default', 'default', 'default', body.id, body.id].sort());
  });

  test('shows a secret that was made once, and never those that were given, nor a header', async () => {
    const made = await add({ secret: undefined, headers: { 'X-Token': 'hunter2' } });
    expect(made.body.secret).toMatch(/^whsec_[\w+/]{43}=$/);
    const shown = JSON.stringify([await world.server.ask('GET', PATH, { key: 'admin-key' }), await world.server.ask('GET', `${PATH}/${made.body.id}`, { key: 'admin-key' })]);
    expect(shown).toContain(made.body.id);
    for (const secret of [made.body.secret!, 'hunter2']) expect(shown).not.toContain(secret);
  });

  test('has two secrets during a change', async () => {
    const { body } = await add();
    const rotated = await world.server.ask('POST', `${PATH}/${body.id}/secret`, { key: 'admin-key', json: { secret: NEXT_SECRET, keep_previous_hours: 1 } });
    expect([rotated.status, (rotated.body as EndpointView).previous_secret_until]).toEqual([200, expect.any(String)]);
    await world.happen(sales, 'a');
    await crm.waitFor(() => crm.accepted().length === 1, { what: 'the delivery' });
    expect(String(crm.requests[0]?.headers['webhook-signature']).split(' ')).toHaveLength(2);
    expect(crm.requests[0]?.standardOk).toBe(true);
    await world.server.ask('POST', `${PATH}/${body.id}/secret`, { key: 'admin-key', json: { secret: SECRET, keep_previous_hours: 0 } });
    await world.happen(sales, 'a');
    await crm.waitFor(() => crm.accepted().length === 2, { what: 'the next delivery' });
    expect(crm.requests[1]).toMatchObject({ plainOk: true, headers: { 'webhook-signature': expect.not.stringContaining(' ') } });
    expect((await world.server.ask('POST', `${PATH}/${body.id}/secret`, { key: 'admin-key', json: { secret: SECRET } })).status).toBe(400);
  });

  test('that is away or refuses us holds up no other', async () => {
    const { body } = await add();
    crm.answerWith({ status: 401 });
    for (const chat of ['a', 'b', 'c']) await world.happen(sales, chat, 3);
    await world.receiver.waitFor(() => world.receiver.accepted().length === 9, { what: 'all of them at the backend' });
    await until(async () => ((await world.server.ask('GET', `${PATH}/${body.id}`, { key: 'admin-key' })).body as EndpointView).state === 'paused', { name: 'paused' });
    expect((await world.metrics.render()).text).toContain(`bridge_endpoint_paused{endpoint="${body.id}"} 1`);
    crm.accept();
    await world.settled();
    expect(crm.accepted()).toHaveLength(9);
  });

  test('can be moved while something waits for it, and deleted; what it did not get are dead letters', async () => {
    const { body } = await add();
    await crm.down();
    await world.happen(sales, 'a');
    const other = await RecordingReceiver.start({ secrets: [SECRET] });
    expect((await world.server.ask('PATCH', `${PATH}/${body.id}`, { key: 'admin-key', json: { url: other.url } })).status).toBe(200);
    await other.waitFor(() => other.accepted().length === 1, { what: 'the delivery at its new place' });
    await other.down();
    await world.happen(sales, 'b', 2);
    expect((await world.server.ask('DELETE', `${PATH}/${body.id}`, { key: 'admin-key' })).status).toBe(204);
    const rows = (await world.settled()).filter(({ endpoint }) => endpoint === body.id);
    expect(rows.map(({ state }) => state)).toEqual(['delivered', 'dead', 'dead']);
    const [, dead] = rows;
    const again = await world.server.ask('POST', `/api/webhooks/deliveries/${dead!.id}/redeliver`, { key: 'admin-key' });
    expect([again.status, (again.body as { error: { code: string } }).error.code]).toEqual([409, 'endpoint_gone']);
  });

  test('of a session that was deleted goes when it has everything', async () => {
    const { body } = await add();
    await world.storage.db.deleteFrom('session').execute();
    await world.outbox.sweep();
    expect((await world.server.ask('GET', `${PATH}/${body.id}`, { key: 'admin-key' })).status).toBe(404);
  });
});

describe('is refused:', () => {
  // prettier-ignore
  test.each<[string, Record<string, unknown>, string]>([
    ['a private address', { url: 'http://10.0.0.7/hook' }, 'endpoint_url_not_allowed'],
    ['the address of a cloud’s metadata', { url: 'http://169.254.169.254/latest' }, 'endpoint_url_not_allowed'],
    ['loopback by name', { url: 'http://localhost:8080/' }, 'endpoint_url_not_allowed'],
    ['loopback as a number', { url: 'http://2130706434/' }, 'endpoint_url_not_allowed'],
    ['IPv6 loopback', { url: 'http://[::1]/' }, 'endpoint_url_not_allowed'],
    ['IPv4 in IPv6', { url: 'http://[::ffff:10.0.0.7]/' }, 'endpoint_url_not_allowed'],
    ['another scheme', { url: 'file:///etc/passwd' }, 'invalid_request'],
    ['a password in the URL', { url: 'https://me:pass@crm.example.com' }, 'invalid_request'],
    ['a weak secret', { secret: 'changeme' }, 'invalid_request'],
    ['an event that is none', { events: ['mesage'] }, 'invalid_request'],
    ['a pattern that names nothing', { events: ['foo.*'] }, 'invalid_request'],
    ['no event', { events: [] }, 'invalid_request'],
    ['a header of ours', { headers: { 'X-Webhook-Signature': 'x' } }, 'invalid_request'],
    ['a header of ours in other letters', { headers: { 'WEBHOOK-ID': 'x' } }, 'invalid_request'],
    ['the length of the body', { headers: { 'content-length': '1' } }, 'invalid_request'],
    ['a line break in a header', { headers: { 'X-A': 'a\r\nX-Webhook-Event: call' } }, 'invalid_request'],
    ['a line break in a header’s name', { headers: { 'X-A\r\nX-B': 'a' } }, 'invalid_request'],
    ['one header twice', { headers: { 'X-A': '1', 'x-a': '2' } }, 'invalid_request'],
    ['an unknown field', { evnts: [] }, 'invalid_request'],
    ['an unknown session', { session_id: 'nobody' }, 'session_not_found'],
  ])('%s', async (_name, more, code) => {
    const { status, error } = await add(more);
    expect([status >= 400 && status < 500, error.code]).toEqual([true, code]);
    expect(await world.storage.db.selectFrom('webhook_endpoint').selectAll().execute()).toEqual([]);
  });
});

test('a key that is limited to sessions sees and adds only endpoints of those', async () => {
  await addSession(world.storage, 'other');
  const { body: mine } = await add({}, 'limited-key');
  const { body: foreign } = await add({ session_id: 'other' });
  const { body: everyones } = await add({ session_id: null });
  expect((await add({ session_id: null }, 'limited-key')).error.code).toBe('forbidden');
  expect((await add({ session_id: 'other' }, 'limited-key')).error.code).toBe('forbidden');
  const list = (await world.server.ask('GET', PATH, { key: 'limited-key' })).body as { endpoints: EndpointView[] };
  expect(list.endpoints.map(({ id }) => id)).toEqual([mine.id]);
  for (const { id } of [foreign, everyones]) for (const method of ['GET', 'DELETE']) expect((await world.server.ask(method, `${PATH}/${id}`, { key: 'limited-key' })).status).toBe(404);
  expect((await world.server.ask('GET', PATH, { key: 'read-key' })).status).toBe(403);
});
