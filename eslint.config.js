import eslint from '@eslint/js';
import tseslint from 'typescript-eslint';

/**
 * The rules catch mistakes; layout is a matter of taste and is left alone.
 * Layers, circles, names and who may import what are checked by tests/architecture.
 */
const PAGE_SCRIPTS = 'whatsapp-service/**/page/**/*.js';

/** What a script inside the browser's page may use without declaring it. */
const PAGE_GLOBALS = Object.fromEntries(
  [
    'window', 'self', 'globalThis', 'document', 'navigator', 'location', 'history', 'console', 'performance', 'crypto', 'indexedDB', 'localStorage', 'sessionStorage',
    'setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'queueMicrotask', 'requestAnimationFrame', 'structuredClone', 'fetch', 'URL', 'URLSearchParams',
    'Blob', 'File', 'FileReader', 'FormData', 'Response', 'Request', 'Headers', 'AbortController', 'AbortSignal', 'Event', 'EventTarget', 'CustomEvent', 'EventSource', 'WebSocket', 'MessageChannel',
    'TextEncoder', 'TextDecoder', 'atob', 'btoa', 'DataTransfer', 'Image', 'ReadableStream', 'createImageBitmap', 'OffscreenCanvas',
    // The one name that the scripts of a page share: the sandbox's, and the page bridge's.
    'Sim', 'bridge',
  ].map((name) => [name, 'readonly']),
);

export default tseslint.config(
  { ignores: ['dist/', '.compiled/', '.bench/', 'node_modules/', 'data/', 'logs/', 'sessions/', '.browser/', 'coverage/', 'bench-results/', 'laravel/vendor/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'warn' } },
  eslint.configs.recommended,

  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'separate-type-imports' }],
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrorsIgnorePattern: '^_', ignoreRestSiblings: true }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
      'max-params': ['error', 4],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-console': 'error',

      // These make plain code longer without making it safer.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true, allowNullish: false }],
      '@typescript-eslint/no-confusing-void-expression': 'off',
      '@typescript-eslint/no-unnecessary-condition': 'off',
      '@typescript-eslint/no-invalid-void-type': 'off',
      '@typescript-eslint/no-unnecessary-boolean-literal-compare': 'off',
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      '@typescript-eslint/no-meaningless-void-operator': 'off',
      '@typescript-eslint/no-dynamic-delete': 'off',
      // What a part needs is handed to it as functions, and taken apart where it is used; classes of ours are never taken apart.
      '@typescript-eslint/unbound-method': 'off',
      // winston's and express's own types do not stand up to it.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      '@typescript-eslint/require-await': 'off',
    },
  },

  {
    files: ['tests/**/*.ts'],
    rules: {
      // A test may know what the types cannot, and a fake need not do all that its port does.
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-empty-function': 'off',
      '@typescript-eslint/restrict-template-expressions': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/explicit-module-boundary-types': 'off',
      '@typescript-eslint/only-throw-error': 'off',
      '@typescript-eslint/prefer-promise-reject-errors': 'off',
      'max-params': 'off',
      'max-lines': ['error', { max: 600, skipBlankLines: true, skipComments: true }],
      'no-console': 'off',
    },
  },

  { files: ['scripts/**', 'whatsapp-service/sandbox/demo/**', 'tests/bench/**'], rules: { 'no-console': 'off' } },
  // Scripts stand outside the service's project, so they are linted without types (and checked by tsc).
  { files: ['scripts/**/*.ts'], extends: [tseslint.configs.disableTypeChecked], languageOptions: { parserOptions: { projectService: false, program: null } } },

  {
    files: [PAGE_SCRIPTS],
    languageOptions: { sourceType: 'script', ecmaVersion: 2023, globals: PAGE_GLOBALS },
    rules: {
      'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
      // A script may say again, at its head, which of these it uses.
      'no-redeclare': ['error', { builtinGlobals: false }],
      'no-unused-vars': ['error', { argsIgnorePattern: '^_', caughtErrorsIgnorePattern: '^_', ignoreRestSiblings: true }],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
    },
  },
  // What the Laravel package gives to a browser as it is.
  { files: ['laravel/resources/js/**/*.js'], languageOptions: { sourceType: 'script', globals: PAGE_GLOBALS } },
  { files: ['*.js', '*.cjs', 'scripts/**/*.{js,mjs}'], languageOptions: { globals: { process: 'readonly', console: 'readonly', module: 'writable', URL: 'readonly' } } },
);
