import { sleep } from '../shared/clock.js';
import type { Logger } from '../shared/logger.js';
import { foreignVersion } from './dialect.js';
import type { Db } from './schema.js';

/** How often it is looked whether another process has written something: some microseconds each. */
const EVERY_MS = 500;

/** Tells that another process has committed something to this database. Returns the end of it. */
export function watchForeignCommits(db: Db, changed: () => Promise<void> | void, logger: Logger): () => Promise<void> {
  const ended = new AbortController();
  const watch = async (): Promise<void> => {
    let known: number | null = null;
    while (!ended.signal.aborted) {
      try {
        const version = await foreignVersion(db);
        const isNews = known !== null && version !== known;
        known = version;
        if (isNews) await changed();
      } catch (error) {
        logger.warn('What another process has written could not be looked at; it is tried again', { error });
      }
      await sleep(EVERY_MS, ended.signal);
    }
  };
  const watching = watch();
  return () => {
    ended.abort();
    return watching;
  };
}
