import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { SERVICE_FLAGS } from '../helpers/programs.js';

const ROOT = join(import.meta.dirname, '../..');
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');
const flagsIn = (words: readonly string[]): string[] => words.filter((word) => SERVICE_FLAGS.some((flag) => word.startsWith(flag.replace(/=.*/, ''))));

/** What the tests and the benchmark run is only worth something when it is what users run. */
test('npm start, npm run broadcast and the image run node with the same flags as the tests', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
  for (const name of ['start', 'broadcast']) expect([name, flagsIn((scripts[name] ?? '').split(' '))]).toEqual([name, [...SERVICE_FLAGS]]);
  const command = /^CMD (\[.*\])$/m.exec(read('Dockerfile'))?.[1] ?? '[]';
  expect(flagsIn(JSON.parse(command) as string[])).toEqual([...SERVICE_FLAGS]);
});
