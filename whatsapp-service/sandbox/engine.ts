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
