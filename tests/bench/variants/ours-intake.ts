import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createBlasts } from '../../../whatsapp-service/app-blast.js';
import { createContacts } from '../../../whatsapp-service/app-contacts.js';
import { loadConfig } from '../../../whatsapp-service/config/load-config.js';
import { zStartBlastHeader, type BlastHead } from '../../../whatsapp-service/contracts/blast-api.js';
import { isDryRun } from '../../../whatsapp-service/features/blast/blast-starter.js';
import { MediaService } from '../../../whatsapp-service/features/media/media-service.js';
import { NumberService } from '../../../whatsapp-service/features/number/number-service.js';
import { EmbeddedQueue } from '../../../whatsapp-service/queue/embedded-queue.js';
import { systemClock as clock } from '../../../whatsapp-service/shared/clock.js';
import { silentLogger as logger } from '../../../whatsapp-service/shared/logger.js';
import { createMetrics } from '../../../whatsapp-service/shared/metrics.js';
import { readBytes } from '../../../whatsapp-service/shared/read-buffers.js';
import { openStorage } from '../../../whatsapp-service/storage/database.js';
import { addSession } from '../../helpers/temp-storage.js';

/**
 * A process that takes a stream of recipients in: read, normalised, filtered against the address book, committed. Arguments: how many, and how
 * many of them are in the address book. Prints one line of JSON.
 */
const [size = 0, known = 0] = process.argv.slice(2).map(Number);
const dir = await mkdtemp(join(tmpdir(), 'bench-intake-'));
const config = loadConfig({ env: { ENGINE: 'sandbox', DATA_DIR: join(dir, 'data') }, dotenvFile: null, isTerminal: false, warn: () => undefined });
const storage = await openStorage(config.dataDir);
await addSession(storage, 'sales', 7);

/** In no order, as lists of customers are: each number once, by steps that have no divisor in common with how many there are. */
const NUMBERS = 80_000_000;
const STEP = 48_271_009;
const phone = (index: number): string => `812${String(10_000_000 + ((index * STEP) % NUMBERS))}`;
const FORMS = [(digits: string) => `+62${digits}`, (digits: string) => `0${digits}`, (digits: string) => `62${digits}`, (digits: string) => `0${digits.slice(0, 3)}-${digits.slice(3, 7)}-${digits.slice(7)}`];
for (let from = 0; from < known; from += 1_000) {
  const rows = Array.from({ length: Math.min(1_000, known - from) }, (_, index) => ({ workspace: '7' as never, phone: `+62${phone(from + index)}`, name: null, created_at: 1, updated_at: 1 }));
  await storage.transaction((trx) => trx.insertInto('address').values(rows).execute());
}

const media = new MediaService({ storage, dataDir: config.dataDir, settings: config.media, clock, logger });
const nobody = (): Promise<never> => Promise.reject(new Error('No session works here.'));
const numbers = new NumberService({ storage, config, requireSession: nobody, working: nobody, lidsLearned: nobody, clock, logger });
const blasts = createBlasts({
  storage, config, media, clock, logger, queue: new EmbeddedQueue(logger), metrics: createMetrics(), random: Math.random, wakeOutbox: () => undefined, wakeSender: () => undefined, works: () => false,
  numbers,
  lookups: createContacts({ storage, config, clock, logger, uploadFolder: media.uploadFolder, requireSession: nobody, checkNumbers: (input) => numbers.check(input) }).lookups,
});

/** Text of about 64 KB each, as it comes from the network; made before the time is taken. */
const chunks: Buffer[] = [Buffer.from(`${JSON.stringify({ session_id: 'sales', draft: true, content: { type: 'text', text: 'Halo' } })}\n`)];
for (let from = 0; from < size; from += 3_000) {
  const lines = Array.from({ length: Math.min(3_000, size - from) }, (_, index) => `"${FORMS[index % FORMS.length]?.(phone(from + index)) ?? ''}"\n`);
  chunks.push(Buffer.from(lines.join('')));
}
async function* upload(): AsyncGenerator<Buffer> {
  for (const chunk of chunks) {
    readBytes(chunk.length);
    yield await Promise.resolve(chunk);
  }
}

const before = process.memoryUsage().rss;
let most = before;
const watch = setInterval(() => (most = Math.max(most, process.memoryUsage().rss)), 20);
const startedAt = performance.now();
const caller = { keyId: 'bench', scopes: ['admin'] as const, sessions: null, workspaces: null };
const headOf = async (body: unknown): Promise<BlastHead> => Promise.resolve(zStartBlastHeader.parse(body));
const made = await blasts.starter.startStream({ type: 'application/x-ndjson', bytes: upload(), hash: () => '' }, headOf, { caller, key: null });
if (isDryRun(made)) throw new Error('It was a dry run.');
const { accepted, job } = made;
const ms = performance.now() - startedAt;
clearInterval(watch);
console.log(JSON.stringify({ ms, growthMb: (most - before) / 1e6, accepted, skipped: job.progress.states.skipped }));
await storage.close();
await rm(dir, { recursive: true, force: true });
process.exit(0);
