import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { StartError } from '../../../whatsapp-service/shared/start-error.js';
import { openStorage, type Storage } from '../../../whatsapp-service/storage/database.js';
import { addSession, tempStorage } from '../../helpers/temp-storage.js';

describe('the storage', () => {
  let temp: Awaited<ReturnType<typeof tempStorage>>;
  beforeEach(async () => void (temp = await tempStorage()));
  afterEach(() => temp.remove());

  const pragma = async (storage: Storage, name: string): Promise<unknown> => Object.values((await sql<Record<string, unknown>>`pragma ${sql.raw(name)}`.execute(storage.db)).rows[0] ?? {})[0];

  test('is durable: WAL, and every commit reaches the disk', async () => {
    expect(await pragma(temp.storage, 'journal_mode')).toBe('wal');
    expect(await pragma(temp.storage, 'synchronous')).toBe(2);
  });

  test('a transaction is all or nothing', async () => {
    await addSession(temp.storage, 'a');
    const broken = temp.storage.transaction(async (trx) => {
      await trx.updateTable('session').set({ phone: '+628' }).where('id', '=', 'a').execute();
      throw new Error('halfway');
    });
    await expect(broken).rejects.toThrow('halfway');
    expect((await temp.storage.db.selectFrom('session').select('phone').executeTakeFirstOrThrow()).phone).toBeNull();
  });

  test('two services never work on one data directory', async () => {
    await expect(openStorage(temp.dir)).rejects.toThrow(/Another bridge works on/);
  });

  test('says in a plain sentence why a folder or a file cannot be used', async () => {
    const file = join(temp.dir, 'a-file');
    writeFileSync(file, 'text');
    await expect(openStorage(file)).rejects.toMatchObject({ name: 'StartError', message: expect.stringContaining(`DATA_DIR is ${file}, which cannot be used as a folder to write to (EEXIST)`) });
    const broken = join(temp.dir, 'broken');
    mkdirSync(broken);
    writeFileSync(join(broken, 'bridge.sqlite'), 'no database at all, and long enough to be seen as none'.repeat(100));
    await expect(openStorage(broken)).rejects.toThrow(StartError);
    // It has let go of what it took.
    rmSync(join(broken, 'bridge.sqlite'));
    await (await openStorage(broken)).close();
  });

  test('opens again with what was stored, and migrates once', async () => {
    await addSession(temp.storage, 12);
    await temp.storage.close();
    const again = await openStorage(temp.dir);
    expect(await again.db.selectFrom('session').select(['id', 'echo_id']).execute()).toEqual([{ id: '12', echo_id: '12' }]);
    await again.close();
    temp = await tempStorage();
  });
});
