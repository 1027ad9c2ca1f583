import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { DatabaseSync } from '@photostructure/sqlite';
import { join } from 'node:path';
import type { BlastJobView, BlastRecipientList, StartedBlast } from '../../whatsapp-service/contracts/blast-api.js';
import { InProcessBridge, World } from '../helpers/bridge.js';
import { until } from '../helpers/sandbox-client.js';

/**
 * Several sessions that share a blast and are lost in the middle of it; what holds a blast back for a while; and a long list, of which the beginning
 * goes out: `BLAST_ROWS` (a million) makes it as long as it may be, `BLAST_SENT` says how many are waited for.
 */
const ROWS = Number(process.env.BLAST_ROWS ?? 5_000);
const SENT = Number(process.env.BLAST_SENT ?? 60);
const ROOT = '/api/whatsapp/blast';
const SESSIONS = ['one', 'two', 'three'];
let world: World;
let bridge: InProcessBridge;

beforeAll(async () => {
  world = await World.open();
  bridge = await InProcessBridge.start(world, { SYNC_ON_READY: 'false' });
  for (const session of SESSIONS) await bridge.api.pair(world, session);
}, 120_000);
afterAll(async () => {
  await bridge.stop();
  await world.close();
});

const phones = (prefix: string, count: number): string[] => Array.from({ length: count }, (_, index) => `+62${prefix}${String(index).padStart(11 - prefix.length, '0')}`);
const start = (text: string, body: object): Promise<BlastJobView> => bridge.api.ok<StartedBlast>('POST', `${ROOT}/start`, { session_id: 'two', content: { type: 'text', text }, ...body }).then(({ job }) => job);
const get = (id: string): Promise<BlastJobView> => bridge.api.ok<BlastJobView>('GET', `${ROOT}/${id}`);
const edit = (id: string, change: object): Promise<BlastJobView> => bridge.api.ok<BlastJobView>('PATCH', `${ROOT}/${id}`, change);
const resume = (id: string): Promise<BlastJobView> => bridge.api.ok<BlastJobView>('POST', `${ROOT}/${id}/resume`);
const that = (id: string, what: (job: BlastJobView) => boolean, timeoutMs = 60_000): Promise<BlastJobView> =>
  until(async () => {
    const job = await get(id);
    return what(job) ? job : null;
  }, { timeoutMs, name: `blast ${id}: ${what.toString()}` });
const inState = (id: string, state: string, timeoutMs?: number): Promise<BlastJobView> => that(id, (job) => job.state === state, timeoutMs);
const reached = ({ progress: { states } }: BlastJobView): number => states.sent + states.delivered + states.read;
const recipients = async (id: string): Promise<BlastRecipientList['recipients']> => (await bridge.api.ok<BlastRecipientList>('GET', `${ROOT}/${id}/recipients?limit=500`)).recipients;
/** How often each got this text, over all sessions. */
const counts = async (text: string): Promise<Map<string, number>> => {
  const found = new Map<string, number>();
  for (const session of SESSIONS) for (const { to, body, deliveries } of await world.hub.sent(session)) if (body === text) found.set(`+${to.split('@')[0]}`, (found.get(`+${to.split('@')[0]}`) ?? 0) + deliveries);
  return found;
};
const write = (statement: string, ...values: (string | number)[]): void => {
  const db = new DatabaseSync(join(world.dir, 'data', 'bridge.sqlite'));
  db.exec('PRAGMA busy_timeout=5000');
  db.prepare(statement).run(...values);
  db.close();
};

/** Blasts with a warm-up share the session's day. */
const nothingSentToday = (): void => write('delete from blast_day');

/** Where it is now between this hour and the next. */
function zoneWhereItIs(local: number): string {
  const offset = ((local - new Date().getUTCHours() + 36) % 24) - 12;
  return offset === 0 ? 'Etc/GMT' : `Etc/GMT${offset > 0 ? '-' : '+'}${Math.abs(offset)}`;
}

