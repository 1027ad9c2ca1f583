/** Native ES modules: the same import paths run in jest, in tsx and after tsc. */
export default {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': ['@swc/jest', { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'es6' } }] },
  // TypeScript's imports end in .js; a dependency's `metadata.json.js` is really one.
  moduleNameMapper: { '^(\\.{1,2}/.*(?<!\\.json))\\.js$': '$1' },
  testMatch: ['<rootDir>/tests/**/*.test.ts'],
  testTimeout: 60_000,
  maxWorkers: 1,
  // A handle that a test has left open is told of, and does not keep a build waiting.
  forceExit: true,
};
