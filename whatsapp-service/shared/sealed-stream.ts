import { createCipheriv, createDecipheriv, createHash, createHmac, randomBytes, scryptSync, timingSafeEqual } from 'node:crypto';
import { Transform, type TransformCallback } from 'node:stream';

/**
 * A stream that nobody can read or change without its secret, for files that leave the machine:
 *
 *     "WABRIDGE"  version (1 byte)  header length (4)  header (JSON)  frames…
 *     frame: length of the ciphertext, its highest bit set in the last one (4)  ciphertext  tag (16)
 *
 * AES-256-GCM; the key comes from the secret and the header's salt (scrypt), a frame's nonce is its number. Every frame is bound to the
 * header, to its place and to being the last or not, so that nothing can be left out, moved or put in. The last 32 bytes of the plaintext are
 * the SHA-256 of what comes before. Numbers are big-endian.
 */
const MAGIC = Buffer.from('WABRIDGE');
const VERSION = 1;
const CIPHER = 'aes-256-gcm';
const TAG_BYTES = 16;
const HASH_BYTES = 32;
const CHUNK_BYTES = 256 * 1024;
const LAST = 0x8000_0000;
const MAX_HEADER_BYTES = 64 * 1024;
const PREFIX_BYTES = MAGIC.length + 1 + 4;

export type SealFault = 'not_a_backup' | 'newer_version' | 'wrong_key' | 'damaged' | 'truncated';

const SENTENCES: Record<SealFault, string> = {
  not_a_backup: 'This is no backup of a session.',
  newer_version: 'This backup was made by a newer version of the bridge. Update this one first.',
  wrong_key: 'SESSION_BACKUP_KEY is not the key that this backup was made with.',
  damaged: 'This backup was damaged or changed. Use another copy of it.',
  truncated: 'This backup ends too early. Use another copy of it.',
};

export class SealError extends Error {
  constructor(readonly code: SealFault) {
    super(SENTENCES[code]);
    this.name = 'SealError';
  }
}

const keyOf = (secret: string, salt: string): Buffer => scryptSync(secret, Buffer.from(salt, 'base64url'), 32);
/** Tells a wrong key from a damaged file, and nothing else about the key. */
const proofOf = (key: Buffer): string => createHmac('sha256', key).update('the key of this file').digest('base64url');

/** One frame's cipher: for this place, this header, and this being the last or not. */
function nonceOf(number: number, isLast: boolean): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeUInt32BE(number, 7);
  nonce[11] = isLast ? 1 : 0;
  return nonce;
}

/** What goes in is sealed; `facts` stand readable, but unchangeable, in the header. */
export class SealStream extends Transform {
  private readonly key: Buffer;
  private readonly header: Buffer;
  private readonly hash = createHash('sha256');
  private waiting: Buffer[] = [];
  private waitingBytes = 0;
  private frames = 0;

  constructor(secret: string, facts: Record<string, unknown>) {
    super();
    const salt = randomBytes(16).toString('base64url');
    this.key = keyOf(secret, salt);
    const json = Buffer.from(JSON.stringify({ ...facts, salt, proof: proofOf(this.key) }));
    const prefix = Buffer.alloc(PREFIX_BYTES);
    MAGIC.copy(prefix);
    prefix[MAGIC.length] = VERSION;
    prefix.writeUInt32BE(json.length, MAGIC.length + 1);
    this.header = Buffer.concat([prefix, json]);
    this.push(this.header);
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.hash.update(chunk);
    this.waiting.push(chunk);
    this.waitingBytes += chunk.length;
    if (this.waitingBytes > CHUNK_BYTES) {
      const all = Buffer.concat(this.waiting);
      let from = 0;
      for (; all.length - from > CHUNK_BYTES; from += CHUNK_BYTES) this.frame(all.subarray(from, from + CHUNK_BYTES), false);
      this.waiting = [all.subarray(from)];
      this.waitingBytes = all.length - from;
    }
    done();
  }

  override _flush(done: TransformCallback): void {
    this.frame(Buffer.concat([...this.waiting, this.hash.digest()]), true);
    done();
  }

