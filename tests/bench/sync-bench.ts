import { join } from 'node:path';
import { hasLaravel, HOW_TO_GET_LARAVEL } from '../helpers/laravel-app.js';
import { onLaravel } from './laravel-backend.js';
import type { Options } from './options.js';
import type { Completeness, Growth, LaravelBackend, SyncRun, SyncSize } from './results.js';
import type { Account, Run, RunOptions, Stage } from './stage.js';
import { median, round } from './statistics.js';
import type { EnumerationResult, SyncResult } from './variant.js';

/** What an answer of Laravel takes that has verified a signature and queued the rest. */
const ANSWER_MS = 10;
const NO_GROWTH: Growth = { node: null, browser: null, browserBefore: null };

/** Chat sync of one account: the library's way, ours, and the posts alone; times and memory in runs of their own. */
export async function syncBench(stage: Stage, size: number, options: Options, say: (text: string) => void): Promise<SyncSize> {
  const account = await stage.account(`62813${String(size).padStart(8, '0')}`, size);
  const bodies = join(stage.dir, `bodies-${size}.json`);
  const plain: Run<SyncResult>[] = [];
  const ours: Run<SyncResult>[] = [];
  const listed: Run<EnumerationResult>[] = [];
  const runs: SyncRun[] = [];
  // A run of its own: to keep them costs the receiver time.
  await stage.run<SyncResult>({ variant: 'ours-sync', account, keepIn: bodies });
  for (let number = 1; number <= options.runs; number++) {
    say(`sync of ${size} chats, round ${number} of ${options.runs}`);
    const one = {
      plain: await stage.run<SyncResult>({ variant: 'plain-sync', account }),
      listed: await stage.run<EnumerationResult>({ variant: 'ours-enumeration', account }),
      ours: await stage.run<SyncResult>({ variant: 'ours-sync', account }),
      floor: await stage.run<SyncResult>({ variant: 'floor', account, bodies }),
      signedBefore: await stage.run<SyncResult>({ variant: 'floor', account, bodies, signedBefore: true }),
      oursSlow: await stage.run<SyncResult>({ variant: 'ours-sync', account, answerMs: ANSWER_MS }),
      floorSlow: await stage.run<SyncResult>({ variant: 'floor', account, bodies, answerMs: ANSWER_MS }),
    };
    plain.push(one.plain);
    listed.push(one.listed);
    ours.push(one.ours);
    runs.push({
      plainEnumerationMs: one.plain.result.enumerationMs ?? NaN,
      plainTotalMs: totalMs(one.plain),
      oursEnumerationMs: one.listed.result.ms,
      oursTotalMs: totalMs(one.ours),
      floorMs: totalMs(one.floor),
      signedBeforeMs: totalMs(one.signedBefore),
      oursSlowMs: totalMs(one.oursSlow),
      floorSlowMs: totalMs(one.floorSlow),
    });
  }
  const laravel = await againstLaravel(stage, { account, bodies }, options, say);
  say(`sync of ${size} chats, memory`);
  const memory = {
    plain: await stage.run<SyncResult>({ variant: 'plain-sync', account, memory: true }),
    listed: await stage.run<EnumerationResult>({ variant: 'ours-enumeration', account, memory: true }),
    ours: await stage.run<SyncResult>({ variant: 'ours-sync', account, memory: true }),
  };
  const of = (pick: (run: SyncRun) => number): number => round(median(runs.map(pick)));
  const result: Omit<SyncSize, 'ratios'> = {
    size,
    plain: {
      enumerationMs: of((run) => run.plainEnumerationMs),
      firstChatMs: round(median(plain.map(firstMs))),
      lastChatMs: round(median(plain.map(lastMs))),
      totalMs: of((run) => run.plainTotalMs),
      growth: growthOf(memory.plain),
      chats: completeness(size, plain),
    },
    ours: {
      enumerationMs: of((run) => run.oursEnumerationMs),
      firstSliceMs: round(median(listed.map((run) => run.result.firstMs))),
      firstChatMs: round(median(ours.map(firstMs))),
      lastChatMs: round(median(ours.map(lastMs))),
      totalMs: of((run) => run.oursTotalMs),
      enumerationGrowth: growthOf(memory.listed),
      growth: growthOf(memory.ours),
      chats: completeness(size, [...ours, memory.ours]),
    },
    floor: { totalMs: of((run) => run.floorMs), signedBeforeMs: of((run) => run.signedBeforeMs) },
    slowBackend: {
      answerMs: ANSWER_MS,
      oursMs: of((run) => run.oursSlowMs),
      floorMs: of((run) => run.floorSlowMs),
      overFloor: round(median(runs.map((run) => run.oursSlowMs / run.floorSlowMs)), 2),
    },
    laravel,
    runs,
  };
  return { ...result, ratios: ratiosOf(result, runs) };
}

