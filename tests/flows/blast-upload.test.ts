import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { request } from 'node:http';
import type { BlastJobView, DryRun, StartedBlast } from '../../whatsapp-service/contracts/blast-api.js';
import { openSharedStorage } from '../../whatsapp-service/storage/database.js';
import { BridgeProcess, InProcessBridge, TEST_KEY, World } from '../helpers/bridge.js';
import { rowsOf } from '../helpers/flow.js';
import { residentMb } from '../helpers/process-memory.js';
import { until } from '../helpers/sandbox-client.js';
import { xlsx } from '../helpers/xlsx-file.js';

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

  test('under an Idempotency-Key is made once; what tells two apart is the whole of them, to the last recipient', async () => {
    const headers = { ...NDJSON, 'Idempotency-Key': 'list-1' };
    const many = Array.from({ length: 5_000 }, (_, index) => phone(index));
    const body = ndjson({ ...HEADER, draft: true }, ...many);
    const send = (text: string, more: Record<string, string> = headers): Promise<{ status: number; body: StartedBlast & { error: { code: string } } }> => bridge.api.request('POST', `${ROOT}/start`, text, more);
    const [first, second] = [await send(body), await send(body)];
    expect([first.status, second.status, second.body.job.id]).toEqual([202, 200, first.body.job.id]);
    const before = rows();
    const other = await send(ndjson({ ...HEADER, draft: true }, ...many.slice(0, -1), phone(9_999)));
    expect([other.status, other.body.error.code, rows()]).toEqual([409, 'idempotency_key_reused', before]);
    // Twice at the same time: one is made, and both are told of it.
    const same = await Promise.all([1, 2, 3].map(() => send(body, { ...headers, 'Idempotency-Key': 'list-2' })));
    expect(same.map(({ status }) => status).sort()).toEqual([200, 200, 202]);
    expect([new Set(same.map((answer) => answer.body.job.id)).size, rows()]).toEqual([1, before + 1]);
    expect(rowsOf<{ n: number }>(`${world.dir}/data`, 'select count(*) as n from blast_recipient where job not in (select no from blast_job)')[0]?.n).toBe(0);
  });

  test('tells in a dry run what it would do, and stores nothing', async () => {
    const before = rows();
    const answer = await bridge.api.request<DryRun>('POST', `${ROOT}/start`, ndjson({ ...HEADER, dry_run: true, price_per_message: 10 }, phone(1), phone(1), 'x', phone(2)), NDJSON);
    expect([answer.status, answer.body, rows()]).toMatchObject([200, { dry_run: true, total: 4, to_send: 2, skipped_by_reason: { duplicate: 1 }, invalid_rows: [{ row: 4 }], cost: 20 }, before]);
  });

  test.each([
    ['nothing', '', 'invalid_request'],
    ['no head', ndjson('0812-1000-0001'), 'invalid_request'],
    ['a wrong head', ndjson({ ...HEADER, colour: 1 }, phone(1)), 'invalid_request'],
    ['another session', ndjson({ ...HEADER, session_id: 'none' }, phone(1)), 'session_not_found'],
    ['no recipients', ndjson(HEADER), 'invalid_request'],
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

describe.each([[`${ROOT}/start`, HEADER], ['/broadcast', { session_id: 'sales', message: 'Halo {{name|friend}}' }]])('%s', (path, head) => {
  type Answer = { status: number; body: StartedBlast & DryRun & { error: { code: string; details: { reason?: string } } } };
  const form = async (file: Blob, name: string, fields: Record<string, string>, more: Record<string, string> = {}): Promise<Answer> => {
    const body = new FormData();
    for (const [field, value] of Object.entries(fields)) body.set(field, value);
    body.set('file', file, name);
    const answer = await fetch(`${bridge.api.url}${path}`, { method: 'POST', headers: { 'X-Api-Key': TEST_KEY, ...more }, body });
    return { status: answer.status, body: (await answer.json()) as Answer['body'] };
  };
  const json = (more: object): Record<string, string> => ({ json: JSON.stringify({ ...head, ...more }) });
  const csv = new Blob(['No. HP;nama\n0812-1000-0001;Budi\n0812-1000-0001;Budi\n;\ntidak ada;Siti\n0812-1000-0002;Ani\n']);

  test('takes a CSV file, once for one Idempotency-Key, and tells in a dry run what is in it', async () => {
    const before = rows();
    expect(await form(csv, 'a.csv', json({ dry_run: true }))).toMatchObject({ status: 200, body: { dry_run: true, to_send: 2, invalid: 1 } });
    expect(rows()).toBe(before);
    const key = { 'Idempotency-Key': `file-${path}` };
    const first = await form(csv, 'a.csv', json({ draft: true }), key);
    expect(first).toMatchObject({ status: 202, body: { accepted: 2, duplicates: 1, invalid: 1, invalid_rows: [{ row: 5, reason: 'invalid_phone' }], job: { state: 'DRAFT' } } });
    const { recipients } = await bridge.api.ok<{ recipients: object[] }>('GET', `${ROOT}/${first.body.job.id}/recipients`);
    expect(recipients).toMatchObject([{ phone: '+6281210000001', variables: { nama: 'Budi' } }, { phone: '+6281210000002', variables: { nama: 'Ani' } }]);
    expect(await form(csv, 'a.csv', json({ draft: true }), key)).toMatchObject({ status: 200, body: { job: { id: first.body.job.id } } });
    expect(await form(new Blob(['phone\n0812-1000-0009\n']), 'a.csv', json({ draft: true }), key)).toMatchObject({ status: 409, body: { error: { code: 'idempotency_key_reused' } } });
  });

  test('takes an XLSX file, with the settings in fields', async () => {
    const file = new Blob([xlsx([['phone', 'name'], ['0812-1000-0003', 'Budi'], [81210000004, 'Siti']])]);
    const fields: Record<string, string> = path === '/broadcast' ? { session_id: 'sales', message: 'Halo', draft: 'true' } : { session_id: 'sales', 'content[type]': 'text', 'content[text]': 'Halo', draft: 'true' };
    const { status, body } = await form(file, 'a.xlsx', fields);
    expect([status, body]).toMatchObject([202, { accepted: 2 }]);
  });

  const refused: [string, Blob, number, string][] = [
    ['no table', new Blob([Buffer.from('%PDF-1.7 no table')]), 422, 'table_unreadable'],
    ['a formula', new Blob(['phone,name\n0812-1000-0001,=HYPERLINK("x")\n']), 422, 'table_unreadable'],
    ['nobody', new Blob(['phone,name\n']), 400, 'invalid_request'],
    ['no number column', new Blob(['name,city\nBudi,Jakarta\n']), 400, 'invalid_request'],
    ['no number', new Blob(['phone\nx\n']), 400, 'invalid_phone'],
  ];
  // What is wrong with a file is found by the same reader on both.
  test.each(path === '/broadcast' ? refused.slice(0, 1) : refused)('%s is refused, and nothing is kept', async (_name, file, status, code) => {
    const before = rows();
    const answer = await form(file, 'a.csv', json({}));
    expect([answer.status, answer.body.error.code, rows()]).toEqual([status, code, before]);
  });

  test('takes a file or recipients, not both', async () => {
    expect(await form(csv, 'a.csv', json({ recipients: ['0812-1000-0001'] }))).toMatchObject({ status: 400, body: { error: { code: 'invalid_request' } } });
  });

  test('takes NDJSON, with its head first', async () => {
    const { status, body } = await bridge.api.request<StartedBlast>('POST', path, ndjson({ ...head, draft: true }, phone(1), phone(2), 'x'), NDJSON);
    expect([status, body]).toMatchObject([202, { accepted: 2, invalid: 1, job: { state: 'DRAFT', progress: { total: 2 } } }]);
  });
});

test('stored contacts are named at the start', async () => {
  await bridge.api.ok('PUT', '/api/contacts', { workspace_id: 7, contacts: [{ phone: phone(1), name: 'Budi', tags: ['vip'] }, { phone: phone(2), tags: ['other'] }] });
  const { job, accepted } = await bridge.api.ok<StartedBlast>('POST', `${ROOT}/start`, { ...HEADER, draft: true, list: { tag: 'vip' } });
  expect(accepted).toBe(1);
  expect(await bridge.api.ok('GET', `${ROOT}/${job.id}/recipients`)).toMatchObject({ recipients: [{ phone: phone(1), variables: { name: 'Budi' } }] });
  const none = await bridge.api.request('POST', `${ROOT}/start`, { ...HEADER, list: { tag: 'nobody' } });
  expect(none.status).toBe(400);
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
    const form = new FormData();
    form.set('file', new Blob([xlsx([['phone'], [phone(5)]])]), 'more.xlsx');
    expect((await fetch(`${bridge.api.url}${ROOT}/${id}/recipients`, { method: 'POST', headers: { 'X-Api-Key': TEST_KEY }, body: form })).status).toBe(200);
    expect((await bridge.api.ok<BlastJobView>('GET', `${ROOT}/${id}`)).progress.total).toBe(5);
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

describe('a service of its own', () => {
  let other: World;
  let service: BridgeProcess;
  beforeAll(async () => {
    other = await World.open();
    service = await BridgeProcess.start(other);
    await service.api.ok('POST', '/api/sessions', { id: 'sales', workspace_id: 7, start: false });
    const storage = await openSharedStorage(`${other.dir}/data`);
    for (let from = 0; from < KNOWN; from += 500) {
      const values = Array.from({ length: Math.min(500, KNOWN - from) }, (_, index) => ({ workspace: '7' as never, phone: phone(from + index), name: null, created_at: 1, updated_at: 1 }));
      await storage.transaction((trx) => trx.insertInto('address').values(values).execute());
    }
    await storage.close();
  });
  afterAll(async () => {
    await service.terminate();
    await other.close();
  });

  test('takes a large list in with little memory, while others are served; who is in the address book is left out', async () => {
    const memory = (): number => residentMb(service.child.pid ?? 0);
    const idle = memory();
    let most = 0;
    let slowest = 0;
    let done = false;
    const watch = (async () => {
      while (!done) {
        const at = performance.now();
        await service.api.ok('GET', '/health');
        slowest = Math.max(slowest, performance.now() - at);
        most = Math.max(most, memory() - idle);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    })();
    async function* lines(): AsyncGenerator<Buffer> {
      yield Buffer.from(ndjson({ ...HEADER, draft: true }));
      for (let from = 0; from < ROWS; from += 1_000) yield Promise.resolve(Buffer.from(ndjson(...Array.from({ length: Math.min(1_000, ROWS - from) }, (_, index) => phone(from + index)))));
    }
    const startedAt = performance.now();
    const answer = await fetch(`${service.api.url}${ROOT}/start`, { method: 'POST', headers: { 'X-Api-Key': TEST_KEY, ...NDJSON }, body: ReadableStream.from(lines()) as never, duplex: 'half' } as never);
    const { job, accepted } = (await answer.json()) as StartedBlast;
    const seconds = (performance.now() - startedAt) / 1000;
    done = true;
    await watch;
    process.stdout.write(`${ROWS} recipients, ${KNOWN} in the address book: ${Math.round(ROWS / seconds)} a second, +${Math.round(most)} MB over ${Math.round(idle)}, slowest other request ${Math.round(slowest)} ms\n`);
    expect([accepted, job.progress.total, job.progress.states.skipped, job.progress.states.queued]).toEqual([ROWS, ROWS, KNOWN, ROWS - KNOWN]);
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThan(100);
  }, 600_000);
});
