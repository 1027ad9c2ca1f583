import { ApiError, type ErrorCode } from '../contracts/errors.js';
import type { Logger } from '../shared/logger.js';
import { ProviderError } from './provider.js';

/** What the provider's errors are for a caller of the API. Those that are not here are faults of the page. */
const ANSWERS: Partial<Record<ProviderError['code'], ErrorCode>> = {
  chat_not_found: 'chat_not_found',
  group_not_found: 'group_not_found',
  group_forbidden: 'group_forbidden',
  number_not_on_whatsapp: 'contact_not_found',
  refused: 'whatsapp_refused',
};

/**
 * Waits for the provider on behalf of a caller who is to see why it failed. A fault of the page becomes `session_unavailable`, and is
 * logged: a module that WhatsApp has renamed would otherwise look like a slow page for ever. `details` goes to the caller with it.
 */
export async function answered<T>(work: Promise<T>, logger: Logger, details?: Record<string, unknown>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    const known = ANSWERS[error.code];
    if (known) throw new ApiError(known);
    logger.warn('A page did not answer what the API asked', { error });
    throw new ApiError('session_unavailable', details);
  }
}
