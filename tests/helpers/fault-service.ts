import { join } from 'node:path';
import { BridgeProcess, type BridgeApi, type World } from './bridge.js';
import { familyOf, otherProcesses, processesWhere } from './proc.js';
import { until } from './sandbox-client.js';

/** A browser is a process group: a script that starts it, the browser, and its helpers. Named by its head. */
const groupOf = (pid: number): number | null => familyOf(pid)?.group ?? null;

/** Browsers that work on the session's profile. */
export function browsersOf(world: World, session: string): number[] {
  const flag = `--user-data-dir=${join(world.dir, 'sessions', session)}`;
  return [...new Set(processesWhere((args) => args.includes(flag)).map(groupOf))].filter((group) => group !== null);
}

/** Every process of these browsers, renderers included. */
export const membersOf = (browsers: readonly number[]): number[] => otherProcesses().filter((pid) => browsers.includes(groupOf(pid) ?? 0));

/** Everything of the machine that names this world. */
export const processesOf = (world: World): number[] => processesWhere((args) => args.some((arg) => arg.includes(world.dir)));

/** The service as a process that is killed and started again on the same world, at the same address. */
export class MortalBridge {
  private process: BridgeProcess | null = null;
  private port: string | undefined;
  starts = 0;

  constructor(
    private readonly world: World,
    private readonly env: Record<string, string> = {},
  ) {}

  get api(): BridgeApi {
    if (!this.process) throw new Error('the service does not run');
    return this.process.api;
  }

  get output(): string {
    return this.process?.output() ?? '';
  }

  get pid(): number {
    return this.process?.child.pid ?? 0;
  }

  get alive(): boolean {
    return this.process !== null && this.process.child.exitCode === null && this.process.child.signalCode === null;
  }

  async start(): Promise<BridgeApi> {
    this.process = await BridgeProcess.start(this.world, { ...this.env, ...(this.port !== undefined && { PORT: this.port }) });
    this.port = new URL(this.process.api.url).port;
    this.starts++;
    return this.process.api;
  }

  /** `kill -9`. */
  async kill(): Promise<void> {
    const running = this.process;
    const { alive } = this;
    this.process = null;
    if (alive) await running?.kill();
  }

  /** SIGTERM; how the process ended, and after how many milliseconds. */
  async terminate(): Promise<{ code: number | null; ms: number; output: string }> {
    const running = this.process;
    if (!running || !this.alive) throw new Error('the service does not run');
    this.process = null;
    const from = Date.now();
    const code = await running.terminate();
    return { code, ms: Date.now() - from, output: running.output() };
  }

  /** Started again, with one browser for the session and none of an earlier life. */
  async back(session: string): Promise<BridgeApi> {
    const before = browsersOf(this.world, session);
    const api = await this.start();
    await api.inState(session, 'WORKING');
    const now = await until(() => {
      const pids = browsersOf(this.world, session);
      return pids.length === 1 ? pids : null;
    }, { name: 'one browser for the session' });
    for (const pid of now) if (before.includes(pid)) throw new Error(`browser ${pid} of an earlier life still runs`);
    return api;
  }
}
