import { sandboxEngine, type HubAddress } from './engine.js';
import { SandboxError, type ControlName, type Hub, type SandboxControls, type SandboxEngine, type SandboxErrorCode } from './hub-contract.js';

export interface HubClientOptions {
  /** `control_url` of the hub process. */
  controlUrl: string;
  token: string;
}

interface Answer {
  value?: unknown;
  error?: { code: string; message: string };
}

/** A hub that runs in a process of its own: the same controls, over loopback HTTP. */
export class HubClient implements Hub {
  readonly #options: HubClientOptions;
  #engine: SandboxEngine | null = null;

  private constructor(options: HubClientOptions) {
    this.#options = options;
  }

  /** Rejects when the hub cannot be reached or refuses the token. */
  static async connect(options: HubClientOptions): Promise<HubClient> {
    const client = new HubClient({ ...options, controlUrl: options.controlUrl.replace(/\/+$/, '') });
    await client.engine();
    return client;
  }

  async engine(): Promise<SandboxEngine> {
    this.#engine ??= sandboxEngine((await this.#ask('/address')) as HubAddress);
    return this.#engine;
  }

  /** Nothing to close here: the hub lives on. */
  async close(): Promise<void> {}

  readonly scanQr = this.#control('scanQr');
  readonly enterPairingCode = this.#control('enterPairingCode');
  readonly seed = this.#control('seed');
  readonly inbound = this.#control('inbound');
  readonly ack = this.#control('ack');
  readonly edit = this.#control('edit');
  readonly revoke = this.#control('revoke');
  readonly react = this.#control('react');
  readonly groupJoin = this.#control('groupJoin');
  readonly groupLeave = this.#control('groupLeave');
  readonly groupUpdate = this.#control('groupUpdate');
  readonly call = this.#control('call');
  readonly loseConnection = this.#control('loseConnection');
  readonly restoreConnection = this.#control('restoreConnection');
  readonly conflict = this.#control('conflict');
  readonly logoutFromPhone = this.#control('logoutFromPhone');
  readonly ban = this.#control('ban');
  readonly hangPage = this.#control('hangPage');
  readonly slowPage = this.#control('slowPage');
  readonly earlyHasSynced = this.#control('earlyHasSynced');
  readonly idleQr = this.#control('idleQr');
  readonly autoAck = this.#control('autoAck');
  readonly failSends = this.#control('failSends');
  readonly settings = this.#control('settings');
  readonly unregister = this.#control('unregister');
  readonly sent = this.#control('sent');
  readonly messages = this.#control('messages');
  readonly marks = this.#control('marks');
  readonly state = this.#control('state');

  #control<Name extends ControlName>(name: Name): SandboxControls[Name] {
    // JSON has no undefined: an argument that was left out must not arrive as null.
    const call = (...args: unknown[]): Promise<unknown> => this.#ask(`/control/${name}`, { args: args.slice(0, args.findLastIndex((arg) => arg !== undefined) + 1) });
    return call as SandboxControls[Name];
  }

  async #ask(path: string, body?: unknown): Promise<unknown> {
    const response = await fetch(`${this.#options.controlUrl}${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${this.#options.token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const answer = (await response.json()) as Answer;
    if (!answer.error) return answer.value;
    if (response.status === 409) throw new SandboxError(answer.error.code as SandboxErrorCode, answer.error.message);
    throw new Error(`sandbox hub: ${answer.error.message}`);
  }
}
