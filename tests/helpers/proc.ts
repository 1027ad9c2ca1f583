import { readdirSync, readFileSync } from 'node:fs';

/** What the kernel says of the machine's processes. Only on Linux. */

/** Every process but this one. Throws where there is no /proc. */
export const otherProcesses = (): number[] => readdirSync('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid).map(Number);

/** A file of a process; null when the process has ended. */
export function readOf(pid: number | 'self', file: 'cmdline' | 'stat' | 'status' | 'smaps_rollup'): string | null {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return null;
  }
}

/** Processes, other than this one, whose arguments are as wanted. */
export const processesWhere = (wanted: (args: string[]) => boolean): number[] => otherProcesses().filter((pid) => wanted(readOf(pid, 'cmdline')?.split('\0') ?? []));

/** Its parent and its process group; null when it has ended. */
export function familyOf(pid: number): { parent: number; group: number } | null {
  const stat = readOf(pid, 'stat');
  // The command's name is in brackets and may hold anything.
  const [, parent, group] = stat?.slice(stat.lastIndexOf(')') + 2).split(' ') ?? [];
  return stat === null ? null : { parent: Number(parent), group: Number(group) };
}

/** Memory by the names of `status` or `smaps_rollup`, summed, in MB; 0 when the process has ended. */
export function memoryMb(pid: number | 'self', file: 'status' | 'smaps_rollup', ...names: readonly string[]): number {
  const text = readOf(pid, file) ?? '';
  return names.reduce((sum, name) => sum + Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0), 0) / 1024;
}
