import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatabaseServer } from './database-servers.js';
import { describeWhere } from './php-receiver.js';

export const PACKAGE = join(import.meta.dirname, '../../laravel');

const HOW_TO_GET_LARAVEL =
  'PHP with Laravel and PHPUnit is not there, so that the Laravel package was not checked. Get them with `apt-get install php-laravel-framework php-cli php-curl php-sqlite3 php-mysql php-mbstring php-xml phpunit php-mockery php-guzzlehttp-guzzle`.';
const WHAT_IS_NEEDED = `
  require '${PACKAGE}/tests/bootstrap.php';
  $there = class_exists('Illuminate\\\\Foundation\\\\Application') && class_exists('GuzzleHttp\\\\Client') && class_exists('Mockery');
  foreach (['curl', 'pdo_sqlite', 'pdo_mysql', 'mbstring', 'xml'] as $extension) $there = $there && extension_loaded($extension);
  exit($there ? 0 : 1);
`;

const hasLaravel = (): boolean => spawnSync('php', ['-r', WHAT_IS_NEEDED]).status === 0 && spawnSync('phpunit', ['--version']).status === 0;

/** A `describe` that needs a real Laravel and PHPUnit. */
export function describeWithLaravel(name: string, tests: () => void): void {
  describeWhere(hasLaravel(), HOW_TO_GET_LARAVEL, { name, tests });
}

/** The application's settings for a server. */
export function databaseEnv(server: DatabaseServer): Record<string, string> {
  const driver = server.url.startsWith('mysql') ? 'mysql' : 'pgsql';
  return { DB_CONNECTION: driver, DB_HOST: server.host, DB_PORT: String(server.port), DB_DATABASE: server.database, DB_USERNAME: server.user, DB_PASSWORD: server.password };
}

export interface PhpUnitRun {
  exitCode: number | null;
  output: string;
  tests: number;
}

/** The package's own tests, on the database that `env` names. */
export async function runPhpUnit(env: Record<string, string> = {}, args: readonly string[] = []): Promise<PhpUnitRun> {
  const storage = mkdtempSync(join(tmpdir(), 'laravel-package-'));
  const child = spawn('phpunit', [...args], { cwd: PACKAGE, env: { ...process.env, APP_STORAGE: storage, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  try {
    const exitCode = await new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve));
    return { exitCode, output, tests: Number(/^(?:OK \(|Tests: )(\d+)/m.exec(output)?.[1] ?? 0) };
  } finally {
    rmSync(storage, { recursive: true, force: true });
  }
}
