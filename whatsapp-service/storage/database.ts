import { join } from 'node:path';
import { Kysely, Migrator, sql, type Migration } from 'kysely';
import { sleep } from '../shared/clock.js';
import { makeFolder } from '../shared/make-folder.js';
import { StartError } from '../shared/start-error.js';
import { isDataDirectoryLocked, lockDataDirectory, sqliteDialect } from './dialect.js';
import { foundation } from './migrations/0001-foundation.js';
import { media } from './migrations/0002-media.js';
import { numbers } from './migrations/0003-numbers.js';
import { sending } from './migrations/0004-sending.js';
import { contacts } from './migrations/0005-contacts.js';
import { blast } from './migrations/0006-blast.js';
import { sessions } from './migrations/0007-sessions.js';
import { endpoints } from './migrations/0008-endpoints.js';
import { inboundMedia } from './migrations/0009-inbound-media.js';
import { keyWorkspaces } from './migrations/0010-key-workspaces.js';
import { groupRequests } from './migrations/0011-group-requests.js';
import { GroupCommit } from './group-commit.js';
import type { Database, Db } from './schema.js';

export type { Db };

const MIGRATIONS: Record<string, Migration> = {
  '0001-foundation': foundation,
  '0002-media': media,
  '0003-numbers': numbers,
  '0004-sending': sending,
  '0005-contacts': contacts,
  '0006-blast': blast,
  '0007-sessions': sessions,
  '0008-endpoints': endpoints,
  '0009-inbound-media': inboundMedia,
  '0010-key-workspaces': keyWorkspaces,
  '0011-group-requests': groupRequests,
};

export interface Storage {
  db: Db;
  /** All or nothing, on disk when it resolves. Never awaits anything but `trx` inside: the database has one writer. */
  transaction<T>(work: (trx: Db) => Promise<T>): Promise<T>;
  /** Rejects when the database does not answer. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** Opens the database under `dataDir`, takes its lock and brings its schema up to date. */
export async function openStorage(dataDir: string): Promise<Storage> {
  makeFolder(dataDir, 'DATA_DIR');
  const unlock = lockDataDirectory(lockIn(dataDir));
  if (!unlock) {
    throw new StartError(`Another bridge works on ${dataDir}. Stop it first, or give this one its own DATA_DIR.`);
  }
  let db: Db | null = null;
  try {
    db = connect(dataDir);
    await migrate(db);
    return storageOver(db, unlock);
  } catch (error) {
    await db?.destroy();
    unlock();
    throw error;
  }
}

/** The database of a service that may run beside this process, or not. */
export interface SharedStorage extends Storage {
  /** Whether the service works on it now. */
  serviceRuns(): boolean;
}

/** Opens the database without its lock. Its schema is the service's to bring up to date, unless none runs. */
export async function openSharedStorage(dataDir: string): Promise<SharedStorage> {
  makeFolder(dataDir, 'DATA_DIR');
  const unlock = lockDataDirectory(lockIn(dataDir));
  let db: Db | null = null;
  try {
    db = connect(dataDir);
    if (unlock) await migrate(db);
    else await migrated(db);
  } catch (error) {
    await db?.destroy();
    throw error;
  } finally {
    unlock?.();
  }
  return { ...storageOver(db, () => undefined), serviceRuns: () => isDataDirectoryLocked(lockIn(dataDir)) };
}

const lockIn = (dataDir: string): string => join(dataDir, 'service.lock');

/** @throws StartError when the file is no database, or is damaged */
function connect(dataDir: string): Db {
  const file = join(dataDir, 'bridge.sqlite');
  try {
    return new Kysely<Database>({ dialect: sqliteDialect(file) });
  } catch (error) {
    throw new StartError(`${file} cannot be opened as the database: ${error instanceof Error ? error.message : String(error)}. Put a copy of it back, or correct DATA_DIR.`, { cause: error });
  }
}

function storageOver(db: Db, unlock: () => void): Storage {
  const commits = new GroupCommit(db);
  return {
    db,
    transaction: (work) => commits.run(work),
    ping: async () => void (await sql`select 1`.execute(db)),
    close: async () => {
      await db.destroy();
      unlock();
    },
  };
}

/** How long a service that is starting may take to bring the schema up to date. Milliseconds. */
const MIGRATED_WITHIN_MS = 15_000;

/** Waits until the service that holds the lock has brought the schema up to date. @throws StartError when its version is another one */
async function migrated(db: Db): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: () => Promise.resolve(MIGRATIONS) } });
  const giveUpAt = Date.now() + MIGRATED_WITHIN_MS;
  while ((await migrator.getMigrations()).some(({ executedAt }) => executedAt === undefined)) {
    if (Date.now() > giveUpAt) throw new StartError('The bridge that works on this DATA_DIR is of another version. Start both from the same one.');
    await sleep(100);
  }
}

async function migrate(db: Db): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: () => Promise.resolve(MIGRATIONS) } });
  const { error, results } = await migrator.migrateToLatest();
  if (error) {
    const failed = results?.find((result) => result.status === 'Error')?.migrationName ?? 'unknown';
    throw new Error(`The database could not be brought up to date (migration ${failed}).`, { cause: error });
  }
}
