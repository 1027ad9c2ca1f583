import { readFile } from 'node:fs/promises';
import type { BrowserUsage } from '../provider.js';
import { processTable, treeOf } from './process-table.js';

/** A listing that is asked for often must not read the kernel's figures each time. */
const KEPT_MS = 5_000;
/** Over a shorter time a percentage would be chance. */
const LEAST_MS = 500;

interface Sample {
  at: number;
  cpuSeconds: number;
  usage: BrowserUsage | null;
}

/** What one browser takes of the machine, over the whole tree of its processes. */
export class BrowserMeter {
  private last: Sample;
  private reading: Promise<BrowserUsage | null> | null = null;

  /** The browser has just been started. */
  constructor(private readonly pid: number) {
    this.last = { at: performance.now(), cpuSeconds: 0, usage: null };
  }

  /** At most `keptMs` old. Null where the system does not say, and when the browser is gone. */
  read(keptMs = KEPT_MS): Promise<BrowserUsage | null> {
    const { at, usage } = this.last;
    if (usage && performance.now() - at < keptMs) return Promise.resolve(usage);
    this.reading ??= this.measure().finally(() => (this.reading = null));
    return this.reading;
  }

  private async measure(): Promise<BrowserUsage | null> {
    const tree = treeOf(this.pid, await processTable());
    if (tree.length === 0) return null;
    const shares = await Promise.all(tree.map(({ pid, rssBytes }) => proportionalBytes(pid, rssBytes)));
    const at = performance.now();
    const cpuSeconds = sum(tree.map((entry) => entry.cpuSeconds));
    const usage: BrowserUsage = {
      processes: tree.length,
      memoryBytes: sum(shares),
      rssBytes: sum(tree.map((entry) => entry.rssBytes)),
      cpuPercent: this.percentSince(at, cpuSeconds),
      cpuSeconds,
    };
    this.last = { at, cpuSeconds, usage };
    return usage;
  }

  private percentSince(at: number, cpuSeconds: number): number | null {
    const elapsed = at - this.last.at;
    if (elapsed < LEAST_MS) return this.last.usage?.cpuPercent ?? null;
    // A process that has ended takes its time with it.
    return Math.max(0, Math.round(((cpuSeconds - this.last.cpuSeconds) / elapsed) * 1_000_000) / 10);
  }
}

/** PSS: memory that several processes share counts in parts, so that the sum over a tree is what the tree really takes. */
async function proportionalBytes(pid: number, otherwise: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '');
  const kib = /^Pss:\s+(\d+) kB/m.exec(text)?.[1];
  return kib === undefined ? otherwise : Number(kib) * 1024;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
