import ts from 'typescript';

/**
 * Which file may import which, and how files are named and cut. Pure: files in, sentences out.
 * Paths are relative to the repository, with `/`.
 */
export type SourceFiles = ReadonlyMap<string, string>;

export interface Violation {
  rule: 'rank' | 'circle' | 'package' | 'environment' | 'barrel' | 'length' | 'name' | 'default-export';
  file: string;
  message: string;
}

const SERVICE = 'whatsapp-service/';
const MAX_LINES = 400;

/** A unit is a folder (or a file of the root) that is ranked as one. Features are a unit each. */
const RANKS: readonly (readonly string[])[] = [
  ['shared'],
  ['contracts'],
  ['config'],
  ['storage'],
  ['backend-database', 'queue', 'signed-http', 'table-file', 'whatsapp'],
  ['outbox'],
  ['features/*'],
  ['broadcast', 'http', 'realtime', 'admin', 'sandbox'],
  ['app-blast.ts', 'app-contacts.ts', 'app-events.ts', 'app-jobs.ts', 'app-outbox.ts', 'app-realtime.ts'],
  ['app.ts', 'app-broadcast.ts'],
  // Entry points; nothing imports them.
  ['main.ts', 'main-broadcast.ts', 'cli', 'sandbox/demo'],
];

/** Packages that are kept to a few folders, so that each is known, and can be replaced, in one place. */
const KEPT_PACKAGES: readonly { package: RegExp; name: string; allowed: readonly string[] }[] = [
  // The sandbox's own tests run the unmodified library against it: that is what it promises to work with.
  { package: /^whatsapp-web\.js(\/|$)/, name: 'whatsapp-web.js', allowed: ['whatsapp-service/whatsapp/web/', 'tests/bench/', 'tests/flows/sandbox', 'tests/helpers/sandbox-'] },
  { package: /^axios(\/|$)/, name: 'axios', allowed: ['tests/'] },
  { package: /^(mysql2|pg)(\/|$)/, name: 'mysql2 and pg', allowed: ['whatsapp-service/backend-database/', 'tests/'] },
  { package: /^express(\/|$)/, name: 'express', allowed: ['whatsapp-service/http/', 'tests/'] },
  { package: /^(puppeteer(-core)?|@puppeteer\/[^/]+)(\/|$)/, name: 'puppeteer', allowed: ['whatsapp-service/sandbox/', 'whatsapp-service/whatsapp/web/', 'tests/'] },
];

const MAY_READ_ENVIRONMENT = ['whatsapp-service/config/', 'whatsapp-service/main.ts', 'whatsapp-service/main-broadcast.ts', 'whatsapp-service/sandbox/demo/', 'tests/'];
const MAY_BE_BARREL = ['whatsapp-service/contracts/'];
const KEBAB_CASE = /^[a-z0-9]+(-[a-z0-9]+)*$/;

export function findViolations(files: SourceFiles): Violation[] {
  const parsed = [...files].filter(([file]) => file.endsWith('.ts')).map(([file, text]) => parse(file, text));
  return [...[...files].flatMap(([file, text]) => [...checkLength(file, text), ...checkName(file)]), ...parsed.flatMap((source) => checkFile(source, files)), ...checkCircles(parsed, files)];
}

interface Parsed {
  file: string;
  source: ts.SourceFile;
  /** Every module that is named: imports, re-exports, `import()`, and `import type`. */
  imports: readonly string[];
}

function parse(file: string, text: string): Parsed {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const imports = new Set<string>();
  const visit = (node: ts.Node): void => {
    const named = moduleNamedBy(node);
    if (named !== undefined && ts.isStringLiteralLike(named)) imports.add(named.text);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return { file, source, imports: [...imports] };
}

function moduleNamedBy(node: ts.Node): ts.Node | undefined {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return node.moduleSpecifier;
  if (ts.isImportEqualsDeclaration(node) && ts.isExternalModuleReference(node.moduleReference)) return node.moduleReference.expression;
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) return node.argument.literal;
  const callsImport = ts.isCallExpression(node) && (node.expression.kind === ts.SyntaxKind.ImportKeyword || (ts.isIdentifier(node.expression) && node.expression.text === 'require'));
  return callsImport ? node.arguments[0] : undefined;
}

