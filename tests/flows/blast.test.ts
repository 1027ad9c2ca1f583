import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { DatabaseSync } from '@photostructure/sqlite';
import { join } from 'node:path';
import type { BlastJobView, BlastRecipientList, DryRun, StartedBlast } from '../../whatsapp-service/contracts/blast-api.js';
import type { LogFields } from '../../whatsapp-service/shared/logger.js';
import { silentLogger } from '../../whatsapp-service/shared/logger.js';
import { InProcessBridge, World } from '../helpers/bridge.js';
import { eventsOf, faultsOf } from '../helpers/flow.js';
import { until } from '../helpers/sandbox-client.js';

const ROOT = '/api/whatsapp/blast';
const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYGD4z8DAwMAAAAUAAbJ7NiQAAAAASUVORK5CYII=';

let world: World;
let bridge: InProcessBridge;
const lines: { message: string; fields: LogFields }[] = [];
const keep = (message: string, fields: LogFields = {}): void => void lines.push({ message, fields });
const logger = { ...silentLogger, info: keep, warn: keep, child: () => logger };

const startBridge = (): Promise<InProcessBridge> => InProcessBridge.start(world, { SYNC_ON_READY: 'false', BLAST_PROGRESS_SECONDS: '1' }, { logger });

beforeAll(async () => {
  world = await World.open();
  bridge = await startBridge();
  await bridge.api.pair(world, 'sales', { seed: { chats: 5 } });
  // The address book of the workspace.
  const db = new DatabaseSync(join(world.dir, 'data', 'bridge.sqlite'));
  for (const phone of ['+6281230000001', '+6281230000002']) db.prepare('insert into address (workspace, phone, name, created_at, updated_at) values (?, ?, null, 1, 1)').run('7', phone);
  db.prepare("insert into opt_out (workspace, person, lid, opted_out, source, session_id, changed_at) values ('7', '+6281230000003', null, 1, 'api', null, 1)").run();
  db.close();
});
afterAll(async () => {
  await bridge.stop();
  await world.close();
});

const text = (body: string): object => ({ type: 'text', text: body });
const phones = (prefix: string, count: number): string[] => Array.from({ length: count }, (_, index) => `+62${prefix}${String(index).padStart(11 - prefix.length, '0')}`);
const start = (body: object): Promise<StartedBlast> => bridge.api.ok('POST', `${ROOT}/start`, { session_id: 'sales', ...body });
const get = (id: string): Promise<BlastJobView> => bridge.api.ok<BlastJobView>('GET', `${ROOT}/${id}`);
const act = (id: string, action: 'pause' | 'resume' | 'stop'): Promise<BlastJobView> => bridge.api.ok('POST', `${ROOT}/${id}/${action}`);
const that = (id: string, what: (job: BlastJobView) => boolean): Promise<BlastJobView> =>
  until(async () => {
    const job = await get(id);
    return what(job) ? job : null;
  }, { timeoutMs: 60_000, name: `blast ${id}: ${what.toString()}` });
const inState = (id: string, state: string): Promise<BlastJobView> => that(id, (job) => job.state === state);
const reached = ({ progress: { states } }: BlastJobView): number => states.sent + states.delivered + states.read;
const recipients = async (id: string): Promise<BlastRecipientList['recipients']> => (await bridge.api.ok<BlastRecipientList>('GET', `${ROOT}/${id}/recipients?limit=500`)).recipients;
/** What the simulated WhatsApp delivered with this text, by recipient. */
const delivered = async (body: string): Promise<string[]> => {
  const sent = (await world.hub.sent('sales')).filter((message) => message.body === body);
  expect(sent.filter(({ deliveries }) => deliveries > 1)).toEqual([]);
  return sent.filter(({ deliveries }) => deliveries === 1).map(({ to }) => `+${to.split('@')[0]}`);
};
const logged = (from: number, sentence: RegExp): string[] => lines.slice(from).filter(({ message }) => sentence.test(message)).map(({ fields }) => String(fields.phone));