describe('what holds a blast back', () => {
  test('quiet hours: nothing goes out in them, and it goes on when its place has day', async () => {
    const job = await start('quiet', { recipients: phones('8211', 3), pace: { quiet_hours: { from: '21:30', to: '06:00' }, time_zone: zoneWhereItIs(22) } });
    const other = await start('not quiet', { recipients: phones('8212', 3) });
    await inState(other.id, 'COMPLETED');
    expect([(await get(job.id)).progress.states.queued, (await counts('quiet')).size]).toEqual([3, 0]);
    await edit(job.id, { pace: { time_zone: zoneWhereItIs(12) } });
    await inState(job.id, 'COMPLETED');
    expect([...(await counts('quiet')).values()]).toEqual([1, 1, 1]);
  }, 90_000);

  test.each([
    ['a limit of the day', '8222', { pace: { per_day: 1 } }, { pace: { per_day: 0 } }],
    ['a pause between batches', '8226', { batches: { size: 1, pause_seconds: 3_600 } }, { batches: null }],
    ['a warm-up', '8227', { pace: { warm_up: { first_day: 1, growth: 2, days: 10 } } }, { pace: { warm_up: null } }],
  ])('who comes into the address book while %s holds the blast back does not get what was written before', async (name, prefix, held, free) => {
    nothingSentToday();
    const [early, late] = phones(prefix, 2);
    const job = await start(name, { recipients: [early, late], ...held });
    // Not in the sender's line any more: taken back, to be filtered again.
    await that(job.id, (now) => reached(now) === 1 && now.progress.states.queued === 1);
    await bridge.api.ok('PUT', '/api/whatsapp/addresses', { addresses: [late] });
    await edit(job.id, free);
    const done = await inState(job.id, 'COMPLETED');
    expect([done.progress.skipped_by_reason.in_address_book, [...(await counts(name)).keys()]]).toEqual([1, [early]]);
  }, 90_000);

  test('what waits in line when the quiet hours begin is taken back', async () => {
    const job = await start('night falls', { recipients: phones('8225', 4), pace: { per_minute: 2 } });
    await that(job.id, (now) => reached(now) === 2 && now.progress.states.processing === 2);
    write('update blast_job set pace = ? where id = ?', JSON.stringify({ ...job.pace, per_minute: 0, quiet_hours: { from: '21:30', to: '06:00' }, time_zone: zoneWhereItIs(22) }), job.id);
    await edit(job.id, { name: 'asks anew' });
    await that(job.id, (now) => now.progress.states.queued === 2);
    await bridge.api.ok('POST', `${ROOT}/${job.id}/stop`);
  }, 90_000);

  test('a new session sends as many as its warm-up allows on its day', async () => {
    nothingSentToday();
    const job = await start('warm', { recipients: phones('8213', 6), pace: { warm_up: { first_day: 3, growth: 2, days: 10 } } });
    const other = await start('beside', { recipients: phones('8214', 2) });
    await inState(other.id, 'COMPLETED');
    const waiting = await that(job.id, (now) => reached(now) === 3);
    expect([waiting.state, (await counts('warm')).size]).toEqual(['RUNNING', 3]);
    // Yesterday's session may send twice as many today, of which three were sent.
    write('update session set created_at = created_at - 86400000 where id = ?', 'two');
    await edit(job.id, { name: 'the next day' });
    await inState(job.id, 'COMPLETED');
    expect([...(await counts('warm')).values()]).toEqual([1, 1, 1, 1, 1, 1]);
  }, 90_000);

  test('batches: nothing goes out in the pause between two', async () => {
    const job = await start('batch', { recipients: phones('8215', 5), batches: { size: 2, pause_seconds: 2 } });
    await inState(job.id, 'COMPLETED');
    const at = (await recipients(job.id)).map(({ sent_at: sent }) => Date.parse(sent ?? '')).sort((a, b) => a - b);
    const gap = (index: number): number => (at[index + 1] ?? 0) - (at[index] ?? 0);
    expect([1, 3].filter((index) => gap(index) >= 1_000)).toEqual([1, 3]);
    expect([...(await counts('batch')).values()]).toEqual([1, 1, 1, 1, 1]);
  }, 60_000);

  test('check_on_whatsapp: who is not there is skipped, and gets it once the filter is off', async () => {
    await world.hub.unregister('628216');
    const job = await start('there', { recipients: [...phones('8216', 2), ...phones('8217', 2)], filters: { check_on_whatsapp: true } });
    const done = await inState(job.id, 'COMPLETED');
    expect([reached(done), done.progress.skipped_by_reason.not_on_whatsapp]).toEqual([2, 2]);
    expect([...(await counts('there')).keys()].sort()).toEqual(phones('8217', 2));
    expect((await recipients(job.id)).map(({ state, reason }) => (state === 'skipped' ? reason?.code : 'reached'))).toEqual(['not_on_whatsapp', 'not_on_whatsapp', 'reached', 'reached']);
  }, 60_000);

  test('a look-up that fails: nobody is sent to until it works, and then by itself', async () => {
    write('alter table address rename to address_away');
    const job = await start('unknown', { recipients: phones('8218', 3) });
    const held = await that(job.id, ({ reason }) => reason?.code === 'lookup_failed').finally(() => write('alter table address_away rename to address'));
    // It may be just being tried again.
    expect([held.state, held.progress.states.queued + held.progress.states.processing, (await counts('unknown')).size]).toEqual(['RUNNING', 3, 0]);
    const done = await inState(job.id, 'COMPLETED');
    expect([done.reason, [...(await counts('unknown')).values()]]).toEqual([null, [1, 1, 1]]);
  }, 60_000);
});

