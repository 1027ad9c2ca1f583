import { randomUUID } from 'node:crypto';
import type { Page } from 'puppeteer';
import { ProviderError } from '../provider.js';
import { callPage } from './page-calls.js';

interface FileInput {
  uploadFile(path: string): Promise<void>;
}

/** Milliseconds for what the page does with a file besides sending it. */
const DEADLINE_MS = 10_000;

/**
 * Hands a file to the page by its path: the browser opens it itself (`DOM.setFileInputFiles`), so that its bytes pass neither node's heap
 * nor the pipe. The page finds it under `token` until `remove()`.
 */
export async function putFile(page: Page, path: string): Promise<{ token: string; remove(): Promise<void> }> {
  const token = randomUUID();
  try {
    const handle = await page.evaluateHandle(`window.__waBridge.fileInput(${JSON.stringify(token)})`);
    await (handle as unknown as FileInput).uploadFile(path);
    await handle.dispose();
  } catch (error) {
    throw new ProviderError('page_unavailable', `The file could not be handed to the page: ${error instanceof Error ? error.message : String(error)}`, true);
  }
  return {
    token,
    // A page that is gone has forgotten it anyway.
    remove: () => callPage<unknown>(page, 'dropFile', { token }, DEADLINE_MS).then(
        () => undefined,
        () => undefined,
      ),
  };
}
