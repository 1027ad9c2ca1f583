type Listener = (...args: unknown[]) => unknown;

/** What a puppeteer page has of an emitter, and its way into the page. */
interface Listened {
  on(event: never, listener: never): unknown;
  off(event: never, listener: never): unknown;
  evaluate(...args: never[]): Promise<unknown>;
}

/**
 * The library adds listeners to its page that are async, and asks the page without waiting for the answer. What fails there is nobody's,
 * and would reach the process as a stray rejection that may be any session's. From here on such listeners report to `onStray`, which is
 * this page's; an answer that nobody waits for is let go.
 */
export function chargeListeners(page: Listened, onStray: (error: unknown) => void): void {
  const on = page.on.bind(page) as (event: string, listener: Listener) => unknown;
  const off = page.off.bind(page) as (event: string, listener?: Listener) => unknown;
  const evaluate = page.evaluate.bind(page) as (...args: unknown[]) => Promise<unknown>;
  const charged = new WeakMap<Listener, Listener>();
  const chargedOf = (listener: Listener): Listener => {
    const known = charged.get(listener);
    if (known) return known;
    const own: Listener = async (...args) => {
      try {
        await listener(...args);
      } catch (error) {
        onStray(error);
      }
    };
    charged.set(listener, own);
    return own;
  };
  Object.assign(page, {
    on: (event: string, listener: Listener) => on(event, chargedOf(listener)),
    off: (event: string, listener?: Listener) => off(event, listener && (charged.get(listener) ?? listener)),
    evaluate: (...args: unknown[]) => {
      const answer = evaluate(...args);
      // Whoever waits for it still gets the rejection.
      answer.catch(() => {});
      return answer;
    },
  });
}
