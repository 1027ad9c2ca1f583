import type { Clock } from '../../shared/clock.js';
import type { SessionId } from '../../shared/ids.js';
import { Nap } from '../../shared/nap.js';

/** Messages of one session that WhatsApp may be asked to take before it has acknowledged the first of them. */
const MOST = 8;

interface Line {
  /** Key of a message → when its send began. */
  unacked: Map<string, number>;
  size: number;
  refused: boolean;
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
    this.line(id).unacked.set(key, this.clock.now());
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
    line.refused = true;
  }

  /** Whether WhatsApp has refused a message since this was last asked. */
  takeRefusal(id: SessionId): boolean {
    const line = this.lines.get(id);
    const { refused = false } = line ?? {};
    if (line) line.refused = false;
    return refused;
  }

  /** Whether an ack of this message is waited for. */
  waitsFor(id: SessionId, key: string): boolean {
    return this.lines.get(id)?.unacked.has(key) ?? false;
  }

  /** Those whose ack has not come in time are not waited for any more. */
  dropOverdue(id: SessionId): void {
    const before = this.clock.now() - this.ackTimeoutMs;
    const { unacked } = this.line(id);
    for (const [key, since] of unacked) if (since <= before) unacked.delete(key);
  }

  /** Milliseconds until the oldest has waited too long; null: none waits. */
  overdueIn(id: SessionId): number | null {
    const [oldest] = this.lines.get(id)?.unacked.values() ?? [];
    return oldest === undefined ? null : Math.max(0, oldest + this.ackTimeoutMs - this.clock.now());
  }

  /** Resolves when another message may go. One whose ack has not come in time is not waited for any more. */
  async room(id: SessionId): Promise<void> {
    const line = this.line(id);
    while (line.unacked.size >= line.size && !line.refused) {
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
    if (!line?.unacked.delete(key)) return null;
    line.nap.end();
    return line;
  }

  private line(id: SessionId): Line {
    let line = this.lines.get(id);
    if (!line) {
      line = { unacked: new Map(), size: 1, refused: false, nap: new Nap() };
      this.lines.set(id, line);
    }
    return line;
  }
}
