import { groupBy } from '../../shared/group-by.js';
import type { SandboxSettings } from '../hub-contract.js';
import type { Account, AccountStore } from './account-store.js';
import { phoneOf } from './identity.js';
import type { Mailbox } from './mailbox.js';
import type { MessageStore } from './message-store.js';
import type { WireMessage } from './wire.js';

export interface SendAnswer {
  ok: boolean;
  /** Unix seconds at which the server took it. */
  t: number;
  ack: number;
  error?: string;
}

interface Job {
  account: Account;
  settings: SandboxSettings;
  message: WireMessage;
  resolve(answer: SendAnswer | null): void;
}

const levelOf = (settings: SandboxSettings): number => (settings.auto_ack === 'off' ? 0 : settings.auto_ack);

/**
 * What pages send. Sends of one moment share one commit, which is on disk before any of them is answered;
 * the later acknowledgements follow by themselves.
 */
export class SendQueue {
  readonly #mailbox: Mailbox;
  readonly #accounts: AccountStore;
  readonly #messages: MessageStore;
  readonly #timers = new Set<NodeJS.Timeout>();
  #jobs: Job[] = [];
  #closed = false;

  constructor(parts: { mailbox: Mailbox; accounts: AccountStore; messages: MessageStore }) {
    this.#mailbox = parts.mailbox;
    this.#accounts = parts.accounts;
    this.#messages = parts.messages;
  }

  /** Null: the page gets no answer. */
  submit(account: Account, settings: SandboxSettings, message: WireMessage): Promise<SendAnswer | null> {
    return new Promise((resolve) => {
      this.#jobs.push({ account, settings, message, resolve });
      if (this.#jobs.length === 1) setImmediate(() => this.#flush());
    });
  }

  #flush(): void {
    const jobs = this.#jobs;
    this.#jobs = [];
    if (this.#closed) return;
    const taken = jobs.filter((job) => this.#takes(job));
    const delivered = this.#mailbox.send(taken.map((job) => ({ account: job.account, message: { ...job.message, ack: Math.min(1, levelOf(job.settings)) } })));
    const answered = taken.map((job, index) => ({ job, isNew: delivered[index] === true }));
    for (const group of groupBy(answered, ({ job }) => job.settings.answer_ms)) {
      const answer = (): void => this.#answer(group);
      const wait = group[0]?.job.settings.answer_ms ?? 0;
      if (wait === 0) answer();
      else this.#after(wait, answer);
    }
  }

  #answer(taken: readonly { job: Job; isNew: boolean }[]): void {
    for (const { job } of taken) job.resolve(job.settings.fail_sends === 'lost_ack' ? null : { ok: true, t: job.message.t, ack: Math.min(1, levelOf(job.settings)) });
    this.#scheduleAcks(taken.flatMap(({ job, isNew }) => (isNew ? [job] : [])));
  }

  #takes(job: Job): boolean {
    const phone = phoneOf(job.message.chat);
    const mode = phone !== null && !this.#accounts.isRegistered(phone) ? 'error' : job.settings.fail_sends;
    if (mode !== 'error' && mode !== 'hang') return true;
    this.#mailbox.refuse({ account: job.account, message: job.message });
    job.resolve(mode === 'hang' ? null : { ok: false, t: job.message.t, ack: -1, error: 'ERROR_UNKNOWN' });
    return false;
  }

  #scheduleAcks(jobs: Job[]): void {
    for (const group of groupBy(jobs, (job) => job.account.phone)) {
      const [first] = group;
      if (first) this.#raiseLater(first.account, group.map((job) => job.message.key), { next: 2, settings: first.settings });
    }
  }

  /** Brings on what was still to come when the hub stopped. */
  resume(account: Account, settings: SandboxSettings): void {
    const keys = this.#messages.waitingForAck(account.phone, levelOf(settings));
    if (keys.length > 0) this.#raiseLater(account, keys, { next: 1, settings });
  }

  #raiseLater(account: Account, keys: string[], step: { next: number; settings: SandboxSettings }): void {
    if (step.next > levelOf(step.settings)) return;
    this.#after(step.settings.ack_delay_ms, () => {
      this.#mailbox.acknowledge(account, keys, step.next);
      this.#raiseLater(account, keys, { ...step, next: step.next + 1 });
    });
  }

  #after(ms: number, work: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      work();
    }, ms);
    this.#timers.add(timer);
  }

  close(): void {
    this.#closed = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }
}
