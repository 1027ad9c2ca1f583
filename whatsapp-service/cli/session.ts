import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { loadConfig } from '../config/load-config.js';
import type { Config } from '../config/config.js';
import { exportSession, importSession, type BackupParts } from '../features/session/session-backup.js';
import { systemClock } from '../shared/clock.js';
import { asSessionId, SESSION_ID } from '../shared/ids.js';
import { sealerOf } from '../shared/sealer.js';
import { SealError } from '../shared/sealed-stream.js';
import { StartError } from '../shared/start-error.js';
import { openSharedStorage, openStorage } from '../storage/database.js';

/** Backups of sessions: `npm run session -- export --session sales --file sales.backup`, and `import`. */
const USAGE = `Usage:
  npm run session -- export --session ID --file FILE   writes a stopped session, encrypted
  npm run session -- import --file FILE                brings it back, here or on another machine; the service must not run

The key is SESSION_BACKUP_KEY in .env or the environment; folders are those of the service's settings.`;

const FAILED = 1;
const WRONG_USAGE = 2;

async function main(): Promise<number> {
  const args = argumentsOf(process.argv.slice(2));
  if (!args) {
    process.stderr.write(`${USAGE}\n`);
    return WRONG_USAGE;
  }
  const config = loadConfig();
  const key = config.session.backupKey;
  if (key === null) throw new StartError('SESSION_BACKUP_KEY is not set. Make one with `openssl rand -hex 32`, write it into .env, and keep a copy apart from the backups.');
  if (args.command === 'export') {
    await withStorage(config, key, besideTheService, (parts) => exportSession(parts, asSessionId(args.session), args.file));
    say(`Session ${args.session} is in ${args.file}, encrypted with SESSION_BACKUP_KEY. Whoever has both can use the account.`);
    return 0;
  }
  const id = await withStorage(config, key, withoutTheService, (parts) => importSession(parts, args.file));
  say(`Session ${id} is back, stopped and paired. Start the service, then POST /api/sessions/${id}/start. Never run it on two machines.`);
  return 0;
}

const say = (sentence: string): void => void process.stdout.write(`${sentence}\n`);

type Arguments = { command: 'export'; session: string; file: string } | { command: 'import'; file: string };

function argumentsOf(argv: string[]): Arguments | null {
  try {
    const { values, positionals } = parseArgs({ args: argv, allowPositionals: true, options: { session: { type: 'string' }, file: { type: 'string' } } });
    const [command, ...more] = positionals;
    const { session = '', file } = values;
    if (more.length > 0 || !file) return null;
    if (command === 'import' && session === '') return { command, file: resolve(file) };
    return command === 'export' && SESSION_ID.test(session) ? { command, session, file: resolve(file) } : null;
  } catch {
    return null;
  }
}

interface Opened extends Pick<BackupParts, 'storage' | 'isServiceRunning'> {
  close(): Promise<void>;
}

async function withoutTheService(dataDir: string): Promise<Opened> {
  const storage = await openStorage(dataDir);
  return { storage, isServiceRunning: false, close: () => storage.close() };
}

async function besideTheService(dataDir: string): Promise<Opened> {
  if (!existsSync(join(dataDir, 'bridge.sqlite'))) throw new StartError(`There is no database in ${dataDir}. DATA_DIR says where it is.`);
  const storage = await openSharedStorage(dataDir);
  return { storage, isServiceRunning: storage.serviceRuns(), close: () => storage.close() };
}

async function withStorage<T>(config: Config, key: string, open: (dataDir: string) => Promise<Opened>, work: (parts: BackupParts) => Promise<T>): Promise<T> {
  const { storage, isServiceRunning, close } = await open(config.dataDir);
  try {
    return await work({ storage, isServiceRunning, sessionsDir: config.sessionsDir, sealer: sealerOf(join(config.dataDir, 'credentials.key')), key, clock: systemClock });
  } finally {
    await close();
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  const { code } = error as NodeJS.ErrnoException;
  const isForPeople = error instanceof StartError || error instanceof SealError || code === 'ENOENT' || code === 'EACCES' || code === 'ENOSPC';
  process.stderr.write(`${isForPeople ? (error as Error).message : String((error as Error).stack)}\n`);
  process.exitCode = FAILED;
}
