import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '../../../whatsapp-service/shared/logger.js';
import { openSharedStorage, openStorage } from '../../../whatsapp-service/storage/database.js';
import { watchForeignCommits } from '../../../whatsapp-service/storage/foreign-commits.js';
import { addSession } from '../../helpers/temp-storage.js';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'bridge-shared-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

test('works alone, beside the service and after it, and knows which', async () => {
  const shared = await openSharedStorage(dir);
  expect(shared.serviceRuns()).toBe(false);
  await addSession(shared, 'sales');

  const service = await openStorage(dir);
  expect(shared.serviceRuns()).toBe(true);
  expect(await service.db.selectFrom('session').select('id').execute()).toEqual([{ id: 'sales' }]);
  const second = await openSharedStorage(dir);
  await addSession(second, 'shop');
  expect(await service.db.selectFrom('session').select('id').execute()).toHaveLength(2);
  await expect(openStorage(dir)).rejects.toThrow('Another bridge works on');

  await service.close();
  expect(shared.serviceRuns()).toBe(false);
  await second.close();
  await shared.close();
});

test('processes that read before they write lose nothing of each other', async () => {
  const storage = await openSharedStorage(dir);
  await addSession(storage, 'sales');
  const { updated_at: first } = await storage.db.selectFrom('session').select('updated_at').executeTakeFirstOrThrow();
  const writers = [1, 2].map(() => spawn(process.execPath, ['--import', 'tsx', 'tests/helpers/shared-writer.ts', dir, '300'], { stdio: ['ignore', 'ignore', 'inherit'], env: { PATH: process.env.PATH } }));
  const codes = await Promise.all(writers.map(async (writer) => (await once(writer, 'exit'))[0] as number));
  const { updated_at: last } = await storage.db.selectFrom('session').select('updated_at').executeTakeFirstOrThrow();
  expect([codes, last - first]).toEqual([[0, 0], 600]);
  await storage.close();
});

test("another process's commits are told, and one's own are not", async () => {
  const service = await openStorage(dir);
  const other = await openSharedStorage(dir);
  let told = 0;
  const stop = watchForeignCommits(service.db, () => void told++, silentLogger);
  await addSession(service, 'own');
  await new Promise((resolve) => setTimeout(resolve, 700));
  expect(told).toBe(0);
  await addSession(other, 'foreign');
  while (told === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  await stop();
  await other.close();
  await service.close();
});
