import type { SessionReason } from '../../contracts/states.js';
import type { PageHealth, ProviderSession } from '../../whatsapp/provider.js';

export interface WatchdogOptions {
  page: Pick<ProviderSession, 'probe' | 'usage'>;
  intervalMs: number;
  timeoutMs: number;
  /** Bytes that the browser may take; 0: no limit. */
  memoryLimitBytes: number;
  /** The page answered. */
  onHealth(health: PageHealth): Promise<void>;
  /** It must be started again. */
  onFault(reason: SessionReason, detail: string): Promise<void>;
}

/** Once may be a busy machine, or a moment's work on something large. */
const TIMES_IN_A_ROW = 2;
/** Two looks must not judge one measurement. */
const FRESH_MS = 100;

const mib = (bytes: number): number => Math.round(bytes / 1_048_576);

/** Asks one page every few seconds whether it lives, and looks at what its browser takes. */
export class PageWatchdog {
  private timer: NodeJS.Timeout | null = null;
  private looking = false;
  private missed = 0;
  private tooLarge = 0;

  constructor(private readonly options: WatchdogOptions) {}

  start(): void {
    this.stop();
    this.missed = 0;
    this.tooLarge = 0;
    this.timer = setInterval(() => void this.look(), this.options.intervalMs);
  }

  stop(): void {
    if (this.timer) clearInterval(this.timer);
    this.timer = null;
  }

  /** Looks now. Nothing is done while nobody watches. */
  async look(): Promise<void> {
    const { timer } = this;
    if (!timer || this.looking) return;
    this.looking = true;
    let again = false;
    try {
      const health = await this.options.page.probe(this.options.timeoutMs);
      this.missed = 0;
      if (timer === this.timer) await this.options.onHealth(health);
      if (timer === this.timer) await this.weigh();
    } catch (error) {
      if (timer !== this.timer) return;
      again = ++this.missed < TIMES_IN_A_ROW;
      if (!again) await this.options.onFault('page_hung', error instanceof Error ? error.message : String(error));
    } finally {
      this.looking = false;
    }
    if (again) setImmediate(() => void this.look());
  }

  private async weigh(): Promise<void> {
    const { memoryLimitBytes: limit, page } = this.options;
    const usage = limit > 0 ? await page.usage(FRESH_MS) : null;
    if (!usage || usage.memoryBytes <= limit) {
      this.tooLarge = 0;
      return;
    }
    if (++this.tooLarge < TIMES_IN_A_ROW) return;
    await this.options.onFault('memory_limit', `the browser takes ${mib(usage.memoryBytes)} MiB; SESSION_MEMORY_LIMIT_MB is ${mib(limit)}`);
  }
}
