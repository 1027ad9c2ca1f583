import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';

/** What the kernel says of one process. Only on Linux: elsewhere the tables are empty. */
export interface ProcessEntry {
  pid: number;
  parent: number;
  /** Processor time of its own, in seconds. */
  cpuSeconds: number;
  /** Resident memory, in bytes; what it shares with others counts in full. */
  rssBytes: number;
}

/** The kernel counts time in these for every program, whatever its own clock does. */
const TICKS_PER_SECOND = 100;
const PAGE_BYTES = 4096;
/** Several sessions that are looked at together share one reading. */
const KEPT_MS = 500;

let kept: { at: number; table: Promise<Map<number, ProcessEntry>> } | null = null;

/** Every process of the machine, at most half a second old. */
export function processTable(): Promise<Map<number, ProcessEntry>> {
  const now = performance.now();
  if (!kept || now - kept.at > KEPT_MS) kept = { at: now, table: readTable() };
  return kept.table;
}

async function readTable(): Promise<Map<number, ProcessEntry>> {
  const pids = (await readdir('/proc').catch(() => [])).filter(isPid);
  const stats = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null)));
  const entries = stats.flatMap((stat) => (stat === null ? [] : [entryOf(stat)]));
  return new Map(entries.map((entry) => [entry.pid, entry]));
}

/** `pid (name) state ppid …`; a name may hold anything, also `)`. Fields as in proc(5). */
function entryOf(stat: string): ProcessEntry {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const field = (number: number): number => Number(fields[number - 3]);
  return { pid: Number.parseInt(stat, 10), parent: field(4), cpuSeconds: (field(14) + field(15)) / TICKS_PER_SECOND, rssBytes: field(24) * PAGE_BYTES };
}

/** The process and all that it started, directly or not. Empty when it is gone. */
export function treeOf(root: number, table: ReadonlyMap<number, ProcessEntry>): ProcessEntry[] {
  const children = new Map<number, ProcessEntry[]>();
  for (const entry of table.values()) children.set(entry.parent, [...(children.get(entry.parent) ?? []), entry]);
  const found: ProcessEntry[] = [];
  const seen = new Set<number>();
  const visit = (entry: ProcessEntry | undefined): void => {
    if (!entry || seen.has(entry.pid)) return;
    seen.add(entry.pid);
    found.push(entry);
    for (const child of children.get(entry.pid) ?? []) visit(child);
  };
  visit(table.get(root));
  return found;
}

/** Processes of which one argument is as wanted. One that has ended and waits for its parent has no arguments any more. */
export function processesWithArgument(wanted: (argument: string) => boolean): number[] {
  let pids: string[];
  try {
    pids = readdirSync('/proc').filter(isPid);
  } catch {
    return [];
  }
  return pids.filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').some(wanted) && readlinkSync(`/proc/${pid}/exe`) !== '';
    } catch {
      return false;
    }
  }).map(Number);
}

const isPid = (name: string): boolean => /^\d+$/.test(name);
