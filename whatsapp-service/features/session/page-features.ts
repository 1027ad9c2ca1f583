import type { Logger } from '../../shared/logger.js';
import type { PageCheck } from '../../whatsapp/provider.js';

export interface PageFeatures {
  /** What does not work with the page as it is, in the words of the API's `features_off`. */
  off: readonly string[];
  /** The same for people, with what the page lacks. */
  detail: string | null;
  /** Without this nothing works. */
  isUnusable: boolean;
}

export const NOTHING_MISSING: PageFeatures = { off: [], detail: null, isUnusable: false };

/** What a look at the page means. */
export function checkedPage({ version, missing }: PageCheck, logger: Logger): PageFeatures {
  if (missing.length === 0) return NOTHING_MISSING;
  const off = [...new Set(missing.map(({ feature }) => feature))].sort();
  const lacking = missing.map(({ module, field }) => (field === null ? module : `${module}.${field}`));
  const detail = `off: ${off.join(', ')}; the page lacks ${[...new Set(lacking)].join(', ')}`;
  logger.error('WhatsApp Web has changed: a part of it that is used is gone', { whatsapp_web: version, features_off: off, missing: lacking });
  return { off, detail, isUnusable: missing.some(({ essential }) => essential) };
}
