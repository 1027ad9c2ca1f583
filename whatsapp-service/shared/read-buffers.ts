import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Bytes that may pass before their buffers are collected. */
const EVERY = 1024 * 1024;

let passed = 0;
let collectYoung: (() => void) | null = null;

/**
 * Tells of bytes of a file that came by, in a stream. V8 lets 32 MB of read buffers pile up before it looks for garbage, because it sees
 * only their small handles; a look at the youngest objects now and then, a millisecond each, keeps a large file from growing the process.
 */
export function readBytes(bytes: number): void {
  passed += bytes;
  if (passed < EVERY) return;
  passed = 0;
  collectYoung ??= youngCollector();
  collectYoung();
}

function youngCollector(): () => void {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as (options: { type: 'minor' }) => void;
  return () => gc({ type: 'minor' });
}
