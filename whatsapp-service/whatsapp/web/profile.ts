import { readdirSync } from 'node:fs';
import { chmod, mkdir, rm } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { sleep } from '../../shared/clock.js';
import { ProviderError } from '../provider.js';
import { processesWithArgument } from './process-table.js';

/**
 * The browser profiles on disk, and the processes that work on them. A browser is known by its own command line, which names its
 * profile: browsers of other programs and of other folders are never touched.
 */

const FLAG = '--user-data-dir=';
/** Chrome's own guard of a profile. It names machine and process, and after a crash it keeps every browser out, also ours. */
const LOCKS = ['SingletonLock', 'SingletonCookie', 'SingletonSocket'];
/** What is wrong with a folder or a file, and stays so however often it is tried. */
const LASTING = new Set(['EACCES', 'EPERM', 'ENOTDIR', 'EEXIST', 'EROFS', 'ELOOP', 'ENAMETOOLONG']);

/**
 * Makes the profile's folder ready for a browser. Profiles hold credentials: only their owner may read them.
 * Rejects with `profile_refused` when it cannot be used.
 */
export async function prepareProfile(profileDir: string): Promise<void> {
  await endLeftovers(profileDir);
  try {
    await mkdir(profileDir, { recursive: true, mode: 0o700 });
    await chmod(profileDir, 0o700);
    for (const lock of LOCKS) await rm(join(profileDir, lock), { force: true });
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    if (LASTING.has(code)) throw new ProviderError('profile_refused', message, false);
    throw new ProviderError('browser_failed', message, true);
  }
}

export async function deleteProfile(profileDir: string): Promise<void> {
  await endLeftovers(profileDir);
  await rm(profileDir, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}

/** Ends browsers that a service which crashed has left on any profile of this folder. Returns how many processes there were. */
export async function endLeftoversIn(sessionsDir: string): Promise<number> {
  const below = `${FLAG}${sessionsDir}${sep}`;
  return endAll((argument) => argument.startsWith(below));
}

/**
 * Ends browsers that still work on this profile, of this process or of one that crashed, and waits until they are gone:
 * two browsers on one profile destroy it.
 */
export async function endLeftovers(profileDir: string): Promise<void> {
  await endAll((argument) => argument === FLAG + profileDir);
}

/** Whether a browser works on this profile now. */
export const isProfileInUse = (profileDir: string): boolean => processesWithArgument((argument) => argument === FLAG + profileDir).length > 0;

async function endAll(isOurs: (argument: string) => boolean): Promise<number> {
  const ended = new Set<number>();
  for (let round = 0; round < 50; round++) {
    const pids = processesWithArgument(isOurs);
    if (pids.length === 0) break;
    for (const pid of pids) {
      ended.add(pid);
      endGroup(pid);
    }
    await sleep(100);
  }
  return ended.size;
}

/** puppeteer starts the browser as the head of a process group of its own; not so on Windows. */
export function endGroup(pid: number): void {
  for (const target of [-pid, pid]) {
    try {
      process.kill(target, 'SIGKILL');
      return;
    } catch {
      // Gone already, or no group.
    }
  }
}

/** The sessions that have a profile in this folder. */
export function profilesIn(sessionsDir: string): string[] {
  try {
    return readdirSync(sessionsDir, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  } catch {
    return [];
  }
}
