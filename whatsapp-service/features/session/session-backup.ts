import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { extract, pack } from 'tar-fs';
import { z } from 'zod';
import { iso, type Clock } from '../../shared/clock.js';
import { asSessionId, SESSION_ID, type SessionId } from '../../shared/ids.js';
import type { Sealer } from '../../shared/sealer.js';
import { OpenStream, SealStream } from '../../shared/sealed-stream.js';
import { StartError } from '../../shared/start-error.js';
import { version } from '../../shared/version.js';
import { workspaceFromJson } from '../../shared/workspace.js';
import type { Storage } from '../../storage/database.js';
import type { SessionRow } from '../../storage/schema.js';
import { isProfileInUse } from '../../whatsapp/web/profile.js';
import { readProxy, storedProxy } from './session-launch.js';
import { findSession, insertSession, updateSession } from './session-store.js';

/** What the bridge knows of a session beside its profile. */
const zKept = z.object({
  id: z.string().regex(SESSION_ID),
  echo_id: z.string(),
  workspace_id: z.string().nullable(),
  paired: z.number(),
  phone: z.string().nullable(),
  lid: z.string().nullable(),
  pushname: z.string().nullable(),
  device_name: z.string().nullable(),
  inbound_mark: z.number().nullable(),
  last_sequence: z.number(),
  proxy: z.object({ server: z.string(), username: z.string().optional(), password: z.string().optional() }).nullable(),
});

/** What a browser makes again by itself: most of a profile's size, and nothing of its pairing. */
const MADE_AGAIN = new Set([
  'Cache', 'Code Cache', 'GPUCache', 'DawnCache', 'DawnGraphiteCache', 'DawnWebGPUCache', 'GrShaderCache', 'GraphiteDawnCache', 'ShaderCache', 'Crashpad', 'BrowserMetrics',
  'component_crx_cache', 'extensions_crx_cache', 'SingletonLock', 'SingletonCookie', 'SingletonSocket',
]);
const KEPT = 'session.json';
const PROFILE = 'profile';
/** Where a backup is unpacked until it is known to be whole. No session's id begins with a dot. */
const UNFINISHED = '.import-';

export interface BackupParts {
  storage: Pick<Storage, 'db' | 'transaction'>;
  sessionsDir: string;
  sealer: Sealer;
  key: string;
  /** A service works on this database: what a row says of its session's state is true. */
  isServiceRunning: boolean;
  clock: Clock;
}

/** Writes a stopped session into a file that is encrypted with the key. @throws StartError saying why it cannot be done. */
export async function exportSession(parts: BackupParts, id: SessionId, file: string): Promise<void> {
  const { sessionsDir, sealer, key, clock } = parts;
  const profileDir = join(sessionsDir, id);
  const row = await restingSession(parts, id, profileDir);
  if (row.paired !== 1 || !existsSync(profileDir)) throw new StartError(`Session ${id} is not paired: there is nothing to back up.`);
  if (existsSync(file)) throw new StartError(`${file} exists already. Name another file, or move that one away.`);
  const proxy = readProxy(sealer, row);
  const kept: z.infer<typeof zKept> = { ...row, proxy: proxy && { server: proxy.server, ...proxy.credentials } };
  const archive = pack(profileDir, {
    ignore: (name) => name !== profileDir && MADE_AGAIN.has(basename(name)),
    map: (header) => ({ ...header, name: join(PROFILE, header.name) }),
    finalize: false,
    finish: (tar) => tar.entry({ name: KEPT }, JSON.stringify(zKept.parse(kept)), () => tar.finalize()),
  });
  const unfinished = `${file}.part`;
  try {
    const seal = new SealStream(key, { session_id: id, made_at: iso(clock.now()), bridge: version });
    await pipeline(archive, seal, createWriteStream(unfinished, { flags: 'wx', mode: 0o600, flush: true }));
    const after = await restingSession(parts, id, profileDir);
    if (after.updated_at !== row.updated_at) throw new StartError(`Session ${id} was started while it was backed up. Stop it and try again.`);
    await rename(unfinished, file);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
}

/** A session whose profile nobody works on. */
async function restingSession({ storage, isServiceRunning }: BackupParts, id: SessionId, profileDir: string): Promise<SessionRow> {
  const row = await findSession(storage.db, id);
  if (!row) throw new StartError(`There is no session ${id} in this DATA_DIR.`);
  const runs = isServiceRunning && row.state !== 'STOPPED' && row.state !== 'FAILED';
  if (runs || isProfileInUse(profileDir)) {
    throw new StartError(`Session ${id} runs: its profile changes at every moment. Stop it first (POST /api/sessions/${id}/stop), or stop the service.`);
  }
  return row;
}

/**
 * Brings a session back from such a file, stopped and paired. All or nothing.
 * @throws SealError, or StartError saying why it cannot be done.
 */
export async function importSession(parts: BackupParts, file: string): Promise<SessionId> {
  const { sessionsDir, key } = parts;
  await mkdir(sessionsDir, { recursive: true, mode: 0o700 });
  await removeUnfinished(sessionsDir);
  const folder = await mkdtemp(join(sessionsDir, UNFINISHED));
  try {
    await pipeline(createReadStream(file), new OpenStream(key), extract(folder, { dmode: 0o700, fmode: 0o600, strict: false }));
    const kept = zKept.parse(JSON.parse(await readFile(join(folder, KEPT), 'utf8')));
    await takeIn(parts, kept, join(folder, PROFILE));
    return asSessionId(kept.id);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function takeIn({ storage, sessionsDir, sealer, clock }: BackupParts, kept: z.infer<typeof zKept>, profile: string): Promise<void> {
  const id = asSessionId(kept.id);
  const profileDir = join(sessionsDir, id);
  if (existsSync(profileDir) || (await findSession(storage.db, id))) throw new StartError(`There is a session ${id} here already. Delete it first (DELETE /api/sessions/${id}).`);
  await rename(profile, profileDir);
  try {
    const now = clock.now();
    await storage.transaction(async (trx) => {
      const workspaceId = workspaceFromJson(kept.workspace_id);
      const echoId = JSON.parse(kept.echo_id) as string | number;
      await insertSession(trx, { id, echoId, workspaceId, proxy: storedProxy(sealer, id, kept.proxy), deviceName: kept.device_name }, now);
      const { paired, phone, lid, pushname, inbound_mark: mark } = kept;
      await updateSession(trx, id, { reason: 'imported', paired, phone, lid, pushname, inbound_mark: mark }, now);
      // The backend has seen numbers up to here.
      await trx.updateTable('session').set({ last_sequence: kept.last_sequence }).where('id', '=', id).where('last_sequence', '<', kept.last_sequence).execute();
    });
  } catch (error) {
    await rm(profileDir, { recursive: true, force: true });
    throw error;
  }
}

/** An import that was killed leaves its folder behind. */
async function removeUnfinished(sessionsDir: string): Promise<void> {
  for (const name of await readdir(sessionsDir)) if (name.startsWith(UNFINISHED)) await rm(join(sessionsDir, name), { recursive: true, force: true });
}