describe('a blast', () => {
  test('reaches each recipient once, with their own text, and tells the backend', async () => {
    const { job, accepted, duplicates, invalid, invalid_rows: rows } = await start({
      content: text('Halo {{name|friend}}, code {{code|-}}'),
      recipients: ['0812-1000-0001', { phone: '+6281210000002', variables: { name: 'Budi', code: 7 } }, '6281210000001', 'nobody', '120363000000000001@g.us', null, '', { phone: null, variables: { name: 'Ani' } }],
    });
    expect({ accepted, duplicates, invalid, rows: rows.map(({ row, reason }) => [row, reason]) }).toEqual({ accepted: 2, duplicates: 1, invalid: 5, rows: [[4, 'invalid_phone'], [5, 'no_person'], [6, 'invalid_row'], [7, 'invalid_row'], [8, 'invalid_row']] });
    const done = await inState(job.id, 'COMPLETED');
    expect(done.progress).toMatchObject({ total: 2, done: 2, percent: 100, invalid: 5, skipped_by_reason: { duplicate: 1 } });
    expect((await recipients(job.id)).map(({ phone, attempts, session_id: session }) => ({ phone, attempts, session }))).toEqual([{ phone: '+6281210000001', attempts: 1, session: 'sales' }, { phone: '+6281210000002', attempts: 1, session: 'sales' }]);
    expect(await delivered('Halo friend, code -')).toEqual(['+6281210000001']);
    expect(await delivered('Halo Budi, code 7')).toEqual(['+6281210000002']);
    // What becomes of them later is told, too, and the figures stay right.
    const later = await that(job.id, ({ progress }) => progress.states.delivered + progress.states.read === 2);
    expect(Object.values(later.progress.states).reduce((sum, count) => sum + count, 0)).toBe(2);
    await world.receiver.waitFor(() => eventsOf(world.receiver, 'sales', 'blast.completed').find(({ data }) => data.blast_id === job.id), { what: 'blast.completed' });
    expect(eventsOf(world.receiver, 'sales', 'blast.started').map(({ data }) => data.blast_id)).toContain(job.id);
  });

  test('sends a file with a caption, and is written down as CSV', async () => {
    const { job } = await start({ content: { type: 'image', media: { base64: PNG, mimetype: 'image/png' }, caption: 'For {{name}}' }, recipients: [{ phone: '081210000011', variables: { name: '=A1' } }] });
    await inState(job.id, 'COMPLETED');
    const sent = (await world.hub.sent('sales')).filter(({ to }) => to === '6281210000011@c.us');
    expect(sent.map(({ type, body, deliveries }) => ({ type, body, deliveries }))).toEqual([{ type: 'image', body: 'For =A1', deliveries: 1 }]);
    const { body, headers } = await bridge.api.request<string>('GET', `${ROOT}/${job.id}/report.csv`);
    expect(headers.get('content-type')).toBe('text/csv; charset=utf-8');
    const [head, row, end] = body.split('\r\n');
    expect(head).toBe('phone,state,reason,detail,attempts,session_id,message_id,whatsapp_message_id,sent_at,delivered_at,read_at');
    expect(row).toMatch(/^\+6281210000011,(sent|delivered|read),,,1,sales,msg_[0-9a-f]{32},true_6281210000011@c\.us_3EB0/);
    expect(end).toBe('');
  });

  test('begins at its time, once for one Idempotency-Key', async () => {
    const body = { session_id: 'sales', content: text('planned'), recipients: ['081210000021'], schedule: { at: new Date(Date.now() + 1_500).toISOString() } };
    const headers = { 'Idempotency-Key': 'planned-1' };
    const first = await bridge.api.request<StartedBlast>('POST', `${ROOT}/start`, body, headers);
    const second = await bridge.api.request<StartedBlast>('POST', `${ROOT}/start`, body, headers);
    expect([first.status, second.status, first.body.job.state]).toEqual([202, 200, 'SCHEDULED']);
    expect(second.body.job.id).toBe(first.body.job.id);
    expect((await bridge.api.request('POST', `${ROOT}/start`, { ...body, name: 'other' }, headers)).status).toBe(409);
    await inState(first.body.job.id, 'COMPLETED');
    expect(await delivered('planned')).toEqual(['+6281210000021']);
  });

  test('tells in a dry run what it would do, and does nothing', async () => {
    const before = (await world.hub.sent('sales')).length;
    const run = await bridge.api.ok<DryRun>('POST', `${ROOT}/start`, {
      session_id: 'sales', dry_run: true, content: text('dry'), price_per_message: 350, pace: { per_minute: 30 },
      recipients: ['081230000001', '081230000003', '081230000009', '081230000009', '081230000010', 'x'],
    });
    expect(run).toMatchObject({ total: 6, to_send: 2, skipped: 3, invalid: 1, seconds: 4, cost: 700, skipRecipientsInAddress: true, skipped_by_reason: { in_address_book: 1, opted_out: 1, duplicate: 1 } });
    expect((await world.hub.sent('sales')).length).toBe(before);
  });

  test.each([
    [{ skipRecipientsInAddress: 'yes' }, 'body.skipRecipientsInAddress'],
    [{ recipients: [] }, 'body.recipients'],
    [{ pace: { quiet_hours: { from: '25:00', to: '07:00' } } }, 'body.pace.quiet_hours.from'],
    [{ pace: { time_zone: 'Mars/Olympus' } }, 'body.pace.time_zone'],
    [{ schedule: { at: '2026-02-30T09:00' } }, 'body.schedule.at'],
    [{ session_ids: ['sales'] }, 'body.session_id'],
    [{ wrong: 1 }, 'body.wrong'],
  ])('%j is a 400 that names the field', async (more, field) => {
    const { status, body } = await bridge.api.request<{ error: { details: { fields: { field: string }[] } } }>('POST', `${ROOT}/start`, { session_id: 'sales', content: text('x'), recipients: ['081230000001'], ...more });
    expect([status, body.error.details.fields.map((problem) => problem.field)]).toEqual([400, [field]]);
  });
});

