/**
 * Stamps each new message with the time at which it came into the page, before the library or the bridge hears of it:
 * its text carries the time through every stage, on both ways alike.
 */
const MARK = ' @';

export const PAGE_CLOCK = `(() => {
  if (window.top !== window) return;
  const timer = setInterval(() => {
    let messages;
    try {
      messages = window.require('WAWebCollections').Msg;
    } catch {
      return;
    }
    clearInterval(timer);
    messages.on('add', (message) => {
      if (message.isNewMsg && typeof message.body === 'string') message.body += '${MARK}' + Date.now();
    });
  }, 5);
})();`;

/** When the message with this text came into the page, in milliseconds since the epoch; null for any other text. */
export function stampOf(body: unknown): number | null {
  const found = typeof body === 'string' ? new RegExp(`${MARK}(\\d{13})$`).exec(body) : null;
  return found ? Number(found[1]) : null;
}