function checkFile(parsed: Parsed, files: SourceFiles): Violation[] {
  const violations: Violation[] = [];
  for (const specifier of parsed.imports) {
    const target = resolveImport(parsed.file, specifier, files);
    const problem = target === null ? packageProblem(parsed.file, specifier) : rankProblem(parsed.file, target);
    if (problem !== null) violations.push({ rule: target === null ? 'package' : 'rank', file: parsed.file, message: problem });
  }
  if (!parsed.file.startsWith(SERVICE)) return violations;
  return [...violations, ...checkEnvironment(parsed), ...checkExports(parsed)];
}

/** The repository's file behind a relative import; null for a package. */
function resolveImport(from: string, specifier: string, files: SourceFiles): string | null {
  if (!specifier.startsWith('.')) return null;
  const parts = from.split('/').slice(0, -1);
  for (const step of specifier.split('/')) {
    if (step === '..') parts.pop();
    else if (step !== '.') parts.push(step);
  }
  const path = parts.join('/');
  const candidates = [path.replace(/\.js$/, '.ts'), path, `${path}.ts`, `${path}/index.ts`];
  return candidates.find((candidate) => files.has(candidate)) ?? path;
}

/** `whatsapp-service/features/session/x.ts` → `features/session`; null outside the service. */
function unitOf(file: string): string | null {
  if (!file.startsWith(SERVICE)) return null;
  const [first = '', second = ''] = file.slice(SERVICE.length).split('/');
  const unit = `${first}/${second}`;
  return first === 'features' || RANKS.some((units) => units.includes(unit)) ? unit : first;
}

function rankOf(unit: string): number {
  return RANKS.findIndex((units) => units.includes(unit) || (unit.startsWith('features/') && units.includes('features/*')));
}

function rankProblem(from: string, to: string): string | null {
  const [unit, target] = [unitOf(from), unitOf(to)];
  if (unit === null) return null;
  if (target === null) return `imports ${to}, which is outside the service`;
  if (rankOf(unit) === -1) return `is in \`${unit}\`, which has no rank; give it one in tests/architecture/layout-rules.ts`;
  if (unit === target || rankOf(target) < rankOf(unit)) return null;
  return `imports ${to}: \`${unit}\` (rank ${rankOf(unit)}) may only import what ranks lower, and \`${target}\` has ${rankOf(target)}`;
}

function packageProblem(file: string, specifier: string): string | null {
  const kept = KEPT_PACKAGES.find((candidate) => candidate.package.test(specifier));
  if (kept === undefined || kept.allowed.some((folder) => file.startsWith(folder))) return null;
  return `imports ${specifier}; ${kept.name} is only for ${kept.allowed.join(', ')}`;
}

function checkEnvironment({ file, source }: Parsed): Violation[] {
  if (MAY_READ_ENVIRONMENT.some((allowed) => file.startsWith(allowed))) return [];
  const violations: Violation[] = [];
  const visit = (node: ts.Node): void => {
    if (readsEnvironment(node)) violations.push({ rule: 'environment', file, message: 'reads process.env; only config/ does. Add a setting instead' });
    ts.forEachChild(node, visit);
  };
  visit(source);
  return violations;
}

const isProcess = (node: ts.Node | undefined): boolean =>
  node !== undefined && ((ts.isIdentifier(node) && node.text === 'process') || (ts.isPropertyAccessExpression(node) && node.name.text === 'process' && node.expression.getText() === 'globalThis'));

