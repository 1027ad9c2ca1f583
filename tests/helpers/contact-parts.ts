import { tmpdir } from 'node:os';
import { createContacts, type Contacts, type ContactsOptions } from '../../whatsapp-service/app-contacts.js';
import { loadConfig } from '../../whatsapp-service/config/load-config.js';
import { systemClock } from '../../whatsapp-service/shared/clock.js';
import { silentLogger } from '../../whatsapp-service/shared/logger.js';
import type { Storage } from '../../whatsapp-service/storage/database.js';

/** The contacts as the application wires them, over a database of the test's. `env`: settings. */
export function contactParts(storage: Storage, change: Partial<ContactsOptions> = {}, env: Record<string, string> = {}): Contacts {
  const config = loadConfig({ env: { ENGINE: 'sandbox', ...env }, dotenvFile: null, isTerminal: false });
  return createContacts({ storage, config, clock: systemClock, logger: silentLogger, uploadFolder: tmpdir(), requireSession: () => Promise.resolve(), checkNumbers: () => Promise.resolve([]), ...change });
}
