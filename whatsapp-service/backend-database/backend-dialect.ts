import { MysqlDialect, PostgresDialect, type Dialect } from 'kysely';
import type { Pool as MysqlPool } from 'mysql2';
import type { Pool as PostgresPool } from 'pg';
import { bareHost } from '../shared/bare-host.js';

export type BackendDatabaseKind = 'mysql' | 'postgres';

export const kindOf = (url: string): BackendDatabaseKind => (url.startsWith('postgres') ? 'postgres' : 'mysql');

export interface BackendConnection {
  /** `mysql://`, `mariadb://`, `postgres://` or `postgresql://`, with user, password and database. */
  url: string;
  /** Encrypted, with a certificate of this host that `ca` (PEM), or an authority that Node knows, vouches for. Null: not encrypted. */
  tls: { ca: string | null } | null;
  /** How long a connection and a query may each take. */
  timeoutMs: number;
}

/** Enough for some look-ups at once, and little for the application that shares its database. */
const CONNECTIONS = 4;
const IDLE_MS = 60_000;

/** Each driver is loaded when it is first asked: most services have no use for either. */
export function backendDialect(connection: BackendConnection): Dialect {
  return kindOf(connection.url) === 'postgres' ? new PostgresDialect({ pool: () => postgresPool(connection) }) : new MysqlDialect({ pool: () => mysqlPool(connection) });
}

async function postgresPool({ url, tls, timeoutMs }: BackendConnection): Promise<PostgresPool> {
  const { default: pg } = await import('pg');
  const pool = new pg.Pool({
    connectionString: url,
    // The host is what its certificate is compared with, also where it is an address.
    ...(tls && { ssl: { rejectUnauthorized: true, host: bareHost(new URL(url)), ca: tls.ca ?? undefined } }),
    max: CONNECTIONS,
    connectionTimeoutMillis: timeoutMs,
    statement_timeout: timeoutMs,
    idleTimeoutMillis: IDLE_MS,
    allowExitOnIdle: true,
    // Nothing is ever written there.
    options: '-c default_transaction_read_only=on',
  });
  // A connection that is lost while nobody uses it is replaced when somebody does.
  pool.on('error', () => undefined);
  // One that is lost during a query tells the query, and would end the process for the want of a listener.
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}

async function mysqlPool({ url, tls, timeoutMs }: BackendConnection): Promise<MysqlPool> {
  const { createPool } = await import('mysql2');
  const address = new URL(url);
  const { port, username, password, pathname } = address;
  const pool = createPool({
    host: bareHost(address),
    port: port === '' ? 3306 : Number(port),
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
    database: decodeURIComponent(pathname.slice(1)),
    // Without `verifyIdentity` the certificate of any other host would do.
    ...(tls && { ssl: { rejectUnauthorized: true, verifyIdentity: true, ca: tls.ca ?? undefined } }),
    connectionLimit: CONNECTIONS,
    idleTimeout: IDLE_MS,
    connectTimeout: timeoutMs,
    enableKeepAlive: true,
    // Ids beyond 2^53 keep their digits.
    supportBigNumbers: true,
    bigNumberStrings: true,
    dateStrings: true,
  });
  pool.on('connection', (opened) => {
    // MariaDB's name for the limit, in seconds, and MySQL's; each leaves the other's be. Nothing is ever written there.
    for (const setting of ['session transaction read only', `session max_statement_time = ${timeoutMs / 1_000}`, `session max_execution_time = ${timeoutMs}`]) opened.query(`set ${setting}`, () => undefined);
  });
  return pool;
}
