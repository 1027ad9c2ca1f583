import type { Browser, Page } from 'puppeteer';
import wweb from 'whatsapp-web.js';
import type { AckLevel, SessionReason } from '../../contracts/states.js';
import { endsWithin, type Clock } from '../../shared/clock.js';
import type { ChatId, SessionId } from '../../shared/ids.js';
import type { Logger } from '../../shared/logger.js';
import { phoneFromJid } from '../../shared/phone.js';
import { ProviderError, type BrowserUsage, type ChatRef, type ChatText, type Launch, type LookUp, type MessageFile, type Outbound, type PageCheck, type PageHealth, type ProviderSession, type ProviderSink, type SendResult } from '../provider.js';
import { closeBrowser, ignoreLatePipeErrors, launchOptions, userAgentOf, type BrowserSettings } from './browser.js';
import { BrowserMeter } from './browser-usage.js';
import { decodeChatList } from './decode/chat.js';
import { chatText, isGroupChat } from './decode/chat-text.js';
import { decodeBatch } from './decode/event.js';
import { chargeListeners } from './charge-listeners.js';
import { callPage, type CallLimit } from './page-calls.js';
import { CONTRACT_PARTS } from './page-contract.js';
import { downloadFile } from './page-download.js';
import { putFile } from './page-file.js';
import { pageScript, type PageBatch, type PageChat } from './page-script.js';
import { deleteProfile, prepareProfile } from './profile.js';
import { ProfileAuth } from './profile-auth.js';
import { openProxyRoute, type ProxyRoute } from './proxy-route.js';
import { WebDirectory } from './web-directory.js';

export interface WebSessionOptions {
  profileDir: string;
  /** Looked up at each start, so that a browser that was installed since is found. Throws `browser_not_found`. */
  browser(proxyServer: string | null): BrowserSettings;
  /** Script to run before the bridge and before the page's own. */
  prelude: string;
  callTimeoutMs: number;
  ackTimeoutMs: number;
  closeGraceMs: number;
  withParticipants: boolean;
  clock: Clock;
  logger: Logger;
}

/** One life of the page, from start to end. A late event of an earlier life is recognised by it. */
interface Life {
  client: wweb.Client;
  page: Page | null;
  browser: Browser | null;
  meter: BrowserMeter | null;
  proxy: ProxyRoute | null;
  ready: boolean;
  over: boolean;
  /** Ends whatever is asked of the page. */
  ended: AbortController;
  nudge: NodeJS.Timeout | null;
  /** The library's start; it has settled when there is a page, or never will be one. */
  starting: Promise<void> | null;
}

/** What WhatsApp's last word on a connection means for its session. */
const ENDINGS: Record<string, SessionReason> = {
  LOGOUT: 'logged_out',
  UNPAIRED: 'logged_out',
  UNPAIRED_IDLE: 'logged_out',
  CONFLICT: 'conflict',
  TOS_BLOCK: 'banned',
  SMB_TOS_BLOCK: 'banned',
};

const NUDGE_MS = 500;
const PROXY_LOGIN_REQUIRED = 407;

/** A session on the real whatsapp-web.js. */
export class WebSession implements ProviderSession {
  private life: Life | null = null;
  readonly directory = new WebDirectory((name, args, deadlineMs) => this.call(name, args, deadlineMs));
  /** Counts the stops, so that a start notices one that came before it had a life to end. */
  private stops = 0;

  constructor(
    readonly id: SessionId,
    private readonly sink: ProviderSink,
    private readonly options: WebSessionOptions,
  ) {}

  async start({ proxy, deviceName }: Launch): Promise<void> {
    await this.stop();
    const { stops } = this;
    const browser = this.options.browser(proxy?.server ?? null);
    await prepareProfile(this.options.profileDir);
    const route = proxy && (await openProxyRoute(proxy));
    if (stops !== this.stops) {
      await route?.close();
      throw stoppedWhileStarting();
    }
    const life = this.newLife({ ...browser, proxyServer: route?.server ?? null }, route, deviceName);
    this.life = life;
    try {
      life.starting = life.client.initialize();
      await life.starting;
    } catch (error) {
      if (life.over) throw stoppedWhileStarting();
      if (!life.page) throw new ProviderError('browser_failed', `${browser.found.path} could not be started: ${textOf(error)}`, true);
      throw new ProviderError(whyNotLoaded(textOf(error)), `WhatsApp Web did not load: ${textOf(error)}`, true);
    }
    if (life.over) throw new ProviderError('page_unavailable', 'The session ended while it started.', true);
    life.nudge = setInterval(() => void this.announceMissedSync(life), NUDGE_MS);
  }