describe('skipRecipientsInAddress', () => {
  const people = ['081230000001', '081230000002', '081230000003', '081230000004'];
  const reasons = async (id: string): Promise<(string | undefined)[]> => (await recipients(id)).map(({ state, reason }) => (state === 'skipped' ? reason?.code : 'reached'));

  test.each([undefined, null, true])('%j: who is in the address book is SKIPPED and gets nothing', async (flag) => {
    const from = lines.length;
    const { job } = await start({ content: text(`flag ${flag}`), recipients: people, ...(flag !== undefined && { skipRecipientsInAddress: flag }) });
    expect(job.skipRecipientsInAddress).toBe(true);
    await inState(job.id, 'COMPLETED');
    expect(await reasons(job.id)).toEqual(['in_address_book', 'in_address_book', 'opted_out', 'reached']);
    expect(await delivered(`flag ${flag}`)).toEqual(['+6281230000004']);
    expect(logged(from, /SKIPPED: in_address_book, skipRecipientsInAddress=true/)).toEqual(['+6281230000001', '+6281230000002']);
    expect(logged(from, /SKIPPED: opted_out, skipRecipientsInAddress=true/)).toEqual(['+6281230000003']);
  });

  test('false: they get it, and the log says so; an opt-out holds', async () => {
    const from = lines.length;
    const { job } = await start({ content: text('flag off'), recipients: people, skipRecipientsInAddress: false });
    await inState(job.id, 'COMPLETED');
    expect(await reasons(job.id)).toEqual(['reached', 'reached', 'opted_out', 'reached']);
    expect(await delivered('flag off')).toEqual(['+6281230000001', '+6281230000002', '+6281230000004']);
    expect(logged(from, /is in the address book and is sent to.*skipRecipientsInAddress=false/)).toEqual(['+6281230000001', '+6281230000002']);
    const { body: metrics } = await bridge.api.request<string>('GET', '/metrics');
    expect(metrics).toMatch(/^bridge_blast_skipped_recipients\{reason="in_address_book",flag="true"\} \d+$/m);
    expect(metrics).toMatch(/^bridge_blast_skipped_recipients\{reason="opted_out",flag="false"\} 1$/m);
  });

  test.each([true, false])('%j is kept through pause, edit, resume and a restart, and the figures add up', async (flag) => {
    const body = `mode ${flag}`;
    const everyone = [...people.slice(0, 2), ...phones(flag ? '8125' : '8126', 30)];
    const { job } = await start({ content: text(body), recipients: everyone, skipRecipientsInAddress: flag, pace: { per_second: 10 } });
    await that(job.id, (now) => reached(now) >= 3);
    const paused = await act(job.id, 'pause');
    expect([paused.state, paused.skipRecipientsInAddress, paused.reason?.code]).toEqual(['PAUSED', flag, 'paused_by_request']);
    // One message may have been on its way; nothing more begins.
    const still = await that(job.id, ({ progress }) => progress.states.processing === 0);
    const count = reached(still);
    const edited = await bridge.api.ok<BlastJobView>('PATCH', `${ROOT}/${job.id}`, { pace: { per_second: 0 }, remove_recipients: everyone.slice(-2) });
    expect([edited.skipRecipientsInAddress, edited.progress.states.cancelled, edited.pace.per_second]).toEqual([flag, 2, 0]);
    await bridge.stop();
    bridge = await startBridge();
    await bridge.api.inState('sales', 'WORKING');
    expect(reached(await get(job.id))).toBe(count);
    expect((await act(job.id, 'resume')).skipRecipientsInAddress).toBe(flag);
    const done = await inState(job.id, 'COMPLETED');
    expect((await delivered(body)).sort()).toEqual((flag ? everyone.slice(2, -2) : everyone.slice(0, -2)).map((phone) => phone.replace(/^0/, '+62')).sort());
    expect(done.progress.states).toMatchObject({ skipped: flag ? 2 : 0, cancelled: 2, queued: 0, processing: 0, failed: 0 });
    await bridge.api.inState('sales', 'WORKING');
  });

  test('who was removed and is added again gets it, once, with what is known of them now', async () => {
    const [one, two, three] = phones('8129', 3) as [string, string, string];
    const { job } = await start({ content: text('back again {{name|friend}}'), recipients: [one, { phone: two, variables: { name: 'Budi' } }], draft: true });
    const edit = (change: object): Promise<BlastJobView> => bridge.api.ok('PATCH', `${ROOT}/${job.id}`, change);
    expect((await edit({ remove_recipients: [one, two] })).progress.states).toMatchObject({ queued: 0, cancelled: 2 });
    const edited = await edit({ add_recipients: [{ phone: two, variables: { name: 'Siti' } }, three] });
    expect([edited.progress.total, edited.progress.states, edited.progress.skipped_by_reason.duplicate]).toMatchObject([3, { queued: 2, cancelled: 1 }, 0]);
    await act(job.id, 'resume');
    await inState(job.id, 'COMPLETED');
    expect([await delivered('back again friend'), await delivered('back again Siti')]).toEqual([[three], [two]]);
  });

  test('who says STOP after the message was written does not get it', async () => {
    const from = lines.length;
    const { job } = await start({ content: text('too late'), recipients: phones('8124', 4), pace: { per_second: 1 } });
    await that(job.id, (now) => reached(now) >= 1 && now.progress.states.processing === 3);
    await world.hub.inbound('sales', { from: phones('8124', 4)[3]!.slice(1), body: 'Stop.' });
    await inState(job.id, 'COMPLETED');
    expect(await reasons(job.id)).toEqual(['reached', 'reached', 'reached', 'opted_out']);
    expect(await delivered('too late')).toEqual(phones('8124', 3));
    expect((await get(job.id)).progress).toMatchObject({ total: 4, done: 4, skipped_by_reason: { opted_out: 1 } });
    expect(logged(from, /SKIPPED: opted_out/)).toEqual([phones('8124', 4)[3]]);
  });

  test('an old row, whose flag is NULL, skips after a restart', async () => {
    const { job } = await start({ content: text('old row'), recipients: people, skipRecipientsInAddress: false, draft: true });
    await bridge.stop();
    const db = new DatabaseSync(join(world.dir, 'data', 'bridge.sqlite'));
    db.prepare('update blast_job set skip_recipients_in_address = null where id = ?').run(job.id);
    db.close();
    bridge = await startBridge();
    await bridge.api.inState('sales', 'WORKING');
    expect((await act(job.id, 'resume')).skipRecipientsInAddress).toBe(true);
    await inState(job.id, 'COMPLETED');
    expect(await reasons(job.id)).toEqual(['in_address_book', 'in_address_book', 'opted_out', 'reached']);
    expect(await delivered('old row')).toEqual(['+6281230000004']);
  });
});

