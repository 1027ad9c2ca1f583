import { copyFile, mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { transformFile } from '@swc/core';

/**
 * A folder of TypeScript as JavaScript, and what lies beside it as it is. What has not changed since the last time is left alone; what is
 * gone from the source goes.
 */
export async function compileTree(from, to) {
  const files = (await readdir(from, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile()).map((entry) => path.relative(from, path.join(entry.parentPath, entry.name)));
  const wanted = new Map(files.map((file) => [file.replace(/\.ts$/, '.js'), file]));
  const there = await readdir(to, { recursive: true, withFileTypes: true }).catch(() => []);
  for (const entry of there) if (entry.isFile() && !wanted.has(path.relative(to, path.join(entry.parentPath, entry.name)))) await rm(path.join(entry.parentPath, entry.name), { force: true });
  await Promise.all([...wanted].map(([target, source]) => renew(path.join(from, source), path.join(to, target))));
}

async function renew(source, target) {
  const [now, then] = await Promise.all([stat(source), stat(target).catch(() => null)]);
  if (then && then.mtimeMs > now.mtimeMs) return;
  await mkdir(path.dirname(target), { recursive: true });
  // Another run may be starting it meanwhile.
  const draft = `${target}.${process.pid}`;
  if (source.endsWith('.ts')) await writeFile(draft, (await transformFile(source, { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'es6' }, sourceMaps: 'inline' })).code);
  else await copyFile(source, draft);
  await rename(draft, target);
}
