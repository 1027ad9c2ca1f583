import { execFileSync } from 'node:child_process';
import type { Browser, LaunchOptions } from 'puppeteer';
import { endsWithin } from '../../shared/clock.js';
import type { FoundBrowser } from './find-browser.js';
import { endGroup, endLeftovers } from './profile.js';

export interface BrowserSettings {
  found: FoundBrowser;
  noSandbox: boolean;
  /** Further flags, and names for the one `--disable-features` (of several such flags, one wins). */
  args: readonly string[];
  disableFeatures: readonly string[];
  /** `--proxy-server`; null: none. */
  proxyServer: string | null;
}

/** New headless Chrome otherwise keeps renderers ready that no session uses. */
const UNUSED_FEATURES = ['WebUIOmniboxPopup', 'PreloadTopChromeWebUI', 'Translate', 'MediaRouter', 'OptimizationHints'];

/**
 * `pipe: true` always: the WebSocket transport drops frames without a word once 256 MiB wait to be read,
 * and with the pipe a browser ends when this process does, however it ends.
 */
export function launchOptions(settings: BrowserSettings, profileDir: string): LaunchOptions {
  return {
    executablePath: settings.found.path,
    headless: settings.found.kind === 'headless-shell' ? 'shell' : true,
    pipe: true,
    userDataDir: profileDir,
    defaultViewport: null,
    // The service stops its browsers itself, in its own order.
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
    protocolTimeout: 120_000,
    args: [
      ...(settings.noSandbox ? ['--no-sandbox'] : []),
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--disable-extensions',
      '--mute-audio',
      `--disable-features=${[...UNUSED_FEATURES, ...settings.disableFeatures].join(',')}`,
      // Calls would otherwise look for ways past the proxy.
      ...(settings.proxyServer === null ? [] : [`--proxy-server=${settings.proxyServer}`, '--force-webrtc-ip-handling-policy=disable_non_proxied_udp']),
      ...settings.args,
    ],
  };
}

/** The user agent of this browser without the word that says headless: WhatsApp turns such a browser away. */
export function userAgentOf(found: FoundBrowser): string {
  const version = /(\d+)\.\d+\.\d+\.\d+/.exec(versionOf(found.path))?.[1] ?? '140';
  return `Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${version}.0.0.0 Safari/537.36`;
}

const versions = new Map<string, string>();
function versionOf(path: string): string {
  let version = versions.get(path);
  if (version === undefined) {
    try {
      version = execFileSync(path, ['--version'], { encoding: 'utf8', timeout: 10_000, stdio: ['ignore', 'pipe', 'ignore'] });
    } catch {
      version = '';
    }
    versions.set(path, version);
  }
  return version;
}

/** puppeteer no longer listens once a browser is closed; a pipe that breaks after that would end the process. */
export function ignoreLatePipeErrors(browser: Browser): void {
  for (const pipe of browser.process()?.stdio ?? []) pipe?.on('error', () => {});
}

/** Closes a browser and makes sure that none of its processes is left. Never rejects. */
export async function closeBrowser(browser: Browser, profileDir: string, graceMs: number): Promise<void> {
  const child = browser.process();
  await endsWithin(graceMs, browser.close());
  if (child?.pid !== undefined) endGroup(child.pid);
  await endLeftovers(profileDir);
}
