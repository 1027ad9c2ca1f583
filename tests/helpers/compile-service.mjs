import { fileURLToPath, URL } from 'node:url';
import { compileTree } from './compile-tree.mjs';

/** Beside the sources, so that what is found by its path from them is found from here. */
const folder = (name) => fileURLToPath(new URL(`../../${name}`, import.meta.url));

/** Before all tests: the service as JavaScript. The tests start it dozens of times, and compiling it each time took half of every start. */
export default () => compileTree(folder('whatsapp-service'), folder('.compiled'));
