import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mediaRoutes } from '../../whatsapp-service/features/media/media-routes.js';
import { MediaService } from '../../whatsapp-service/features/media/media-service.js';
import { createHttpServer } from '../../whatsapp-service/http/http-server.js';
import { systemClock } from '../../whatsapp-service/shared/clock.js';
import { silentLogger } from '../../whatsapp-service/shared/logger.js';
import { createMetrics } from '../../whatsapp-service/shared/metrics.js';
import { openStorage } from '../../whatsapp-service/storage/database.js';

/** The media API in a process of its own, so that its memory can be read from outside. Prints its port; ends with its standard input. */
const MAX_BYTES = 67_108_864;
const dir = await mkdtemp(join(tmpdir(), 'bridge-media-'));
const storage = await openStorage(dir);
const allowedHosts = ['127.0.0.1'];
const media = new MediaService({ storage, dataDir: dir, settings: { maxBytes: MAX_BYTES, fetchTimeoutMs: 60_000, keepMs: 3_600_000, allowedHosts }, clock: systemClock, logger: silentLogger });
await media.open();
const server = createHttpServer({
  config: { host: '127.0.0.1', port: 0, bodyLimitBytes: 1_048_576, rateLimitPerMinute: 0, trustProxy: false },
  routes: mediaRoutes(media, MAX_BYTES),
  authenticate: () => Promise.resolve({ keyId: 'key_test', scopes: ['admin'], sessions: null, workspaces: null }),
  logger: silentLogger,
  metrics: createMetrics(),
  uploadFolder: media.uploadFolder,
  version: '0.0.0',
});
const { port } = await server.listen();
console.log(JSON.stringify({ port }));

process.stdin.resume();
process.stdin.on('end', () => {
  void server
    .close(100)
    .then(() => storage.close())
    .then(() => rm(dir, { recursive: true, force: true }))
    .then(() => process.exit(0));
});
