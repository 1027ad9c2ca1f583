import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { request } from 'node:http';
import type { BlastJobView, StartedBlast } from '../../whatsapp-service/contracts/blast-api.js';
import { InProcessBridge, TEST_KEY, World } from '../helpers/bridge.js';
import { rowsOf } from '../helpers/flow.js';
import { until } from '../helpers/sandbox-client.js';

/** Recipients that come as a stream: taken in while they come, or not at all. `BLAST_UPLOAD_ROWS` (a million) makes the large one as large as it may be. */
const ROWS = Number(process.env.BLAST_UPLOAD_ROWS ?? 30_000);
const KNOWN = Math.floor(ROWS * 0.3);
let world: World;
let bridge: InProcessBridge;

beforeAll(async () => {
  world = await World.open();
  bridge = await InProcessBridge.start(world, { HTTP_BODY_LIMIT_KB: '64' });
  await bridge.api.ok('POST', '/api/sessions', { id: 'sales', workspace_id: 7, start: false });
});
afterAll(async () => {
  await bridge.stop();
  await world.close();
});

const ROOT = '/api/whatsapp/blast';
const HEADER = { session_id: 'sales', content: { type: 'text', text: 'Halo {{name|friend}}' } };
const NDJSON = { 'Content-Type': 'application/x-ndjson' };
const CSV = { 'Content-Type': 'text/csv' };
const phone = (index: number): string => `+62812${String(10_000_000 + index)}`;
const ndjson = (...rows: unknown[]): string => rows.map((row) => `${typeof row === 'string' && row.startsWith('raw:') ? row.slice(4) : JSON.stringify(row)}\n`).join('');
const jobs = async (): Promise<number> => (await bridge.api.ok<{ jobs: BlastJobView[] }>('GET', `${ROOT}/jobs?limit=500`)).jobs.length;
const rows = (): number => rowsOf<{ n: number }>(`${world.dir}/data`, 'select count(*) as n from blast_job')[0]?.n ?? -1;
const draft = async (): Promise<string> => (await bridge.api.ok<StartedBlast>('POST', `${ROOT}/start`, { ...HEADER, draft: true })).job.id;

describe('a blast in one stream', () => {
  test('is read as NDJSON: numbers collapse, what is no recipient is told with its line', async () => {
    const body = ndjson({ ...HEADER, draft: true }, '0812-1000-0001', '+6281210000001', { phone: '6281210000002', variables: { name: 'Budi' } }, 'raw:', 'raw:{oops', '123', { phone: phone(3), extra: 1 }, '120363020000000000@g.us', 81210000004);
    const { job, ...counts } = await bridge.api.ok<StartedBlast>('POST', `${ROOT}/start`, body, NDJSON);
    expect(counts).toMatchObject({ accepted: 3, duplicates: 1, invalid: 4 });
    expect(counts.invalid_rows.map(({ row, reason }) => [row, reason])).toEqual([[6, 'invalid_row'], [7, 'invalid_phone'], [8, 'invalid_row'], [9, 'no_person']]);
    expect(job).toMatchObject({ state: 'DRAFT', progress: { total: 3, invalid: 4, skipped_by_reason: { duplicate: 1 } } });
    const { recipients } = await bridge.api.ok<{ recipients: { phone: string; variables: object }[] }>('GET', `${ROOT}/${job.id}/recipients`);
    expect(recipients).toMatchObject([{ phone: '+6281210000001' }, { phone: '+6281210000002', variables: { name: 'Budi' } }, { phone: '+6281210000004' }]);
  });

  test('may be JSON that is larger than other bodies, with the recipients last', async () => {
    const recipients = Array.from({ length: 5_000 }, (_, index) => phone(index));
    const { job, accepted } = await bridge.api.ok<StartedBlast>('POST', `${ROOT}/start`, { ...HEADER, draft: true, recipients });
    expect([accepted, job.progress.total]).toEqual([5_000, 5_000]);
    const before = rows();
    const late = await bridge.api.request<{ error: { code: string } }>('POST', `${ROOT}/start`, { ...HEADER, recipients, skipRecipientsInAddress: false });
    expect([late.status, late.body.error.code, rows()]).toEqual([400, 'invalid_request', before]);
  });

  test('under an Idempotency-Key is made once', async () => {
    const headers = { ...NDJSON, 'Idempotency-Key': 'list-1' };
    const body = ndjson({ ...HEADER, draft: true }, phone(1));
    const first = await bridge.api.request<StartedBlast>('POST', `${ROOT}/start`, body, headers);
    const second = await bridge.api.request<StartedBlast>('POST', `${ROOT}/start`, body, headers);
    expect([first.status, second.status, second.body.job.id]).toEqual([202, 200, first.body.job.id]);
  });

  test.each([
    ['nothing', '', 'invalid_request'],
    ['no head', ndjson('0812-1000-0001'), 'invalid_request'],
    ['a wrong head', ndjson({ ...HEADER, colour: 1 }, phone(1)), 'invalid_request'],
    ['a dry run', ndjson({ ...HEADER, dry_run: true }, phone(1)), 'invalid_request'],
    ['another session', ndjson({ ...HEADER, session_id: 'none' }, phone(1)), 'session_not_found'],
    ['no recipients', ndjson(HEADER), 'invalid_phone'],
    ['no valid ones', ndjson(HEADER, 'x'), 'invalid_phone'],
    ['a line without an end', ndjson(HEADER, phone(1)) + 'x'.repeat(300_000), 'invalid_request'],
  ])('%s: %s', async (_name, body, code) => {
    const before = rows();
    const answer = await bridge.api.request<{ error: { code: string } }>('POST', `${ROOT}/start`, body, NDJSON);
    expect([answer.body.error?.code, rows()]).toEqual([code, before]);
  });

  test('that breaks off leaves nothing, and is not seen before', async () => {
    const [before, seen] = [rows(), await jobs()];
    const req = request(`${bridge.api.url}${ROOT}/start`, { method: 'POST', headers: { 'X-Api-Key': TEST_KEY, ...NDJSON } });
    req.on('error', () => undefined);
    req.write(ndjson(HEADER, ...Array.from({ length: 3_000 }, (_, index) => phone(index))));
    await until(() => rows() === before + 1, { name: 'the first rows are on disk' });
    expect(await jobs()).toBe(seen);
    req.destroy();
    await until(() => rows() === before, { name: 'nothing of it is left' });
    expect(rowsOf<{ n: number }>(`${world.dir}/data`, 'select count(*) as n from blast_recipient where job not in (select no from blast_job)')[0]?.n).toBe(0);
  });
});

