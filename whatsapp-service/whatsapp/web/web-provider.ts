import { join, resolve } from 'node:path';
import type { Config } from '../../config/config.js';
import type { Clock } from '../../shared/clock.js';
import type { SessionId } from '../../shared/ids.js';
import type { Logger } from '../../shared/logger.js';
import { makeFolder } from '../../shared/make-folder.js';
import { StartError } from '../../shared/start-error.js';
import { lockDataDirectory } from '../../storage/dialect.js';
import { ProviderError, type Provider, type ProviderSink } from '../provider.js';
import type { BrowserSettings } from './browser.js';
import { findBrowser } from './find-browser.js';
import { endLeftoversIn } from './profile.js';
import { WebSession } from './web-session.js';

/** How the page is reached: nothing for the real WhatsApp Web, the sandbox's own flags for the simulated one. */
export interface PageSource {
  args: readonly string[];
  disableFeatures: readonly string[];
  prelude(sessionId: string): string;
  /** The flags of a browser with a proxy of this address. */
  argsThrough?(proxyServer: string): readonly string[];
}

export const REAL_WHATSAPP: PageSource = { args: [], disableFeatures: [], prelude: () => '' };

export interface WebProviderOptions {
  config: Config;
  source: PageSource;
  clock: Clock;
  logger: Logger;
}

/** whatsapp-web.js behind the provider port: one browser and one profile a session. */
export class WebProvider implements Provider {
  private readonly sessions = new Map<SessionId, WebSession>();
  private unlock: (() => void) | null = null;

  constructor(private readonly options: WebProviderOptions) {}

  session(id: SessionId, sink: ProviderSink): WebSession {
    const { config, source, clock, logger } = this.options;
    const session = new WebSession(id, sink, {
      profileDir: join(resolve(config.sessionsDir), id),
      browser: (proxyServer) => this.browser(proxyServer),
      prelude: source.prelude(id),
      callTimeoutMs: config.session.callTimeoutMs,
      ackTimeoutMs: config.send.ackTimeoutMs,
      closeGraceMs: Math.min(5_000, config.shutdownTimeoutMs),
      withParticipants: config.groupParticipants === 'full',
      clock,
      logger: logger.child({ session: id }),
    });
    this.sessions.set(id, session);
    return session;
  }

  async crashPage(id: SessionId): Promise<void> {
    await this.sessions.get(id)?.crashPage();
  }

  async open(): Promise<void> {
    const { config, logger } = this.options;
    const folder = resolve(config.sessionsDir);
    makeFolder(folder, 'SESSIONS_DIR');
    // Without it, two services that are given one folder would end each other's browsers as leftovers.
    this.unlock = lockDataDirectory(join(folder, 'service.lock'));
    if (!this.unlock) throw new StartError(`Another bridge works on ${folder}. Stop it first, or give this one its own SESSIONS_DIR.`);
    const ended = await endLeftoversIn(folder);
    if (ended > 0) logger.warn('Browsers of an earlier run were still there and have been ended', { processes: ended });
  }

  close(): void {
    this.unlock?.();
    this.unlock = null;
  }

  private browser(proxyServer: string | null): BrowserSettings {
    const { config, source } = this.options;
    const found = findBrowser(config.browser);
    if (!found) {
      throw new ProviderError('browser_not_found', 'No browser was found. Run `npm run setup`, or set BROWSER_PATH to a Chromium or Chrome.', false);
    }
    const args = (proxyServer !== null && source.argsThrough?.(proxyServer)) || source.args;
    return { found, noSandbox: config.browser.noSandbox, args, disableFeatures: source.disableFeatures, proxyServer };
  }
}
