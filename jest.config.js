/** Native ES modules: the same import paths run in jest, in tsx and after tsc. */
export default {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': ['@swc/jest', { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'es6' } }] },
  // TypeScript's imports end in .js; a dependency's `metadata.json.js` is really one.
  moduleNameMapper: { '^(\\.{1,2}/.*(?<!\\.json))\\.js$': '$1' },
  testMatch: ['<rootDir>/tests/**/*.test.ts'],
  modulePathIgnorePatterns: ['<rootDir>/.compiled/', '<rootDir>/.bench/', '<rootDir>/dist/'],
  globalSetup: '<rootDir>/tests/helpers/compile-service.mjs',
  testSequencer: '<rootDir>/tests/helpers/longest-first.mjs',
  // What a test waits for has its own limits, which tell what did not come.
  testTimeout: 300_000,
  // Browsers, and services of their own, work beside each of them.
  maxWorkers: 2,
};
