import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { BlastJobView } from '../../whatsapp-service/contracts/blast-api.js';
import { BridgeApi, BridgeProcess, World } from '../helpers/bridge.js';
import { freePort } from '../helpers/free-port.js';
import { programArgs } from '../helpers/programs.js';
import { until } from '../helpers/sandbox-client.js';

/** The broadcast face: within the service, and as a process of its own over the same database, both really running. */
let world: World;
let service: BridgeProcess;
let face: ChildProcess;
let api: BridgeApi;

interface Job {
  job_id: string;
  job: BlastJobView;
  notice: string | null;
}

beforeAll(async () => {
  world = await World.open();
  service = await BridgeProcess.start(world);
  await service.api.pair(world, 'sales', { workspace_id: 7 });
  const port = String(await freePort());
  face = spawn(process.execPath, programArgs('main-broadcast'), { env: { PATH: process.env.PATH, HOME: process.env.HOME, ...world.env({ BROADCAST_PORT: port }) }, stdio: ['ignore', 'ignore', 'inherit'] });
  api = new BridgeApi(`http://127.0.0.1:${port}`);
  await until(() => fetch(`${api.url}/health`).then((answer) => answer.ok, () => false), { timeoutMs: 30_000, name: 'the face answers' });
});
afterAll(async () => {
  const ended = face.exitCode === null ? once(face, 'exit') : null;
  face.kill('SIGTERM');
  await ended;
  if (service.child.exitCode === null && service.child.signalCode === null) await service.terminate();
  await world.close();
});

const phones = (from: number, count: number): string[] => Array.from({ length: count }, (_, index) => `+62812${String(40_000_000 + from + index)}`);
const status = (id: string): Promise<Job> => api.ok<Job>('GET', `/broadcast/${id}/status`);
const ended = (id: string, state: string): Promise<Job> =>
  until(async () => {
    const found = await status(id);
    return found.job.state === state ? found : null;
  }, { timeoutMs: 40_000, name: `${id} is ${state}` });

test('a job that the face takes in is sent by the service; pause, one message, resume and cancel reach it', async () => {
  const started = await api.ok<Job & { accepted: number }>('POST', '/broadcast', { session_id: 'sales', message: 'Halo', recipients: phones(0, 20), pace: { per_second: 4 } });
  expect(started).toMatchObject({ accepted: 20, notice: null, job: { state: 'RUNNING', skipRecipientsInAddress: true } });
  const id = started.job_id;
  await until(async () => (await status(id)).job.progress.states.sent + (await status(id)).job.progress.states.delivered > 0, { timeoutMs: 15_000, name: 'the service sends' });

  expect((await api.ok<Job>('POST', `/broadcast/pause/${id}`, {})).job.state).toBe('PAUSED');
  const paused = (await status(id)).job.progress.states;
  const { recipients } = await service.api.ok<{ recipients: { id: number; state: string }[] }>('GET', `/api/whatsapp/blast/${id}/recipients?state=queued`);
  const [one, two] = recipients.map((recipient) => recipient.id).slice(-2);
  await api.ok('POST', `/broadcast/cancel/${id}`, { recipient_id: one });
  await api.ok('POST', `/broadcast/pause/${id}`, { recipient_id: two });
  expect((await status(id)).job.progress.states).toMatchObject({ cancelled: 1, paused: 1, queued: paused.queued - 2 });
  expect(await service.api.ok('GET', `/api/whatsapp/blast/${id}/recipients?state=paused`)).toMatchObject({ recipients: [{ id: two, state: 'paused', reason: { code: 'message_paused' } }] });
  expect((await api.request('POST', `/broadcast/resume/${id}`, { recipient_id: one })).status).toBe(409);
  expect((await api.ok<Job>('POST', `/broadcast/resume/${id}`)).job.state).toBe('RUNNING');
  // The message that is paused alone stays so, and the job is not over without it.
  const waiting = await until(async () => {
    const { job } = await status(id);
    return job.progress.done === 19 ? job : null;
  }, { timeoutMs: 40_000, name: 'all others are sent' });
  expect([waiting.state, waiting.progress.states.paused, waiting.progress.seconds_left]).toEqual(['RUNNING', 1, 0]);
  await api.ok('POST', `/broadcast/resume/${id}`, { recipient_id: two });
  const done = await ended(id, 'COMPLETED');
  expect(done.job.progress.states.cancelled).toBe(1);
  const all = await world.hub.sent('sales');
  const sent = phones(0, 20).map((phone) => all.filter((message) => message.to === `${phone.slice(1)}@c.us`).length);
  expect(sent.filter((count) => count === 1)).toHaveLength(19);
  expect(sent.filter((count) => count > 1)).toEqual([]);

  const other = await api.ok<Job>('POST', '/broadcast', { session_id: 'sales', message: 'Halo', recipients: phones(100, 30), pace: { per_second: 2 } });
  expect((await api.ok<Job>('POST', `/broadcast/cancel/${other.job_id}`)).job.state).toBe('STOPPED');
  expect((await api.ok<{ jobs: BlastJobView[] }>('GET', '/broadcast/jobs')).jobs.map((job) => job.id)).toEqual([other.job_id, id]);
});

