import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatabaseServer } from './database-servers.js';
import { hasLaravel, HOW_TO_GET_LARAVEL, PACKAGE } from './laravel-app.js';
import { describeWhere } from './php-receiver.js';

const HOW_TO_GET = `The Laravel package was not checked: ${HOW_TO_GET_LARAVEL}`;
const hasPhpUnit = (): boolean => spawnSync('phpunit', ['--version']).status === 0;

/** A `describe` that needs a real Laravel and PHPUnit. */
export function describeWithLaravel(name: string, tests: () => void): void {
  describeWhere(hasLaravel() && hasPhpUnit(), HOW_TO_GET, { name, tests });
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
