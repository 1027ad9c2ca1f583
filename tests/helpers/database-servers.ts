import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import pg from 'pg';
import { freePort } from './free-port.js';
import { describeWhere } from './php-receiver.js';
import { until } from './sandbox-client.js';

/**
 * Real database servers, each in a directory of its own, on a free port of this machine, and gone with the test: what the main application
 * of a user has. As root they run as the system user that their packages make, because they refuse to run as root.
 */
export interface DatabaseServer {
  /** With user, password and database. */
  url: string;
  host: string;
  port: number;
  user: string;
  password: string;
  database: string;
  /** Runs statements, and answers the last one's rows. */
  query<T = Record<string, unknown>>(...statements: string[]): Promise<T[]>;
  /** As a power cut would, and back on the same port with what is on its disk. */
  kill(): Promise<void>;
  start(): Promise<void>;
  close(): Promise<void>;
}

type Kind = 'mariadb' | 'postgres';

/** PEM. */
export interface ServerCertificate {
  key: string;
  cert: string;
}

const USER = 'app';
const PASSWORD = 'test-only-db-pass';
const DATABASE = 'shop';

const POSTGRES_BINARIES = '/usr/lib/postgresql';
const postgresFolder = (): string => {
  const versions = existsSync(POSTGRES_BINARIES) ? readdirSync(POSTGRES_BINARIES) : [];
  const newest = versions.sort((a, b) => Number(b) - Number(a))[0];
  return newest === undefined ? '' : join(POSTGRES_BINARIES, newest, 'bin');
};
const inPath = (name: string): string | null => [...(process.env.PATH ?? '').split(':'), '/usr/sbin', postgresFolder()].map((folder) => join(folder, name)).find((file) => existsSync(file)) ?? null;

const PROGRAMS: Record<Kind, { install: string; serve: string; owner: string; package: string }> = {
  mariadb: { install: 'mariadb-install-db', serve: 'mariadbd', owner: 'mysql', package: 'mariadb-server' },
  postgres: { install: 'initdb', serve: 'postgres', owner: 'postgres', package: 'postgresql' },
};

const isInstalled = (kind: Kind): boolean => [PROGRAMS[kind].install, PROGRAMS[kind].serve].every((name) => inPath(name) !== null);

/** A `describe` that needs one of the servers. */
export function describeWithDatabase(kind: Kind, name: string, tests: () => void): void {
  describeWhere(isInstalled(kind), `${kind} is not installed, so that nothing was checked against it. Get it with \`apt-get install ${PROGRAMS[kind].package}\`.`, { name, tests });
}

/** Ends what runs when our end of the pipe closes: not even a killed test run leaves a server behind. */
const TIED_TO_US = '"$@" & cat >/dev/null; kill -9 0';

class Server implements DatabaseServer {
  readonly host = '127.0.0.1';
  readonly user = USER;
  readonly password = PASSWORD;
  readonly database = DATABASE;
  private child: ChildProcess | null = null;
  private output = '';

  constructor(
    private readonly kind: Kind,
    readonly port: number,
    private readonly folder: string,
    private readonly owner: { uid: number; gid: number } | null,
    private readonly tls: ServerCertificate | null,
  ) {}

  get url(): string {
    return `${this.kind === 'mariadb' ? 'mysql' : 'postgresql'}://${USER}:${PASSWORD}@${this.host}:${this.port}/${DATABASE}`;
  }

  /** Makes the server's files, with one user and one database. */
  create(): void {
    const data = join(this.folder, 'data');
    if (this.tls) {
      this.write('key.pem', this.tls.key);
      this.write('cert.pem', this.tls.cert);
    }
    if (this.kind === 'mariadb') {
      this.run(inPath('mariadb-install-db') ?? '', ['--no-defaults', `--datadir=${data}`, '--auth-root-authentication-method=normal', '--skip-test-db']);
      this.write('init.sql', `CREATE DATABASE IF NOT EXISTS ${DATABASE} CHARACTER SET utf8mb4;\nCREATE USER IF NOT EXISTS '${USER}'@'%' IDENTIFIED BY '${PASSWORD}';\nGRANT ALL ON *.* TO '${USER}'@'%';\n`);
    } else {
      this.write('password', PASSWORD);
      this.run(inPath('initdb') ?? '', ['-D', data, '-U', USER, '--auth=scram-sha-256', `--pwfile=${join(this.folder, 'password')}`, '-E', 'UTF8', '--locale=C', '--no-sync']);
    }
  }

