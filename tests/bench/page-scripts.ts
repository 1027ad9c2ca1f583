/** Scripts of the bench that run in the page, before the library's and ours; the same on every way. */

const MARK = ' @';

/**
 * Stamps each new message with the time at which it came into the page, before the library or the bridge hears of it:
 * its text carries the time through every stage.
 */
const CLOCK = `
  whenThere('WAWebCollections', ({ Msg }) => {
    Msg.on('add', (message) => {
      if (message.isNewMsg && !message.id.fromMe && typeof message.body === 'string') message.body += '${MARK}' + Date.now();
    });
  });`;

/**
 * The simulated page makes the people of a group when somebody first looks at them; the real one has them. Made here, they are nobody's cost.
 * The garbage of the page's own start is taken out, too, so that memory is measured from where it stands still.
 */
const PEOPLE = `
  whenThere('WAWebSocketModel', ({ Socket }) => {
    const timer = setInterval(() => {
      if (!Socket.hasSynced) return;
      clearInterval(timer);
      for (const chat of window.require('WAWebCollections').Chat.getModelsArray()) chat.groupMetadata?.participants;
      setTimeout(() => window.gc?.(), 100);
    }, 5);
  });`;

/** What the browser must be started with for it. */
export const BENCH_FLAGS = ['--js-flags=--expose-gc'];

export const BENCH_SCRIPT = `(() => {
  if (window.top !== window) return;
  const whenThere = (name, use) => {
    const timer = setInterval(() => {
      let found;
      try {
        found = window.require(name);
      } catch {
        return;
      }
      clearInterval(timer);
      use(found);
    }, 5);
  };
  ${CLOCK}
  ${PEOPLE}
})();`;

/** When the message with this text came into the page, in milliseconds since the epoch; null for any other text. */
export function stampOf(body: unknown): number | null {
  const found = typeof body === 'string' ? new RegExp(`${MARK}(\\d{13})$`).exec(body) : null;
  return found ? Number(found[1]) : null;
}