  async stop(): Promise<void> {
    const life = this.life;
    this.life = null;
    this.stops++;
    if (!life) return;
    this.finish(life);
    // A browser that is just being launched is closed as soon as it is there; the next one must not meet it on this profile.
    if (!life.browser && life.starting) await endsWithin(this.options.closeGraceMs, life.starting);
    if (life.browser) await closeBrowser(life.browser, this.options.profileDir, this.options.closeGraceMs);
    await life.proxy?.close();
  }

  async logout(): Promise<boolean> {
    const life = this.life;
    if (life) life.over = true;
    const told = await this.call<boolean>('logout').catch((error: unknown) => {
      this.options.logger.warn('WhatsApp could not be told of the logout', { error: textOf(error) });
      return false;
    });
    await this.stop();
    await this.deleteProfile();
    return told;
  }

  async deleteProfile(): Promise<void> {
    await deleteProfile(this.options.profileDir);
  }

  async probe(timeoutMs: number): Promise<PageHealth> {
    return this.call<PageHealth>('health', {}, timeoutMs);
  }

  async usage(maxAgeMs?: number): Promise<BrowserUsage | null> {
    return this.life?.meter?.read(maxAgeMs) ?? null;
  }

  async checkPage(timeoutMs = this.options.callTimeoutMs): Promise<PageCheck> {
    const parts = CONTRACT_PARTS.map(({ module, field }) => [module, field]);
    const { version, missing } = await this.call<{ version: string | null; missing: number[] }>('checkParts', { parts }, timeoutMs);
    return { version, missing: CONTRACT_PARTS.filter((_, index) => missing.includes(index)) };
  }

  async pairingCode(phone: string): Promise<string> {
    return this.call<string>('pairingCode', { phone: phone.replace(/\D/g, '') });
  }

  async refreshQr(): Promise<void> {
    await this.call('refreshQr');
  }

  async catchUp(since: number): Promise<{ found: number; unread: number }> {
    return this.call<{ found: number; unread: number }>('catchUp', { since: Math.floor(since / 1000) });
  }

  async acks(messageIds: readonly string[]): Promise<{ messageId: string; ack: AckLevel }[]> {
    const rows = await this.call<[string, AckLevel][]>('acks', { ids: messageIds });
    return rows.map(([messageId, ack]) => ({ messageId, ack }));
  }

  async listChats(): Promise<ChatRef[]> {
    return decodeChatList(await this.call<string>('listChats'));
  }

  async chatTexts(ids: readonly ChatId[]): Promise<(ChatText | null)[]> {
    const rows = await this.call<(PageChat | null)[]>('chats', { ids });
    return rows.map((row) => row && { json: chatText(row, this.options.withParticipants), isGroup: isGroupChat(row) });
  }

  async send(message: Outbound): Promise<SendResult> {
    const { ackTimeoutMs, callTimeoutMs, logger } = this.options;
    const { life, page } = this.open();
    const file = 'path' in message.content ? await putFile(page, message.content.path, this.limit(life)) : null;
    try {
      const content = file ? { ...message.content, token: file.token, path: undefined } : message.content;
      const deadline = ackTimeoutMs + callTimeoutMs + message.typingMs;
      const sent = await callPage<{ id: string; key: string; ack: AckLevel }>(page, 'send', { ...message, content, ackTimeoutMs }, this.limit(life, deadline));
      if (sent.key !== message.key) logger.error('WhatsApp Web chose another message id than ours: a crash may repeat a message', { expected: message.key, got: sent.key });
      return { messageId: sent.id, ack: sent.ack };
    } finally {
      await file?.remove();
    }
  }

  async downloadMedia<T>(messageId: string, { maxBytes, timeoutMs }: { maxBytes: number; timeoutMs: number }, receive: (file: MessageFile) => Promise<T>): Promise<T> {
    const { life, page } = this.open();
    return downloadFile(page, { messageId, maxBytes, limit: this.limit(life, timeoutMs) }, receive);
  }

  async lookUp(chatId: ChatId, key: string): Promise<LookUp> {
    const found = await this.call<{ found: false } | { found: true; id: string; ack: AckLevel }>('lookUp', { chatId, key });
    return found.found ? { found: true, messageId: found.id, ack: found.ack } : { found: false };
  }

