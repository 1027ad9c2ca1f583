import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { describe, expect, test } from '@jest/globals';
import { OpenStream, SealStream, type SealError } from '../../../whatsapp-service/shared/sealed-stream.js';

const SECRET = 'a-secret-that-is-only-for-this-test-0123456789';
const CHUNK = 256 * 1024;

async function through(bytes: Buffer, stream: SealStream | OpenStream, pieces: number): Promise<Buffer> {
  const out: Buffer[] = [];
  const parts: Buffer[] = [];
  for (let from = 0; from < bytes.length; from += pieces) parts.push(bytes.subarray(from, from + pieces));
  await pipeline(Readable.from(parts), stream, async (source) => {
    for await (const chunk of source) out.push(chunk as Buffer);
  });
  return Buffer.concat(out);
}
const sealed = (plain: Buffer, pieces = 10_000): Promise<Buffer> => through(plain, new SealStream(SECRET, { session_id: 'sales' }), pieces);
const opened = (bytes: Buffer, secret = SECRET, pieces = 10_000): Promise<Buffer> => through(bytes, new OpenStream(secret), pieces);
const fault = (bytes: Buffer, secret = SECRET): Promise<string> => opened(bytes, secret).then(() => 'none', (error: unknown) => (error as SealError).code);

/** The places where the frames begin. */
function frames(bytes: Buffer): number[] {
  const places: number[] = [];
  for (let at = 13 + bytes.readUInt32BE(9); at < bytes.length; at += 4 + (bytes.readUInt32BE(at) & 0x7fff_ffff) + 16) places.push(at);
  return places;
}

describe('a sealed stream', () => {
  test.each([0, 1, 31, 32, 33, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 3 * CHUNK + 12_345])('gives back %d bytes as they were, however they are cut', async (size) => {
    const plain = randomBytes(size);
    const file = await sealed(plain, 70_001);
    for (const pieces of size < 100 ? [1, 7, 1e6] : [4_099, CHUNK, 1e7]) expect((await opened(file, SECRET, pieces)).equals(plain)).toBe(true);
  });

  test('shows nothing of what is in it, and is another one each time', async () => {
    const plain = Buffer.from('rahasia '.repeat(1_000));
    const [one, other] = [await sealed(plain), await sealed(plain)];
    expect(one.includes('rahasia')).toBe(false);
    expect(one.includes('sales')).toBe(true);
    expect(one.subarray(frames(one)[0]).equals(other.subarray(frames(other)[0]))).toBe(false);
  });

  test('does not open with another key', async () => {
    expect(await fault(await sealed(randomBytes(1_000)), 'another-secret-0123456789-0123456789')).toBe('wrong_key');
  });

  test('notices a changed bit wherever it is', async () => {
    const file = await sealed(randomBytes(2 * CHUNK + 500));
    const [first = 0, , last = 0] = frames(file);
    const places = [0, 8, 10, 20, 60, first - 1, first, first + 2, first + 5, first + 5_000, last, last + 4, file.length - 17, file.length - 1];
    for (const place of places) {
      const changed = Buffer.from(file);
      changed[place] = (changed[place] ?? 0) ^ 1;
      expect([place, await fault(changed)]).toEqual([place, expect.stringMatching(/^(not_a_backup|newer_version|wrong_key|damaged|truncated)$/)]);
    }
  });

  test('notices what is cut off, put behind, left out or moved', async () => {
    const file = await sealed(randomBytes(3 * CHUNK + 500));
    const places = frames(file);
    const [first = 0, second = 0, third = 0] = places;
    for (const length of [0, 5, 12, 13, 40]) expect([length, await fault(file.subarray(0, length))]).toEqual([length, length < 13 ? 'not_a_backup' : 'truncated']);
    for (const length of [first, first + 3, second, third, places.at(-1) ?? 0, file.length - 1]) expect([length, await fault(file.subarray(0, length))]).toEqual([length, 'truncated']);
    expect(await fault(Buffer.concat([file, Buffer.from('x')]))).toBe('damaged');
    expect(await fault(Buffer.concat([file.subarray(0, first), file.subarray(second)]))).toBe('damaged');
    expect(await fault(Buffer.concat([file.subarray(0, first), file.subarray(second, third), file.subarray(first, second), file.subarray(third)]))).toBe('damaged');
  });

  test('is told from other files', async () => {
    expect(await fault(randomBytes(10_000))).toBe('not_a_backup');
    const newer = await sealed(Buffer.from('x'));
    newer[8] = 2;
    expect(await fault(newer)).toBe('newer_version');
  });
});