describe('recipients of a draft', () => {
  test('come as CSV, and again after an upload broke off', async () => {
    const id = await draft();
    const csv = 'name;Phone;code\n"Budi; Jr";0812-1000-0001;A1\n\nSiti;tidak ada;B2\nAni;+62 812 1000 0002;"say ""hi"""\n';
    expect(await bridge.api.ok('POST', `${ROOT}/${id}/recipients`, csv, CSV)).toMatchObject({ accepted: 2, duplicates: 0, invalid: 1, invalid_rows: [{ row: 4, reason: 'invalid_phone' }] });
    expect(await bridge.api.ok('POST', `${ROOT}/${id}/recipients`, csv, CSV)).toMatchObject({ accepted: 0, duplicates: 2 });
    const { recipients } = await bridge.api.ok<{ recipients: object[] }>('GET', `${ROOT}/${id}/recipients`);
    expect(recipients).toMatchObject([{ phone: '+6281210000001', variables: { name: 'Budi; Jr', code: 'A1' } }, { phone: '+6281210000002', variables: { name: 'Ani', code: 'say "hi"' } }]);
  });

  test('come without a header, as NDJSON, and as JSON', async () => {
    const id = await draft();
    expect(await bridge.api.ok('POST', `${ROOT}/${id}/recipients`, `\ufeff${phone(1)}\r\n${phone(2)}\r\n`, CSV)).toMatchObject({ accepted: 2 });
    expect(await bridge.api.ok('POST', `${ROOT}/${id}/recipients`, ndjson(phone(2), phone(3)), NDJSON)).toMatchObject({ accepted: 1, duplicates: 1 });
    expect(await bridge.api.ok('POST', `${ROOT}/${id}/recipients`, { recipients: [phone(4)] })).toMatchObject({ accepted: 1 });
    expect((await bridge.api.ok<BlastJobView>('GET', `${ROOT}/${id}`)).progress.total).toBe(4);
  });

  test.each([
    ['text/csv', 'name,city\nBudi,Jakarta\n', 400],
    ['text/csv', `phone,name\n0812-1000-0001,"open\n`, 400],
    ['text/csv', Buffer.from([0x70, 0x68, 0xff, 0xfe]), 400],
    ['text/plain', 'x', 415],
  ])('%s %j is refused', async (type, body, status) => {
    const id = await draft();
    const answer = await fetch(`${bridge.api.url}${ROOT}/${id}/recipients`, { method: 'POST', headers: { 'X-Api-Key': TEST_KEY, 'Content-Type': type }, body: body as never });
    expect(answer.status).toBe(status);
  });
});

test('a large list is taken in with little memory, while others are served; who is in the address book is left out', async () => {
  const db = await import('../../whatsapp-service/storage/database.js').then(({ openSharedStorage }) => openSharedStorage(`${world.dir}/data`));
  for (let from = 0; from < KNOWN; from += 500) {
    const values = Array.from({ length: Math.min(500, KNOWN - from) }, (_, index) => ({ workspace: '7' as never, phone: phone(from + index), name: null, created_at: 1, updated_at: 1 }));
    await db.transaction((trx) => trx.insertInto('address').values(values).execute());
    await new Promise((resolve) => setImmediate(resolve));
  }
  await db.close();
  global.gc?.();
  const before = process.memoryUsage().rss;
  let most = 0;
  let slowest = 0;
  let done = false;
  const watch = (async () => {
    while (!done) {
      const at = performance.now();
      await bridge.api.ok('GET', '/health');
      slowest = Math.max(slowest, performance.now() - at);
      most = Math.max(most, process.memoryUsage().rss - before);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  })();
  async function* lines(): AsyncGenerator<Buffer> {
    yield Buffer.from(ndjson({ ...HEADER, draft: true }));
    for (let from = 0; from < ROWS; from += 1_000) yield Promise.resolve(Buffer.from(ndjson(...Array.from({ length: Math.min(1_000, ROWS - from) }, (_, index) => phone(from + index)))));
  }
  const startedAt = performance.now();
  const answer = await fetch(`${bridge.api.url}${ROOT}/start`, { method: 'POST', headers: { 'X-Api-Key': TEST_KEY, ...NDJSON }, body: ReadableStream.from(lines()) as never, duplex: 'half' } as never);
  const { job, accepted } = (await answer.json()) as StartedBlast;
  const seconds = (performance.now() - startedAt) / 1000;
  done = true;
  await watch;
  process.stdout.write(`${ROWS} recipients, ${KNOWN} in the address book: ${Math.round(ROWS / seconds)} a second, +${Math.round(most / 1e6)} MB, slowest other request ${Math.round(slowest)} ms\n`);
  expect([accepted, job.progress.total, job.progress.states.skipped, job.progress.states.queued]).toEqual([ROWS, ROWS, KNOWN, ROWS - KNOWN]);
  expect(most).toBeLessThan(200_000_000);
}, 600_000);
