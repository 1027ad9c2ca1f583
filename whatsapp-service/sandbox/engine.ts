import type { SandboxEngine } from './hub-contract.js';

/** Where a hub is: what a client is told by the hub process. */
export interface HubAddress {
  page_port: number;
  /** Base64 SHA-256 of the public key of the hub's certificate. */
  spki: string;
  page_key: string;
}

/**
 * Flags with which a browser sees the hub as https://web.whatsapp.com and reaches nothing else: every other name, and every address,
 * is not found.
 */
export function sandboxEngine({ page_port: port, spki, page_key: key }: HubAddress): SandboxEngine {
  return {
    args: [
      `--host-resolver-rules=MAP web.whatsapp.com 127.0.0.1:${port}, MAP * ~NOTFOUND`,
      `--ignore-certificate-errors-spki-list=${spki}`,
      '--no-proxy-server',
      // WebRTC would reach for addresses past the resolver.
      '--force-webrtc-ip-handling-policy=disable_non_proxied_udp',
    ],
    disableFeatures: [],
    prelude: (sessionId) => `window.__SANDBOX=${JSON.stringify({ session: sessionId, key })};`,
  };
}

/** The same flags for a browser with a proxy: it reaches the proxy, and through it whatever that lets it reach. */
export function throughProxy(args: readonly string[], proxyServer: string): string[] {
  const host = new URL(proxyServer).hostname;
  return args.filter((arg) => arg !== '--no-proxy-server').map((arg) => (arg.startsWith('--host-resolver-rules=') ? `${arg}, EXCLUDE ${host}` : arg));
}
