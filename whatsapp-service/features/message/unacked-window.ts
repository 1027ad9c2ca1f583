import type { Clock } from '../../shared/clock.js';
import type { SessionId } from '../../shared/ids.js';
import { Nap } from '../../shared/nap.js';

/** Messages of one session that WhatsApp may be asked to take before it has acknowledged the first of them. */
const MOST = 8;

/** The longest pause between two questions about one message. */
const LONGEST_PAUSE_MS = 3_600_000;

interface Line {
  /** Key of a message → when its ack is overdue. The oldest comes first. */
  unacked: Map<string, number>;
  /** Key of a message that WhatsApp was asked about and has not acknowledged → when it is asked again. It takes up no room. */
  asked: Map<string, number>;
  size: number;
  /** There is a message that WhatsApp is to be asked about. */
  unsettled: boolean;
  nap: Nap;
}

/**
 * Messages that a page has, or is about to have, and that WhatsApp has not acknowledged. To wait for each ack would make the way to
 * WhatsApp and back the pace of a session; to wait for none would go on past any number of refusals. So it is held as TCP holds its
 * segments: the number grows by one with each ack, and falls to one with a refusal.
 */
export class UnackedWindow {
  private readonly lines = new Map<SessionId, Line>();

  constructor(
    private readonly ackTimeoutMs: number,
    private readonly clock: Clock,
  ) {}

  /** The message is about to go to the page: its ack may come before the page's own answer. */
  begin(id: SessionId, key: string): void {
    const line = this.line(id);
    line.asked.delete(key);
    line.unacked.set(key, this.clock.now() + this.ackTimeoutMs);
  }

  /** It did not come to an ack: the page has answered for it, or cannot. */
  drop(id: SessionId, key: string): void {
    this.end(id, key);
  }

  /** False: nobody waited for this ack. */
  acked(id: SessionId, key: string): boolean {
    const line = this.end(id, key);
    if (line) line.size = Math.min(MOST, line.size + 1);
    return line !== null;
  }

  refused(id: SessionId, key: string): void {
    const line = this.end(id, key) ?? this.line(id);
    line.size = 1;
    line.unsettled = true;
  }

  /** WhatsApp has the message that was sent at `sentAt`, and no ack of it: it is asked again when as much time has passed once more. */
  askLater(id: SessionId, key: string, sentAt: number): void {
    const now = this.clock.now();
    this.line(id).asked.set(key, now + Math.min(LONGEST_PAUSE_MS, Math.max(this.ackTimeoutMs, now - sentAt)));
  }

  /** Whether a message was refused, or its ack did not come in time, since this was last asked. */
  takeUnsettled(id: SessionId): boolean {
    const line = this.lines.get(id);
    const { unsettled = false } = line ?? {};
    if (line) line.unsettled = false;
    return unsettled;
  }

  /** Whether an ack of this message is waited for. */
  waitsFor(id: SessionId, key: string): boolean {
    const line = this.lines.get(id);
    return line !== undefined && (line.unacked.has(key) || line.asked.has(key));
  }

  /** Those whose ack has not come in time are not waited for any more: WhatsApp is to be asked. */
  dropOverdue(id: SessionId): void {
    const now = this.clock.now();
    const line = this.line(id);
    for (const waiting of [line.unacked, line.asked]) {
      for (const [key, until] of waiting) {
        if (until > now) continue;
        waiting.delete(key);
        line.unsettled = true;
      }
    }
  }

  /** Milliseconds until the first has waited too long; null: none waits. */
  overdueIn(id: SessionId): number | null {
    const { unacked, asked } = this.line(id);
    let first = Infinity;
    for (const waiting of [unacked, asked]) for (const until of waiting.values()) first = Math.min(first, until);
    return first === Infinity ? null : Math.max(0, first - this.clock.now());
  }

  /** Resolves when another message may go, or when WhatsApp is to be asked about one. */
  async room(id: SessionId): Promise<void> {
    const line = this.line(id);
    while (line.unacked.size >= line.size && !line.unsettled) {
      line.nap.begin();
      await line.nap.take(this.overdueIn(id) ?? 0);
      this.dropOverdue(id);
    }
  }

  /** The page is gone, and with it every ack that it might have told. */
  forget(id: SessionId): void {
    const line = this.lines.get(id);
    this.lines.delete(id);
    line?.unacked.clear();
    line?.nap.end();
  }

  private end(id: SessionId, key: string): Line | null {
    const line = this.lines.get(id);
    if (!line || !(line.unacked.delete(key) || line.asked.delete(key))) return null;
    line.nap.end();
    return line;
  }

  private line(id: SessionId): Line {
    let line = this.lines.get(id);
    if (!line) {
      line = { unacked: new Map(), asked: new Map(), size: 1, unsettled: false, nap: new Nap() };
      this.lines.set(id, line);
    }
    return line;
  }
}
