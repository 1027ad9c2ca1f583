import type { Logger } from '../../shared/logger.js';
import type { ProviderSession } from '../../whatsapp/provider.js';

/** A catch-up looks back a little further than the newest committed message: chats do not commit in step. */
export const CATCH_UP_MARGIN_MS = 10 * 60_000;

/** Looks for what came while nobody listened. `mark`: up to where messages are committed; null: a new pairing, whose history begins now. */
export async function catchUp(page: ProviderSession, mark: number | null, now: number, logger: Logger): Promise<void> {
  try {
    const { found, unread } = await page.catchUp(mark === null ? now : mark - CATCH_UP_MARGIN_MS);
    if (found > 0) logger.info('Looked for messages that came while the session was away', { candidates: found });
    if (unread > 0) logger.error('Some chats could not be searched for messages that came while the session was away: look at the phone', { chats: unread });
  } catch (error) {
    // The page goes on by itself and hands over what it finds; where it is gone, the next start looks again.
    logger.warn('The search for messages that came while the session was away did not end in time', { error });
  }
}
