import type { Config } from '../../config/config.js';
import type { SessionReason } from '../../contracts/states.js';
import type { Clock, Random } from '../../shared/clock.js';
import type { SessionId } from '../../shared/ids.js';
import type { Logger } from '../../shared/logger.js';
import type { Storage } from '../../storage/database.js';
import type { SessionRow } from '../../storage/schema.js';
import type { Launch, Provider, ProviderEvent } from '../../whatsapp/provider.js';

export interface SessionHooks {
  /** Commits a batch of the page's events; see `ProviderSink`. */
  events(id: SessionId, batch: readonly ProviderEvent[], oldestWaiting: number | null): Promise<void>;
  /** The session is connected and everything that was missed has been handed over. */
  working(id: SessionId, how: 'started' | 'reconnected'): void;
  /** The outbox has something new. */
  wakeOutbox(): void;
  qr(id: SessionId, qr: string): void;
  /** The pairing is gone: what was under way can no longer be asked after. */
  unpaired(id: SessionId): Promise<void>;
  /** The session has ended and does not come back by itself. */
  ended(id: SessionId, reason: SessionReason): Promise<void>;
  restarted(reason: SessionReason): void;
}

export interface SupervisorOptions {
  storage: Storage;
  provider: Provider;
  settings: Config['session'];
  hooks: SessionHooks;
  /** How the session's browser is to be started: its proxy and its name. */
  launchOf(row: SessionRow): Launch;
  clock: Clock;
  random: Random;
  logger: Logger;
}
