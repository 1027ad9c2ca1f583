import type { Options } from './options.js';
import type { BlastPart, BlastSize } from './results.js';
import type { Stage } from './stage.js';
import { median, round } from './statistics.js';
import type { BlastRun, BlastRunResult } from './variant.js';

const CHATS = 50;

/** A blast's first messages, from blasts of several sizes, beside a loop over the library's `sendMessage`. */
export async function blastBench(stage: Stage, options: Options, say: (text: string) => void): Promise<BlastPart> {
  const account = await stage.account('6281355500004', CHATS, 0);
  const { messages: sent, recipients: sizes } = options;
  const once = (variant: 'plain-blast' | 'ours-blast', run: BlastRun, untold = false): Promise<BlastRunResult> => stage.open({ variant, account, untold }, ({ worker }) => worker.call<BlastRunResult>('run', run));
  const rounds: { plain: BlastRunResult; ours: BlastRunResult[]; told: BlastRunResult[] }[] = [];
  for (let number = 1; number <= options.runs; number++) {
    say(`${sent} messages of blasts to ${sizes.join(', ')}, round ${number} of ${options.runs}`);
    const plain = await once('plain-blast', { recipients: sent, sent });
    const ours: BlastRunResult[] = [];
    const told: BlastRunResult[] = [];
    for (const size of sizes) {
      ours.push(await once('ours-blast', { recipients: Math.max(size, sent), sent }, true));
      told.push(await once('ours-blast', { recipients: Math.max(size, sent), sent }));
    }
    rounds.push({ plain, ours, told });
  }
  const middle = (of: (one: (typeof rounds)[number]) => number, digits = 2): number => round(median(rounds.map(of)), digits);
  const msOf = (result: BlastRunResult | undefined): number => (result?.sentMs ?? NaN) / sent;
  return {
    messages: sent,
    plainMs: middle(({ plain }) => msOf(plain)),
    sizes: sizes.map((size, index): BlastSize => ({
      recipients: Math.max(size, sent),
      acceptedPerSecond: middle(({ ours }) => (Math.max(size, sent) / (ours[index]?.acceptedMs ?? NaN)) * 1_000, 0),
      ms: middle(({ ours }) => msOf(ours[index])),
      overPlain: middle(({ plain, ours }) => msOf(ours[index]) / msOf(plain)),
      overSmallest: middle(({ ours }) => msOf(ours[index]) / msOf(ours[0])),
      toldMs: middle(({ told }) => msOf(told[index])),
      toldOverPlain: middle(({ plain, told }) => msOf(told[index]) / msOf(plain)),
    })),
  };
}
