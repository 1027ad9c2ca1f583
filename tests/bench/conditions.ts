import { execFileSync } from 'node:child_process';
import { cpus, loadavg, totalmem } from 'node:os';
import { loadConfig } from '../../whatsapp-service/config/load-config.js';
import { findBrowser, type FoundBrowser } from '../../whatsapp-service/whatsapp/web/find-browser.js';
import type { Options } from './options.js';
import type { Conditions } from './results.js';
import { round } from './statistics.js';

const CHATS = '30 % groups of 20, one message loaded in each chat, cold first call, a fresh process and browser for each run';

const load = (): number => round(loadavg()[0] ?? 0, 2);

/** Begun before the work; the returned function is called after it. */
export function observeConditions(options: Options, startedAt: Date): () => Conditions {
  const loadBefore = load();
  return () => ({
    startedAt: startedAt.toISOString(),
    finishedAt: new Date().toISOString(),
    node: process.version,
    browser: browserName(),
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGb: round(totalmem() / 1024 ** 3),
    loadBefore,
    loadAfter: load(),
    runs: options.runs,
    chats: CHATS,
  });
}

/** The whole browser of this machine; null where there is none. */
export function wholeBrowser(): string | null {
  const found = findBrowser({ kind: 'chrome', path: null });
  return found && nameOf(found);
}

const nameOf = ({ kind, path }: FoundBrowser): string => `${kind}, ${execFileSync(path, ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()}`;

/** @throws Error when there is no browser. */
export function browserName(): string {
  const config = loadConfig({ env: { ENGINE: 'sandbox' }, dotenvFile: null, isTerminal: false });
  const found = findBrowser(config.browser);
  if (!found) throw new Error('No browser was found. Run `npm run setup`.');
  return nameOf(found);
}
