import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import type { Browser, LaunchOptions } from 'puppeteer';
import { endsWithin, sleep } from '../../shared/clock.js';
import type { FoundBrowser } from './find-browser.js';

export interface BrowserSettings {
  found: FoundBrowser;
  noSandbox: boolean;
  /** Further flags, and names for the one `--disable-features` (of several such flags, one wins). */
  args: readonly string[];
  disableFeatures: readonly string[];
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

/** Profiles hold credentials: only their owner may read them. */
export async function prepareProfile(profileDir: string): Promise<void> {
  await mkdir(profileDir, { recursive: true, mode: 0o700 });
  await endLeftovers(profileDir);
}

export async function deleteProfile(profileDir: string): Promise<void> {
  await endLeftovers(profileDir);
  await rm(profileDir, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}

/** puppeteer no longer listens once a browser is closed; a pipe that breaks after that would end the process. */
export function ignoreLatePipeErrors(browser: Browser): void {
  for (const pipe of browser.process()?.stdio ?? []) pipe?.on('error', () => {});
}

/** Closes a browser and makes sure that none of its processes is left. Never rejects. */
export async function closeBrowser(browser: Browser, profileDir: string, graceMs: number): Promise<void> {
  const child = browser.process();
  await endsWithin(graceMs, browser.close());
  if (child?.pid !== undefined) kill(child.pid);
  await endLeftovers(profileDir);
}

function kill(pid: number): void {
  // puppeteer starts the browser as the head of a process group of its own; not so on Windows.
  for (const target of [-pid, pid]) {
    try {
      process.kill(target, 'SIGKILL');
      return;
    } catch {
      // Gone already, or no group.
    }
  }
}

/**
 * Ends browsers that still work on this profile, of this process or of one that crashed, and waits until they are gone:
 * two browsers on one profile destroy it. Known by their own command line; other browsers are not touched.
 */
async function endLeftovers(profileDir: string): Promise<void> {
  for (let round = 0; round < 50; round++) {
    const pids = processesOf(profileDir);
    if (pids.length === 0) return;
    for (const pid of pids) kill(pid);
    await sleep(100);
  }
}

function processesOf(profileDir: string): number[] {
  let entries: string[];
  try {
    entries = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    return [];
  }
  const flag = `--user-data-dir=${profileDir}`;
  return entries.filter((pid) => runsWith(pid, flag)).map(Number);
}

function runsWith(pid: string, flag: string): boolean {
  try {
    // A process that has ended and waits for its parent has no command line any more.
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(flag) && readlinkSync(`/proc/${pid}/exe`) !== '';
  } catch {
    return false;
  }
}