describe('what stops a blast', () => {
  test.each([true, false])('stop, with the flag %j: nobody else gets it, and they can be made a new one', async (flag) => {
    const body = `stop ${flag}`;
    const { job } = await start({ content: text(body), recipients: phones(flag ? '8127' : '8128', 20), skipRecipientsInAddress: flag, pace: { per_second: 10 } });
    await that(job.id, (now) => reached(now) >= 2);
    const stopped = await act(job.id, 'stop');
    expect([stopped.state, stopped.skipRecipientsInAddress, stopped.progress.states.queued]).toEqual(['STOPPED', flag, 0]);
    const end = await that(job.id, ({ progress }) => progress.states.processing === 0);
    expect(reached(end) + end.progress.states.cancelled).toBe(20);
    expect((await delivered(body)).length).toBe(reached(end));
    expect((await bridge.api.request('POST', `${ROOT}/${job.id}/resume`)).status).toBe(409);
    const again = await bridge.api.ok<StartedBlast>('POST', `${ROOT}/${job.id}/repeat`, { states: ['cancelled'] });
    expect(again.job.skipRecipientsInAddress).toBe(flag);
    await inState(again.job.id, 'COMPLETED');
    expect((await delivered(body)).sort()).toEqual(phones(flag ? '8127' : '8128', 20));
  });

  test('refusals in a row pause it; they are tried again under the same id', async () => {
    await world.hub.failSends('sales', 'error');
    const { job } = await start({ content: text('refused'), recipients: phones('8129', 5), retry: { max_attempts: 2, interval_seconds: 1 }, pace: { pause_after_failures: 3 } });
    const paused = await inState(job.id, 'PAUSED');
    expect(paused.reason?.code).toBe('too_many_failures');
    expect(await delivered('refused')).toEqual([]);
    await world.hub.failSends('sales', 'off');
    await act(job.id, 'resume');
    await inState(job.id, 'COMPLETED');
    expect((await delivered('refused')).sort()).toEqual(phones('8129', 5));
  });

  test('a ban of the session halts it at once', async () => {
    const { job } = await start({ content: text('banned'), recipients: phones('8131', 50), pace: { per_second: 5 } });
    await that(job.id, (now) => reached(now) >= 1);
    await world.hub.ban('sales');
    const halted = await inState(job.id, 'PAUSED');
    expect(halted.reason?.code).toMatch(/^session_(banned|logged_out)$/);
    expect(Object.values(halted.progress.states).reduce((sum, count) => sum + count, 0)).toBe(50);
    expect(faultsOf(world.receiver)).toEqual([]);
  });
});
