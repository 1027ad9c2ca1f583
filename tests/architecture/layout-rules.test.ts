import { describe, expect, test } from '@jest/globals';
import { findViolations } from './layout-rules.js';

/** The checker is worth as much as what it refuses: each rule is broken once here. */
const check = (files: Record<string, string>): string[] => findViolations(new Map(Object.entries(files))).map(({ rule, file }) => `${rule} ${file.replace('whatsapp-service/', '')}`);

const EMPTY = 'export const x = 1;\n';

/** One file that imports another, both of the service. */
function imports(from: string, to: string, statement = (path: string) => `import { x } from '${path}';\nexport const y = x;`): string[] {
  const up = '../'.repeat(from.split('/').length - 1);
  return check({ [`whatsapp-service/${from}`]: statement(`${up === '' ? './' : up}${to.replace(/\.ts$/, '.js')}`), [`whatsapp-service/${to}`]: EMPTY });
}

describe('ranks', () => {
  // prettier-ignore
  test.each([
    ['contracts/a.ts', 'shared/b.ts'],
    ['config/a.ts', 'contracts/b.ts'],
    ['storage/a.ts', 'config/b.ts'],
    ['queue/a.ts', 'storage/b.ts'],
    ['whatsapp/web/decode/a.ts', 'whatsapp/provider.ts'],
    ['whatsapp/provider.ts', 'whatsapp/web/a.ts'],
    ['outbox/a.ts', 'signed-http/b.ts'],
    ['features/blast/a.ts', 'outbox/b.ts'],
    ['features/blast/a.ts', 'features/blast/b.ts'],
    ['http/a.ts', 'features/blast/b.ts'],
    ['sandbox/a.ts', 'whatsapp/web/b.ts'],
    ['app-events.ts', 'features/blast/b.ts'],
    ['app.ts', 'app-events.ts'],
    ['main.ts', 'app.ts'],
    ['sandbox/demo/main.ts', 'app.ts'],
    ['sandbox/demo/main.ts', 'sandbox/hub/b.ts'],
  ])('%s may import %s', (from, to) => {
    expect(imports(from, to)).toEqual([]);
  });

  // prettier-ignore
  test.each([
    ['shared/a.ts', 'contracts/b.ts'],
    ['config/a.ts', 'storage/b.ts'],
    ['queue/a.ts', 'signed-http/b.ts'],
    ['whatsapp/web/a.ts', 'queue/b.ts'],
    ['outbox/a.ts', 'features/blast/b.ts'],
    ['features/blast/a.ts', 'features/message/b.ts'],
    ['features/blast/a.ts', 'http/b.ts'],
    ['http/a.ts', 'sandbox/b.ts'],
    ['app-events.ts', 'app-jobs.ts'],
    ['app-events.ts', 'app.ts'],
    ['sandbox/a.ts', 'sandbox/demo/b.ts'],
    ['sandbox/demo/a.ts', 'main.ts'],
    ['app.ts', 'main.ts'],
  ])('%s may not import %s', (from, to) => {
    expect(imports(from, to)).toEqual([`rank ${from}`]);
  });

  test.each([
    ['import type', (path: string) => `import type { x } from '${path}';\nexport type Y = typeof x;`],
    ['a re-export', (path: string) => `export { x } from '${path}';\nexport const y = 1;`],
    ['import()', (path: string) => `export const y = () => import('${path}');`],
    ["typeof import('…')", (path: string) => `export type Y = typeof import('${path}');`],
    ['an import without names', (path: string) => `import '${path}';\nexport const y = 1;`],
  ])('%s counts as well', (_what, statement) => {
    expect(imports('shared/a.ts', 'storage/b.ts', statement)).toEqual(['rank shared/a.ts']);
  });

  test('a folder without a rank, and files outside the service, may not be imported', () => {
    expect(imports('app.ts', 'helpers/b.ts')).toEqual([]);
    expect(imports('helpers/b.ts', 'shared/a.ts')).toEqual(['rank helpers/b.ts']);
    expect(check({ 'whatsapp-service/app.ts': "import { x } from '../tests/a.js';\nexport const y = x;", 'tests/a.ts': EMPTY })).toEqual(['rank app.ts']);
  });
});

