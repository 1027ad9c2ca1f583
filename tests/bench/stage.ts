import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HubClient } from '../../whatsapp-service/sandbox/hub-client.js';
import { startHubProcess, type HubProcess } from '../helpers/sandbox-client.js';
import { TreeMemory } from './process-memory.js';
import type { OpenReceiver, ReceiverReport } from './receiver-process.js';
import type { Job } from './variant.js';
import { Worker } from './worker.js';

export const BENCH_SECRET = 'bench-only-kf83hd62-4f8a0c1e9b7d5a3f';

/** How long everything is left alone before it is measured. */
const SETTLE_MS = { time: 300, memory: 1_500 } as const;

export interface RunOptions {
  /** A module of `variants/`. */
  variant: string;
  account: Account;
  /** Watch memory. It costs time, so that a run is for the one or for the other. */
  memory?: boolean;
  /** Where the receiver writes the batches of chats that it gets … */
  keepIn?: string;
  /** … and where the floor finds them. */
  bodies?: string;
  signedBefore?: boolean;
  /** Nobody is told of anything, as nobody is by a loop over the library's calls. */
  untold?: boolean;
  /** How long the backend takes for an answer. */
  answerMs?: number;
  /** Another backend than the recording receiver, which then has nothing to report. */
  backendUrl?: string;
  /** Further sessions of the same process: their accounts. */
  more?: readonly Account[];
}

/** One run: what the variant tells, what the backend saw, and how memory grew (MB). */
export interface Run<R> {
  result: R;
  backend: ReceiverReport;
  memory: { node: number | null; browser: number | null; browserBefore: number | null } | null;
}

export interface Place {
  session: string;
  worker: Worker;
  report(): Promise<ReceiverReport>;
}

export interface Account {
  phone: string;
  chats: number;
}

/** What lives through all runs: the simulated WhatsApp and the backend, each a process of its own. */
export class Stage {
  private runs = 0;

  private constructor(
    readonly dir: string,
    private readonly process: HubProcess,
    readonly hub: HubClient,
    readonly receiver: Worker,
  ) {}

  static async open(): Promise<Stage> {
    const dir = await mkdtemp(join(tmpdir(), 'bridge-bench-'));
    const hubProcess = await startHubProcess(join(dir, 'hub'));
    return new Stage(dir, hubProcess, await HubClient.connect(hubProcess), Worker.start('receiver', 'receiver-process'));
  }

  /** An account with so many chats, 30 % of them groups of 20 unless told otherwise. */
  async account(phone: string, chats: number, groupShare = 0.3): Promise<Account> {
    await this.hub.seed(`seed-${phone}`, { phone, chats, groupShare, participants: 20, unmappableShare: 0 });
    return { phone, chats };
  }

  /** One variant in a fresh process, with a fresh session, browser and receiver; prepared, run once and taken down. */
  run<R>(options: RunOptions): Promise<Run<R>> {
    return this.open(options, async ({ worker, report }) => {
      const tree = options.memory ? await TreeMemory.watch(worker.pid) : null;
      const result = await worker.call<R>('run');
      const browser = tree?.end() ?? null;
      const node = await worker.call<number | null>('growth');
      return {
        result,
        backend: await report(),
        memory: options.memory ? { node, browser: browser?.growth ?? null, browserBefore: browser?.before ?? null } : null,
      };
    });
  }

  /** The same, and what is run is the caller's. */
  async open<T>({ variant, account, memory = false, keepIn, bodies, signedBefore, answerMs, backendUrl, more, untold = false }: RunOptions, work: (place: Place) => Promise<T>): Promise<T> {
    const session = `${variant}-${++this.runs}`;
    const receiverUrl = await this.receiver.call<string>('open', { secret: BENCH_SECRET, keepIn, answerMs } satisfies OpenReceiver);
    const worker = Worker.start(session, 'variant-process', [variant]);
    const { controlUrl, token } = this.process;
    const job: Job = { session, ...account, hub: { controlUrl, token }, backendUrl: backendUrl ?? receiverUrl, untold, secret: BENCH_SECRET, dir: join(this.dir, session), bodies, signedBefore, ...(more && { morePhones: more.map(({ phone }) => phone) }) };
    try {
      await worker.call('prepare', job);
      await worker.call('mark', memory ? SETTLE_MS.memory : SETTLE_MS.time);
      const value = await work({ session, worker, report: () => this.receiver.call<ReceiverReport>('report') });
      await worker.call('close');
      return value;
    } finally {
      await worker.stop();
      await rm(job.dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
    }
  }

  async close(): Promise<void> {
    await this.receiver.stop();
    this.process.kill();
    await rm(this.dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  }
}
