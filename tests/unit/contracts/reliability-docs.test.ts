import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';

test('every test that the promises lean on exists under its name', () => {
  const lines = readFileSync('docs/reliability.md', 'utf8').split('\n').filter((line) => line.startsWith('- **Test:**'));
  const missing: string[] = [];
  let named = 0;
  for (const line of lines) {
    let source = '';
    for (const [, file, name] of line.matchAll(/`(tests\/[^`]+)`|“([^”]+)”/g)) {
      if (file !== undefined) source = readFileSync(file, 'utf8');
      if (name === undefined) continue;
      named++;
      if (!source.includes(name)) missing.push(name);
    }
  }
  expect([missing, lines.length > 10, named >= lines.length]).toEqual([[], true, true]);
});
