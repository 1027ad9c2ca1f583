import { openSharedStorage } from '../../whatsapp-service/storage/database.js';

/** A process that reads a counter and writes it one higher, again and again. Run with the folder and how often. */
const [dir = '', times = '0'] = process.argv.slice(2);
const storage = await openSharedStorage(dir);
for (let round = 0; round < Number(times); round++) {
  await storage.transaction(async (trx) => {
    const { updated_at: last } = await trx.selectFrom('session').select('updated_at').executeTakeFirstOrThrow();
    await trx.updateTable('session').set({ updated_at: last + 1 }).execute();
  });
}
await storage.close();
