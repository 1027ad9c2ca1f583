import { expect, test } from '@jest/globals';
import { describeWithLaravel, runPhpUnit } from '../helpers/laravel-package.js';

describeWithLaravel("the Laravel package's own tests", () => {
  test('pass on SQLite', async () => {
    const run = await runPhpUnit();
    expect({ ...run, output: run.exitCode === 0 ? '' : run.output }).toMatchObject({ exitCode: 0, output: '' });
    expect(run.tests).toBeGreaterThan(0);
  }, 120_000);
});
