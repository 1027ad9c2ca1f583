import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port.js';
import { until } from './sandbox-client.js';

export const PACKAGE = join(import.meta.dirname, '../../laravel');
const APP = join(PACKAGE, 'tests/app');

export const HOW_TO_GET_LARAVEL =
  'PHP with Laravel and PHPUnit is not there. Get them with `apt-get install php-laravel-framework php-cli php-curl php-sqlite3 php-mysql php-mbstring php-xml phpunit php-mockery php-guzzlehttp-guzzle`.';
const WHAT_IS_NEEDED = `
  require '${PACKAGE}/tests/bootstrap.php';
  $there = class_exists('Illuminate\\\\Foundation\\\\Application') && class_exists('GuzzleHttp\\\\Client') && class_exists('Mockery');
  foreach (['curl', 'pdo_sqlite', 'pdo_mysql', 'mbstring', 'xml'] as $extension) $there = $there && extension_loaded($extension);
  exit($there ? 0 : 1);
`;

export const hasLaravel = (): boolean => spawnSync('php', ['-r', WHAT_IS_NEEDED]).status === 0;

/** At a lower priority: its own, and that of its session, which the kernel may weigh first. */
const YIELDING = 'echo 5 2>/dev/null >/proc/self/autogroup; exec nice -n 5 "$0" "$@"';

/** Ends its whole group when our end of the pipe closes: `php -S`'s workers would outlive it, and a killed test run must leave nothing behind. */
const TIED_TO_US = '("$0" "$@"; kill -9 0) & cat >/dev/null; kill -9 0';

export interface ArtisanRun {
  exitCode: number | null;
  stdout: string;
  stderr: string;
}

/** The application on a bad day; see tests/app/src/Trouble.php. */
export interface Trouble {
  percent: number;
  answers: (number | 'late')[];
}

/** The skeleton application with the package, on SQLite unless its environment names a server, in a directory of its own. */
export class LaravelApp {
  private readonly children: ChildProcess[] = [];

  private constructor(
    readonly storage: string,
    private readonly env: Readonly<Record<string, string>>,
  ) {}

  /** Migrated and ready. @throws Error with what artisan said */
  static async open(env: Record<string, string>): Promise<LaravelApp> {
    const storage = mkdtempSync(join(tmpdir(), 'laravel-app-'));
    const database = join(storage, 'database.sqlite');
    writeFileSync(database, '');
    const app = new LaravelApp(storage, { APP_STORAGE: storage, DB_DATABASE: database, CACHE_DRIVER: 'file', SESSION_DRIVER: 'file', QUEUE_CONNECTION: 'database', ...env });
    await app.artisan('migrate', '--force');
    return app;
  }

  /** @throws Error with its output unless it ends with 0 */
  async artisan(...args: readonly string[]): Promise<string> {
    return succeeded(args, await this.tryArtisan({}, ...args));
  }

  /** The same, with an input that is too long for an argument. */
  async artisanWith(input: string, ...args: readonly string[]): Promise<string> {
    return succeeded(args, await this.run({}, args, input));
  }

  /** Whatever it ends with. */
  tryArtisan(env: Record<string, string>, ...args: readonly string[]): Promise<ArtisanRun> {
    return this.run(env, args, '');
  }

  private async run(env: Record<string, string>, args: readonly string[], input: string): Promise<ArtisanRun> {
    const child = spawn('php', [join(APP, 'artisan'), ...args, '--no-interaction', '--no-ansi'], { env: this.environment(env), stdio: ['pipe', 'pipe', 'pipe'] });
    child.stdin.on('error', () => {}).end(input);
    const run: ArtisanRun = { exitCode: null, stdout: '', stderr: '' };
    child.stdout.on('data', (chunk: Buffer) => (run.stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (run.stderr += chunk.toString()));
    const [exitCode] = (await once(child, 'close')) as [number | null];
    return { ...run, exitCode };
  }

  /** From now on; null: all is well again. */
  trouble(trouble: Trouble | null): void {
    const file = join(this.storage, 'trouble.json');
    writeFileSync(`${file}.new`, JSON.stringify(trouble));
    renameSync(`${file}.new`, file);
  }

  /** How often it answered so in its trouble. */
  troubles(): Record<string, number> {
    const file = join(this.storage, 'trouble.log');
    const answers = existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
    return answers.reduce<Record<string, number>>((counts, answer) => ({ ...counts, [answer]: (counts[answer] ?? 0) + 1 }), {});
  }

  /** `php -S` with so many workers, on a port of its own. Resolves with its URL once it answers. */
  async serve(workers = 2): Promise<string> {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const child = this.start({ PHP_CLI_SERVER_WORKERS: String(workers), APP_URL: url }, ['php', '-d', 'display_errors=stderr', '-S', `127.0.0.1:${port}`, '-t', join(APP, 'public'), join(APP, 'public/index.php')]);
    await until(
      () => {
        if (child.exitCode !== null) throw new Error(`php -S ended with ${child.exitCode}`);
        return fetch(`${url}/`).then(() => true, () => false);
      },
      { timeoutMs: 20_000, name: 'the Laravel application answers' },
    );
    return url;
  }

  /** As it is put into production: settings and routes are read from one file each. What `env()` gives is fixed from now on. */
  async optimize(): Promise<void> {
    await this.artisan('optimize');
  }

  /** A queue worker, until the application is closed. `yields`: requests go before it. */
  work({ yields = false } = {}): void {
    const command = ['php', join(APP, 'artisan'), 'queue:work', '--sleep=0.1'];
    this.start({}, yields ? ['sh', '-c', YIELDING, ...command] : command);
  }

  async close(): Promise<void> {
    for (const child of this.children) {
      if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) continue;
      const ended = once(child, 'exit');
      try {
        process.kill(-child.pid, 'SIGKILL');
      } catch {
        // It has ended already.
      }
      await ended;
    }
    rmSync(this.storage, { recursive: true, force: true, maxRetries: 5 });
  }

  private start(env: Record<string, string>, command: readonly string[]): ChildProcess {
    const child = spawn('sh', ['-c', TIED_TO_US, ...command], { detached: true, stdio: ['pipe', 'ignore', 'ignore'], env: this.environment(env) });
    this.children.push(child);
    return child;
  }

  private environment(env: Record<string, string>): Record<string, string> {
    return { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', ...this.env, ...env };
  }
}

function succeeded(args: readonly string[], run: ArtisanRun): string {
  if (run.exitCode !== 0) throw new Error(`artisan ${args.join(' ')} ended with ${String(run.exitCode)}: ${run.stdout}${run.stderr}`);
  return run.stdout;
}
