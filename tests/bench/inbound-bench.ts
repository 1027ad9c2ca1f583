import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Options } from './options.js';
import type { ReceiverReport } from './receiver-process.js';
import type { InboundKind, InboundPart, LoadedBursts, Stage as StageNumbers } from './results.js';
import type { Account, Stage } from './stage.js';
import { median, percentile, round } from './statistics.js';
import { progress, stageOf } from './variants/arrivals.js';
import type { InboundJob, InboundResult, StageResult } from './variant.js';

const SPREAD = 300;
/** Enough that there are 300 groups among them. */
const CHATS = 1_000;
const BURNERS = 2;
const LONGEST_LOAD_MS = 900_000;
/** The plain way's bursts under load take long; a few are enough to see what it loses. */
const PLAIN_BURSTS = 3;

/** A burst and what became of it. */
interface Burst {
  messages: number;
  received: StageResult;
  delivered: StageResult;
  firstInPageAt: number;
  distinct: number;
}

interface BurstOptions {
  variant: 'ours-inbound' | 'plain-inbound';
  account: Account;
  messages: number;
  groups: boolean;
  /** Plain only: with a post for each. */
  post: boolean;
  quietMs: number;
  bursts: number;
}

export async function inboundBench(stage: Stage, options: Options, say: (text: string) => void): Promise<InboundPart> {
  const account = await stage.account('6281355500001', CHATS);
  const common = { account, messages: options.burst, quietMs: 5_000, bursts: 1 };
  const quiet: InboundKind[] = [];
  for (const kind of ['mixed', 'groups'] as const) {
    const rounds: { counted: Burst[]; posted: Burst[]; ours: Burst[] } = { counted: [], posted: [], ours: [] };
    for (let round = 1; round <= options.runs; round++) {
      say(`bursts of ${options.burst} messages, ${kind}, round ${round} of ${options.runs}`);
      const more = { ...common, groups: kind === 'groups' };
      rounds.counted.push(...(await burst(stage, { ...more, variant: 'plain-inbound', post: false })));
      rounds.posted.push(...(await burst(stage, { ...more, variant: 'plain-inbound', post: true })));
      rounds.ours.push(...(await burst(stage, { ...more, variant: 'ours-inbound', post: true })));
    }
    quiet.push(kindOf(kind, rounds));
  }
  return { messages: options.burst, chats: SPREAD, quiet, loaded: await underLoad(stage, account, options, say) };
}

/** One process that takes so many bursts, one after the other. */
async function burst(stage: Stage, options: BurstOptions): Promise<Burst[]> {
  const { variant, account, messages, groups, post, quietMs, bursts } = options;
  const job: InboundJob = { messages, chats: SPREAD, groups, quietMs, post };
  const results: Burst[] = [];
  await stage.open({ variant, account }, async ({ session, worker, report }) => {
    for (let number = 0; number < bursts; number++) {
      const done = worker.call<InboundResult>('run', job);
      await stage.hub.inbound(session, { count: messages, spread: SPREAD, body: `burst ${number}`, ...(groups && { group: true }) });
      const { received, firstInPageAt } = await done;
      const before = results.reduce((sum, result) => sum + result.delivered.count, 0);
      if (post) await progress(() => stage.receiver.call<number>('arrived'), before + messages, quietMs);
      const backend = await report();
      const arrivals = backend.arrivals.slice(before);
      results.push({ messages, received, firstInPageAt, delivered: stageOf(arrivals), distinct: distinctOf(backend) - results.reduce((sum, result) => sum + result.distinct, 0) });
    }
  });
  return results;
}

const distinctOf = (backend: ReceiverReport): number => backend.distinctMessages;

async function underLoad(stage: Stage, account: Account, options: Options, say: (text: string) => void): Promise<InboundPart['loaded']> {
  const common = { account, messages: options.burst, groups: false, post: true, quietMs: 15_000 };
  const burners = Array.from({ length: BURNERS }, () => startBurner());
  try {
    say(`${options.bursts} bursts of ${options.burst} messages while ${BURNERS} processes keep the processor busy: ours`);
    const ours = await burst(stage, { ...common, variant: 'ours-inbound', bursts: options.bursts });
    const plain: Burst[] = [];
    const plainBursts = Math.min(PLAIN_BURSTS, options.bursts);
    for (let number = 1; number <= plainBursts; number++) {
      say(`the same, the plain way, ${number} of ${plainBursts}`);
      // A new page each time: what one burst left behind does not weigh on the next.
      plain.push(...(await burst(stage, { ...common, variant: 'plain-inbound', bursts: 1 })));
    }
    return { burners: BURNERS, ours: loadedOf(ours), plain: loadedOf(plain) };
  } finally {
    for (const burner of burners) burner.kill('SIGKILL');
  }
}

function startBurner(): ChildProcess {
  const file = fileURLToPath(new URL('./burner.ts', import.meta.url));
  return fork(file, [String(LONGEST_LOAD_MS)], { execArgv: ['--import', 'tsx'], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
}

function kindOf(kind: InboundKind['kind'], rounds: { counted: Burst[]; posted: Burst[]; ours: Burst[] }): InboundKind {
  const plain = { counted: numbers(rounds.counted, 'received'), received: numbers(rounds.posted, 'received'), posted: numbers(rounds.posted, 'delivered') };
  const ours = { committed: numbers(rounds.ours, 'received'), delivered: numbers(rounds.ours, 'delivered') };
  const ratio = (a: readonly number[], b: readonly number[]): number => round(median(a.map((value, index) => value / (b[index] ?? NaN))));
  const speeds = (bursts: readonly Burst[], stage: 'received' | 'delivered'): number[] => bursts.map((one) => perSecond(one, stage));
  return {
    kind,
    plain,
    ours,
    ratios: {
      committedOverCounted: ratio(speeds(rounds.ours, 'received'), speeds(rounds.counted, 'received')),
      committedOverPosted: ratio(speeds(rounds.ours, 'received'), speeds(rounds.posted, 'delivered')),
      deliveredOverPosted: ratio(speeds(rounds.ours, 'delivered'), speeds(rounds.posted, 'delivered')),
    },
  };
}

/** From the first message's coming into the page to the last one's reaching the stage. */
function perSecond(burst: Burst, stage: 'received' | 'delivered'): number {
  const { count, lastAt } = burst[stage];
  return count === 0 ? 0 : (count / Math.max(1, lastAt - burst.firstInPageAt)) * 1000;
}

function numbers(bursts: readonly Burst[], stage: 'received' | 'delivered'): StageNumbers {
  const lost = (one: Burst): number => one.messages - (stage === 'received' ? one.received.count : one.distinct);
  return {
    perSecond: round(median(bursts.map((one) => perSecond(one, stage))), 0),
    p50: round(median(bursts.map((one) => percentile(one[stage].latencies, 0.5))), 0),
    p99: round(median(bursts.map((one) => percentile(one[stage].latencies, 0.99))), 0),
    sent: bursts.reduce((sum, one) => sum + one.messages, 0),
    lost: bursts.reduce((sum, one) => sum + lost(one), 0),
  };
}

function loadedOf(bursts: readonly Burst[]): LoadedBursts {
  const lostByBurst = bursts.map((one) => one.messages - one.received.count);
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  return {
    bursts: bursts.length,
    sent: sum(bursts.map((one) => one.messages)),
    lost: sum(lostByBurst),
    undelivered: sum(bursts.map((one) => one.messages - one.distinct)),
    lostByBurst,
    perSecond: round(median(bursts.map((one) => perSecond(one, 'received'))), 0),
  };
}
