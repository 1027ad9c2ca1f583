import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createApp, type App } from '../../whatsapp-service/app.js';
import { loadConfig } from '../../whatsapp-service/config/load-config.js';
import type { AddressListView, ContactCheckView, Imported, RowCounts, StoredContactList, StoredContactView } from '../../whatsapp-service/contracts/contact-api.js';
import type { OptOutListView } from '../../whatsapp-service/contracts/opt-out-api.js';
import { silentLogger } from '../../whatsapp-service/shared/logger.js';
import { BridgeApi, InProcessBridge, TEST_KEY, TEST_SECRET, World } from '../helpers/bridge.js';
import { until } from '../helpers/sandbox-client.js';
import { xlsx } from '../helpers/xlsx-file.js';

interface Refusal {
  error: { code: string; details: { reason?: string; fields?: { field: string }[] } };
}

describe('contacts over the API', () => {
  let dir: string;
  let app: App;
  let api: BridgeApi;
  let other: BridgeApi;

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'bridge-contacts-'));
    const env = {
      ENGINE: 'webjs', PORT: '0', ADMIN_API_KEY: TEST_KEY, BACKEND_URL: 'http://127.0.0.1:9', WEBHOOK_SECRET: TEST_SECRET, DATA_DIR: join(dir, 'data'), SESSIONS_DIR: join(dir, 'sessions'), LOG_DIR: join(dir, 'logs'),
      CONTACT_IMPORT_MAX_MB: '1', CONTACT_IMPORT_MAX_ROWS: '5000',
    };
    app = await createApp(loadConfig({ env, dotenvFile: null, isTerminal: false }), { logger: silentLogger });
    const { port } = await app.start();
    api = new BridgeApi(`http://127.0.0.1:${port}`);
    const { key } = await api.ok<{ key: string }>('POST', '/api/keys', { name: 'eight', scopes: ['send'], workspaces: [8] });
    other = new BridgeApi(api.url, key);
  });
  afterAll(async () => {
    await app.stop();
    await rm(dir, { recursive: true, force: true });
  });

  const upload = async (path: string, content: string | Buffer, fields: Record<string, string> = {}): Promise<{ status: number; body: Imported & Refusal }> => {
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    form.append('file', new Blob([Uint8Array.from(Buffer.from(content))]), '../../evil.csv');
    const response = await fetch(api.url + path, { method: 'POST', headers: { 'X-Api-Key': TEST_KEY }, body: form });
    return { status: response.status, body: (await response.json()) as Imported & Refusal };
  };

  test('the address book: JSON, NDJSON, list, search, check, delete', async () => {
    const put = await api.ok<RowCounts>('PUT', '/api/whatsapp/addresses', { workspace_id: 7, addresses: ['0812-3456-7890', { phone: '+65 8123 4567', name: 'Siti' }, 6281234567890, 'budi', { phone: '' }, [1]] });
    expect(put).toMatchObject({ rows: 6, added: 2, updated: 0, duplicates: 1, invalid: 3, invalid_rows: [{ row: 4, reason: 'invalid_phone', value: 'budi' }, { row: 5, reason: 'no_phone' }, { row: 6, reason: 'invalid_row' }] });

    const ndjson = { 'Content-Type': 'application/x-ndjson' };
    const lines = `${Array.from({ length: 2_500 }, (_, index) => `"08132${String(1_000_000 + index)}"`).join('\n')}\n\n{"phone":"0812-3456-7890","name":"Budi"}\nnot json\n`;
    expect(await api.ok<RowCounts>('PUT', '/api/whatsapp/addresses?workspace_id=7', lines, ndjson)).toMatchObject({ rows: 2_502, added: 2_500, updated: 1, invalid: 1, invalid_rows: [{ row: 2_503, reason: 'invalid_row' }] });
    const latin = await fetch(`${api.url}/api/whatsapp/addresses?workspace_id=7`, { method: 'PUT', headers: { ...ndjson, 'X-Api-Key': TEST_KEY }, body: Uint8Array.from(Buffer.from('"0811-1111-1111"\n"\xff"', 'latin1')) });
    expect(latin.status).toBe(400);
    expect((await api.request('PUT', '/api/whatsapp/addresses', { addresses: [] })).status).toBe(400);

    const pages: string[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page: AddressListView = await api.ok('GET', `/api/whatsapp/addresses?workspace_id=7&limit=1000${cursor && `&cursor=${cursor}`}`);
      pages.push(...page.addresses.map(({ phone }) => phone));
      cursor = page.next_cursor;
    }
    expect([pages.length, new Set(pages).size]).toEqual([2_502, 2_502]);
    const found = await api.ok<AddressListView>('GET', '/api/whatsapp/addresses?workspace_id=7&search=0812');
    expect(found.addresses.map(({ phone, name }) => [phone, name])).toContainEqual(['+6281234567890', 'Budi']);
    expect((await api.ok<AddressListView>('GET', '/api/whatsapp/addresses?workspace_id=7&search=%25')).addresses).toEqual([]);

    const check = await api.ok<{ results: unknown[] }>('POST', '/api/whatsapp/addresses/check', { workspace_id: '7', phones: ['62812 3456 7890', '0899-9999-999', 'x'] });
    expect(check.results).toEqual([
      { input: '62812 3456 7890', phone: '+6281234567890', in_address_book: true, opted_out: false },
      { input: '0899-9999-999', phone: '+628999999999', in_address_book: false, opted_out: false },
      { input: 'x', phone: null, in_address_book: false, opted_out: false },
    ]);

    expect(await api.ok('DELETE', '/api/whatsapp/addresses', { workspace_id: 7, phones: ['081234567890', '0899'] })).toEqual({ deleted: 1 });
    expect(await api.ok('DELETE', '/api/whatsapp/addresses', { workspace_id: 7, all: true })).toEqual({ deleted: 2_501 });
    expect((await api.request('DELETE', '/api/whatsapp/addresses', { workspace_id: 7 })).status).toBe(400);
  });

  test('a key of another workspace sees and changes nothing of this one, nor what holds for all', async () => {
    const asked = await Promise.all([
      other.request('GET', '/api/contacts?workspace_id=7'),
      other.request('PUT', '/api/whatsapp/addresses', { workspace_id: 7, addresses: ['0812-3456-7890'] }),
      other.request('PUT', '/api/opt-outs', { workspace_id: 7, people: ['0812-3456-7890'] }),
      other.request('GET', '/api/contacts/export.csv?workspace_id=7'),
    ]);
    expect(asked.map(({ status }) => status)).toEqual([403, 403, 403, 403]);
    // Without a name it is its own.
    expect(await other.ok('PUT', '/api/opt-outs', { people: ['0812-1111-2222'] })).toMatchObject({ added: 1 });
    expect((await api.ok<OptOutListView>('GET', '/api/opt-outs')).opt_outs).toEqual([]);
    expect((await api.ok<OptOutListView>('GET', '/api/opt-outs?workspace_id=8')).opt_outs).toHaveLength(1);
    expect((await api.request('GET', '/api/contacts', undefined, { 'X-Api-Key': 'nobody' })).status).toBe(401);
  });

  const CSV = '\uFEFFNo. HP;Nama;Grup;Kota\r\n0812-3456-7890;Budi;vip|jakarta;Bandung\r\n+62 812 3456 7890;Budi S;;Bogor\r\n;Tanpa;;\r\n6,28123E+12;Bulat;;\r\nabc;Salah;;\r\n\r\n0813 2222 3333;"Ani; ""A""";;\r\n';

  test('an import: columns by their names, a dry run, row errors with their lines, duplicates, tags', async () => {
    const dry = await upload('/api/contacts/import', CSV, { workspace_id: '7', dry_run: 'true' });
    expect([dry.status, dry.body]).toMatchObject([200, { dry_run: true, rows: 6, added: 2, duplicates: 1, invalid: 3, columns: { phone: 'No. HP', name: 'Nama', tags: 'Grup', variables: ['Kota'] } }]);
    expect(dry.body.invalid_rows.map(({ row, reason }) => [row, reason])).toEqual([[4, 'no_phone'], [5, 'rounded_phone'], [6, 'invalid_phone']]);
    expect((await api.ok<StoredContactList>('GET', '/api/contacts?workspace_id=7')).contacts).toEqual([]);

    const real = await upload('/api/contacts/import', CSV, { workspace_id: '7', tags: 'agustus, vip' });
    expect(real.body).toMatchObject({ dry_run: false, added: 2, updated: 0 });
    const { contacts } = await api.ok<StoredContactList>('GET', '/api/contacts?workspace_id=7');
    expect(contacts.map(({ phone, name, tags, variables }) => [phone, name, tags, variables])).toEqual([
      ['+6281234567890', 'Budi S', ['agustus', 'jakarta', 'vip'], { Kota: 'Bogor' }],
      ['+6281322223333', 'Ani; "A"', ['agustus', 'vip'], {}],
    ]);
    expect((await upload('/api/contacts/import', CSV, { workspace_id: '7' })).body).toMatchObject({ added: 0, updated: 2 });
    const book = await upload('/api/whatsapp/addresses/import', xlsx([['Telepon', 'Nama'], [6281234567890, 'Budi'], ['x', null]]), { workspace_id: '9' });
    expect(book.body).toMatchObject({ rows: 2, added: 1, invalid: 1, columns: { phone: 'Telepon' } });
    const mapped = await upload('/api/contacts/import', 'a,b\nBudi,0812-3456-7890\n', { workspace_id: '9', 'columns[phone]': 'b', 'columns[name]': 'a' });
    expect(mapped.body).toMatchObject({ added: 1, columns: { phone: 'b', name: 'a' } });
    expect((await upload('/api/contacts/import', '0812-3456-7891,Budi\n', { workspace_id: '9', header: 'false', 'columns[phone]': '1', 'columns[name]': '2' })).body).toMatchObject({ rows: 1, added: 1 });
  });

  test('what cannot be read is a clear 4xx, and leaves nothing', async () => {
    const refused = async (content: string | Buffer, fields = {}): Promise<unknown> => {
      const { status, body } = await upload('/api/contacts/import', content, fields);
      return [status, body.error.details.reason ?? body.error.details.fields?.[0]?.field ?? body.error.code];
    };
    expect(await refused('phone\n=1+1\n')).toEqual([422, 'formula']);
    expect(await refused(Buffer.from('phone,n\n0812,\xc9\n', 'latin1'))).toEqual([422, 'encoding']);
    expect(await refused('x\n'.repeat(5_002))).toEqual([422, 'too_many_rows']);
    expect(await refused(Buffer.alloc(2_000_000, 'a'))).toEqual([413, 'media_too_large']);
    expect(await refused('a,b\n1,2\n')).toEqual([400, 'body.columns.phone']);
    expect(await refused('phone\n0812\n', { 'columns[phone]': 'none' })).toEqual([400, 'body.columns.phone']);
    expect(await refused('phone\n0812\n', { tags: 'a'.repeat(70) })).toEqual([400, expect.stringContaining('body.tags')]);
    expect((await api.request('POST', '/api/contacts/import', {})).status).toBe(400);
    expect((await api.ok<StoredContactList>('GET', '/api/contacts')).contacts).toEqual([]);
    const left = await readdir(join(dir, 'data'), { recursive: true });
    expect(left.filter((name) => /upl_|\.rows|evil/.test(name))).toEqual([]);
  });

  test('one contact: put, get, change, delete; tags; an export that a spreadsheet opens safely and that can be imported again', async () => {
    await api.ok('PUT', '/api/contacts', { workspace_id: 5, contacts: [{ phone: '0812-3456-7890', name: '=HYPERLINK("http://evil")', tags: ['vip'], variables: { kota: '@Bandung', poin: 5, constructor: 'PT A' } }, { phone: '0813-2222-3333', name: 'Ani, "A"' }] });
    const patched = await api.ok<StoredContactView>('PATCH', '/api/contacts/081234567890?workspace_id=5', { tags: ['gold'], variables: { poin: null } });
    expect(patched).toMatchObject({ phone: '+6281234567890', name: '=HYPERLINK("http://evil")', tags: ['gold'], variables: { kota: '@Bandung' }, on_whatsapp: null, opted_out: false });
    expect(await api.ok('GET', '/api/contacts/tags?workspace_id=5')).toEqual({ tags: [{ tag: 'gold', contacts: 1 }] });
    await api.ok('PUT', '/api/opt-outs', { people: ['0812-3456-7890', 'x'] });
    expect(await api.ok<StoredContactView>('GET', '/api/contacts/081234567890?workspace_id=5')).toMatchObject({ opted_out: true });

    const csv = Buffer.from(await (await fetch(`${api.url}/api/contacts/export.csv?workspace_id=5`, { headers: { 'X-Api-Key': TEST_KEY } })).arrayBuffer()).toString();
    expect(csv.trim().split('\r\n')).toEqual(['phone,name,tags,on_whatsapp,opted_out,kota,constructor', '+6281234567890,"\'=HYPERLINK(""http://evil"")",gold,,true,\'@Bandung,PT A', '+6281322223333,"Ani, ""A""",,,false,,']);
    expect((await upload('/api/contacts/import', csv, { workspace_id: '6' })).body).toMatchObject({ added: 2, invalid: 0 });

    expect((await api.ok<StoredContactList>('GET', '/api/contacts?workspace_id=5&tag=gold')).contacts).toHaveLength(1);
    expect((await api.ok<StoredContactList>('GET', '/api/contacts?workspace_id=5&search=ani')).contacts).toHaveLength(1);
    expect((await api.request('GET', '/api/contacts?source=backend')).status).toBe(409);
    expect((await api.request('DELETE', '/api/contacts/081234567890?workspace_id=5')).status).toBe(204);
    expect((await api.request('GET', '/api/contacts/081234567890?workspace_id=5')).status).toBe(404);
    expect(await api.ok('DELETE', '/api/contacts', { workspace_id: 5, all: true })).toEqual({ deleted: 1 });
    expect((await api.request('DELETE', '/api/opt-outs/081234567890')).status).toBe(204);
    expect((await api.request('DELETE', '/api/opt-outs/081234567890')).status).toBe(404);
  });
});

