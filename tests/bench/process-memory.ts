import { writeFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { familyOf, memoryMb, otherProcesses, readOf } from '../helpers/proc.js';

/** Peak and present resident memory of this process in MB; null where there is no /proc. */
const resident = (): { peak: number; now: number } | null => (readOf('self', 'status') === null ? null : { peak: memoryMb('self', 'status', 'VmHWM'), now: memoryMb('self', 'status', 'VmRSS') });

/** Peak resident memory of this process since its mark, in MB; null where there is no /proc. */
export const peakMb = (): number | null => resident()?.peak ?? null;

/** After `settleMs` without garbage: growth of this process's resident memory over what it is then, at its peak. In MB; null where the kernel does not tell. */
export async function markMemory(settleMs: number): Promise<() => number | null> {
  for (let round = 0; round < 3; round++) {
    globalThis.gc?.();
    await wait(settleMs / 3);
  }
  try {
    // 5 sets the peak back to what is resident now.
    writeFileSync('/proc/self/clear_refs', '5');
  } catch {
    return () => null;
  }
  const before = resident();
  return () => {
    const after = resident();
    return before && after ? after.peak - before.now : null;
  };
}

/** The processes below `root`, without it. */
function descendants(root: number): number[] {
  const children = new Map<number, number[]>();
  for (const pid of otherProcesses()) {
    const family = familyOf(pid);
    if (family) children.set(family.parent, [...(children.get(family.parent) ?? []), pid]);
  }
  const found: number[] = [];
  for (let open = children.get(root) ?? []; open.length > 0; open = open.flatMap((pid) => children.get(pid) ?? [])) found.push(...open);
  return found;
}

/** Without the files that are mapped: the program's own pages are shared with every other browser on the machine, and change hands when one ends. */
const pssOf = (pid: number): number => memoryMb(pid, 'smaps_rollup', 'Pss_Anon', 'Pss_Shmem');

/** What a process and all that it has started hold now, in MB; null where there is no /proc. */
export function treeMb(root: number): number | null {
  try {
    return [root, ...descendants(root)].reduce((total, pid) => total + pssOf(pid), 0);
  } catch {
    return null;
  }
}

const SAMPLE_MS = 25;
const BASELINE_SAMPLES = 10;

/**
 * Memory of the processes that a process has started (its browser), in MB of PSS: pages that several of them share count once.
 * Watched from outside, and only in runs whose time is not of interest.
 */
export class TreeMemory {
  private before = 0;
  private peak = 0;
  private timer: NodeJS.Timeout | null = null;

  private constructor(private readonly pids: readonly number[]) {}

  /** Null where there is no /proc. */
  static async watch(root: number): Promise<TreeMemory | null> {
    try {
      const memory = new TreeMemory(descendants(root));
      const samples: number[] = [];
      for (let i = 0; i < BASELINE_SAMPLES; i++) {
        samples.push(memory.sum());
        await wait(SAMPLE_MS);
      }
      memory.before = Math.min(...samples);
      memory.peak = memory.before;
      memory.timer = setInterval(() => (memory.peak = Math.max(memory.peak, memory.sum())), SAMPLE_MS);
      return memory;
    } catch {
      return null;
    }
  }

  /** Growth at the peak. */
  end(): { before: number; growth: number } {
    if (this.timer) clearInterval(this.timer);
    return { before: this.before, growth: Math.max(this.peak, this.sum()) - this.before };
  }

  private sum(): number {
    return this.pids.reduce((total, pid) => total + pssOf(pid), 0);
  }
}
