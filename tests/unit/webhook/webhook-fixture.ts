import { createOutbox, type Outbox } from '../../../whatsapp-service/app-outbox.js';
import { loadConfig } from '../../../whatsapp-service/config/load-config.js';
import { ApiError } from '../../../whatsapp-service/contracts/errors.js';
import { findSession } from '../../../whatsapp-service/features/session/session-store.js';
import { appendEvents, type NewEvent } from '../../../whatsapp-service/outbox/outbox-store.js';
import { systemClock, type Clock } from '../../../whatsapp-service/shared/clock.js';
import { asSessionId, type SessionId } from '../../../whatsapp-service/shared/ids.js';
import { silentLogger } from '../../../whatsapp-service/shared/logger.js';
import { createMetrics, type Metrics } from '../../../whatsapp-service/shared/metrics.js';
import { createBackendClient } from '../../../whatsapp-service/signed-http/backend-client.js';
import type { Storage } from '../../../whatsapp-service/storage/database.js';
import type { OutboxRow } from '../../../whatsapp-service/storage/schema-outbox.js';
import { TEST_SECRET } from '../../helpers/bridge.js';
import { RecordingReceiver } from '../../helpers/recording-receiver.js';
import { until } from '../../helpers/sandbox-client.js';
import { tempStorage } from '../../helpers/temp-storage.js';
import { TestServer } from '../http/http-fixture.js';

let keys = 0;

/** The outbox with its API and a real backend, and no WhatsApp: events are written as a session would write them. */
export class OutboxWorld {
  private constructor(
    private readonly temp: Awaited<ReturnType<typeof tempStorage>>,
    readonly outbox: Outbox,
    readonly server: TestServer,
    readonly receiver: RecordingReceiver,
    readonly metrics: Metrics,
    private readonly closeClient: () => void,
  ) {}

  static async open(env: Record<string, string> = {}, clock: Clock = systemClock): Promise<OutboxWorld> {
    const temp = await tempStorage();
    const receiver = await RecordingReceiver.start({ secrets: [TEST_SECRET] });
    const config = loadConfig({
      env: { ENGINE: 'sandbox', BACKEND_URL: receiver.url, WEBHOOK_SECRET: TEST_SECRET, WEBHOOK_RETRY_SCHEDULE: '20ms*2', WEBHOOK_PROBE_MS: '100', WEBHOOK_BREAKER_MS: '100', WEBHOOK_TIMEOUT_MS: '1000', WEBHOOK_ALLOWED_HOSTS: '127.0.0.1', ...env },
      dotenvFile: null,
    });
    const metrics = createMetrics();
    const client = createBackendClient({ url: receiver.url, secrets: [TEST_SECRET], token: 'token-of-the-backend', timeoutMs: 1_000, clock });
    const requireSession = async (id: string): Promise<void> => {
      if (!(await findSession(temp.storage.db, asSessionId(id)))) throw new ApiError('session_not_found', { session_id: id });
    };
    const outbox = createOutbox({ config, storage: temp.storage, client, metrics, clock, random: () => 0.5, logger: silentLogger, requireSession, sessions: () => Promise.resolve([]) });
    const server = await TestServer.start({ routes: outbox.routes });
    await outbox.start();
    return new OutboxWorld(temp, outbox, server, receiver, metrics, () => client.close());
  }

  get storage(): Storage {
    return this.temp.storage;
  }

  async close(): Promise<void> {
    await this.server.close();
    await this.outbox.stop(100);
    this.closeClient();
    this.outbox.breakOff();
    await this.outbox.stop(2_000);
    await this.receiver.close();
    await this.temp.remove();
  }

  async happen(session: SessionId, chat: string, count = 1, name: 'message.revoked' | 'session.qr' = 'message.revoked'): Promise<void> {
    const data = (index: number): NewEvent['data'] =>
      name === 'session.qr' ? { qr: 'x', attempt: index, expires_in_seconds: 20, code: 'waiting_for_scan', message: 'Scan it.' } : { message_id: `${chat}${index}`, chat_id: chat, from_me: false, timestamp: '2026-01-01T00:00:00.000Z' };
    const events = Array.from({ length: count }, (_, index): NewEvent => ({ name, chatId: chat, dedupeKey: `k${++keys}`, at: Date.now(), data: data(index + 1) }));
    await this.storage.transaction((trx) => appendEvents(trx, session, events, Date.now()));
    this.outbox.wakeOutbox();
  }

  rows(): Promise<OutboxRow[]> {
    return this.storage.db.selectFrom('outbox').selectAll().orderBy('seq').execute();
  }

  settled(): Promise<OutboxRow[]> {
    return until(async () => {
      const rows = await this.rows();
      return rows.every(({ state }) => state !== 'pending') ? rows : null;
    }, { name: 'everything is settled' });
  }
}
