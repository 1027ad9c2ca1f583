import { median } from '../bench/statistics.js';
import { memoryMb } from './proc.js';

/** Resident memory of a process in MB; 0 when it has ended. Only on Linux. */
export const residentMb = (pid: number): number => memoryMb(pid, 'status', 'VmRSS');

/** Memory of several processes in MB, pages that they share counted once (PSS). Only on Linux. */
export const sharedMb = (pids: readonly number[]): number => pids.reduce((sum, pid) => sum + memoryMb(pid, 'smaps_rollup', 'Pss'), 0);

/** How much more the last third of the samples holds than the second: the first belongs to the start. By their medians, which a single collection does not move. */
export function drift(samples: readonly number[]): number {
  const third = Math.floor(samples.length / 3);
  return median(samples.slice(2 * third)) - median(samples.slice(third, 2 * third));
}
