import { ApiError, invalidField } from '../../contracts/errors.js';
import type { BodyStream } from '../../contracts/route.js';
import { linesOf, TextError } from '../../shared/text-lines.js';
import { csvRows, MOST_ROW } from './csv-recipients.js';
import { JsonRecipients } from './json-recipients.js';
import type { Lot } from './recipient-input.js';

export const NDJSON = 'application/x-ndjson';
export const CSV = 'text/csv';
export const JSON_TYPE = 'application/json';

/** Recipients in a text that has nothing else in it. @throws ApiError */
export function rowsOf({ type, bytes }: Pick<BodyStream, 'type' | 'bytes'>): AsyncGenerator<Lot> {
  if (type === NDJSON) return clearly(ndjsonRows(bytes));
  if (type === CSV) return clearly(csvRows(bytes));
  throw new ApiError('unsupported_media_type');
}

/** A blast and its recipients in one text: first the blast, as JSON, and then the rows. */
export interface BlastText {
  head: unknown;
  lots: AsyncGenerator<Lot>;
}

/** Resolves as soon as the blast itself is there. @throws ApiError */
export async function blastOf({ type, bytes }: Pick<BodyStream, 'type' | 'bytes'>): Promise<BlastText> {
  let head: unknown;
  const keep = (body: unknown): void => {
    head = body;
  };
  const rows = type === NDJSON ? clearly(ndjsonRows(bytes, keep)) : type === JSON_TYPE ? clearly(jsonRows(bytes, keep)) : null;
  if (!rows) throw new ApiError('unsupported_media_type');
  const first = await rows.next();
  return { head, lots: beginningWith(first, rows) };
}

async function* beginningWith(first: IteratorResult<Lot>, rest: AsyncGenerator<Lot>): AsyncGenerator<Lot> {
  if (first.done !== true) yield first.value;
  yield* rest;
}

async function* clearly(lots: AsyncGenerator<Lot>): AsyncGenerator<Lot> {
  try {
    yield* lots;
  } catch (error) {
    throw error instanceof TextError ? invalidField('body', `line ${error.line} ${error.problem}`) : error;
  }
}

async function* ndjsonRows(bytes: AsyncIterable<Buffer>, header?: (body: unknown) => void): AsyncGenerator<Lot> {
  let line = 0;
  let begun = header === undefined;
  /** The lot of the head is told even without rows: they may be long in coming. */
  let isFirst = false;
  for await (const lines of linesOf(bytes, MOST_ROW)) {
    const lot: { rows: number[]; texts: string[] } = { rows: [], texts: [] };
    for (const text of lines) {
      line++;
      if (text === '' || text.trim() === '') continue;
      if (begun) {
        lot.rows.push(line);
        lot.texts.push(text);
      } else {
        begun = true;
        const body = parseLine(text);
        if (body === undefined) throw invalidField('body', `line ${line} is not the JSON of the blast itself`);
        header?.(body);
        isFirst = true;
      }
    }
    if (lot.rows.length > 0 || isFirst) yield { rows: lot.rows, values: parseLines(lot.texts) };
    isFirst = false;
  }
  if (!begun) throw invalidField('body', 'is empty; its first line is the blast itself, each further one a recipient');
}

/** Many at once, unless one of them is wrong. */
function parseLines(texts: readonly string[]): unknown[] {
  try {
    const values = JSON.parse(`[${texts.join(',')}]`) as unknown[];
    // `1,2` on one line would be two.
    if (values.length === texts.length) return values;
  } catch {
    // It is found below.
  }
  return texts.map(parseLine);
}

function parseLine(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

async function* jsonRows(bytes: AsyncIterable<Buffer>, header: (body: unknown) => void): AsyncGenerator<Lot> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const decode = (chunk?: Buffer): string => {
    try {
      return decoder.decode(chunk, { stream: chunk !== undefined });
    } catch {
      throw new ApiError('invalid_json');
    }
  };
  const json = new JsonRecipients();
  let begun = false;
  let row = 0;
  for await (const chunk of bytes) {
    const values = json.feed(decode(chunk));
    const isFirst = !begun && json.header !== null;
    if (isFirst) {
      begun = true;
      header(json.header);
    }
    if (values.length > 0 || isFirst) yield { rows: values.map(() => ++row), values };
  }
  json.feed(decode());
  json.end();
}