  /** Ends the renderer as a crash does. For the sandbox's controls. */
  async crashPage(): Promise<void> {
    const cdp = await this.open().page.createCDPSession().catch((error: unknown) => {
      throw new ProviderError('page_unavailable', textOf(error), true);
    });
    void cdp.send('Page.crash').catch(() => {});
  }

  /** The page, and the life that it belongs to. */
  private open(): { life: Life; page: Page } {
    const { life } = this;
    if (!life?.page) throw new ProviderError('page_unavailable', 'The session has no page.', true);
    return { life, page: life.page };
  }

  private async call<T>(name: string, args: unknown = {}, deadlineMs = this.options.callTimeoutMs): Promise<T> {
    const { life, page } = this.open();
    return callPage<T>(page, name, args, this.limit(life, deadlineMs));
  }

  private limit(life: Life, deadlineMs = this.options.callTimeoutMs): CallLimit {
    return { deadlineMs, ended: life.ended.signal };
  }

  private newLife(browser: BrowserSettings, proxy: ProxyRoute | null, deviceName: string | null): Life {
    const auth = new ProfileAuth({ pageReady: () => this.attach(life) });
    const client = new wweb.Client({
      authStrategy: auth,
      puppeteer: launchOptions(browser, this.options.profileDir),
      webVersionCache: { type: 'none' },
      userAgent: userAgentOf(browser.found),
      takeoverTimeoutMs: 0,
      ...(deviceName !== null && { deviceName }),
      ...(proxy?.login && { proxyAuthentication: proxy.login }),
      // The library hands it to puppeteer, which takes a script's text too.
      evalOnNewDoc: `${this.options.prelude}\n${pageScript()}` as unknown as () => void,
    });
    const life: Life = { client, page: null, browser: null, meter: null, proxy, ready: false, over: false, nudge: null, starting: null, ended: new AbortController() };
    this.chargeInjection(life);
    keepNoVersion(client);
    const on = (event: string, listener: (...args: never[]) => void): void => void client.on(event, listener as never);
    on('qr', (qr: string) => {
      // When the phone has scanned, WhatsApp Web clears its code, and the library makes a QR of nothing.
      if (!life.over && !/^(undefined|null|),/.test(qr)) this.sink.lifecycle({ kind: 'qr', qr });
    });
    on('authenticated', () => !life.over && this.sink.lifecycle({ kind: 'authenticated' }));
    on('auth_failure', () => this.end(life, 'auth_failure', 'WhatsApp refused the stored pairing'));
    on('disconnected', (reason: string) => this.end(life, ENDINGS[reason] ?? 'page_error', `disconnected: ${reason}`));
    on('change_state', (state: string) => {
      if (life.over) return;
      if (state === 'CONFLICT') this.onConflict(life);
      if (state === 'TIMEOUT') this.sink.lifecycle({ kind: 'connection', state: 'lost' });
      if (state === 'CONNECTED') this.sink.lifecycle({ kind: 'connection', state: 'restored' });
    });
    on('ready', () => void this.announceReady(life));
    return life;
  }

  /**
   * The library injects again on every navigation and leaves a failure there unhandled, which would end the process
   * and every session in it. Here it ends this session's page alone.
   */
  private chargeInjection(life: Life): void {
    const client = life.client as unknown as { inject(): Promise<void> };
    const inject = client.inject.bind(client);
    let first = true;
    client.inject = async () => {
      const initial = first;
      first = false;
      try {
        await inject();
      } catch (error) {
        if (initial) throw error;
        this.end(life, 'page_error', `injection failed: ${textOf(error)}`);
      }
    };
  }

  /** The library tells of a conflict first, and then looks whether it is to take over or to end. */
  private onConflict(life: Life): void {
    const takesOver = this.sink.takesOver?.() ?? false;
    (life.client as unknown as { options: { takeoverOnConflict: boolean } }).options.takeoverOnConflict = takesOver;
    if (takesOver) this.sink.lifecycle({ kind: 'conflict' });
  }

