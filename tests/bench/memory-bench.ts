import { setTimeout as wait } from 'node:timers/promises';
import { wholeBrowser } from './conditions.js';
import type { Options } from './options.js';
import { treeMb } from './process-memory.js';
import type { MemoryPart, MemoryWay } from './results.js';
import type { Account, Stage } from './stage.js';
import { median, round } from './statistics.js';

const CHATS = 200;
/** After the last session works, and with nothing to do. */
const IDLE_MS = 4_000;

export async function memoryBench(stage: Stage, options: Options, say: (text: string) => void): Promise<MemoryPart> {
  const accounts: Account[] = [];
  for (let index = 0; index < Math.max(...options.sessions); index++) accounts.push(await stage.account(`62813556${String(index).padStart(5, '0')}`, CHATS));
  const [account, ...others] = accounts as [Account, ...Account[]];

  const way = async (variant: 'plain-sessions' | 'ours-sessions', browser: string): Promise<MemoryWay> => {
    const bySessions: Record<number, number> = {};
    for (const count of options.sessions) {
      const rounds: number[] = [];
      for (let run = 1; run <= options.runs; run++) {
        say(`${count} idle ${count === 1 ? 'session' : 'sessions'}, ${variant.startsWith('ours') ? 'ours' : "the library's defaults"}, round ${run} of ${options.runs}`);
        await stage.open({ variant, account, more: others.slice(0, count - 1), memory: true }, async ({ worker }) => {
          await wait(IDLE_MS);
          rounds.push(treeMb(worker.pid) ?? NaN);
        });
      }
      bySessions[count] = round(median(rounds), 0);
    }
    return { browser, bySessions, further: furtherOf(bySessions) };
  };

  const ours = await way('ours-sessions', "the service's defaults");
  const whole = wholeBrowser();
  if (!whole) say('the whole browser is not on this machine (apt-get install chromium): the library by its defaults is left out');
  const plain = whole ? await way('plain-sessions', whole) : null;
  const first = Math.min(...options.sessions);
  const ratio = (a: number | undefined, b: number | undefined): number => round((a ?? NaN) / (b ?? NaN), 2);
  return { plain, ours, ratios: plain && { first: ratio(ours.bySessions[first], plain.bySessions[first]), further: ratio(ours.further, plain.further) } };
}

/** What each session beyond the fewest adds. */
function furtherOf(bySessions: Record<number, number>): number {
  const counts = Object.keys(bySessions).map(Number).sort((a, b) => a - b);
  const [fewest = 1, most = 1] = [counts[0], counts.at(-1)];
  return fewest === most ? NaN : round(((bySessions[most] ?? NaN) - (bySessions[fewest] ?? NaN)) / (most - fewest), 0);
}
