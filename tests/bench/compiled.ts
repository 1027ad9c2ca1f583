import { copyFile, mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { compileTree } from '../helpers/compile-tree.mjs';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** A process that runs in its compiled form starts others of that form. */
const COMPILED = ROOT.endsWith('/.bench/') ? ROOT : `${ROOT}.bench/`;

/** What is measured runs as it runs in production, as JavaScript: a compiler in its process would take half of its memory. */
export async function compile(): Promise<void> {
  // The simulated WhatsApp runs as the tests start it.
  await compileTree(`${ROOT}whatsapp-service`, `${ROOT}.compiled`);
  for (const folder of ['whatsapp-service', 'tests/bench', 'tests/helpers']) await compileTree(ROOT + folder, COMPILED + folder);
  await mkdir(`${COMPILED}config`, { recursive: true });
  for (const file of ['package.json', 'config/default.env']) await copyFile(ROOT + file, COMPILED + file);
}

/** The compiled form of a module of this folder, named without its ending. */
export const compiledFile = (name: string): string => `${COMPILED}tests/bench/${name}.js`;
