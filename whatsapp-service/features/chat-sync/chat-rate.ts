import { sleep, type Clock } from '../../shared/clock.js';

/** Spaces batches so that no more than `perSecond` chats go out a second, on average. 0: no limit. */
export class ChatRate {
  private freeAt = 0;

  constructor(
    private readonly perSecond: number,
    private readonly clock: Clock,
  ) {}

  /** Resolves when `chats` more may go. */
  async take(chats: number, signal: AbortSignal): Promise<void> {
    if (this.perSecond <= 0) return;
    const now = this.clock.now();
    const at = Math.max(now, this.freeAt);
    this.freeAt = at + (chats / this.perSecond) * 1000;
    if (at > now) await sleep(at - now, signal);
  }
}
