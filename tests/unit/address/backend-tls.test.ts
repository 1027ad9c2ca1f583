import { isIP } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { generate } from 'selfsigned';
import { BackendDatabase } from '../../../whatsapp-service/backend-database/backend-database.js';
import { silentLogger } from '../../../whatsapp-service/shared/logger.js';
import { describeWithDatabase, startDatabase, type DatabaseServer, type ServerCertificate } from '../../helpers/database-servers.js';

/** Signed by itself: whoever trusts it trusts this server alone. */
async function certificateFor(host: string): Promise<ServerCertificate> {
  const altName = isIP(host) === 0 ? { type: 2 as const, value: host } : { type: 7 as const, ip: host };
  const { private: key, cert } = await generate([{ name: 'commonName', value: host }], { algorithm: 'sha256', extensions: [{ name: 'basicConstraints', cA: true }, { name: 'subjectAltName', altNames: [altName] }] });
  return { key, cert };
}

const IS_ENCRYPTED = {
  mariadb: sql<{ encrypted: number }>`select variable_value <> '' as encrypted from information_schema.session_status where variable_name = 'Ssl_cipher'`,
  postgres: sql<{ encrypted: boolean }>`select ssl as encrypted from pg_stat_ssl where pid = pg_backend_pid()`,
};

for (const kind of ['mariadb', 'postgres'] as const) {
  describeWithDatabase(kind, `an encrypted connection to the main application's database, on ${kind}`, () => {
    let own: ServerCertificate;
    let server: DatabaseServer;

    beforeAll(async () => {
      own = await certificateFor('localhost');
      server = await startDatabase(kind, own);
    });
    afterAll(() => server.close());

    /** Whether what is asked goes encrypted, or why nothing can be asked. */
    async function ask(tls: { ca: string | null } | null, to: DatabaseServer = server, host = 'localhost'): Promise<unknown> {
      const database = new BackendDatabase({ url: to.url.replace('127.0.0.1', host), tls, timeoutMs: 5_000, logger: silentLogger });
      try {
        return Boolean((await database.rows<{ encrypted: unknown }>(IS_ENCRYPTED[kind]))[0]?.encrypted);
      } catch (error) {
        return (error as { details?: { reason?: unknown } }).details?.reason;
      } finally {
        await database.close();
      }
    }

    test('is made where the authority is known, and only then', async () => {
      expect(await ask({ ca: own.cert })).toBe(true);
      expect(await ask(null)).toBe(false);
      expect(await ask({ ca: null })).toMatch(/SELF_SIGNED|HANDSHAKE/);
      expect(await ask({ ca: (await certificateFor('localhost')).cert })).not.toBe(true);
    });

    test('is not made with the certificate of another host', async () => {
      const other = await certificateFor('db.example.com');
      const elsewhere = await startDatabase(kind, other);
      try {
        expect(await ask({ ca: other.cert }, elsewhere)).toMatch(/ALTNAME|HANDSHAKE/);
      } finally {
        await elsewhere.close();
      }
    });

    if (kind === 'postgres') {
      test('is made with a host that is an address, where the certificate is for that address', async () => {
        const address = await certificateFor('127.0.0.1');
        const there = await startDatabase(kind, address);
        try {
          expect(await ask({ ca: address.cert }, there, '127.0.0.1')).toBe(true);
          expect(await ask({ ca: own.cert }, server, '127.0.0.1')).toMatch(/ALTNAME/);
        } finally {
          await there.close();
        }
      });
    }
  });
}
