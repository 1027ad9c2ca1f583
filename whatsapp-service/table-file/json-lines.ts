import { createReadStream, createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ApiError } from '../contracts/errors.js';
import type { BodyStream } from '../contracts/route.js';
import { newUploadId } from '../shared/ids.js';
import { linesOf, TextError } from '../shared/text-lines.js';

/** A value, and its place in what came: a line, or the number in a list, from 1. */
export interface NumberedValue {
  row: number;
  /** undefined: it is not JSON. */
  value: unknown;
}

const MAX_LINE = 65_536;
/** Of one step, so that others get their turn. */
const LOT = 1_000;

/**
 * NDJSON that is read only once all of it has arrived and its text is sound, so that an upload that is broken off changes nothing.
 * @throws ApiError
 */
export async function withJsonLines<T>(stream: BodyStream, folder: string, use: (rows: AsyncIterable<NumberedValue[]>) => Promise<T>): Promise<T> {
  const path = join(folder, newUploadId());
  try {
    await pipeline(Readable.from(stream.bytes), createWriteStream(path, { mode: 0o600 }));
    await checkText(path);
    return await use(jsonLines(path));
  } finally {
    await rm(path, { force: true });
  }
}

async function checkText(path: string): Promise<void> {
  const lots = linesOf(createReadStream(path), MAX_LINE);
  try {
    for (let lot = await lots.next(); lot.done !== true; lot = await lots.next());
  } catch (error) {
    throw error instanceof TextError ? new ApiError('invalid_request', { fields: [{ field: 'body', message: `line ${error.line} ${error.problem}` }] }) : error;
  }
}

async function* jsonLines(path: string): AsyncGenerator<NumberedValue[]> {
  let row = 0;
  for await (const lines of linesOf(createReadStream(path), MAX_LINE)) {
    const values = lines.flatMap((line): NumberedValue[] => {
      row++;
      return line.trim() === '' ? [] : [{ row, value: parsed(line) }];
    });
    yield* inLots(values);
  }
}

/** A list in steps. */
export function* inLots(values: readonly NumberedValue[]): Generator<NumberedValue[]> {
  for (let from = 0; from < values.length; from += LOT) yield values.slice(from, from + LOT);
}

export async function* numbered(values: readonly unknown[]): AsyncGenerator<NumberedValue[]> {
  yield* inLots(values.map((value, index) => ({ row: index + 1, value })));
  await Promise.resolve();
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch {
    return undefined;
  }
}
