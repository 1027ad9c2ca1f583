import { describe, expect, test } from '@jest/globals';
import { linesOf, TextError } from '../../../whatsapp-service/shared/text-lines.js';

async function* inPieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield Promise.resolve(bytes.subarray(at, at + size));
}

async function read(text: string | Buffer, size: number, maxLength = 100): Promise<string[]> {
  const lines: string[] = [];
  for await (const lot of linesOf(inPieces(Buffer.from(text as string), size), maxLength)) lines.push(...lot);
  return lines;
}

describe.each([1, 2, 3, 7, 1_000])('in pieces of %i bytes', (size) => {
  test.each([
    ['', []],
    ['a', ['a']],
    ['a\n', ['a']],
    ['a\r\n\r\nb', ['a', '', 'b']],
    ['\n\n', ['', '']],
    ['\ufeffa\nžluťoučký 🐎\n', ['a', 'žluťoučký 🐎']],
    ['a\rb\n', ['a\rb']],
  ])('%j', async (text, lines) => {
    expect(await read(text, size)).toEqual(lines);
  });

  test('a long line and bytes that are no text are told with their line', async () => {
    await expect(read('a\nbb\nccccc\n', size, 4)).rejects.toMatchObject({ line: 3 });
    await expect(read('a\nbb\nccccc', size, 4)).rejects.toBeInstanceOf(TextError);
    await expect(read(Buffer.from([0x61, 0x0a, 0xff, 0x0a]), size)).rejects.toBeInstanceOf(TextError);
    await expect(read(Buffer.from([0x61, 0x0a, 0xf0, 0x9f]), size)).rejects.toMatchObject({ line: 2 });
  });
});
