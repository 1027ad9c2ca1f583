/**
 * `npm run setup`: sees to it that there is a browser. It runs before every start, so it is quick and says one
 * line when there is nothing to do. It changes nothing but `.browser/`, and system packages only as root on Debian
 * or Ubuntu. It looks with the finder that the service itself uses, so both mean the same browser.
 */
import { execFile, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { readLayers, DEFAULTS_FILE } from '../whatsapp-service/config/setting-layers.js';
import { browserCandidates, FETCHED_BROWSERS } from '../whatsapp-service/whatsapp/web/find-browser.js';
import type { BrowserKind, FoundBrowser } from '../whatsapp-service/whatsapp/web/find-browser.js';

const FETCH_LIMIT_MS = 180_000;
/** A network that swallows packets gives no error; by then at least the first bytes must be there. */
const FIRST_BYTES_LIMIT_MS = 30_000;
const APT_LIMIT_MS = 600_000;
const VERSION_LIMIT_MS = 20_000;

type Wanted = 'auto' | BrowserKind;
type Attempt = { ok: true } | { ok: false; why: string };

async function main(): Promise<number> {
  const { raw } = readLayers({ env: process.env, defaultsFile: DEFAULTS_FILE, dotenvFile: '.env' });
  const wanted = asWanted(raw.get('BROWSER')?.value.trim().toLowerCase());
  const file = raw.get('BROWSER_PATH')?.value.trim() || null;

  const found = await firstThatRuns(wanted, file);
  if (found !== null) {
    console.log(`Browser: ${found.path} (${found.version}). Nothing to do.`);
    return 0;
  }
  if (file !== null) {
    console.error(`BROWSER_PATH is ${file}, which is not a browser that runs here. Correct it, or leave it empty to have one looked for.`);
    return 1;
  }

  const reasons: string[] = [];
  for (const [name, attempt] of [
    ['fetch', fetchBrowser],
    ['apt-get', installWithApt],
  ] as const) {
    // A folder that may not be written to, a full disk: the next way may still work.
    const result = await attempt(wanted).catch((error: unknown): Attempt => ({ ok: false, why: error instanceof Error ? error.message : String(error) }));
    if (!result.ok) {
      reasons.push(`${name}: ${result.why}`);
      continue;
    }
    const installed = await firstThatRuns(wanted, null);
    if (installed !== null) {
      console.log(`Browser: ${installed.path} (${installed.version}). Ready.`);
      return 0;
    }
    reasons.push(`${name}: it was installed and does not run`);
  }
  console.error(
    [
      'No browser was found, and none could be installed:',
      ...reasons.map((reason) => `  - ${reason}`),
      'Install Chromium or Chrome, then run this again. Debian: apt-get install chromium-headless-shell. Ubuntu: Google\'s own chrome package.',
      'macOS: brew install --cask google-chrome. Windows: winget install Google.Chrome. Or set BROWSER_PATH to the file of one that you have.',
    ].join('\n'),
  );
  return 1;
}

const asWanted = (value: string | undefined): Wanted => (value === 'headless-shell' || value === 'chrome' ? value : 'auto');

async function firstThatRuns(kind: Wanted, file: string | null): Promise<(FoundBrowser & { version: string }) | null> {
  for (const candidate of browserCandidates({ kind, path: file })) {
    const version = await versionOf(candidate.path);
    if (version !== null) return { ...candidate, version };
  }
  return null;
}

/** Proves that the file is whole and that its libraries are there; null when it does not run. */
function versionOf(file: string): Promise<string | null> {
  // Chrome on Windows opens a window instead of answering.
  if (process.platform === 'win32') return Promise.resolve('installed');
  return new Promise((resolve) => {
    const child = execFile(file, ['--version'], { timeout: VERSION_LIMIT_MS, killSignal: 'SIGKILL' }, (error, stdout) => {
      resolve(error === null ? (stdout.trim().split('\n').at(-1) ?? '').trim() || 'version not told' : null);
    });
    child.stdin?.end();
  });
}

/** Fetches with puppeteer's own installer, into a folder beside the real one, so that half a browser is never found. */
async function fetchBrowser(wanted: Wanted): Promise<Attempt> {
  if (process.platform === 'linux' && process.arch !== 'x64') return { ok: false, why: `there is no build of it for Linux on ${process.arch}` };
  const browser = wanted === 'chrome' ? 'chrome' : 'chrome-headless-shell';
  mkdirSync(FETCHED_BROWSERS, { recursive: true });
  const staging = mkdtempSync(path.join(FETCHED_BROWSERS, '.fetching-'));
  try {
    console.log(`No browser is installed. Fetching ${browser} into .browser/ …`);
    const fetched = await runInstaller(browser, staging);
    if (!fetched.ok) return fetched;
    for (const version of readdirSync(path.join(staging, browser))) {
      const target = path.join(FETCHED_BROWSERS, browser, version);
      rmSync(target, { recursive: true, force: true });
      mkdirSync(path.dirname(target), { recursive: true });
      renameSync(path.join(staging, browser, version), target);
      if ((await firstThatRuns(wanted, null)) !== null) return { ok: true };
      // A browser that lacks system libraries must not stand before the one that apt-get brings.
      rmSync(target, { recursive: true, force: true });
    }
    return { ok: false, why: 'the fetched browser does not run here (system libraries are missing)' };
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

/** The installer comes with puppeteer, so it is looked up from there, wherever npm has put it. */
function runInstaller(browser: string, into: string): Promise<Attempt> {
  const fromPuppeteer = createRequire(createRequire(import.meta.url).resolve('puppeteer'));
  const installer = path.join(path.dirname(fromPuppeteer.resolve('@puppeteer/browsers')), 'main-cli.js');
  const started = Date.now();
  const tooSlow = (): string | null => {
    const elapsed = Date.now() - started;
    if (elapsed > FETCH_LIMIT_MS) return `it took longer than ${FETCH_LIMIT_MS / 1000} s`;
    if (elapsed > FIRST_BYTES_LIMIT_MS && readdirSync(into).length === 0) return `nothing arrived within ${FIRST_BYTES_LIMIT_MS / 1000} s`;
    return null;
  };
  return run([process.execPath, installer, 'install', `${browser}@stable`, '--path', into], tooSlow);
}

async function installWithApt(wanted: Wanted): Promise<Attempt> {
  if (!isDebianLike()) return { ok: false, why: 'this is neither Debian nor Ubuntu' };
  if (process.getuid?.() !== 0) return { ok: false, why: 'only root can install system packages' };
  const started = Date.now();
  const tooSlow = (): string | null => (Date.now() - started > APT_LIMIT_MS ? `it took longer than ${APT_LIMIT_MS / 1000} s` : null);
  console.log('Installing a browser with apt-get …');
  // A list that cannot be renewed may still be good enough to install from.
  await run(['apt-get', 'update'], tooSlow);
  let last: Attempt = { ok: false, why: 'no package was tried' };
  for (const name of wanted === 'chrome' ? ['chromium'] : ['chromium-headless-shell', ...(wanted === 'auto' ? ['chromium'] : [])]) {
    last = await run(['apt-get', 'install', '-y', '--no-install-recommends', name], tooSlow);
    if (last.ok && (await firstThatRuns(wanted, null)) !== null) return last;
  }
  return last;
}

function isDebianLike(): boolean {
  try {
    return /^ID(_LIKE)?=.*\b(debian|ubuntu)\b/m.test(readFileSync('/etc/os-release', 'utf8'));
  } catch {
    return false;
  }
}

/** Runs a program without input until it ends or `tooSlow` says why it must. Its last words become the reason. */
function run([program, ...args]: readonly [string, ...string[]], tooSlow: () => string | null): Promise<Attempt> {
  return new Promise((resolve) => {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    const child = spawn(program, args, { stdio: ['ignore', process.stdout.isTTY ? 'inherit' : 'pipe', 'pipe'], env });
    let words = '';
    const keep = (chunk: Buffer): void => {
      words = (words + chunk.toString()).slice(-4_000);
    };
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
    let stopped: string | null = null;
    const watch = setInterval(() => {
      stopped ??= tooSlow();
      if (stopped !== null) child.kill('SIGKILL');
    }, 500);
    const end = (attempt: Attempt): void => {
      clearInterval(watch);
      resolve(attempt);
    };
    child.on('error', (error) => end({ ok: false, why: error.message }));
    child.on('close', (code) => end(code === 0 ? { ok: true } : { ok: false, why: stopped ?? lastWords(words) }));
  });
}

/** The line that names the fault: npm programs print a stack below it, apt-get warnings above it. */
function lastWords(words: string): string {
  const lines = words.split('\n').map((line) => line.trim()).filter((line) => line !== '');
  const fault = lines.find((line) => /^(E:|Error\b|\w*Error:)|\bE(NOTFOUND|CONNREFUSED|AI_AGAIN|TIMEDOUT|NETUNREACH)\b/.test(line));
  return (fault ?? lines.at(-1) ?? 'it failed without a word').slice(0, 200);
}

process.exitCode = await main();