function readsEnvironment(node: ts.Node): boolean {
  if (ts.isPropertyAccessExpression(node)) return node.name.text === 'env' && isProcess(node.expression);
  if (ts.isElementAccessExpression(node)) return isProcess(node.expression) && ts.isStringLiteralLike(node.argumentExpression) && node.argumentExpression.text === 'env';
  if (ts.isVariableDeclaration(node) && isProcess(node.initializer)) {
    return ts.isObjectBindingPattern(node.name) && node.name.elements.some((element) => (element.propertyName ?? element.name).getText() === 'env');
  }
  if (!ts.isImportDeclaration(node) || !ts.isStringLiteral(node.moduleSpecifier) || !/^(node:)?process$/.test(node.moduleSpecifier.text)) return false;
  const bindings = node.importClause?.namedBindings;
  return bindings !== undefined && ts.isNamedImports(bindings) && bindings.elements.some((element) => (element.propertyName ?? element.name).text === 'env');
}

function checkExports({ file, source }: Parsed): Violation[] {
  const violations: Violation[] = [];
  const hasModifier = (node: ts.Node, kind: ts.SyntaxKind): boolean => ts.canHaveModifiers(node) && (ts.getModifiers(node) ?? []).some((modifier) => modifier.kind === kind);
  const isDefault = (node: ts.Statement): boolean =>
    ts.isExportAssignment(node) ||
    hasModifier(node, ts.SyntaxKind.DefaultKeyword) ||
    (ts.isExportDeclaration(node) && node.exportClause !== undefined && ts.isNamedExports(node.exportClause) && node.exportClause.elements.some((element) => element.name.text === 'default'));
  if (source.statements.some(isDefault)) violations.push({ rule: 'default-export', file, message: 'has a default export; give it a name' });

  const forwards = (node: ts.Statement): boolean => ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined;
  const isBarrel = file.endsWith('/index.ts') || (source.statements.length > 0 && source.statements.every(forwards));
  if (isBarrel && !MAY_BE_BARREL.some((folder) => file.startsWith(folder))) violations.push({ rule: 'barrel', file, message: 'is a barrel; import from the file that defines a thing' });
  return violations;
}

function checkLength(file: string, text: string): Violation[] {
  const lines = text.trimEnd().split('\n').length;
  return file.startsWith(SERVICE) && lines > MAX_LINES ? [{ rule: 'length', file, message: `has ${lines} lines; cut it into parts of at most ${MAX_LINES}` }] : [];
}

function checkName(file: string): Violation[] {
  const wrong = file.split('/').filter((part) => !KEBAB_CASE.test(part.replace(/^\./, '').replace(/(\.[a-z]+)+$/, '')));
  return wrong.length === 0 ? [] : [{ rule: 'name', file, message: `is not kebab-case: ${wrong.join(', ')}` }];
}

/** Each circle once: the files that can reach themselves, found with Tarjan's algorithm. */
function checkCircles(parsed: readonly Parsed[], files: SourceFiles): Violation[] {
  const edges = new Map(parsed.map(({ file, imports }) => [file, imports.map((specifier) => resolveImport(file, specifier, files)).filter((target) => target !== null)]));
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const violations: Violation[] = [];

  const visit = (file: string): void => {
    const order = index.size;
    index.set(file, order);
    low.set(file, order);
    stack.push(file);
    for (const target of edges.get(file) ?? []) {
      if (!edges.has(target)) continue;
      if (!index.has(target)) {
        visit(target);
        low.set(file, Math.min(low.get(file) ?? order, low.get(target) ?? order));
      } else if (stack.includes(target)) low.set(file, Math.min(low.get(file) ?? order, index.get(target) ?? order));
    }
    if (low.get(file) !== order) return;
    const circle = stack.splice(stack.indexOf(file)).sort();
    if (circle.length > 1 || edges.get(file)?.includes(file) === true) {
      violations.push({ rule: 'circle', file: circle[0] ?? file, message: `stands in a circle of imports: ${circle.join(' ↔ ')}` });
    }
  };
  for (const file of edges.keys()) if (!index.has(file)) visit(file);
  return violations;
}
