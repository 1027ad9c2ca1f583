import { markMemory } from './process-memory.js';
import type { Job, Variant } from './variant.js';
import { serve } from './worker-calls.js';

/** Runs the variant whose module is named on the command line. */
const { variant } = (await import(`./variants/${process.argv[2] ?? ''}.js`)) as { variant: Variant };
let growth: (() => number | null) | null = null;
let cpuMs = 0;

serve({
  prepare: (job: Job) => variant.prepare(job),
  mark: async () => {
    growth = await markMemory();
  },
  run: async (argument: never) => {
    const before = process.cpuUsage();
    const m0 = tcpu(); // TEMP
    const result = await profiled(() => variant.run(argument));
    const { user, system } = process.cpuUsage(before);
    cpuMs = (user + system) / 1000;
    if (process.env.BENCH_THREADS) console.error('TEMP main thread', (tcpu() - m0).toFixed(0), 'all', cpuMs.toFixed(0), 'maxrss'); // TEMP
    return result;
  },
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

// TEMP
import { readFileSync } from 'node:fs';
function tcpu(): number {
  return Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ')[0]) / 1e6;
}
