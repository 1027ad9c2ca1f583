import { markMemory, peakMb } from './process-memory.js';
import type { Job, Usage, Variant } from './variant.js';
import { serve } from './worker-calls.js';

/** Runs the variant whose module is named on the command line. */
const { variant } = (await import(`./variants/${process.argv[2] ?? ''}.js`)) as { variant: Variant };
let growth: (() => number | null) | null = null;
let cpu = process.cpuUsage();

serve({
  prepare: (job: Job) => variant.prepare(job),
  mark: async (settleMs: number) => {
    growth = await markMemory(settleMs);
    cpu = process.cpuUsage();
  },
  run: (argument: never) => variant.run(argument),
  /** Of this process, since the mark. */
  growth: () => growth?.() ?? null,
  usage: (): Usage => {
    const { user, system } = process.cpuUsage(cpu);
    return { cpuMs: (user + system) / 1000, peakMb: peakMb() };
  },
  close: () => variant.close(),
});