test('contacts are imported and listed under its own paths, and are whom a tag names', async () => {
  const form = new FormData();
  form.set('workspace_id', '7');
  form.set('tags', 'vip');
  form.set('file', new Blob(['phone,name\n0812-5000-0001,Budi\n0812-5000-0002,Siti\n']), 'people.csv');
  const imported = await fetch(`${api.url}/contacts/import`, { method: 'POST', headers: { 'X-Api-Key': api.key }, body: form });
  expect([imported.status, await imported.json()]).toMatchObject([200, {}]);
  expect(await api.ok('GET', '/contacts?workspace_id=7')).toMatchObject({ contacts: [{ phone: '+6281250000001', name: 'Budi' }, { phone: '+6281250000002' }] });
  const started = await api.ok<Job & { accepted: number }>('POST', '/broadcast', { session_id: 'sales', message: 'Halo {{name}}', tag: 'vip' });
  expect(started.accepted).toBe(2);
  await ended(started.job_id, 'COMPLETED');
  expect((await world.hub.sent('sales')).map(({ body }) => body)).toEqual(expect.arrayContaining(['Halo Budi', 'Halo Siti']));
  expect((await api.request('POST', '/broadcast', { session_id: 'sales', message: 'x', tag: 'nobody' })).status).toBe(400);
});

test('without the service it says that nothing is sent, and what it took in goes out when the service is back', async () => {
  await service.kill();
  const started = await api.ok<Job>('POST', '/broadcast', { session_id: 'sales', message: 'Halo', recipients: phones(200, 3) });
  expect(started).toMatchObject({ notice: expect.stringContaining('Nothing is sent'), job: { state: 'RUNNING', progress: { done: 0 } } });
  service = await BridgeProcess.start(world);
  await ended(started.job_id, 'COMPLETED');
  expect((await status(started.job_id)).notice).toBeNull();
});

test('a dry run sends and stores nothing', async () => {
  const before = (await world.hub.sent('sales')).length;
  const { status: code, body } = await api.request('POST', '/broadcast', { session_id: 'sales', message: 'dry', recipients: phones(300, 3), dry_run: true });
  expect([code, body]).toMatchObject([200, { dry_run: true, to_send: 3 }]);
  expect((await api.ok<{ jobs: BlastJobView[] }>('GET', '/broadcast/jobs')).jobs.every((job) => job.content.text !== 'dry')).toBe(true);
  expect(await world.hub.sent('sales')).toHaveLength(before);
});

test.each([
  [{}, 'invalid_request'],
  [{ session_id: 'sales', message: ' ', recipients: ['0812-3456-7890'] }, 'invalid_request'],
  [{ session_id: 'sales', message: 'x' }, 'invalid_request'],
  [{ session_id: 'sales', message: 'x', recipients: ['0812-3456-7890'], tag: 'a' }, 'invalid_request'],
  [{ session_id: 'sales', message: 'x', content: { type: 'text', text: 'y' }, recipients: ['0812-3456-7890'] }, 'invalid_request'],
  [{ session_id: 'sales', message: 'x', recipients: ['0812-3456-7890'], skipRecipientsInAddress: 'no' }, 'invalid_request'],
  [{ session_id: 'none', message: 'x', recipients: ['0812-3456-7890'] }, 'session_not_found'],
])('%j: %s', async (body, code) => {
  expect((await api.request<{ error: { code: string } }>('POST', '/broadcast', body)).body.error.code).toBe(code);
});
