import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { SERVICE_FLAGS } from '../helpers/programs.js';
import { compiledFile } from './compiled.js';
import type { Call, Reply } from './worker-calls.js';

const START_LIMIT_MS = 5_000;

/** A process of its own that answers calls. */
export class Worker {
  private readonly waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  private next = 1;

  private constructor(
    readonly name: string,
    private readonly child: ChildProcess,
  ) {
    child.on('message', (reply: Reply) => {
      const asked = this.waiting.get(reply.id);
      this.waiting.delete(reply.id);
      if ('error' in reply) asked?.reject(new Error(`${name}: ${reply.error}`));
      else asked?.resolve(reply.value);
    });
    child.once('exit', (code, signal) => {
      for (const { reject } of this.waiting.values()) reject(new Error(`${name} ended with ${code ?? signal ?? 'nothing'}`));
      this.waiting.clear();
    });
  }

  /** `program`: a module beside this one that calls `serve`. */
  static start(name: string, program: string, args: readonly string[] = []): Worker {
    const child = fork(compiledFile(program), args, {
      execArgv: ['--enable-source-maps', ...SERVICE_FLAGS, '--expose-gc'],
      // The service's log goes nowhere, but it is written; what fails is seen.
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    return new Worker(name, child);
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  call<T>(name: string, argument?: unknown): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (!this.child.connected) return reject(new Error(`${this.name} is gone`));
      const call: Call = { id: this.next++, name, argument };
      this.waiting.set(call.id, { resolve: resolve, reject });
      this.child.send(call);
    });
  }

  /** The channel is closed, and with it the child ends; one that does not is ended. */
  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, 'exit');
    const limit = setTimeout(() => this.child.kill('SIGKILL'), START_LIMIT_MS);
    this.child.disconnect();
    await ended;
    clearTimeout(limit);
  }
}
