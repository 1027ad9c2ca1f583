import { setTimeout as wait } from 'node:timers/promises';
import type { StageResult } from '../variant.js';

/** When messages reached a stage: their stamps and the times, in milliseconds since the epoch. */
export class Arrivals {
  private readonly pairs: [inPage: number, here: number][] = [];

  add(inPage: number, here: number): void {
    this.pairs.push([inPage, here]);
  }

  get count(): number {
    return this.pairs.length;
  }

  /** Resolves when `wanted` have come, or nothing has come for `quietMs`. */
  async all(wanted: number, quietMs: number): Promise<void> {
    await progress(() => this.count, wanted, quietMs);
  }

  take(): { stage: StageResult; firstInPageAt: number } {
    const pairs = this.pairs.splice(0);
    return { stage: stageOf(pairs), firstInPageAt: Math.min(...pairs.map(([inPage]) => inPage)) };
  }
}

export function stageOf(pairs: readonly (readonly [inPage: number, here: number])[]): StageResult {
  const times = pairs.map(([, here]) => here);
  return { count: pairs.length, firstAt: Math.min(...times), lastAt: Math.max(...times), latencies: pairs.map(([inPage, here]) => here - inPage) };
}

const LOOK_MS = 20;

/** Resolves when `count` is `wanted`, or has not changed for `quietMs`. */
export async function progress(count: () => number | Promise<number>, wanted: number, quietMs: number): Promise<void> {
  let seen = -1;
  for (let changedAt = Date.now(); Date.now() - changedAt < quietMs; await wait(LOOK_MS)) {
    const now = await count();
    if (now >= wanted) return;
    if (now !== seen) changedAt = Date.now();
    seen = now;
  }
}
