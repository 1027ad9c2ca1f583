/** Text that cannot be read as lines. `line` counts from 1. */
export class TextError extends Error {
  constructor(
    readonly line: number,
    /** Completes "line 12 …". */
    readonly problem: string,
  ) {
    super(`Line ${line} ${problem}.`);
    this.name = 'TextError';
  }
}

/**
 * The lines of UTF-8 text while it comes, in lots: all that ended with the same chunk. Empty lines are there, so that numbers can be told;
 * a byte order mark and the ends of lines are not.
 * @throws TextError for bytes that are not UTF-8, and for a line of more than `maxLength` characters.
 */
export async function* linesOf(bytes: AsyncIterable<Uint8Array>, maxLength: number): AsyncGenerator<string[]> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let open = '';
  let ended = 0;
  const decode = (chunk?: Uint8Array): string => {
    try {
      return decoder.decode(chunk, { stream: chunk !== undefined });
    } catch {
      throw new TextError(ended + 1, 'or one shortly after it is not in UTF-8');
    }
  };

  for await (const chunk of bytes) {
    const lines = (open + decode(chunk)).split('\n');
    open = lines.pop() ?? '';
    if (open.length > maxLength) throw new TextError(ended + lines.length + 1, `is longer than ${maxLength} characters`);
    for (let index = 0; index < lines.length; index++) {
      const line = lines[index] ?? '';
      if (line.length > maxLength) throw new TextError(ended + index + 1, `is longer than ${maxLength} characters`);
      if (line.endsWith('\r')) lines[index] = line.slice(0, -1);
    }
    ended += lines.length;
    if (lines.length > 0) yield lines;
  }
  open += decode();
  if (open !== '') yield [open.replace(/\r$/, '')];
}
