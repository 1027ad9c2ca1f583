import type { CDPSession, Page } from 'puppeteer';
import { ProviderError, type MessageFile } from '../provider.js';
import { callPage, within, type CallLimit } from './page-calls.js';

/** Bytes of one piece: what of a file is in node's memory at once. */
const PIECE = 1_048_576;

export interface DownloadOptions {
  messageId: string;
  maxBytes: number;
  /** For getting the file into the page, and for each piece of it. */
  limit: CallLimit;
}

/** Hands the file of a message to `receive` in pieces, as the browser reads them (`IO.read`): it never passes the page's own memory as text. */
export async function downloadFile<T>(page: Page, { messageId, maxBytes, limit }: DownloadOptions, receive: (file: MessageFile) => Promise<T>): Promise<T> {
  const facts = await callPage<Omit<MessageFile, 'bytes'>>(page, 'openMedia', { messageId, maxBytes }, limit);
  const cdp = await within(limit, page.createCDPSession(), 'createCDPSession');
  try {
    const { result } = await within(limit, cdp.send('Runtime.evaluate', { expression: 'window.__waBridge.heldFile()' }), 'heldFile');
    if (result.objectId === undefined) throw new ProviderError('page_unavailable', 'The page has let go of the file.', true);
    const { uuid } = await within(limit, cdp.send('IO.resolveBlob', { objectId: result.objectId }), 'resolveBlob');
    return await receive({ ...facts, bytes: pieces(cdp, `blob:${uuid}`, limit) });
  } finally {
    await callPage(page, 'closeMedia', {}, limit).catch(() => {});
    await cdp.detach().catch(() => {});
  }
}

async function* pieces(cdp: CDPSession, handle: string, limit: CallLimit): AsyncGenerator<Buffer> {
  try {
    for (let eof = false; !eof; ) {
      const piece = await within(limit, cdp.send('IO.read', { handle, size: PIECE }), 'read');
      eof = piece.eof;
      if (piece.data !== '') yield Buffer.from(piece.data, piece.base64Encoded ? 'base64' : 'utf8');
    }
  } finally {
    await cdp.send('IO.close', { handle }).catch(() => {});
  }
}
