import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Contacts } from '../../../whatsapp-service/app-contacts.js';
import type { Storage } from '../../../whatsapp-service/storage/database.js';
import { contactParts } from '../../helpers/contact-parts.js';
import { describeWithDatabase, startDatabase, type DatabaseServer } from '../../helpers/database-servers.js';
import { tempStorage } from '../../helpers/temp-storage.js';

for (const kind of ['mariadb', 'postgres'] as const) {
  describeWithDatabase(kind, `the contacts of the main application, on ${kind}`, () => {
    let server: DatabaseServer;
    let storage: Storage;
    let remove: () => Promise<void>;
    let contacts: Contacts;

    beforeAll(async () => {
      server = await startDatabase(kind);
      await server.query(
        'create table customers (id bigint primary key, mobile varchar(40), full_name varchar(80), segment varchar(20), city varchar(40), points int, team_id int)',
        "insert into customers values (2, '0812-3456-7890', 'Budi', 'vip', 'Bandung', 5, 7), (9, 'none', 'Nobody', 'vip', null, 1, 7), (10, '+62 813 2222 3333', null, 'vip', null, null, 7), (100, '0814-2222-3333', 'Siti', 'new', 'Bogor', 9, 7), (101, '0815-2222-3333', 'Else', 'vip', null, 1, 8)",
      );
      ({ storage, remove } = await tempStorage());
      const columns = { CONTACT_PHONE_COLUMN: 'mobile', CONTACT_NAME_COLUMN: 'full_name', CONTACT_TAG_COLUMN: 'segment', CONTACT_WORKSPACE_COLUMN: 'team_id', CONTACT_VARIABLE_COLUMNS: 'city, points' };
      contacts = contactParts(storage, {}, { BACKEND_DB_URL: server.url, BACKEND_DB_TIMEOUT_MS: '2000', CONTACT_TABLE: 'customers', ...columns });
    });
    afterAll(async () => {
      await contacts.stop();
      await remove();
      await server.close();
    });

    const all = async (selection: { tag?: string }): Promise<string[]> => {
      const found: string[] = [];
      for (let after: string | null = null; ; ) {
        const page = await contacts.lookups.contactsOfList(7, { source: 'backend', ...selection }, after, 2);
        found.push(...page.targets.map(({ phone, name, variables }) => `${phone} ${name ?? '-'} ${JSON.stringify(variables)}`));
        if (page.next === null) return found;
        after = page.next;
      }
    };

    test('are read page by page, in the order of their key, of one workspace', async () => {
      expect(await all({})).toEqual(['+6281234567890 Budi {"city":"Bandung","points":"5"}', '+6281322223333 - {}', '+6281422223333 Siti {"city":"Bogor","points":"9"}']);
      expect(await all({ tag: 'new' })).toEqual(['+6281422223333 Siti {"city":"Bogor","points":"9"}']);
      expect(await all({ tag: "x' or '1'='1" })).toEqual([]);
    });

    test('a database that is away rejects', async () => {
      await server.kill();
      await expect(all({})).rejects.toMatchObject({ code: 'backend_database_unavailable' });
      await server.start();
      expect(await all({})).toHaveLength(3);
    });
  });
}