  async start(): Promise<void> {
    const data = join(this.folder, 'data');
    const command =
      this.kind === 'mariadb'
        ? [inPath('mariadbd') ?? '', '--no-defaults', `--datadir=${data}`, `--socket=${join(this.folder, 's.sock')}`, `--port=${this.port}`, `--bind-address=${this.host}`, '--skip-name-resolve', `--init-file=${join(this.folder, 'init.sql')}`, '--innodb-buffer-pool-size=32M', '--skip-log-bin', `--pid-file=${join(this.folder, 'pid')}`, ...this.tlsOptions('--ssl-cert=', '--ssl-key=')]
        : [inPath('postgres') ?? '', '-D', data, '-p', String(this.port), '-h', this.host, '-k', this.folder, '-c', 'fsync=off', '-c', 'shared_buffers=32MB', ...(this.tls ? ['-c', 'ssl=on'] : []), ...this.tlsOptions('--ssl_cert_file=', '--ssl_key_file=')];
    this.child = spawn('sh', ['-c', TIED_TO_US, 'sh', ...command], { cwd: this.folder, detached: true, stdio: ['pipe', 'pipe', 'pipe'], ...this.owner });
    for (const stream of [this.child.stdout, this.child.stderr]) stream?.on('data', (chunk: Buffer) => (this.output = (this.output + chunk.toString()).slice(-5_000)));
    await until(() => this.connects(), { timeoutMs: 40_000, name: `${this.kind} takes connections` }).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${this.output}`);
    });
    if (this.kind === 'postgres') await this.makeDatabase();
  }

  async query<T = Record<string, unknown>>(...statements: string[]): Promise<T[]> {
    return this.kind === 'mariadb' ? queryMariadb<T>(this.url, statements) : queryPostgres<T>(this.url, statements);
  }

  async kill(): Promise<void> {
    const { child } = this;
    this.child = null;
    if (child?.pid === undefined || child.exitCode !== null) return;
    const ended = once(child, 'exit');
    // Killed outright, PostgreSQL would leave its children and its lock behind; SIGQUIT ends it as abruptly for its files.
    process.kill(-child.pid, this.kind === 'mariadb' ? 'SIGKILL' : 'SIGQUIT');
    await ended;
    const lock = join(this.folder, 'data/postmaster.pid');
    await until(() => !existsSync(lock), { name: 'PostgreSQL has ended' });
  }

  async close(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  private tlsOptions(cert: string, key: string): string[] {
    return this.tls ? [cert + join(this.folder, 'cert.pem'), key + join(this.folder, 'key.pem')] : [];
  }

  private connects(): Promise<boolean> {
    const one = this.kind === 'mariadb' ? queryMariadb(this.url, ['select 1']) : queryPostgres(this.adminUrl, ['select 1']);
    return one.then(
      () => true,
      () => false,
    );
  }

  private get adminUrl(): string {
    return this.url.replace(/\/[^/]*$/, '/postgres');
  }

  private async makeDatabase(): Promise<void> {
    const known = await queryPostgres(this.adminUrl, [`select 1 from pg_database where datname = '${DATABASE}'`]);
    if (known.length === 0) await queryPostgres(this.adminUrl, [`create database ${DATABASE}`]);
  }

  private run(program: string, args: string[]): void {
    execFileSync(program, args, { cwd: this.folder, stdio: ['ignore', 'ignore', 'pipe'], ...this.owner });
  }

  private write(name: string, text: string): void {
    const file = join(this.folder, name);
    writeFileSync(file, text, { mode: 0o600 });
    if (this.owner) chownSync(file, this.owner.uid, this.owner.gid);
  }
}

async function queryMariadb<T>(url: string, statements: readonly string[]): Promise<T[]> {
  const connection = await createConnection({ uri: url });
  try {
    let rows: unknown = [];
    for (const statement of statements) [rows] = await connection.query(statement);
    return Array.isArray(rows) ? (rows as T[]) : [];
  } finally {
    await connection.end();
  }
}

async function queryPostgres<T>(url: string, statements: readonly string[]): Promise<T[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    let rows: unknown[] = [];
    for (const statement of statements) ({ rows } = await client.query<Record<string, unknown>>(statement));
    return rows as T[];
  } finally {
    await client.end();
  }
}

async function startServer(kind: Kind, tls: ServerCertificate | null = null): Promise<DatabaseServer> {
  const folder = mkdtempSync(join(tmpdir(), `${kind}-`));
  const owner = process.getuid?.() === 0 ? idsOf(PROGRAMS[kind].owner) : null;
  if (owner) chownSync(folder, owner.uid, owner.gid);
  const server = new Server(kind, await freePort(), folder, owner, tls);
  try {
    server.create();
    await server.start();
  } catch (error) {
    await server.close();
    throw error;
  }
  return server;
}

export const startMariadb = (): Promise<DatabaseServer> => startServer('mariadb');
export const startPostgres = (): Promise<DatabaseServer> => startServer('postgres');
/** Whichever it is, started. With a certificate it also takes encrypted connections. */
export const startDatabase = (kind: Kind, tls: ServerCertificate | null = null): Promise<DatabaseServer> => startServer(kind, tls);

function idsOf(user: string): { uid: number; gid: number } {
  const [uid, gid] = ['-u', '-g'].map((flag) => Number(spawnSync('id', [flag, user], { encoding: 'utf8' }).stdout));
  if (!uid || !gid) throw new Error(`There is no system user ${user} to run the database as: ${readFileSync('/etc/passwd', 'utf8').includes(user) ? 'it has no id' : 'it is not in /etc/passwd'}.`);
  return { uid, gid };
}
