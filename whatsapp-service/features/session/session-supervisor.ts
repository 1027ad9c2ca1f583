import type { Config } from '../../config/config.js';
import { SESSION_REASONS, type SessionReason, type SessionState } from '../../contracts/states.js';
import { iso, type Clock, type Random } from '../../shared/clock.js';
import type { SessionId } from '../../shared/ids.js';
import type { Logger } from '../../shared/logger.js';
import { appendEvents, type NewEvent } from '../../outbox/outbox-store.js';
import type { Storage } from '../../storage/database.js';
import type { SessionRow } from '../../storage/schema.js';
import { ProviderError, type LifecycleEvent, type Provider, type ProviderEvent, type ProviderSession } from '../../whatsapp/provider.js';
import { restartDelay } from './restart-delay.js';
import { updateSession, type SessionChange } from './session-store.js';

export interface SessionHooks {
  /** Commits a batch of the page's events; see `ProviderSink`. */
  events(id: SessionId, batch: readonly ProviderEvent[], oldestWaiting: number | null): Promise<void>;
  /** The session is connected and everything that was missed has been handed over. */
  working(id: SessionId, how: 'started' | 'reconnected'): void;
  /** The outbox has something new. */
  wakeOutbox(): void;
  qr(id: SessionId, qr: string): void;
  /** The pairing is gone: what was under way can no longer be asked after. */
  unpaired(id: SessionId): Promise<void>;
  restarted(reason: SessionReason): void;
}

export interface SupervisorOptions {
  storage: Storage;
  provider: Provider;
  settings: Config['session'];
  hooks: SessionHooks;
  clock: Clock;
  random: Random;
  logger: Logger;
}

export interface CurrentQr {
  qr: string;
  attempt: number;
  receivedAt: number;
}

/** A catch-up looks back a little further than the newest committed message: chats do not commit in step. */
const CATCH_UP_MARGIN_MS = 10 * 60_000;
/** A session that worked so long has recovered: its next failure is a first one. */
const STABLE_MS = 60_000;
/** WhatsApp Web shows a QR for about this long. */
const QR_SECONDS = 20;

/**
 * Keeps one session in the state that is wanted. What is asked for and what the page reports go through one line, so that no two changes
 * overlap; only a start itself runs beside the line, because a page may never answer.
 */
export class SessionSupervisor {
  state: SessionState;
  reason: SessionReason;
  qr: CurrentQr | null = null;

  private readonly page: ProviderSession;
  private readonly logger: Logger;
  private line: Promise<unknown> = Promise.resolve();
  /** Names one start; what an earlier one reports is ignored. */
  private attempt = 0;
  private failures = 0;
  private workingSince: number | null = null;
  private deadline: NodeJS.Timeout | null = null;
  private restartTimer: NodeJS.Timeout | null = null;
  private watchdog: NodeJS.Timeout | null = null;
  private qrAttempts = 0;
  private missedProbes = 0;
  private probing = false;

  constructor(
    private row: SessionRow,
    private readonly options: SupervisorOptions,
  ) {
    this.state = row.state;
    this.reason = row.reason;
    this.logger = options.logger.child({ session: row.id });
    this.page = options.provider.session(this.id, {
      lifecycle: (event) => {
        const attempt = this.attempt;
        void this.enqueue(() => this.onLifecycle(event, attempt));
      },
      events: (batch, oldestWaiting) => options.hooks.events(this.id, batch, oldestWaiting),
    });
  }

  get id(): SessionId {
    return this.row.id as SessionId;
  }

  /** The way into the page; its calls reject while there is none. */
  get provider(): ProviderSession {
    return this.page;
  }

  /**
   * The service has just started: nothing of this session runs, whatever its row says. Resolves with what starts it when its turn
   * comes; if it was stopped, deleted or started otherwise by then, that does nothing.
   */
  async restore(): Promise<() => Promise<void>> {
    await this.inLine(() => this.change('STARTING', 'restoring'));
    const { attempt } = this;
    return async () => {
      let started: Promise<void> = Promise.resolve();
      await this.inLine(async () => {
        if (attempt === this.attempt) started = this.open();
      });
      await started;
    };
  }

