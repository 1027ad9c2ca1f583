import { setTimeout as wait } from 'node:timers/promises';
import type { Options } from './options.js';
import type { DurableLoad, DurablePart, DurableWay } from './results.js';
import type { Account, Stage } from './stage.js';
import { median, percentile, round } from './statistics.js';
import { progress, stageOf } from './variants/arrivals.js';
import type { InboundJob, InboundResult, StageResult, Usage } from './variant.js';

const SPREAD = 300;
const CHATS = 1_000;
/** A small burst beside the one that is set. */
const SMALL = 1_000;
const RATE = 100;
const SLICE_MS = 100;
const QUIET_MS = 5_000;

interface Load {
  name: string;
  kind: DurableLoad['kind'];
  messages: number;
  /** Brings the messages. */
  bring(session: string): Promise<void>;
}

interface Round {
  firstInPageAt: number;
  delivered: StageResult;
  distinct: number;
  usage: Usage;
}

/** From a message's coming into the page to the backend's having it. */
export async function durableBench(stage: Stage, options: Options, say: (text: string) => void): Promise<DurablePart> {
  const account = await stage.account('6281355500003', CHATS, 0);
  const loads: DurableLoad[] = [];
  for (const load of loadsOf(stage, options)) {
    const rounds: { plain: Round[]; ours: Round[] } = { plain: [], ours: [] };
    for (let number = 1; number <= options.runs; number++) {
      say(`${load.name}, signed and on disk beside one plain post for each event, round ${number} of ${options.runs}`);
      rounds.plain.push(await once(stage, 'plain-bridge', account, load));
      rounds.ours.push(await once(stage, 'ours-inbound', account, load));
    }
    loads.push(loadOf(load, rounds));
  }
  return { loads };
}

function loadsOf(stage: Stage, { burst, steady }: Options): Load[] {
  const burstOf = (messages: number): Load => ({
    name: `a burst of ${messages.toLocaleString('en')}`,
    kind: 'burst',
    messages,
    bring: async (session) => void (await stage.hub.inbound(session, { count: messages, spread: SPREAD, body: 'pesan' })),
  });
  const evenly: Load = {
    name: `${RATE}/s for ${steady} s`,
    kind: 'steady',
    messages: RATE * steady,
    bring: async (session) => {
      const slices = (steady * 1_000) / SLICE_MS;
      for (let slice = 0, next = Date.now(); slice < slices; slice++, next += SLICE_MS) {
        await wait(Math.max(0, next - Date.now()));
        await stage.hub.inbound(session, { count: (RATE * SLICE_MS) / 1_000, spread: SPREAD, body: 'pesan' });
      }
    },
  };
  return [...(burst > SMALL ? [burstOf(SMALL)] : []), burstOf(burst), evenly];
}

function once(stage: Stage, variant: 'plain-bridge' | 'ours-inbound', account: Account, load: Load): Promise<Round> {
  const job: InboundJob = { messages: load.messages, chats: SPREAD, groups: false, quietMs: QUIET_MS, post: true };
  return stage.open({ variant, account }, async ({ session, worker, report }) => {
    const done = worker.call<InboundResult>('run', job);
    await load.bring(session);
    const { firstInPageAt } = await done;
    await progress(() => stage.receiver.call<number>('arrived'), load.messages, QUIET_MS);
    const usage = await worker.call<Usage>('usage');
    const { arrivals, distinctMessages } = await report();
    return { firstInPageAt, delivered: stageOf(arrivals), distinct: distinctMessages, usage };
  });
}

function loadOf({ name, kind, messages }: Load, { plain, ours }: { plain: Round[]; ours: Round[] }): DurableLoad {
  const better = (of: (one: Round) => number, up: boolean): number =>
    round(median(ours.map((one, index) => { const other = plain[index]; return other === undefined ? NaN : up ? of(one) / of(other) : of(other) / of(one); })), 2);
  return {
    name,
    kind,
    messages,
    plain: wayOf(plain, messages),
    ours: wayOf(ours, messages),
    ratios: {
      perSecond: better(perSecond, true),
      p50: better((one) => percentile(one.delivered.latencies, 0.5), false),
      p99: better((one) => percentile(one.delivered.latencies, 0.99), false),
      cpu: better((one) => one.usage.cpuMs, false),
    },
  };
}

const perSecond = ({ delivered, firstInPageAt }: Round): number => (delivered.count / Math.max(1, delivered.lastAt - firstInPageAt)) * 1000;

function wayOf(rounds: readonly Round[], messages: number): DurableWay {
  const middle = (of: (one: Round) => number, digits = 0): number => round(median(rounds.map(of)), digits);
  const peaks = rounds.flatMap(({ usage }) => usage.peakMb ?? []);
  return {
    perSecond: middle(perSecond),
    p50: middle((one) => percentile(one.delivered.latencies, 0.5), 1),
    p99: middle((one) => percentile(one.delivered.latencies, 0.99), 1),
    cpuMs: middle((one) => one.usage.cpuMs),
    peakMb: peaks.length > 0 ? round(median(peaks), 0) : null,
    lost: rounds.reduce((sum, one) => sum + messages - one.distinct, 0),
  };
}