test('three share a blast; one is logged out and one is deleted in the middle: all of their jobs stand still at once, the others take their share over, and nobody gets it twice', async () => {
  const everyone = phones('8221', 60);
  const shared = await start('shared', { session_id: undefined, session_ids: SESSIONS, recipients: everyone, pace: { per_second: 1 } });
  const own = await start('own', { session_id: 'one', recipients: phones('8222', 30), pace: { per_second: 2 } });
  const untouched = await start('untouched', { recipients: phones('8223', 8), pace: { per_second: 2 } });
  await that(shared.id, (job) => reached(job) >= 6);
  // Each has its part from the beginning.
  expect((await Promise.all(SESSIONS.map((session) => world.hub.sent(session)))).map((sent) => sent.some(({ body }) => body === 'shared'))).toEqual([true, true, true]);

  await world.hub.logoutFromPhone('one');
  const halted = await Promise.all([inState(shared.id, 'PAUSED'), inState(own.id, 'PAUSED')]);
  expect(halted.map(({ reason }) => reason?.code)).toEqual(['session_logged_out', 'session_logged_out']);
  expect((await get(untouched.id)).state).not.toBe('PAUSED');
  // Nor does one begin, or go on, that needs the session.
  await bridge.api.inState('one', 'FAILED');
  const late = await start('late', { session_id: 'one', recipients: phones('8224', 2) });
  expect([late.state, late.reason?.code]).toEqual(['PAUSED', 'session_logged_out']);
  for (const { id } of [own, late]) {
    const refused = await bridge.api.request<{ error: { code: string; details: unknown } }>('POST', `${ROOT}/${id}/resume`);
    expect([refused.status, refused.body]).toMatchObject([409, { error: { code: 'session_wrong_state', details: { session_id: 'one', state: 'FAILED', reason: 'logged_out' } } }]);
  }
  const edited = await edit(shared.id, { session_ids: ['two', 'three'] });
  expect([edited.session_ids, edited.progress.states.processing]).toEqual([['two', 'three'], 0]);
  await resume(shared.id);
  const before = reached(await get(shared.id));
  await that(shared.id, (job) => reached(job) >= before + 4);

  await bridge.api.ok('DELETE', '/api/sessions/three');
  const orphaned = await inState(shared.id, 'PAUSED');
  expect(orphaned.reason?.code).toBe('session_deleted');
  expect((await bridge.api.request('POST', `${ROOT}/${shared.id}/resume`)).status).toBe(404);
  await edit(shared.id, { session_ids: ['two'], pace: { per_second: 0 } });
  await resume(shared.id);
  const done = await inState(shared.id, 'COMPLETED');
  await inState(untouched.id, 'COMPLETED');

  const got = await counts('shared');
  expect([...got.values()].filter((count) => count > 1)).toEqual([]);
  // Whose message was on its way when the session was deleted is said to be unknown; everyone else has it.
  const all = await recipients(shared.id);
  const unknown = all.filter(({ state }) => state === 'unknown').map(({ phone }) => phone);
  expect([unknown.length, done.progress.states.failed, done.progress.states.cancelled]).toEqual([done.progress.states.unknown, 0, 0]);
  expect(everyone.filter((phone) => !got.has(phone) && !unknown.includes(phone))).toEqual([]);
  expect(Object.values(done.progress.states).reduce((sum, count) => sum + count, 0)).toBe(everyone.length);
  expect([...(await counts('own')).values()].filter((count) => count > 1)).toEqual([]);
}, 150_000);