describe('contacts at WhatsApp', () => {
  let world: World;
  let bridge: InProcessBridge;

  beforeAll(async () => {
    world = await World.open();
    bridge = await InProcessBridge.start(world, { CONTACT_CHECKS_PER_MINUTE: '6000', SYNC_ON_READY: 'false' });
  });
  afterAll(async () => {
    await bridge.stop();
    await world.close();
  });

  test('a STOP that comes in opts out, and the check in the background writes down who is on WhatsApp', async () => {
    const { api } = bridge;
    await api.pair(world, 'sales', { workspace_id: 7, seed: { chats: 2 } });
    await world.hub.inbound('sales', { from: '6281234500001', body: ' Berhenti! ' });
    const phone = '+6281234500001';
    await until(async () => (await api.ok<OptOutListView>('GET', '/api/opt-outs?workspace_id=7')).opt_outs.some((person) => person.phone === phone && person.source === 'message'), { name: 'the person is opted out' });

    await api.ok('PUT', '/api/contacts', { workspace_id: 7, contacts: [{ phone }, { phone: '0899-0000-0001' }] });
    expect(await api.ok<ContactCheckView>('POST', '/api/contacts/check', { workspace_id: 7, session_id: 'sales' })).toMatchObject({ state: 'running', total: 2, checked: 0 });
    const done = await until(async () => {
      const check = await api.ok<ContactCheckView>('GET', '/api/contacts/check?workspace_id=7');
      return check.state === 'completed' ? check : null;
    }, { name: 'the check is done' });
    const { contacts } = await api.ok<StoredContactList>('GET', '/api/contacts?workspace_id=7');
    expect(contacts.map((contact) => contact.on_whatsapp).sort()).not.toContain(null);
    expect(done).toMatchObject({ checked: 2, on_whatsapp: contacts.filter((contact) => contact.on_whatsapp === true).length });
    expect(contacts.find((contact) => contact.phone === phone)).toMatchObject({ on_whatsapp: true, opted_out: true });
  });
});
