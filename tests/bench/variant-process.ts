import { markMemory } from './process-memory.js';
import type { Job, Variant } from './variant.js';
import { serve } from './worker-calls.js';

/** Runs the variant whose module is named on the command line. */
const { variant } = (await import(`./variants/${process.argv[2] ?? ''}.js`)) as { variant: Variant };
let growth: (() => number | null) | null = null;

serve({
  prepare: (job: Job) => variant.prepare(job),
  mark: async () => {
    growth = await markMemory();
  },
  run: (argument: never) => profiled(() => variant.run(argument)),
  /** Of this process, since the mark. */
  growth: () => growth?.() ?? null,
  close: () => variant.close(),
});

// TEMP
async function profiled<T>(work: () => Promise<T>): Promise<T> {
  const dir = process.env.BENCH_PROFILE;
  if (!dir) return work();
  const { Session } = await import('node:inspector/promises');
  const { writeFileSync } = await import('node:fs');
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: 200 });
  await session.post('Profiler.start');
  const value = await work();
  const { profile } = await session.post('Profiler.stop');
  writeFileSync(`${dir}/${process.argv[2]}-${process.pid}.cpuprofile`, JSON.stringify(profile));
  return value;
}