describe('circles', () => {
  test('two files, with `import type` on one side', () => {
    expect(check({ 'whatsapp-service/shared/a.ts': "import { b } from './b.js';\nexport const a = b;", 'whatsapp-service/shared/b.ts': "import type { a } from './a.js';\nexport const b: typeof a = 1;" })).toEqual(['circle shared/a.ts']);
  });

  test('a longer one is told once, with every file of it and no other', () => {
    const found = findViolations(
      new Map([
        ['whatsapp-service/shared/a.ts', "import './b.js'; import './d.js'; export const a = 1;"],
        ['whatsapp-service/shared/b.ts', "import './c.js'; export const b = 1;"],
        ['whatsapp-service/shared/c.ts', "import './a.js'; export const c = 1;"],
        ['whatsapp-service/shared/d.ts', EMPTY],
      ]),
    );
    expect(found.map(({ message }) => message)).toEqual(['stands in a circle of imports: whatsapp-service/shared/a.ts ↔ whatsapp-service/shared/b.ts ↔ whatsapp-service/shared/c.ts']);
  });

  test('a diamond is none', () => {
    expect(check({ 'whatsapp-service/shared/a.ts': "import './b.js'; import './c.js'; export const a = 1;", 'whatsapp-service/shared/b.ts': "import './d.js'; export const b = 1;", 'whatsapp-service/shared/c.ts': "import './d.js'; export const c = 1;", 'whatsapp-service/shared/d.ts': EMPTY })).toEqual([]);
  });
});

describe('packages', () => {
  // prettier-ignore
  test.each([
    ['whatsapp-web.js', 'whatsapp-service/whatsapp/web/a.ts', true],
    ['whatsapp-web.js', 'tests/bench/a.ts', true],
    ['whatsapp-web.js', 'whatsapp-service/whatsapp/provider.ts', false],
    ['whatsapp-web.js', 'whatsapp-service/sandbox/a.ts', false],
    ['whatsapp-web.js/src/Client.js', 'whatsapp-service/app.ts', false],
    ['whatsapp-web.js', 'tests/flows/a.ts', false],
    ['axios', 'tests/bench/a.ts', true],
    ['axios', 'whatsapp-service/signed-http/a.ts', false],
    ['express', 'whatsapp-service/http/a.ts', true],
    ['express', 'whatsapp-service/features/message/a.ts', false],
    ['express-rate-limit', 'whatsapp-service/app.ts', true],
    ['puppeteer', 'whatsapp-service/sandbox/a.ts', true],
    ['puppeteer-core', 'whatsapp-service/features/session/a.ts', false],
    ['@puppeteer/browsers', 'whatsapp-service/app.ts', false],
  ])('%s in %s: %j', (name, file, allowed) => {
    expect(check({ [file]: `import type { X } from '${name}';\nexport type Y = X;` })).toEqual(allowed ? [] : [`package ${file.replace('whatsapp-service/', '')}`]);
  });
});

describe('the environment', () => {
  const READERS = ['export const a = process.env.HOME;', "export const a = process['env'];", 'const { env } = process;\nexport const a = env;', "import { env } from 'node:process';\nexport const a = env;", 'export const a = globalThis.process.env;'];
  test.each(READERS)('%s', (text) => {
    expect(check({ 'whatsapp-service/storage/a.ts': text })).toEqual(['environment storage/a.ts']);
    expect(check({ 'whatsapp-service/config/a.ts': text, 'whatsapp-service/main.ts': text, 'whatsapp-service/sandbox/demo/main.ts': text })).toEqual([]);
  });

  test('what only looks like it is fine', () => {
    expect(check({ 'whatsapp-service/storage/a.ts': '// process.env is read elsewhere\nexport const a = (input: { env: string }) => [input.env, process.pid, "process.env"];' })).toEqual([]);
  });
});

describe('files', () => {
  test('barrels', () => {
    expect(check({ 'whatsapp-service/shared/index.ts': EMPTY })).toEqual(['barrel shared/index.ts']);
    expect(check({ 'whatsapp-service/shared/all.ts': "export * from './a.js';\nexport type { x } from './a.js';", 'whatsapp-service/shared/a.ts': EMPTY })).toEqual(['barrel shared/all.ts']);
    expect(check({ 'whatsapp-service/contracts/index.ts': "export * from './a.js';", 'whatsapp-service/contracts/a.ts': EMPTY })).toEqual([]);
  });

  test('length', () => {
    expect(check({ 'whatsapp-service/shared/a.ts': EMPTY.repeat(400), 'whatsapp-service/whatsapp/web/page/b.js': 'x();\n'.repeat(401) })).toEqual(['length whatsapp/web/page/b.js']);
  });

  test('names', () => {
    expect(check({ 'whatsapp-service/shared/sessionStore.ts': EMPTY, 'whatsapp-service/Features/a.ts': EMPTY, 'whatsapp-service/shared/a_b.ts': EMPTY, 'whatsapp-service/shared/a-b2.ts': EMPTY, 'whatsapp-service/storage/migrations/0001-initial.ts': EMPTY, 'tests/unit/a-b.test.ts': EMPTY })).toEqual(['name shared/sessionStore.ts', 'name Features/a.ts', 'name shared/a_b.ts']);
  });

  test.each(['export default 1;', 'export default class A {}', 'export default function a() {}', 'const a = 1;\nexport { a as default };', 'const a = 1;\nexport = a;'])('default export: %s', (text) => {
    expect(check({ 'whatsapp-service/shared/a.ts': text })).toEqual(['default-export shared/a.ts']);
  });
});
