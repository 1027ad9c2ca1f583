import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { chmod, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Transform, Writable, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ApiError } from '../../contracts/errors.js';
import type { MediaId } from '../../shared/ids.js';
import { readBytes } from '../../shared/read-buffers.js';

export interface WrittenFile {
  path: string;
  /** Bytes. */
  size: number;
  /** Hexadecimal. */
  sha256: string;
}

/**
 * A folder of files: each has its id for its name, so that nothing that a caller writes becomes a path.
 * What is not whole yet is under `tmp/`.
 */
export class MediaFiles {
  /** Where uploads go while they arrive; on the same disk, so that keeping one is a rename. */
  readonly uploadFolder: string;

  constructor(private readonly folder: string) {
    this.uploadFolder = join(folder, 'tmp');
  }

  async open(): Promise<void> {
    for (const folder of [this.folder, this.uploadFolder]) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      // It may be there from before, or the umask may have had its say.
      await chmod(folder, 0o700);
    }
  }

  pathOf(id: MediaId): string {
    return join(this.folder, id);
  }

  /** Where a file is written before it is whole. */
  draftOf(id: MediaId): string {
    return join(this.uploadFolder, id);
  }

  /** Writes what comes, counting and hashing on the way. @throws ApiError `media_too_large` as soon as it is. */
  async write(path: string, source: Readable | AsyncIterable<Buffer>, limitBytes: number): Promise<WrittenFile> {
    const hash = createHash('sha256');
    let size = 0;
    const meter = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        size += chunk.length;
        if (size > limitBytes) return done(tooLarge(limitBytes));
        hash.update(chunk);
        readBytes(chunk.length);
        done(null, chunk);
      },
    });
    const file = createWriteStream(path, { flags: 'wx', mode: 0o600 });
    try {
      await pipeline(source, meter, file);
    } catch (error) {
      // A source that failed at once may have been faster than the opening: the file would come after its removal.
      if (!file.closed) await new Promise<void>((resolve) => file.once('close', () => resolve()));
      throw error;
    }
    return { path, size, sha256: hash.digest('hex') };
  }

  /** Makes a whole file the one of this id. It is on disk, under its name, when this resolves. */
  async keep(path: string, id: MediaId): Promise<void> {
    await chmod(path, 0o600);
    await sync(path);
    await rename(path, this.pathOf(id));
    await sync(this.folder);
  }

  /** It may be gone already. */
  remove(path: string): Promise<void> {
    return rm(path, { force: true });
  }

  /** Names of the whole files. */
  async list(): Promise<string[]> {
    const entries = await readdir(this.folder, { withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
  }

  /** Removes drafts and uploads that have not changed since `before`, milliseconds since the epoch. */
  async removeDrafts(before: number, isUnderWay: (name: string) => boolean): Promise<number> {
    let removed = 0;
    for (const name of await readdir(this.uploadFolder)) {
      const path = join(this.uploadFolder, name);
      if (isUnderWay(name)) continue;
      const changedAt = await stat(path).then(
        ({ mtimeMs }) => mtimeMs,
        () => Infinity,
      );
      if (changedAt > before) continue;
      await rm(path, { recursive: true, force: true });
      removed++;
    }
    return removed;
  }
}

export const tooLarge = (limitBytes: number): ApiError => new ApiError('media_too_large', { limit_bytes: limitBytes });

/** SHA-256, hexadecimal. */
export async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      readBytes(chunk.length);
      done();
    },
  });
  await pipeline(createReadStream(path), sink);
  return hash.digest('hex');
}

/** The first bytes of a file, at most so many. */
export async function headOf(path: string, bytes: number): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(bytes), 0, bytes, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

async function sync(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
