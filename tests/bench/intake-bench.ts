import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { SERVICE_FLAGS } from '../helpers/programs.js';
import { compiledFile } from './compiled.js';
import type { Options } from './options.js';
import type { IntakePart, IntakeSize } from './results.js';
import { median, round } from './statistics.js';

/** Takes so long that once is enough. */
const LARGE = 1_000_000;
/** Of the recipients are in the address book. */
const KNOWN = 0.3;

const run = promisify(execFile);

interface Taken {
  ms: number;
  growthMb: number;
  accepted: number;
  skipped: number;
}

/** Recipients of a blast, from a stream to the disk, each size in processes of its own. */
export async function intakeBench(options: Options, say: (text: string) => void): Promise<IntakePart> {
  const sizes: IntakeSize[] = [];
  for (const size of options.intake) {
    say(`recipients of a blast: ${size.toLocaleString('en')}`);
    const runs: Taken[] = [];
    for (let round = 0; round < (size >= LARGE ? 1 : options.runs); round++) {
      const { stdout } = await run(process.execPath, [...SERVICE_FLAGS, compiledFile('variants/ours-intake'), String(size), String(size * KNOWN)]);
      runs.push(JSON.parse(stdout) as Taken);
    }
    const ms = median(runs.map((one) => one.ms));
    sizes.push({ size, perSecond: Math.round(size / (ms / 1000)), microsecondsEach: round((ms * 1000) / size), growthMb: round(median(runs.map((one) => one.growthMb))), complete: runs.every(({ accepted, skipped }) => accepted === size && skipped === size * KNOWN) });
  }
  return { known: KNOWN, sizes };
}
