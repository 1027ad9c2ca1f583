import { readFileSync } from 'node:fs';
import { createContext, runInContext } from 'node:vm';
import { webcrypto } from 'node:crypto';

const PAGE = new URL('../../../whatsapp-service/sandbox/page/', import.meta.url);

/** Runs scripts of the simulated page outside a browser; gives the value of `expression` afterwards. */
export function inPageScripts(scripts: readonly string[], expression: string): unknown {
  const context = createContext({ crypto: webcrypto, queueMicrotask, BigInt, console });
  const code = scripts.map((name) => readFileSync(new URL(name, PAGE), 'utf8')).join('\n');
  // One script: what a script declares with `const` is not seen from outside.
  return runInContext(`${code}\n;(${expression})`, context);
}
