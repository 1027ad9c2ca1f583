import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Response } from 'express';
import type { RouteAnswer } from '../contracts/route.js';
import { withCharset } from './send-answer.js';

type StreamedAnswer = RouteAnswer & { body: AsyncIterable<string | Buffer> };

export const isStreamedAnswer = (answer: RouteAnswer): answer is StreamedAnswer => typeof answer.body === 'object' && answer.body !== null && Symbol.asyncIterator in answer.body;

/** Sends texts, or the bytes of a file, as they come. What fails before the first of them is answered as any error; later the connection is cut, so that half is not taken for the whole. */
export async function streamAnswer(res: Response, { status, type, headers, body }: StreamedAnswer): Promise<void> {
  const texts = body[Symbol.asyncIterator]();
  const first = await texts.next();
  res.statusCode = status;
  res.setHeader('Cache-Control', 'no-store');
  res.setHeader('Content-Type', withCharset(type ?? 'text/plain'));
  for (const [name, value] of Object.entries(headers ?? {})) res.setHeader(name, value);
  if (res.req.method === 'HEAD') {
    await texts.return?.();
    return void res.end();
  }
  async function* all(): AsyncGenerator<Buffer> {
    try {
      for (let next = first; next.done !== true; next = await texts.next()) yield typeof next.value === 'string' ? Buffer.from(next.value) : next.value;
    } finally {
      await texts.return?.();
    }
  }
  await pipeline(Readable.from(all(), { objectMode: false }), res).catch((error: unknown) => {
    // Whoever hung up needs no answer.
    if ((error as { code?: string }).code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
  });
}
