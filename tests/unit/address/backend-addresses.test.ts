import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { BackendDatabase } from '../../../whatsapp-service/backend-database/backend-database.js';
import { AddressService } from '../../../whatsapp-service/features/address/address-service.js';
import { BackendAddresses, type BackendAddressesOptions } from '../../../whatsapp-service/features/address/backend-addresses.js';
import { systemClock } from '../../../whatsapp-service/shared/clock.js';
import { silentLogger } from '../../../whatsapp-service/shared/logger.js';
import { EVERY_WORKSPACE, workspaceKey } from '../../../whatsapp-service/shared/workspace.js';
import { describeWithDatabase, startDatabase, type DatabaseServer } from '../../helpers/database-servers.js';
import { tempStorage } from '../../helpers/temp-storage.js';

/** Column and table names that must be quoted, and a name that would end a quotation. */
const NAMES = { mariadb: { table: 'pelanggan `x` order', phone: 'no "hp`', quote: (name: string) => `\`${name.replaceAll('`', '``')}\`` }, postgres: { table: 'pelanggan "x" order', phone: 'no "hp`', quote: (name: string) => `"${name.replaceAll('"', '""')}"` } };

const WRITTEN: [string | null, string | null][] = [
  ['0812-3456-7890', '7'],
  ['+62 813.2222.3333', '7'],
  ['62 (814) 22223333', null],
  ['81522223333', '7'],
  ['+62 (0)816 2222 3333', '7'],
  ['0062 817-2222-3333', '8'],
  ['+1 (213) 373-4253', '7'],
  // Japan's, although its digits are those of 0818-9012-3456 without its 0.
  ['+81 890123456', '7'],
  ['tidak ada', '7'],
  ['', '7'],
  [null, '7'],
  ["'; drop table x; --", '7'],
];

const THERE = ['+6281234567890', '+6281322223333', '+6281422223333', '+6281522223333', '+6281622223333', '+12133734253'];
const ELSEWHERE = ['+6281722223333'];
const NOT_THERE = ['+6281890123456', '+6281999999999', '+6281234567891'];

for (const kind of ['mariadb', 'postgres'] as const) {
  describeWithDatabase(kind, `the address book of the main application, on ${kind}`, () => {
    const { table, phone, quote } = NAMES[kind];
    let server: DatabaseServer;
    let database: BackendDatabase;

    const book = (change: Partial<BackendAddressesOptions> = {}): BackendAddresses =>
      new BackendAddresses({ database, table: { name: table, phoneColumn: phone, workspaceColumn: 'workspace' }, phones: 'any', defaultCountry: 'ID', ...change });

    beforeAll(async () => {
      server = await startDatabase(kind);
      const text = (value: string | null): string => (value === null ? 'null' : `'${value.replaceAll("'", "''")}'`);
      await server.query(
        `create table ${quote(table)} (id int primary key, ${quote(phone)} varchar(60), workspace int)`,
        `insert into ${quote(table)} values ${WRITTEN.map(([number, workspace], index) => `(${index}, ${text(number)}, ${workspace ?? 'null'})`).join(',')}`,
        'create table plain (phone bigint, mobile varchar(20))',
        "insert into plain values (6281234567890, '081322223333'), (81422223333, '+6281522223333')",
      );
      database = new BackendDatabase({ url: server.url, tls: null, timeoutMs: 2_000, logger: silentLogger });
    });
    afterAll(async () => {
      await database.close();
      await server.close();
    });

    test('finds every spelling, of the workspace or of all, and nobody else', async () => {
      const asked = [...THERE, ...ELSEWHERE, ...NOT_THERE];
      expect((await book().find(workspaceKey(7), asked)).sort()).toEqual([...THERE].sort());
      expect((await book().find(workspaceKey('8'), asked)).sort()).toEqual(['+6281422223333', '+6281722223333']);
      expect((await book().find(EVERY_WORKSPACE, asked)).sort()).toEqual([...THERE, ...ELSEWHERE].sort());
    });

    test('asks in chunks', async () => {
      const many = Array.from({ length: 12_000 }, (_, index) => `+62857${10_000_000 + index}`);
      expect((await book().find(workspaceKey(7), [...many, ...THERE])).sort()).toEqual([...THERE].sort());
    });

    test('finds plain numbers, in a column of text or of integers', async () => {
      const plain = (phoneColumn: string) => book({ phones: 'plain', table: { name: 'plain', phoneColumn, workspaceColumn: null } }).find(workspaceKey(7), [...THERE, ...NOT_THERE]);
      expect((await plain('phone')).sort()).toEqual(['+6281234567890', '+6281422223333']);
      expect((await plain('mobile')).sort()).toEqual(['+6281322223333', '+6281522223333']);
    });

    test('a wrong name is told, and no text of the database', async () => {
      const wrong = book({ table: { name: 'nobody', phoneColumn: phone, workspaceColumn: null } });
      await expect(wrong.find(workspaceKey(7), THERE)).rejects.toMatchObject({ code: 'backend_database_unavailable', details: { reason: kind === 'mariadb' ? 'ER_NO_SUCH_TABLE' : '42P01' } });
    });

    test('nothing can be written', async () => {
      const { sql } = await import('kysely');
      await expect(database.rows(sql`delete from plain`)).rejects.toMatchObject({ code: 'backend_database_unavailable' });
      expect(await server.query('select * from plain')).toHaveLength(2);
    });

    test('a database that is away makes the look-up reject, and answers again once it is back', async () => {
      const { storage, remove } = await tempStorage();
      const service = new AddressService({ storage, backend: book(), defaultCountry: 'ID', clock: systemClock });
      await server.kill();
      await expect(service.find(workspaceKey(7), THERE)).rejects.toMatchObject({ code: 'backend_database_unavailable' });
      await server.start();
      expect((await service.find(workspaceKey(7), THERE)).size).toBe(THERE.length);
      await remove();
    });
  });
}

describe('a database that cannot be reached', () => {
  test('rejects within its time, and names no password', async () => {
    const database = new BackendDatabase({ url: 'mysql://app:geheim@127.0.0.1:9/shop', tls: null, timeoutMs: 300, logger: silentLogger });
    const book = new BackendAddresses({ database, table: { name: 't', phoneColumn: 'p', workspaceColumn: null }, phones: 'any', defaultCountry: 'ID' });
    const error = await book.find(workspaceKey(7), THERE).then(
      () => null,
      (problem: unknown) => problem,
    );
    expect(error).toMatchObject({ code: 'backend_database_unavailable', details: { reason: 'ECONNREFUSED' } });
    expect(JSON.stringify(error)).not.toContain('geheim');
    await database.close();
  });
});
