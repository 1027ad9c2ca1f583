import { randomUUID } from 'node:crypto';
import type { Page } from 'puppeteer';
import { callPage, within, type CallLimit } from './page-calls.js';

interface FileInput {
  uploadFile(path: string): Promise<void>;
}

/**
 * Hands a file to the page by its path: the browser opens it itself (`DOM.setFileInputFiles`), so that its bytes pass neither node's heap
 * nor the pipe. The page finds it under `token` until `remove()`.
 */
export async function putFile(page: Page, path: string, limit: CallLimit): Promise<{ token: string; remove(): Promise<void> }> {
  const token = randomUUID();
  const handle = await within(limit, page.evaluateHandle(`window.__waBridge.fileInput(${JSON.stringify(token)})`), 'fileInput');
  await within(limit, (handle as unknown as FileInput).uploadFile(path), 'uploadFile');
  void handle.dispose().catch(() => {});
  return {
    token,
    // A page that is gone has forgotten it anyway.
    remove: () => callPage<unknown>(page, 'dropFile', { token }, limit).then(
        () => undefined,
        () => undefined,
      ),
  };
}
