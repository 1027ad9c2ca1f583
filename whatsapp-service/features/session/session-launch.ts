import type { ProxyInput, ProxyView } from '../../contracts/session-api.js';
import type { Sealer } from '../../shared/sealer.js';
import type { SessionRow } from '../../storage/schema.js';
import type { Launch, Proxy } from '../../whatsapp/provider.js';

interface StoredProxy {
  server: string;
  /** JSON of the credentials, sealed; null: none are needed. */
  credentials: string | null;
}

const contextOf = (sessionId: string): string => `proxy of ${sessionId}`;

/** What the column holds. The credentials cannot be read without the key, which is no part of the database. */
export function storedProxy(sealer: Sealer, sessionId: string, proxy: ProxyInput | null): string | null {
  if (!proxy) return null;
  const { server, username, password } = proxy;
  const credentials = username === undefined ? null : sealer.seal(JSON.stringify({ username, password }), contextOf(sessionId));
  return JSON.stringify({ server, credentials } satisfies StoredProxy);
}

export function readProxy(sealer: Sealer, { id, proxy }: Pick<SessionRow, 'id' | 'proxy'>): Proxy | null {
  if (proxy === null) return null;
  const { server, credentials } = JSON.parse(proxy) as StoredProxy;
  return { server, credentials: credentials === null ? null : (JSON.parse(sealer.open(credentials, contextOf(id))) as { username: string; password: string }) };
}

/** What anyone who may see the session may see of it. */
export function proxyView({ proxy }: Pick<SessionRow, 'proxy'>): ProxyView | null {
  if (proxy === null) return null;
  const { server, credentials } = JSON.parse(proxy) as StoredProxy;
  return { server, authenticated: credentials !== null };
}

export const launchOf = (sealer: Sealer, row: SessionRow, deviceName: string | null): Launch => ({ proxy: readProxy(sealer, row), deviceName: row.device_name ?? deviceName });