  /** Begins a start and resolves once the page is injected, or the start has failed. */
  async start(reason: 'launching' | 'restarting'): Promise<void> {
    let started: Promise<void> = Promise.resolve();
    await this.inLine(async () => {
      this.clearTimers();
      await this.change('STARTING', reason, { row: { desired: 'running' } });
      started = this.open();
    });
    await started;
  }

  async stop(reason: 'stopped_by_request' | 'service_stopped'): Promise<void> {
    // At once, and not in its turn: a call into a page that hangs may be what the line waits for.
    this.letGo();
    await this.page.stop();
    await this.inLine(async () => {
      await this.close();
      await this.change('STOPPED', reason, { row: reason === 'stopped_by_request' ? { desired: 'stopped' } : {} });
    });
  }

  async logout(): Promise<void> {
    await this.inLine(async () => {
      this.letGo();
      await this.page.logout();
      await this.options.hooks.unpaired(this.id);
      await this.change('STOPPED', 'logged_out', { row: { desired: 'stopped', ...UNPAIRED } });
    });
  }

  /** Unlinks and removes the profile; the rows are the caller's. */
  async dispose(): Promise<void> {
    await this.inLine(async () => {
      const working = this.state === 'WORKING';
      this.letGo();
      if (working) await this.page.logout();
      else {
        await this.page.stop();
        await this.page.deleteProfile();
      }
    });
  }

  /** Looks at the page now; a page that does not answer is started again. */
  suspect(): void {
    void this.watch();
  }

  private async open(): Promise<void> {
    const attempt = ++this.attempt;
    this.qr = null;
    this.qrAttempts = 0;
    this.missedProbes = 0;
    this.armDeadline(attempt);
    try {
      await this.page.start();
      if (attempt === this.attempt) this.startWatchdog();
    } catch (error) {
      await this.enqueue(() => this.onEnded(reasonOf(error), textOf(error), attempt));
    }
  }

  private async close(): Promise<void> {
    this.letGo();
    await this.page.stop();
  }

  /** Whatever the page still reports is of no interest any more. */
  private letGo(): void {
    this.attempt++;
    this.clearTimers();
    this.qr = null;
    this.workingSince = null;
  }

  private async onLifecycle(event: LifecycleEvent, attempt: number): Promise<void> {
    if (attempt !== this.attempt) return;
    switch (event.kind) {
      case 'qr':
        return this.onQr(event.qr);
      case 'authenticated':
        this.qr = null;
        this.armDeadline(attempt);
        if (this.state !== 'STARTING' || this.reason !== 'restoring') await this.change('STARTING', 'authenticated');
        return;
      case 'ready':
        return this.onReady(event, attempt);
      case 'connection':
        if (event.state === 'lost' && this.state === 'WORKING') await this.change('STARTING', 'connection_lost');
        if (event.state === 'restored') await this.onRestored();
        return;
      case 'ended':
        return this.onEnded(event.reason, event.detail, attempt);
    }
  }

  private async onQr(qr: string): Promise<void> {
    const now = this.options.clock.now();
    this.clearDeadline();
    this.qr = { qr, attempt: ++this.qrAttempts, receivedAt: now };
    const data = { qr, attempt: this.qrAttempts, expires_in_seconds: QR_SECONDS };
    const event: NewEvent<'session.qr'> = { name: 'session.qr', chatId: null, dedupeKey: `qr:${now}:${this.qrAttempts}`, at: now, data };
    // WhatsApp shows a QR to a device that is not linked, whatever was true when it was last seen.
    const unlinked = this.row.paired === 1;
    if (unlinked) await this.options.hooks.unpaired(this.id);
    // What comes from here on is the session's; what came before is the account's past, and the chat sync's matter.
    const row = { ...(unlinked && UNPAIRED), inbound_mark: now + CATCH_UP_MARGIN_MS };
    if (this.state !== 'SCAN_QR_CODE') await this.change('SCAN_QR_CODE', 'waiting_for_scan', { row, events: [event] });
    else await this.append([event], row);
    this.options.hooks.qr(this.id, qr);
  }

