import { markMemory } from './process-memory.js';
import type { Job, Variant } from './variant.js';
import { serve } from './worker-calls.js';

/** Runs the variant whose module is named on the command line. */
const { variant } = (await import(`./variants/${process.argv[2] ?? ''}.js`)) as { variant: Variant };
let growth: (() => number | null) | null = null;

serve({
  prepare: (job: Job) => variant.prepare(job),
  mark: async (settleMs: number) => {
    growth = await markMemory(settleMs);
  },
  run: (argument: never) => variant.run(argument),
  /** Of this process, since the mark. */
  growth: () => growth?.() ?? null,
  close: () => variant.close(),
});
