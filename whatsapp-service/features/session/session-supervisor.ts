import { SESSION_REASONS, type SessionReason, type SessionState } from '../../contracts/states.js';
import type { SessionId } from '../../shared/ids.js';
import type { Logger } from '../../shared/logger.js';
import { WorkLine } from '../../shared/work-line.js';
import type { SessionRow } from '../../storage/schema.js';
import type { LifecycleEvent, PageCheck, PageHealth, ProviderSession } from '../../whatsapp/provider.js';
import { CATCH_UP_MARGIN_MS, catchUp } from './catch-up.js';
import { ConnectionWatch } from './connection-watch.js';
import { checkedPage, NOTHING_MISSING, type PageFeatures } from './page-features.js';
import { PageWatchdog } from './page-watchdog.js';
import { PairingOffer, type CurrentQr } from './pairing-offer.js';
import { restartDelay } from './restart-delay.js';
import { endsPairing, reasonOf, textOf, UNPAIRED } from './session-ends.js';
import { SessionRecord } from './session-record.js';
import { STILL_LINKED, unlink } from './session-unlink.js';
import type { SupervisorOptions } from './supervisor-options.js';

/** A session that worked so long has recovered: its next failure is a first one. */
const STABLE_MS = 60_000;
/** How long a page that failed may take to tell what it lacks. */
const CHECK_MS = 3_000;

/**
 * Keeps one session in the state that is wanted. What is asked for and what the page reports go through one line, so that no two changes
 * overlap; only a start itself runs beside the line, because a page may never answer.
 */
export class SessionSupervisor {
  features: PageFeatures = NOTHING_MISSING;

  private readonly record: SessionRecord;
  private readonly offer: PairingOffer;
  private readonly page: ProviderSession;
  private readonly watchdog: PageWatchdog;
  private readonly connection: ConnectionWatch;
  private readonly logger: Logger;
  private readonly line: WorkLine;
  /** Names one start; what an earlier one reports is ignored. */
  private attempt = 0;
  private failures = 0;
  private workingSince: number | null = null;
  private deadline: NodeJS.Timeout | null = null;
  private restartTimer: NodeJS.Timeout | null = null;

  constructor(
    row: SessionRow,
    private readonly options: SupervisorOptions,
  ) {
    const { settings, clock, hooks } = options;
    this.logger = options.logger.child({ session: row.id });
    this.line = new WorkLine((error) => this.logger.error('A change of the session failed', { error }));
    this.record = new SessionRecord(row, { ...options, logger: this.logger, wakeOutbox: () => hooks.wakeOutbox() });
    this.offer = new PairingOffer(settings.qrLimit);
    this.connection = new ConnectionWatch(settings.offlineRestartMs, clock);
    this.page = options.provider.session(this.id, {
      lifecycle: (event) => {
        const attempt = this.attempt;
        void this.line.runAnyway(() => this.onLifecycle(event, attempt));
      },
      events: (batch, oldestWaiting) => hooks.events(this.id, batch, oldestWaiting),
      stray: (error) => {
        this.logger.warn('An error of the library that nobody waited for; its page is looked at', { error });
        this.suspect();
      },
      takesOver: () => settings.onConflict === 'takeover' && this.connection.takesOver(),
    });
    this.watchdog = new PageWatchdog({
      page: this.page,
      intervalMs: settings.watchdogIntervalMs,
      timeoutMs: settings.watchdogTimeoutMs,
      memoryLimitBytes: settings.memoryLimitBytes,
      onHealth: (health) => this.onHealth(health),
      onFault: (reason, detail) => this.fail(reason, detail),
    });
  }

  get id(): SessionId {
    return this.record.id;
  }

  get state(): SessionState {
    return this.record.state;
  }

  get reason(): SessionReason {
    return this.record.reason;
  }

  get isPaired(): boolean {
    return this.record.isPaired;
  }

  get qr(): CurrentQr | null {
    return this.offer.qr;
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
    await this.line.run(() => this.record.change('STARTING', 'restoring'));
    const { attempt } = this;
    return async () => {
      let started: Promise<void> = Promise.resolve();
      await this.line.run(async () => {
        if (attempt === this.attempt) started = this.open();
      });
      await started;
    };
  }

  /** It should run, and more run already than may: it stays stopped until there is room and it is started again. */
  async refuse(): Promise<void> {
    await this.line.run(() => this.record.change('STOPPED', 'session_limit'));
  }

  /** Resolves once the page is injected, or the start has failed. `onStarting`: the state says so now. */
  async begin(reason: 'launching' | 'restarting', onStarting: () => void): Promise<void> {
    let started: Promise<void> = Promise.resolve();
    await this.line.run(async () => {
      this.clearTimers();
      this.failures = 0;
      await this.record.change('STARTING', reason, { row: { desired: 'running' } });
      started = this.open();
    }).finally(onStarting);
    await started;
  }

