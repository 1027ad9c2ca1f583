import { describe, expect, test } from '@jest/globals';
import path from 'node:path';
import { browserCandidates, findBrowser } from '../../../whatsapp-service/whatsapp/web/find-browser.js';
import type { BrowserFiles, BrowserRoots } from '../../../whatsapp-service/whatsapp/web/find-browser.js';

const linux: BrowserRoots = { platform: 'linux', path: ['/usr/local/sbin', '/usr/bin'], home: '/home/ani', programs: [], fetched: '/app/.browser' };

/** A file system of these programs and no other file. */
function disk(...programs: string[]): BrowserFiles {
  const separator = /[\\/]/;
  return {
    isExecutable: (file) => programs.includes(file),
    list: (folder) => [...new Set(programs.filter((file) => file.startsWith(folder) && separator.test(file.charAt(folder.length))).map((file) => file.slice(folder.length + 1).split(separator)[0] ?? ''))],
  };
}

const find = (kind: 'auto' | 'headless-shell' | 'chrome', files: BrowserFiles, roots = linux): unknown => findBrowser({ kind, path: null, roots, files });

describe('findBrowser', () => {
  const fetched = '/app/.browser/chrome-headless-shell/linux-146.0.7680.31/chrome-headless-shell-linux64/chrome-headless-shell';

  test('prefers headless shell, wherever it is', () => {
    expect(find('auto', disk('/usr/bin/google-chrome', '/usr/bin/chromium-headless-shell'))).toEqual({ path: '/usr/bin/chromium-headless-shell', kind: 'headless-shell' });
    expect(find('auto', disk('/usr/bin/google-chrome', '/opt/homebrew/bin/chrome-headless-shell'))).toEqual({ path: '/opt/homebrew/bin/chrome-headless-shell', kind: 'headless-shell' });
  });

  test('falls back to a whole browser, and to a stub of Ubuntu last', () => {
    expect(find('auto', disk('/usr/bin/chromium-browser', '/usr/bin/chromium'))).toEqual({ path: '/usr/bin/chromium', kind: 'chrome' });
    expect(find('auto', disk('/snap/bin/chromium-browser'))).toEqual({ path: '/snap/bin/chromium-browser', kind: 'chrome' });
  });

  test('takes a fetched one before the machine’s own, and the newest first', () => {
    const older = fetched.replace('146.0.7680.31', '99.0.1.2');
    expect(browserCandidates({ kind: 'auto', path: null, roots: linux, files: disk('/usr/bin/chromium-headless-shell', older, fetched) }).map((found) => found.path)).toEqual([fetched, older, '/usr/bin/chromium-headless-shell']);
  });

  test('does not see one that is still being fetched', () => {
    expect(find('auto', disk(fetched.replace('/.browser/', '/.browser/.fetching-x1/')))).toBeNull();
  });

  test('keeps to the kind that is asked for', () => {
    const both = disk('/usr/bin/chromium', '/usr/bin/chromium-headless-shell');
    expect(find('chrome', both)).toEqual({ path: '/usr/bin/chromium', kind: 'chrome' });
    expect(find('headless-shell', disk('/usr/bin/chromium'))).toBeNull();
  });

  test('looks into the usual folders even when PATH is empty', () => {
    expect(find('auto', disk('/usr/bin/chromium'), { ...linux, path: [] })).toEqual({ path: '/usr/bin/chromium', kind: 'chrome' });
  });

  test('finds nothing where there is nothing', () => {
    expect(find('auto', disk())).toBeNull();
  });

  test('macOS: application bundles, also those of the user', () => {
    const mac: BrowserRoots = { ...linux, platform: 'darwin', home: '/Users/ani' };
    const own = '/Users/ani/Applications/Chromium.app/Contents/MacOS/Chromium';
    expect(find('auto', disk(own), mac)).toEqual({ path: own, kind: 'chrome' });
    const testing = '/app/.browser/chrome/mac_arm-146.0.1.2/chrome-mac-arm64/Google Chrome for Testing.app/Contents/MacOS/Google Chrome for Testing';
    expect(find('chrome', disk(own, testing), mac)).toEqual({ path: testing, kind: 'chrome' });
  });

  test('Windows: Program Files, and PATH with .exe', () => {
    const windows: BrowserRoots = { platform: 'win32', path: ['C:\\tools'], home: 'C:\\Users\\ani', programs: ['C:\\Program Files'], fetched: 'C:\\app\\.browser' };
    const chrome = 'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe';
    expect(find('auto', disk(chrome), windows)).toEqual({ path: chrome, kind: 'chrome' });
    const shell = 'C:\\app\\.browser\\chrome-headless-shell\\win64-146.0.1.2\\chrome-headless-shell-win64\\chrome-headless-shell.exe';
    expect(find('auto', disk(chrome, shell), windows)).toEqual({ path: shell, kind: 'headless-shell' });
  });
});

describe('BROWSER_PATH', () => {
  const files = disk('/opt/my-shell', '/opt/chrome-headless-shell', '/usr/bin/chromium');

  test.each([
    ['auto', '/opt/my-shell', 'chrome'],
    ['auto', '/opt/chrome-headless-shell', 'headless-shell'],
    ['headless-shell', '/opt/my-shell', 'headless-shell'],
  ] as const)('%s %s is taken as %s', (kind, file, expected) => {
    expect(findBrowser({ kind, path: file, files, roots: linux })).toEqual({ path: file, kind: expected });
  });

  test('is final: nothing else is taken when it is no program', () => {
    expect(findBrowser({ kind: 'auto', path: '/opt/nothing', files, roots: linux })).toBeNull();
  });
});

test('on the real disk a folder or a plain file is no browser', () => {
  expect(findBrowser({ kind: 'auto', path: path.resolve('tests') })).toBeNull();
  expect(findBrowser({ kind: 'auto', path: path.resolve('package.json') })).toBeNull();
  expect(findBrowser({ kind: 'auto', path: process.execPath })).toEqual({ path: process.execPath, kind: 'chrome' });
});
