import { accessSync, constants, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Config } from '../../config/config.js';
import { searchPlaces } from '../../config/search-places.js';
import type { SearchPlaces } from '../../config/search-places.js';

/** Headless shell is Chromium's old headless mode as a program of its own: about half the memory of a whole browser. */
export type BrowserKind = 'headless-shell' | 'chrome';

export interface FoundBrowser {
  /** Absolute. */
  path: string;
  kind: BrowserKind;
}

/** The two questions that are asked of the file system, so that a test can answer them. */
export interface BrowserFiles {
  isExecutable(file: string): boolean;
  /** The names in a folder; empty when there is none. */
  list(folder: string): readonly string[];
}

export interface BrowserSearch extends Pick<Config['browser'], 'kind' | 'path'> {
  /** Where to look; this machine's places when absent. */
  roots?: BrowserRoots;
  files?: BrowserFiles;
}

export interface BrowserRoots extends SearchPlaces {
  /** The folder that `npm run setup` fetches a browser into. */
  fetched: string;
}

/** The same folder seen from the sources and from `dist/`. */
export const FETCHED_BROWSERS = fileURLToPath(new URL('../../../.browser', import.meta.url));

const KINDS = ['headless-shell', 'chrome'] as const;

/** Program names, best first. `chromium-browser` is last: on Ubuntu it may be a stub that asks for a snap. */
const PROGRAMS: Readonly<Record<BrowserKind, readonly string[]>> = {
  'headless-shell': ['chromium-headless-shell', 'chrome-headless-shell'],
  chrome: ['google-chrome-stable', 'google-chrome', 'chromium', 'chromium-browser'],
};

/** Searched after PATH, because a service is often started with a short one. */
const USUAL_FOLDERS = ['/usr/local/bin', '/usr/bin', '/usr/lib/chromium', '/opt/google/chrome', '/opt/homebrew/bin', '/snap/bin'];

const MAC_BUNDLES = ['Google Chrome.app/Contents/MacOS/Google Chrome', 'Chromium.app/Contents/MacOS/Chromium'];
const WINDOWS_FILES = ['Google\\Chrome\\Application\\chrome.exe', 'Chromium\\Application\\chrome.exe'];

/** The best browser for these settings, or null. A `path` is final: when it is no program, nothing else is taken. */
export function findBrowser(search: BrowserSearch): FoundBrowser | null {
  return browserCandidates(search)[0] ?? null;
}

/** Every browser that fits, best first: headless shell before a whole browser, a fetched one before the machine's own. */
export function browserCandidates(search: BrowserSearch): FoundBrowser[] {
  const files = search.files ?? diskFiles;
  if (search.path !== null) {
    const file = path.resolve(search.path);
    return files.isExecutable(file) ? [{ path: file, kind: search.kind === 'auto' ? kindByName(file) : search.kind }] : [];
  }
  const roots = search.roots ?? { ...searchPlaces(), fetched: FETCHED_BROWSERS };
  const kinds = search.kind === 'auto' ? KINDS : [search.kind];
  return kinds.flatMap((kind) =>
    [...fetchedFiles(kind, roots, files), ...installedFiles(kind, roots)].filter((file) => files.isExecutable(file)).map((file) => ({ path: file, kind })),
  );
}

const kindByName = (file: string): BrowserKind => (/headless[-_]shell/i.test(path.basename(file)) ? 'headless-shell' : 'chrome');

/** puppeteer's layout: `<folder>/<browser>/<platform>-<version>/<browser>-<platform>/<program>`. */
function fetchedFiles(kind: BrowserKind, roots: BrowserRoots, files: BrowserFiles): string[] {
  const { join } = pathsOf(roots);
  const browser = kind === 'headless-shell' ? 'chrome-headless-shell' : 'chrome';
  const programs = [browser, `${browser}.exe`, 'Google Chrome for Testing.app/Contents/MacOS/Google Chrome for Testing'];
  const versions = [...files.list(join(roots.fetched, browser))].sort((a, b) => b.localeCompare(a, 'en', { numeric: true }));
  return versions.flatMap((version) => {
    const folder = join(roots.fetched, browser, version);
    return files.list(folder).flatMap((inner) => programs.map((program) => join(folder, inner, program)));
  });
}

function installedFiles(kind: BrowserKind, roots: BrowserRoots): string[] {
  const { join } = pathsOf(roots);
  const suffix = roots.platform === 'win32' ? '.exe' : '';
  const folders = [...new Set([...roots.path, ...(roots.platform === 'win32' ? [] : USUAL_FOLDERS)])];
  const onPath = PROGRAMS[kind].flatMap((name) => folders.map((folder) => join(folder, `${name}${suffix}`)));
  if (kind === 'headless-shell') return onPath;
  if (roots.platform === 'darwin') return [...['/Applications', join(roots.home, 'Applications')].flatMap((folder) => MAC_BUNDLES.map((bundle) => join(folder, bundle))), ...onPath];
  if (roots.platform === 'win32') return [...roots.programs.flatMap((folder) => WINDOWS_FILES.map((file) => join(folder, file))), ...onPath];
  return onPath;
}

const pathsOf = (roots: BrowserRoots): path.PlatformPath => (roots.platform === 'win32' ? path.win32 : path.posix);

const diskFiles: BrowserFiles = {
  isExecutable(file) {
    try {
      accessSync(file, constants.X_OK);
      return statSync(file).isFile();
    } catch {
      return false;
    }
  },
  list(folder) {
    try {
      return readdirSync(folder);
    } catch {
      return [];
    }
  },
};
