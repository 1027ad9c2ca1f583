import { readFileSync } from 'node:fs';

/** Resident memory of a process in MB; 0 when it has ended. Only on Linux. */
export function residentMb(pid: number): number {
  try {
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

/** Memory of several processes in MB, pages that they share counted once (PSS). Only on Linux. */
export function sharedMb(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + proportionalKb(pid) / 1024, 0);
}

function proportionalKb(pid: number): number {
  try {
    return Number(/^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

export const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

/** How much more the last third of the samples holds than the second: the first belongs to the start. By their medians, which a single collection does not move. */
export function drift(samples: readonly number[]): number {
  const third = Math.floor(samples.length / 3);
  return median(samples.slice(2 * third)) - median(samples.slice(third, 2 * third));
}
