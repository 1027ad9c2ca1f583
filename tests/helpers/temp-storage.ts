import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { insertSession } from '../../whatsapp-service/features/session/session-store.js';
import { asSessionId, type SessionId } from '../../whatsapp-service/shared/ids.js';
import { openStorage, type Storage } from '../../whatsapp-service/storage/database.js';

/** A real database in a directory of its own. */
export async function tempStorage(): Promise<{ storage: Storage; dir: string; remove(): Promise<void> }> {
  const dir = await mkdtemp(join(tmpdir(), 'bridge-storage-'));
  const storage = await openStorage(dir);
  return {
    storage,
    dir,
    async remove() {
      await storage.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

export async function addSession(storage: Storage, id: string | number = 'sales', workspaceId: string | number | null = 7): Promise<SessionId> {
  const sessionId = asSessionId(String(id));
  await storage.transaction((trx) => insertSession(trx, { id: sessionId, echoId: id, workspaceId }, 1));
  return sessionId;
}
