import type { CDPSession, Page } from 'puppeteer';
import { ProviderError } from '../provider.js';

type ErrorCode = ProviderError['code'];

/** Errors of the page that repeating cannot mend. */
const FINAL: ReadonlySet<string> = new Set<ErrorCode>(['number_not_on_whatsapp', 'chat_not_found', 'group_not_found', 'group_forbidden', 'refused', 'message_not_found', 'message_not_editable', 'media_unavailable', 'media_too_large']);
const KNOWN: ReadonlySet<string> = new Set<ErrorCode>([...(FINAL as Set<ErrorCode>), 'send_failed', 'timeout']);

/** How long a call may take, and what ends it at once: the page is known to be gone. */
export interface CallLimit {
  deadlineMs: number;
  ended: AbortSignal;
}

/**
 * Calls one function of the page bridge. Every call has a limit: a renderer that has crashed or hangs never answers.
 * The text is a plain expression, so that no compiler's helper is needed inside the page.
 */
export async function callPage<T>(page: Page, name: string, args: unknown, limit: CallLimit): Promise<T> {
  const expression = `window.__waBridge.call(${JSON.stringify(name)}, ${JSON.stringify(args ?? {})})`;
  const parsed = JSON.parse(await within(limit, evaluate(page, expression), name)) as { ok: T } | { error: { code: string; message: string } };
  if ('ok' in parsed) return parsed.ok;
  const { code, message } = parsed.error;
  const known = KNOWN.has(code) ? (code as ErrorCode) : 'page_unavailable';
  throw new ProviderError(known, message, !FINAL.has(known));
}

/**
 * Each page's own session of the DevTools protocol for these calls. `page.evaluate` plays a person's gesture with each of them, over the session
 * that hears of everything in the page: node, browser and page together take half as long again for it.
 */
const lines = new WeakMap<Page, Promise<CDPSession>>();

async function lineTo(page: Page): Promise<CDPSession> {
  const known = lines.get(page);
  const line = await (known ?? openLine(page));
  if (!line.detached) return line;
  // Of several callers, the first one opens the next.
  if (lines.get(page) === known) lines.delete(page);
  return lineTo(page);
}

function openLine(page: Page): Promise<CDPSession> {
  const line = page.createCDPSession();
  lines.set(page, line);
  line.catch(() => lines.delete(page));
  return line;
}

/** What an expression comes to, once its promise is kept: a text. */
async function evaluate(page: Page, expression: string): Promise<string> {
  const line = await lineTo(page);
  const { result, exceptionDetails } = await line.send('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true });
  if (exceptionDetails) throw new Error((exceptionDetails.exception?.description ?? exceptionDetails.text).replace(/\n[^]*/, ''));
  return String(result.value);
}

/** Waits for something of the page within a limit. What goes wrong is a `ProviderError`. */
export async function within<T>({ deadlineMs, ended }: CallLimit, work: Promise<T>, name: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  let gone: (() => void) | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new ProviderError('timeout', `The page did not answer ${name} within ${deadlineMs} ms.`, true)), deadlineMs);
    gone = () => reject(new ProviderError('page_unavailable', `The page ended before it answered ${name}.`, true));
    if (ended.aborted) gone();
    else ended.addEventListener('abort', gone);
  });
  try {
    return await Promise.race([work, late]);
  } catch (error) {
    if (error instanceof ProviderError) throw error;
    throw new ProviderError('page_unavailable', error instanceof Error ? error.message : String(error), true);
  } finally {
    clearTimeout(timer);
    if (gone) ended.removeEventListener('abort', gone);
    // The loser of the race must not end the process.
    work.catch(() => {});
  }
}
