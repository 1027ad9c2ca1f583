import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { Proxy } from '../provider.js';

/** How a browser reaches its proxy. Its command line holds no credentials: every user of the machine can read that. */
export interface ProxyRoute {
  /** For `--proxy-server`. */
  server: string;
  /** What the browser answers when it is asked who it is. */
  login: { username: string; password: string } | null;
  close(): Promise<void>;
}

/** Opens the way to a proxy. A browser cannot log in at a SOCKS proxy: a relay on this machine does it, and lets only this browser in. */
export async function openProxyRoute({ server, credentials }: Proxy): Promise<ProxyRoute> {
  if (!credentials || !server.startsWith('socks5://')) return { server, login: credentials, close: async () => {} };
  const { Server } = await import('proxy-chain');
  const upstream = new URL(server);
  upstream.username = encodeURIComponent(credentials.username);
  upstream.password = encodeURIComponent(credentials.password);
  const login = { username: 'bridge', password: randomBytes(24).toString('base64url') };
  const relay = new Server({
    port: 0,
    host: '127.0.0.1',
    prepareRequestFunction: ({ username, password }) => {
      const known = same(username, login.username) && same(password, login.password);
      // The relay looks the name up at the proxy, as a browser does.
      return known ? { upstreamProxyUrl: upstream.href.replace('socks5:', 'socks5h:') } : { requestAuthentication: true };
    },
  });
  await relay.listen();
  return { server: `http://127.0.0.1:${relay.port}`, login, close: () => relay.close(true) };
}

const same = (given: string | null, known: string): boolean => given !== null && given.length === known.length && timingSafeEqual(Buffer.from(given), Buffer.from(known));