  async stop(reason: 'stopped_by_request' | 'service_stopped'): Promise<void> {
    // At once, and not in its turn: a call into a page that hangs may be what the line waits for.
    this.letGo();
    await this.page.stop();
    await this.line.run(async () => {
      await this.close();
      await this.record.change('STOPPED', reason, { row: reason === 'stopped_by_request' ? { desired: 'stopped' } : {} });
    });
  }

  async logout(): Promise<void> {
    await this.line.run(async () => {
      const told = await this.leave();
      await this.options.hooks.unpaired(this.id);
      await this.record.change('STOPPED', 'logged_out', { detail: told ? null : STILL_LINKED, row: { desired: 'stopped', ...UNPAIRED } });
    });
  }

  /** Unlinks and removes the profile; the rows are the caller's. False: the phone may still show the device. */
  async dispose(): Promise<boolean> {
    return this.line.run(() => this.leave());
  }

  private async leave(): Promise<boolean> {
    const working = this.state === 'WORKING';
    this.letGo();
    const told = await unlink(this.page, { working, paired: this.record.isPaired, launch: this.options.launchOf(await this.record.reload()) });
    // What a page that was started for it reports is of no interest either.
    this.letGo();
    return told;
  }

  /** Asks WhatsApp for a code that links this device when it is typed on the phone. `phone`: E.164. */
  async pairingCode(phone: string): Promise<string> {
    const code = await this.page.pairingCode(phone);
    await this.line.run(async () => {
      this.offer.typingCode(this.options.clock.now());
      if (this.state === 'SCAN_QR_CODE') await this.record.change('SCAN_QR_CODE', 'waiting_for_code');
    });
    return code;
  }

  /** Looks whether the page still offers what is used of it. */
  async checkPage(): Promise<PageCheck> {
    const check = await this.page.checkPage();
    await this.line.run(async () => {
      const before = this.features;
      this.features = checkedPage(check, this.logger);
      if (this.state === 'WORKING' && before.detail !== this.features.detail) await this.tellWorking();
    });
    return check;
  }

  /** Looks at the page now; a page that does not answer is started again. */
  suspect(): void {
    void this.watchdog.look();
  }

