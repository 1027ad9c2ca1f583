/** After `tsc`: copies what is read at run time (the scripts of the pages) beside the compiled files. */
import { cpSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const from = path.join(root, 'whatsapp-service');
const to = path.join(root, 'dist');

for (const entry of readdirSync(from, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || entry.name.endsWith('.ts')) continue;
  const file = path.relative(from, path.join(entry.parentPath, entry.name));
  cpSync(path.join(from, file), path.join(to, file));
}
