import { expect, test } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { findViolations } from './layout-rules.js';

/** Reads what stands in the tree now; built files and dependencies are elsewhere. */
function sourcesIn(folder: string): [string, string][] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ts|js)$/.test(entry.name))
    .map((entry) => {
      const file = path.join(entry.parentPath, entry.name);
      return [path.relative('.', file).replaceAll(path.sep, '/'), readFileSync(file, 'utf8')];
    });
}

test('the tree keeps to its layers, without circles, and to the names and limits of the house', () => {
  const files = new Map([...sourcesIn('whatsapp-service'), ...sourcesIn('tests')]);
  expect(files.size).toBeGreaterThan(50);
  expect(findViolations(files).map(({ file, rule, message }) => `${rule}: ${file} ${message}`)).toEqual([]);
});