  private async onReady(event: Extract<LifecycleEvent, { kind: 'ready' }>, attempt: number): Promise<void> {
    this.clearDeadline();
    this.qr = null;
    const { clock, hooks, storage } = this.options;
    const now = clock.now();
    const mark = (await storage.db.selectFrom('session').select('inbound_mark').where('id', '=', this.id).executeTakeFirst())?.inbound_mark ?? null;
    try {
      // A new pairing starts its history now; the account's past is the chat sync's matter.
      const { found, unread } = await this.page.catchUp(mark === null ? now : mark - CATCH_UP_MARGIN_MS);
      if (found > 0) this.logger.info('Looked for messages that came while the session was away', { candidates: found });
      if (unread > 0) this.logger.error('Some chats could not be searched for messages that came while the session was away: look at the phone', { chats: unread });
    } catch (error) {
      // The page goes on by itself and hands over what it finds; where it is gone, the next start looks again.
      this.logger.warn('The search for messages that came while the session was away did not end in time', { error });
    }
    if (attempt !== this.attempt) return;
    this.workingSince = now;
    // Further on by the margin, so that no later catch-up looks behind the pairing either.
    const firstMark = { inbound_mark: now + CATCH_UP_MARGIN_MS };
    const identity = { paired: 1, phone: event.phone, lid: event.lid, pushname: event.pushname, ...(mark === null && firstMark) };
    await this.change('WORKING', 'ready', { row: identity });
    hooks.working(this.id, 'started');
  }

  private async onRestored(): Promise<void> {
    if (this.reason !== 'connection_lost') return;
    await this.change('WORKING', 'ready');
    this.options.hooks.working(this.id, 'reconnected');
  }

  private async onEnded(reason: SessionReason, detail: string, attempt: number): Promise<void> {
    if (attempt !== this.attempt) return;
    const { clock, settings, random, hooks } = this.options;
    if (this.workingSince !== null && clock.now() - this.workingSince > STABLE_MS) this.failures = 0;
    await this.close();
    if (!SESSION_REASONS[reason].retry) {
      this.logger.error('The session has stopped and needs a person', { code: reason, message: SESSION_REASONS[reason].message, detail });
      const gone = reason === 'logged_out' || reason === 'auth_failure';
      if (gone) {
        await this.page.deleteProfile();
        await hooks.unpaired(this.id);
      }
      // Once there is a browser, the session may come back by itself.
      await this.change('FAILED', reason, { detail, row: { ...(reason !== 'browser_not_found' && { desired: 'stopped' as const }), ...(gone && UNPAIRED) } });
      return;
    }
    const delay = restartDelay(++this.failures, { baseMs: settings.restartBaseMs, capMs: settings.restartCapMs }, random);
    this.logger.warn('The session ended unexpectedly and is started again', { code: reason, detail, failures: this.failures, next_in_ms: delay });
    hooks.restarted(reason);
    const again = this.attempt;
    this.restartTimer = setTimeout(() => {
      void this.enqueue(async () => {
        if (again !== this.attempt) return;
        await this.change('STARTING', 'restarting');
        void this.open();
      });
    }, delay);
    await this.change('STARTING', reason, { detail });
  }