  private async open(): Promise<void> {
    const attempt = ++this.attempt;
    this.offer.restart();
    this.connection.restart();
    this.features = NOTHING_MISSING;
    this.armDeadline(attempt);
    try {
      await this.page.start(this.options.launchOf(await this.record.reload()));
      if (attempt === this.attempt) this.watchdog.start();
    } catch (error) {
      await this.line.runAnyway(() => this.onEnded(reasonOf(error), textOf(error), attempt));
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
    this.offer.clear();
    this.workingSince = null;
  }

  private async onLifecycle(event: LifecycleEvent, attempt: number): Promise<void> {
    if (attempt !== this.attempt) return;
    switch (event.kind) {
      case 'qr':
        return this.onQr(event.qr);
      case 'authenticated':
        this.offer.clear();
        this.armDeadline(attempt);
        if (this.state !== 'STARTING' || this.reason !== 'restoring') await this.record.change('STARTING', 'authenticated');
        return;
      case 'ready':
        return this.onReady(event, attempt);
      case 'connection':
        return event.state === 'lost' ? this.onAway('connection_lost') : this.onRestored();
      case 'conflict':
        return this.onAway('taking_over');
      case 'ended':
        return this.onEnded(event.reason, event.detail, attempt);
    }
  }

  private async onQr(qr: string): Promise<void> {
    const now = this.options.clock.now();
    this.clearDeadline();
    const current = this.offer.take(qr, now);
    if (!current) {
      await this.close();
      return this.record.change('STOPPED', 'qr_not_scanned', { row: { desired: 'stopped' } });
    }
    const event = this.offer.event(current);
    // WhatsApp shows a QR to a device that is not linked, whatever was true when it was last seen.
    const unlinked = this.record.isPaired;
    if (unlinked) await this.options.hooks.unpaired(this.id);
    // What comes from here on is the session's; what came before is the account's past, and the chat sync's matter.
    const row = { ...(unlinked && UNPAIRED), inbound_mark: now + CATCH_UP_MARGIN_MS };
    if (this.state !== 'SCAN_QR_CODE') await this.record.change('SCAN_QR_CODE', 'waiting_for_scan', { row, events: [event] });
    else await this.record.append([event], row);
    this.options.hooks.qr(this.id, qr);
  }

  private async onReady(event: Extract<LifecycleEvent, { kind: 'ready' }>, attempt: number): Promise<void> {
    this.clearDeadline();
    this.offer.clear();
    const { clock, hooks, storage } = this.options;
    const now = clock.now();
    const mark = (await storage.db.selectFrom('session').select('inbound_mark').where('id', '=', this.id).executeTakeFirst())?.inbound_mark ?? null;
    // The account's past is the chat sync's matter.
    await catchUp(this.page, mark, now, this.logger);
    if (attempt !== this.attempt) return;
    const check = await this.page.checkPage().catch(() => null);
    if (attempt !== this.attempt) return;
    if (check) this.features = checkedPage(check, this.logger);
    this.workingSince = now;
    // Further on by the margin, so that no later catch-up looks behind the pairing either.
    const firstMark = { inbound_mark: now + CATCH_UP_MARGIN_MS };
    const identity = { paired: 1, phone: event.phone, lid: event.lid, pushname: event.pushname, ...(mark === null && firstMark) };
    await this.tellWorking(identity);
    hooks.working(this.id, 'started');
  }

  private tellWorking(row = {}): Promise<void> {
    const { off, detail } = this.features;
    return off.length > 0 ? this.record.change('WORKING', 'page_changed', { row, detail, featuresOff: off }) : this.record.change('WORKING', 'ready', { row });
  }

  private async onAway(reason: 'connection_lost' | 'taking_over'): Promise<void> {
    if (this.state !== 'WORKING') return;
    this.connection.lost();
    await this.record.change('STARTING', reason);
  }

  private async onRestored(): Promise<void> {
    if (!this.connection.isLost) return;
    this.connection.restored();
    await this.tellWorking();
    this.options.hooks.working(this.id, 'reconnected');
  }

  private async onHealth(health: PageHealth): Promise<void> {
    const { attempt } = this;
    if (health.socketState === 'UNPAIRED_IDLE') await this.page.refreshQr();
    const seen = this.connection.see(health.socketState, this.state);
    if (seen === 'nothing') return;
    await this.line.runAnyway(async () => {
      if (attempt !== this.attempt) return;
      if (seen === 'restored') await this.onRestored();
      else if (seen === 'lost') await this.onAway('connection_lost');
      else await this.onEnded('connection_stuck', `no connection for ${this.options.settings.offlineRestartMs} ms`, attempt);
    });
  }

  private fail(reason: SessionReason, detail: string): Promise<void> {
    const { attempt } = this;
    return this.line.runAnyway(() => this.onEnded(reason, detail, attempt));
  }

  private async onEnded(first: SessionReason, firstDetail: string, attempt: number): Promise<void> {
    if (attempt !== this.attempt) return;
    const { clock, settings, random, hooks } = this.options;
    const { reason, detail } = await this.whyEnded(first, firstDetail);
    if (attempt !== this.attempt) return;
    if (this.workingSince !== null && clock.now() - this.workingSince > STABLE_MS) this.failures = 0;
    await this.close();
    if (!SESSION_REASONS[reason].retry) return this.onFinal(reason, detail);
    const delay = restartDelay(++this.failures, { baseMs: settings.restartBaseMs, capMs: settings.restartCapMs }, random);
    this.logger.warn('The session ended unexpectedly and is started again', { code: reason, detail, failures: this.failures, next_in_ms: delay });
    hooks.restarted(reason);
    const again = this.attempt;
    this.restartTimer = setTimeout(() => {
      void this.line.runAnyway(async () => {
        if (again !== this.attempt) return;
        await this.record.change('STARTING', 'restarting');
        void this.open();
      });
    }, delay);
    await this.record.change('STARTING', reason, { detail });
  }

  /** A page that never became ready, or failed, may be one that WhatsApp has changed: it is asked while it is still there. */
  private async whyEnded(reason: SessionReason, detail: string): Promise<{ reason: SessionReason; detail: string }> {
    if (reason !== 'start_timeout' && reason !== 'page_error') return { reason, detail };
    const check = await this.page.checkPage(CHECK_MS).catch(() => null);
    const features = check ? checkedPage(check, this.logger) : NOTHING_MISSING;
    return features.isUnusable ? { reason: 'page_incompatible', detail: features.detail ?? detail } : { reason, detail };
  }

  private async onFinal(reason: SessionReason, detail: string): Promise<void> {
    this.logger.error('The session has stopped and needs a person', { code: reason, message: SESSION_REASONS[reason].message, detail });
    await this.options.hooks.ended(this.id, reason);
    const gone = endsPairing(reason);
    if (gone) {
      await this.page.deleteProfile();
      await this.options.hooks.unpaired(this.id);
    }
    // Once there is a browser, the session may come back by itself.
    const row = { ...(reason !== 'browser_not_found' && { desired: 'stopped' as const }), ...(gone && UNPAIRED) };
    await this.record.change('FAILED', reason, { detail, row });
  }

  private armDeadline(attempt: number): void {
    this.clearDeadline();
    const { startTimeoutMs } = this.options.settings;
    this.deadline = setTimeout(() => {
      void this.line.runAnyway(() => this.onEnded('start_timeout', `not ready after ${startTimeoutMs} ms`, attempt));
    }, startTimeoutMs);
  }

  private clearDeadline(): void {
    if (this.deadline) clearTimeout(this.deadline);
    this.deadline = null;
  }

  private clearTimers(): void {
    this.clearDeadline();
    if (this.restartTimer) clearTimeout(this.restartTimer);
    this.restartTimer = null;
    this.watchdog.stop();
  }
}