  private frame(plain: Buffer, isLast: boolean): void {
    const cipher = createCipheriv(CIPHER, this.key, nonceOf(this.frames++, isLast)).setAAD(this.header);
    const sealed = Buffer.concat([cipher.update(plain), cipher.final()]);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(isLast ? (LAST | sealed.length) >>> 0 : sealed.length);
    this.push(Buffer.concat([length, sealed, cipher.getAuthTag()]));
  }
}

/** What comes out is as it went in; anything else is a `SealError`, and ends the stream. */
export class OpenStream extends Transform {
  private key: Buffer | null = null;
  private header: Buffer = Buffer.alloc(0);
  private readonly hash = createHash('sha256');
  private held: Buffer = Buffer.alloc(0);
  /** The newest plaintext: its end may be the hash. */
  private tail: Buffer = Buffer.alloc(0);
  private frames = 0;
  private isOver = false;

  constructor(private readonly secret: string) {
    super();
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    try {
      this.held = Buffer.concat([this.held, chunk]);
      if (this.key || this.readHeader()) while (this.readFrame());
      done();
    } catch (error) {
      done(error as Error);
    }
  }

  override _flush(done: TransformCallback): void {
    done(this.isOver ? null : new SealError(this.held.length < PREFIX_BYTES && !this.key ? 'not_a_backup' : 'truncated'));
  }

  private readHeader(): boolean {
    if (this.held.length < PREFIX_BYTES) return false;
    if (!this.held.subarray(0, MAGIC.length).equals(MAGIC)) throw new SealError('not_a_backup');
    if (this.held[MAGIC.length] !== VERSION) throw new SealError('newer_version');
    const length = this.held.readUInt32BE(MAGIC.length + 1);
    if (length > MAX_HEADER_BYTES) throw new SealError('damaged');
    if (this.held.length < PREFIX_BYTES + length) return false;
    this.header = this.cut(PREFIX_BYTES + length);
    const { salt, proof } = parseHeader(this.header.subarray(PREFIX_BYTES));
    const key = keyOf(this.secret, salt);
    const [expected, given] = [proofOf(key), proof].map((text) => Buffer.from(text));
    if (!expected || !given || expected.length !== given.length || !timingSafeEqual(expected, given)) throw new SealError('wrong_key');
    this.key = key;
    return true;
  }

  private readFrame(): boolean {
    if (!this.key || this.held.length === 0) return false;
    if (this.isOver) throw new SealError('damaged');
    if (this.held.length < 4) return false;
    const word = this.held.readUInt32BE(0);
    const isLast = word >= LAST;
    const length = isLast ? word - LAST : word;
    if (length > CHUNK_BYTES + HASH_BYTES) throw new SealError('damaged');
    if (this.held.length < 4 + length + TAG_BYTES) return false;
    const frame = this.cut(4 + length + TAG_BYTES).subarray(4);
    this.give(this.open(this.key, frame, isLast), isLast);
    return true;
  }

  private open(key: Buffer, frame: Buffer, isLast: boolean): Buffer {
    try {
      const decipher = createDecipheriv(CIPHER, key, nonceOf(this.frames++, isLast)).setAAD(this.header).setAuthTag(frame.subarray(-TAG_BYTES));
      return Buffer.concat([decipher.update(frame.subarray(0, -TAG_BYTES)), decipher.final()]);
    } catch {
      throw new SealError('damaged');
    }
  }

  private give(plain: Buffer, isLast: boolean): void {
    const all = Buffer.concat([this.tail, plain]);
    if (all.length < HASH_BYTES) {
      if (isLast) throw new SealError('damaged');
      this.tail = all;
      return;
    }
    const body = all.subarray(0, -HASH_BYTES);
    this.tail = all.subarray(-HASH_BYTES);
    this.hash.update(body);
    this.push(body);
    if (!isLast) return;
    if (!this.hash.digest().equals(this.tail)) throw new SealError('damaged');
    this.isOver = true;
  }

  private cut(bytes: number): Buffer {
    const taken = this.held.subarray(0, bytes);
    this.held = this.held.subarray(bytes);
    return taken;
  }
}

function parseHeader(json: Buffer): { salt: string; proof: string } {
  try {
    const { salt, proof } = JSON.parse(json.toString('utf8')) as { salt: unknown; proof: unknown };
    if (typeof salt === 'string' && typeof proof === 'string') return { salt, proof };
  } catch {
    // Below.
  }
  throw new SealError('damaged');
}