  private async attach(life: Life): Promise<void> {
    const { pupPage, pupBrowser } = life.client as unknown as { pupPage: Page; pupBrowser: Browser };
    life.page = pupPage;
    life.browser = pupBrowser;
    const pid = pupBrowser.process()?.pid;
    if (pid !== undefined) life.meter = new BrowserMeter(pid);
    ignoreLatePipeErrors(pupBrowser);
    chargeListeners(pupPage, (error) => !life.over && this.sink.stray?.(error));
    // The library goes on with a browser that is gone: what then fails is charged to its start, or to its injection.
    if (life.over) return closeBrowser(pupBrowser, this.options.profileDir, this.options.closeGraceMs);
    pupPage.on('error', (error) => this.end(life, 'page_crashed', textOf(error)));
    // A proxy that asks again for who is there does not take what it was told; the page would wait for WhatsApp Web in vain.
    pupPage.on('response', (response) => {
      const status = response.status();
      if (status === PROXY_LOGIN_REQUIRED) this.end(life, 'proxy_failed', 'the proxy did not accept the user name and the password');
      // What such an answer shows is no WhatsApp Web, and must not be taken for one that has changed.
      else if (status >= 400 && response.request().isNavigationRequest() && response.frame() === pupPage.mainFrame()) this.end(life, 'whatsapp_unreachable', `WhatsApp Web answered ${status}`);
    });
    pupBrowser.on('disconnected', () => this.end(life, 'browser_gone', 'the browser process ended'));
    pupPage.on('framenavigated', (frame) => {
      if (frame === pupPage.mainFrame()) life.ready = false;
    });
    await pupPage.exposeFunction('__waBridgeDeliver', (json: string) => this.deliver(life, json));
  }

  /** Answers with the number of the last event that is committed; a rejection makes the page hand over again. */
  private async deliver(life: Life, json: string): Promise<number> {
    if (life.over) throw new Error('closed');
    const batch = JSON.parse(json) as PageBatch;
    const events = decodeBatch(batch, { now: this.options.clock.now(), withParticipants: this.options.withParticipants });
    try {
      await this.sink.events(events, batch.oldestWaiting === null ? null : batch.oldestWaiting * 1000);
    } catch (error) {
      this.options.logger.error('Events could not be stored; the page keeps them and hands them over again', { events: events.length, error: textOf(error) });
      throw error;
    }
    return batch.first + batch.events.length - 1;
  }

  private async announceReady(life: Life): Promise<void> {
    if (life.over || life.ready || !life.page) return;
    life.ready = true;
    try {
      const me = await callPage<{ phone: string | null; lid: string | null; pushname: string | null }>(life.page, 'me', {}, this.limit(life));
      if (!life.over) this.sink.lifecycle({ kind: 'ready', phone: me.phone && phoneFromJid(me.phone), lid: me.lid, pushname: me.pushname });
    } catch (error) {
      this.end(life, 'page_error', textOf(error));
    }
  }

  /** The library waits for a change of `hasSynced` and does not look whether it has been. */
  private async announceMissedSync(life: Life): Promise<void> {
    if (life.over || life.ready || !life.page) return;
    try {
      const health = await callPage<PageHealth & { ready: boolean }>(life.page, 'health', {}, this.limit(life, NUDGE_MS * 4));
      if (health.hasSynced && !health.ready && !life.ready && !life.over) await callPage(life.page, 'announceSynced', {}, this.limit(life, NUDGE_MS * 4));
    } catch {
      // The watchdog judges a page that does not answer.
    }
  }

  private end(life: Life, reason: SessionReason, detail: string): void {
    if (life.over) return;
    this.finish(life);
    this.sink.lifecycle({ kind: 'ended', reason, detail });
  }

  private finish(life: Life): void {
    life.over = true;
    life.ended.abort();
    if (life.nudge) clearInterval(life.nudge);
  }
}

/**
 * The library reads the page's own document for a cache of versions, which is not in use here; when the browser closes meanwhile, it
 * leaves the failure unhandled.
 */
function keepNoVersion(client: wweb.Client): void {
  (client as unknown as { initWebVersionCache(): Promise<void> }).initWebVersionCache = () => Promise.resolve();
}

function whyNotLoaded(error: string): 'proxy_failed' | 'whatsapp_unreachable' | 'page_unavailable' {
  if (/ERR_(PROXY|TUNNEL|SOCKS|INVALID_AUTH)/.test(error)) return 'proxy_failed';
  // A navigation that another one has replaced is aborted, too.
  return /net::ERR_(?!ABORTED)/.test(error) ? 'whatsapp_unreachable' : 'page_unavailable';
}

const stoppedWhileStarting = (): ProviderError => new ProviderError('page_unavailable', 'The session was stopped while it started.', true);

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
