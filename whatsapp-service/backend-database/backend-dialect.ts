import { MysqlDialect, PostgresDialect, type Dialect } from 'kysely';
import { createPool } from 'mysql2';
import pg from 'pg';

export type BackendDatabaseKind = 'mysql' | 'postgres';

export const kindOf = (url: string): BackendDatabaseKind => (url.startsWith('postgres') ? 'postgres' : 'mysql');

interface Connection {
  url: string;
  tls: boolean;
  timeoutMs: number;
}

/** Enough for some look-ups at once, and little for the application that shares its database. */
const CONNECTIONS = 4;
const IDLE_MS = 60_000;

export function backendDialect(connection: Connection): Dialect {
  return kindOf(connection.url) === 'postgres' ? postgresDialect(connection) : mysqlDialect(connection);
}

function postgresDialect({ url, tls, timeoutMs }: Connection): Dialect {
  const pool = new pg.Pool({
    connectionString: url,
    ...(tls && { ssl: { rejectUnauthorized: true } }),
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
  return new PostgresDialect({ pool });
}

function mysqlDialect({ url, tls, timeoutMs }: Connection): Dialect {
  const { hostname, port, username, password, pathname } = new URL(url);
  const pool = createPool({
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? 3306 : Number(port),
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
    database: decodeURIComponent(pathname.slice(1)),
    ...(tls && { ssl: { rejectUnauthorized: true } }),
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
  return new MysqlDialect({ pool });
}
