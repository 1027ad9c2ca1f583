import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from '@jest/globals';
import { sleep } from '../../whatsapp-service/shared/clock.js';
import { freePort } from './free-port.js';
import { patient } from './patience.js';

export const PHP_SCRIPTS = join(import.meta.dirname, '../contract/php');

const HOW_TO_GET_PHP = 'PHP is not installed (or not in PATH), so that nothing was checked against it. Get it with `apt-get install php-cli` or `brew install php`.';

/** A `describe` that needs PHP. */
export function describeWithPhp(name: string, tests: () => void): void {
  describeWhere(spawnSync('php', ['-v']).status === 0, HOW_TO_GET_PHP, { name, tests });
}

/**
 * A `describe` that needs something of the machine. Without it the tests are skipped, and say so loudly; with `CI=true`
 * they fail instead, because a promise to PHP developers that no PHP has checked must not go out.
 */
export function describeWhere(isThere: boolean, howToGetIt: string, { name, tests }: { name: string; tests: () => void }): void {
  const decision = phpDecision(isThere, process.env.CI);
  if (decision === 'run') return describe(name, tests);
  if (decision === 'fail') {
    return describe(name, () => {
      test('has what it needs', () => {
        throw new Error(howToGetIt);
      });
    });
  }
  process.stderr.write(`\n*** SKIPPED: ${name}. ${howToGetIt} ***\n\n`);
  describe.skip(name, tests);
}

export function phpDecision(hasPhp: boolean, ci: string | undefined): 'run' | 'fail' | 'skip' {
  if (hasPhp) return 'run';
  return ci === 'true' ? 'fail' : 'skip';
}

/** Runs PHP with the arguments, and ends the whole group when PHP ends or our end of the pipe closes: not even a killed test run leaves a server behind. */
const TIED_TO_US = '(php "$@"; kill -9 0) & cat >/dev/null; kill -9 0';

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;

export interface PhpStats {
  requests: number;
  accepted: number;
  duplicates: number;
  bad: number;
  webhooks: number;
  batches: number;
  chats: number;
  distinct_chats: number;
}

/** One accepted request, as PHP wrote it down. */
export interface PhpAccepted {
  path: string;
  event: string;
  attempt: number;
  authorization: string;
  payload: Record<string, unknown>;
}

/** A real PHP backend (`php -S` with two workers) on a port of its own. */
export class PhpReceiver {
  private constructor(
    readonly url: string,
    private readonly child: ChildProcess,
    private readonly directory: string,
  ) {}

  /** @throws Error with what PHP wrote when it is not up within 10 s. */
  static async start(secrets: readonly string[]): Promise<PhpReceiver> {
    const directory = mkdtempSync(join(tmpdir(), 'php-receiver-'));
    const file = join(directory, 'accepted.ndjson');
    mkdirSync(`${file}.seen`);
    const port = await freePort();
    // Detached: its workers outlive it unless the whole group is ended.
    const child = spawn('sh', ['-c', TIED_TO_US, 'php', '-d', 'display_errors=stderr', '-S', `127.0.0.1:${port}`, join(PHP_SCRIPTS, 'receiver.php')], {
      detached: true,
      stdio: ['pipe', 'ignore', 'pipe'],
      env: { ...process.env, PHP_CLI_SERVER_WORKERS: '2', RECEIVER_SECRETS: secrets.join(' '), RECEIVER_FILE: file },
    });
    let said = '';
    child.stderr?.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-2_000)));
    const receiver = new PhpReceiver(`http://127.0.0.1:${port}`, child, directory);
    const deadline = Date.now() + patient(10_000);
    while (!(await receiver.isUp())) {
      if (Date.now() > deadline || hasEnded(child)) {
        await receiver.close();
        throw new Error(`php -S did not start: ${said}`);
      }
      await sleep(20);
    }
    return receiver;
  }

  async stats(): Promise<PhpStats> {
    const response = await fetch(`${this.url}/__stats`);
    if (!response.ok) throw new Error(`The PHP receiver answered ${response.status} for its counts.`);
    return (await response.json()) as PhpStats;
  }

  accepted(): PhpAccepted[] {
    const file = join(this.directory, 'accepted.ndjson');
    if (!existsSync(file)) return [];
    const lines = readFileSync(file, 'utf8').split('\n').filter((line) => line !== '');
    return lines.map((line) => JSON.parse(line) as PhpAccepted);
  }

  async close(): Promise<void> {
    const ended = hasEnded(this.child) ? null : once(this.child, 'exit');
    this.endGroup();
    await ended;
    rmSync(this.directory, { recursive: true, force: true });
  }

  private endGroup(): void {
    if (this.child.pid === undefined) return;
    try {
      process.kill(-this.child.pid, 'SIGKILL');
    } catch {
      // It has ended already.
    }
  }

  private async isUp(): Promise<boolean> {
    try {
      return (await fetch(`${this.url}/__stats`)).ok;
    } catch {
      return false;
    }
  }
}