  /** One commit for the row and what the backend hears of it. */
  private async change(state: SessionState, reason: SessionReason, { detail = null, row = {}, events = [] }: { detail?: string | null; row?: SessionChange; events?: readonly NewEvent[] } = {}): Promise<void> {
    const { storage, clock, hooks } = this.options;
    const now = clock.now();
    const previous = this.state;
    const phone = row.phone === undefined ? this.row.phone : row.phone;
    const status: NewEvent<'session.status'> = {
      name: 'session.status',
      chatId: null,
      dedupeKey: `status:${now}:${state}:${reason}`,
      at: now,
      data: { state, previous_state: previous, code: reason, message: SESSION_REASONS[reason].message, phone },
    };
    this.state = state;
    this.reason = reason;
    this.row = { ...this.row, ...row, state, reason, detail, updated_at: now };
    try {
      await storage.transaction(async (trx) => {
        await updateSession(trx, this.id, { ...row, state, reason, detail }, now);
        await appendEvents(trx, this.id, [status, ...events], now);
      });
      hooks.wakeOutbox();
    } catch (error) {
      // The page has moved on, whether or not that can be written down: a full disk must not stop a session from healing.
      this.logger.error('A change of the session could not be stored', { error });
    }
    this.logger.info(`Session ${state}`, { code: reason, from: previous, since: iso(now), ...(detail && { detail }) });
  }

  private async append(events: readonly NewEvent[], row: SessionChange): Promise<void> {
    const now = this.options.clock.now();
    await this.options.storage.transaction(async (trx) => {
      await updateSession(trx, this.id, row, now);
      await appendEvents(trx, this.id, events, now);
    });
    this.options.hooks.wakeOutbox();
  }

  private startWatchdog(): void {
    if (this.watchdog) clearInterval(this.watchdog);
    this.watchdog = setInterval(() => void this.watch(), this.options.settings.watchdogIntervalMs);
  }

  private async watch(): Promise<void> {
    const attempt = this.attempt;
    if (!this.watchdog || this.probing) return;
    this.probing = true;
    try {
      const health = await this.page.probe(this.options.settings.watchdogTimeoutMs);
      this.missedProbes = 0;
      if (attempt !== this.attempt) return;
      if (health.socketState === 'UNPAIRED_IDLE') await this.page.refreshQr();
      if (health.socketState === 'CONNECTED' && this.reason === 'connection_lost') await this.enqueue(() => this.onRestored());
    } catch (error) {
      if (attempt !== this.attempt) return;
      // One late answer may be a busy machine; a second one is a page that hangs.
      if (++this.missedProbes >= 2) await this.enqueue(() => this.onEnded('page_hung', textOf(error), attempt));
      else setImmediate(() => void this.watch());
    } finally {
      this.probing = false;
    }
  }

  private armDeadline(attempt: number): void {
    this.clearDeadline();
    const { startTimeoutMs } = this.options.settings;
    this.deadline = setTimeout(() => {
      void this.enqueue(() => this.onEnded('start_timeout', `not ready after ${startTimeoutMs} ms`, attempt));
    }, startTimeoutMs);
  }

  private clearDeadline(): void {
    if (this.deadline) clearTimeout(this.deadline);
    this.deadline = null;
  }

  private clearTimers(): void {
    this.clearDeadline();
    if (this.restartTimer) clearTimeout(this.restartTimer);
    if (this.watchdog) clearInterval(this.watchdog);
    this.restartTimer = null;
    this.watchdog = null;
  }

  private inLine(work: () => Promise<void>): Promise<void> {
    const turn = this.line.then(work);
    this.line = turn.catch(() => {});
    return turn;
  }

  /** For what nobody waits for: a failure is logged. */
  private async enqueue(work: () => Promise<void>): Promise<void> {
    await this.inLine(work).catch((error: unknown) => this.logger.error('A change of the session failed', { error }));
  }
}

const UNPAIRED = { paired: 0, phone: null, lid: null, pushname: null, inbound_mark: null } as const;

function reasonOf(error: unknown): SessionReason {
  if (!(error instanceof ProviderError)) return 'page_error';
  if (error.code === 'browser_not_found' || error.code === 'browser_failed') return error.code;
  return 'page_error';
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
