import wweb from 'whatsapp-web.js';

interface Hooks {
  /** The page exists and has not been navigated: the one moment to expose functions to it. */
  pageReady(): Promise<void>;
}

/**
 * whatsapp-web.js's extension point for where a pairing is kept. Ours is in the browser's profile, which puppeteer is given
 * directly; the library's own LocalAuth deletes a profile while its browser still runs.
 */
export class ProfileAuth extends wweb.NoAuth {
  override readonly afterBrowserInitialized: () => Promise<void>;

  constructor(hooks: Hooks) {
    super();
    this.afterBrowserInitialized = () => hooks.pageReady();
  }
}