/** The same sync and the same bodies, to the application that both are for. Null where there is no Laravel. */
async function againstLaravel(stage: Stage, { account, bodies }: { account: Account; bodies: string }, options: Options, say: (text: string) => void): Promise<LaravelBackend | null> {
  if (!hasLaravel()) {
    say(`not measured against a Laravel application: ${HOW_TO_GET_LARAVEL}`);
    return null;
  }
  const timed = async (run: Omit<RunOptions, 'account'>): Promise<{ ms: number; batches: number }> => {
    const { result, batches } = await onLaravel((backendUrl) => stage.run<SyncResult>({ ...run, account, backendUrl }));
    return { ms: totalMs(result), batches };
  };
  const runs: { ours: number; floor: number }[] = [];
  let batches = Infinity;
  for (let number = 1; number <= options.runs; number++) {
    say(`sync of ${account.chats} chats to a Laravel application, round ${number} of ${options.runs}`);
    const ours = await timed({ variant: 'ours-sync' });
    const floor = await timed({ variant: 'floor', bodies });
    runs.push({ ours: ours.ms, floor: floor.ms });
    batches = Math.min(batches, ours.batches, floor.batches);
  }
  const of = (pick: (run: { ours: number; floor: number }) => number): number => median(runs.map(pick));
  return { oursMs: round(of(({ ours }) => ours)), floorMs: round(of(({ floor }) => floor)), overFloor: round(of(({ ours, floor }) => ours / floor), 2), batches };
}

/** Of each round, then the median: what disturbed one round disturbed all of its ways. */
function ratiosOf({ plain, ours }: Omit<SyncSize, 'ratios'>, runs: readonly SyncRun[]): SyncSize['ratios'] {
  return {
    enumeration: round(median(runs.map((run) => run.plainEnumerationMs / run.oursEnumerationMs))),
    firstChat: round(plain.firstChatMs / ours.firstChatMs),
    lastChat: round(plain.lastChatMs / ours.lastChatMs),
    overFloor: round(median(runs.map((run) => run.oursTotalMs / run.floorMs)), 2),
    overSignedBefore: round(median(runs.map((run) => run.oursTotalMs / run.signedBeforeMs)), 2),
  };
}

const totalMs = ({ result }: Run<SyncResult>): number => result.endedAt - result.startedAt;
const firstMs = ({ result, backend }: Run<SyncResult>): number => (backend.firstChatsAt ?? NaN) - result.startedAt;
const lastMs = ({ result, backend }: Run<SyncResult>): number => (backend.lastChatsAt ?? NaN) - result.startedAt;

function growthOf({ memory }: Run<unknown>): Growth {
  const rounded = (value: number | null): number | null => (value === null ? null : round(value));
  return memory ? { node: rounded(memory.node), browser: rounded(memory.browser), browserBefore: rounded(memory.browserBefore) } : NO_GROWTH;
}

function completeness(expected: number, runs: readonly Run<SyncResult>[]): Completeness {
  const counts = runs.map(({ backend }) => backend.counts);
  return { expected, distinct: Math.min(...counts.map((count) => count.distinctChats)), badSignatures: Math.max(...counts.map((count) => count.badSignatures)) };
}
