import type { SessionReason } from '../../contracts/states.js';
import { ProviderError } from '../../whatsapp/provider.js';

/** What a row says of a session that no phone is linked to. */
export const UNPAIRED = { paired: 0, phone: null, lid: null, pushname: null, inbound_mark: null } as const;

/** The provider's own words for what is wrong with a start, where they are reasons of a session, too. */
const START_REASONS: Partial<Record<ProviderError['code'], SessionReason>> = {
  browser_not_found: 'browser_not_found',
  browser_failed: 'browser_failed',
  profile_refused: 'profile_refused',
  proxy_failed: 'proxy_failed',
  whatsapp_unreachable: 'whatsapp_unreachable',
};

/** Why a start has failed. */
export const reasonOf = (error: unknown): SessionReason => (error instanceof ProviderError ? START_REASONS[error.code] : undefined) ?? 'page_error';

/** The pairing ends with it: there is nothing left to come back to. */
export const endsPairing = (reason: SessionReason): boolean => reason === 'logged_out' || reason === 'auth_failure';

export const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
