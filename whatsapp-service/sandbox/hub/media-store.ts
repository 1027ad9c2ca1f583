import { createCipheriv, createHash, randomBytes } from 'node:crypto';
import { createWriteStream, mkdirSync, createReadStream } from 'node:fs';
import { rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { SandboxError } from '../hub-contract.js';
import type { HubDatabase } from './database.js';

export interface StoredMedia {
  path: string;
  mimetype: string;
  size: number;
  /** Base64 SHA-256 of the bytes. */
  filehash: string;
}

interface MediaRow {
  path: string;
  mimetype: string;
  size: number;
  file: string | null;
  missing: number;
}

/** Where the page finds media; WhatsApp calls it `directPath`. */
export const MEDIA_PREFIX = '/v/';
const CHUNK = 1 << 20;
const MAX_SIZE = 2 ** 31;

/** Files that can be looked at begin with a picture; the bytes after it are ignored by whoever draws it. */
const PICTURES: Record<string, Buffer> = {
  'image/png': Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64'),
  'image/gif': Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64'),
  'image/webp': Buffer.from('UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA==', 'base64'),
  'image/jpeg': Buffer.from('/9j/2wBDAAMCAgICAgMCAgIDAwMDBAYEBAQEBAgGBgUGCQgKCgkICQkKDA8MCgsOCwkJDRENDg8QEBEQCgwSExIQEw8QEBD/yQALCAABAAEBAREA/8wABgAQEAX/2gAIAQEAAD8A0s8g/9k=', 'base64'),
};

/** The bytes of a file, always the same for the same path, type and size. */
export function* mediaBytes(path: string, mimetype: string, size: number): Generator<Buffer> {
  const head = (PICTURES[mimetype] ?? Buffer.alloc(0)).subarray(0, size);
  if (head.length > 0) yield head;
  const cipher = createCipheriv('aes-128-ctr', createHash('md5').update(path).digest(), Buffer.alloc(16));
  for (let left = size - head.length; left > 0; left -= CHUNK) yield cipher.update(Buffer.alloc(Math.min(CHUNK, left)));
}

/** Media that came in is computed when it is asked for; media that the page uploads is kept in `<dataDir>/media`. */
export class MediaStore {
  readonly #db: HubDatabase;
  readonly #dir: string;

  constructor(db: HubDatabase, dataDir: string) {
    this.#db = db;
    this.#dir = join(dataDir, 'media');
    mkdirSync(this.#dir, { recursive: true });
  }

  /** A file that somebody sent to the account. */
  generate(mimetype: string, size: number, missing: boolean): StoredMedia {
    if (!Number.isInteger(size) || size < 0 || size > MAX_SIZE) throw new SandboxError('invalid', 'The size of a medium is 0 to 2 GiB.');
    const path = `${MEDIA_PREFIX}${randomBytes(16).toString('hex')}`;
    const hash = createHash('sha256');
    for (const chunk of mediaBytes(path, mimetype, size)) hash.update(chunk);
    this.#db.run('INSERT INTO media (path, mimetype, size, missing) VALUES (?, ?, ?, ?)', path, mimetype, size, missing ? 1 : 0);
    return { path, mimetype, size, filehash: hash.digest('base64') };
  }

  /** A file that the page uploads. */
  async receive(mimetype: string, bytes: Readable): Promise<StoredMedia> {
    const name = randomBytes(16).toString('hex');
    const part = join(this.#dir, `${name}.part`);
    const hash = createHash('sha256');
    let size = 0;
    const measure = new Transform({
      transform(chunk: Buffer, _encoding, done): void {
        hash.update(chunk);
        size += chunk.length;
        done(null, chunk);
      },
    });
    try {
      await pipeline(bytes, measure, createWriteStream(part));
      await rename(part, join(this.#dir, name));
    } catch (error) {
      await unlink(part).catch(() => undefined);
      throw error;
    }
    const path = `${MEDIA_PREFIX}${name}`;
    this.#db.run('INSERT INTO media (path, mimetype, size, file) VALUES (?, ?, ?, ?)', path, mimetype, size, name);
    return { path, mimetype, size, filehash: hash.digest('base64') };
  }

  /** Null when there is no such file, or no longer. */
  open(path: string): { size: number; bytes: Readable } | null {
    const row = this.#db.get<MediaRow>('SELECT * FROM media WHERE path = ?', path);
    if (!row || row.missing === 1) return null;
    const bytes = row.file === null ? Readable.from(mediaBytes(path, row.mimetype, row.size), { objectMode: false }) : createReadStream(join(this.#dir, row.file));
    return { size: row.size, bytes };
  }
}