test('the recipients of an old blast are cleared away, its figures stay', async () => {
  const job = await start('old', { recipients: phones('8231', 2) });
  await inState(job.id, 'COMPLETED');
  write('update blast_job set finished_at = finished_at - ? where id = ?', 91 * 86_400_000, job.id);
  await bridge.stop();
  bridge = await InProcessBridge.start(world, { SYNC_ON_READY: 'false' });
  const cleared = await that(job.id, ({ recipients_removed_at: at }) => at !== null);
  expect([cleared.progress.total, reached(cleared), await recipients(job.id)]).toEqual([2, 2, []]);
  expect((await bridge.api.request('POST', `${ROOT}/${job.id}/repeat`, { states: ['skipped'] })).status).toBe(409);
}, 90_000);

test('a long list: its beginning goes out, without who is in the address book, each once; a stop cancels the rest, and memory stays', async () => {
  const phone = (index: number): string => `+62813${String(10_000_000 + index)}`;
  const isKnown = (index: number): boolean => index % 10 < 3;
  const known = Array.from({ length: ROWS }, (_, index) => index).filter(isKnown);
  for (let from = 0; from < known.length; from += 20_000) await bridge.api.ok('PUT', '/api/whatsapp/addresses?workspace_id=7', known.slice(from, from + 20_000).map((index) => `${JSON.stringify(phone(index))}\n`).join(''), { 'Content-Type': 'application/x-ndjson' });
  global.gc?.();
  const before = process.memoryUsage().rss;
  let most = 0;
  const watch = setInterval(() => (most = Math.max(most, process.memoryUsage().rss - before)), 20);
  async function* lines(): AsyncGenerator<Buffer> {
    yield Buffer.from(`${JSON.stringify({ session_id: 'two', content: { type: 'text', text: 'long' } })}\n`);
    for (let from = 0; from < ROWS; from += 1_000) yield Promise.resolve(Buffer.from(Array.from({ length: Math.min(1_000, ROWS - from) }, (_, index) => `${JSON.stringify(phone(from + index))}\n`).join('')));
  }
  const comesAt = performance.now();
  const answer = await fetch(`${bridge.api.url}${ROOT}/start`, { method: 'POST', headers: { 'X-Api-Key': bridge.api.key, 'Content-Type': 'application/x-ndjson' }, body: ReadableStream.from(lines()) as never, duplex: 'half' } as never);
  const { job } = (await answer.json()) as StartedBlast;
  const acceptedMs = performance.now() - comesAt;
  expect(job.progress).toMatchObject({ total: ROWS, skipped_by_reason: { in_address_book: known.length } });
  const startedAt = performance.now();
  await that(job.id, (now) => reached(now) >= SENT, 1_500_000);
  const sentMs = performance.now() - startedAt;
  await bridge.api.ok('POST', `${ROOT}/${job.id}/stop`);
  const stopped = await that(job.id, ({ progress: { states } }) => states.queued === 0 && states.processing === 0, 600_000);
  clearInterval(watch);
  const got = await counts('long');
  expect([[...got.values()].filter((count) => count !== 1), known.filter((index) => got.has(phone(index)))]).toEqual([[], []]);
  expect([got.size, stopped.progress.states.cancelled]).toEqual([reached(stopped), ROWS - known.length - reached(stopped)]);
  expect(most).toBeLessThan(250_000_000);
  process.stdout.write(`${ROWS} recipients taken in ${Math.round(acceptedMs)} ms, ${got.size} sent in ${Math.round(sentMs)} ms, +${Math.round(most / 1e6)} MB\n`);
}, 2_400_000);
