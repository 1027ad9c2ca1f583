import { describe, expect, test } from '@jest/globals';
import { describeWithDatabase, startDatabase } from '../helpers/database-servers.js';
import { databaseEnv, describeWithLaravel, runPhpUnit } from '../helpers/laravel-package.js';

const DEADLINE_MS = 180_000;

async function expectAllToPass(env: Record<string, string>, args: readonly string[] = []): Promise<void> {
  const run = await runPhpUnit(env, args);
  // A statement with many rows would fill pages.
  expect(run.exitCode === 0 ? '' : run.output.replaceAll(/^(.{300}).+$/gm, '$1 …').replaceAll(/^#\d+ .*\n/gm, '')).toBe('');
  expect(run.tests).toBeGreaterThan(0);
}

describeWithLaravel("the Laravel package's own tests", () => {
  test('pass on SQLite', () => expectAllToPass({}), DEADLINE_MS);
});

// What does not touch the database is not run again.
describe.each(['mariadb', 'postgres'] as const)('%s', (kind) => {
  describeWithDatabase(kind, 'a server for the Laravel package', () => {
    describeWithLaravel("the Laravel package's own tests of receiving", () => {
      test('pass', async () => {
        const server = await startDatabase(kind);
        try {
          await expectAllToPass(databaseEnv(server), ['tests/Feature/Receiving']);
        } finally {
          await server.close();
        }
      }, DEADLINE_MS);
    });
  });
});
