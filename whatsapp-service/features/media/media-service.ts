import { stat } from 'node:fs/promises';
import type { LookupFunction } from 'node:net';
import { join } from 'node:path';
import type { Config } from '../../config/config.js';
import { ApiError } from '../../contracts/errors.js';
import type { MediaKind, MediaView } from '../../contracts/media-api.js';
import { iso, type Clock } from '../../shared/clock.js';
import { newMediaId, type MediaId } from '../../shared/ids.js';
import type { Logger } from '../../shared/logger.js';
import { version } from '../../shared/version.js';
import type { Db, Storage } from '../../storage/database.js';
import type { MediaRow } from '../../storage/schema.js';
import { dataUrlType, decodeBase64 } from './media-base64.js';
import { fetchMedia, unreachable } from './media-fetch.js';
import { digestOf, headOf, MediaFiles, tooLarge, type WrittenFile } from './media-files.js';
import { deleteExpired, deleteMedia, findMedia, hasMedia, insertMedia, isAwaited } from './media-store.js';
import { cleanFilename, HEAD_BYTES, mediaKindProblem, typeOfContent } from './media-type.js';

/** Where a file comes from. `size` is in bytes; `sha256` (hexadecimal) saves reading an upload once more. */
export type MediaSource =
  | { kind: 'upload'; path: string; filename: string; size: number; mimetype: string; sha256?: string }
  | { kind: 'base64'; data: string; filename?: string; mimetype?: string }
  | { kind: 'url'; url: string; filename?: string };

export interface StoredMedia {
  id: MediaId;
  /** Where the file is, as long as it is not released. */
  path: string;
  /** By its bytes; as declared where they tell nothing. */
  mimetype: string;
  /** Bytes. */
  size: number;
  sha256: string;
  /** What its receiver sees. */
  filename: string;
  /** When it may be deleted, unless a message still waits for it. Milliseconds since the epoch. */
  expiresAt: number;
}

export interface MediaServiceOptions {
  storage: Storage;
  dataDir: string;
  settings: Config['media'];
  clock: Clock;
  logger: Logger;
  /** Names to addresses, for URLs; the system's when absent. */
  lookup?: LookupFunction;
}

interface Received extends WrittenFile {
  declared: string | null;
  filename: string | null;
}

/** No upload takes longer than this: the server ends it before. */
const OLDEST_DRAFT_MS = 3_600_000;

/** Takes files in, once for many messages, and clears away what nobody waits for. A file is on disk, whole, before its row is. */
export class MediaService {
  private readonly files: MediaFiles;
  /** Files that have no row yet and are no leftovers either. */
  private readonly underWay = new Set<string>();

  constructor(private readonly options: MediaServiceOptions) {
    this.files = new MediaFiles(join(options.dataDir, 'media'));
  }

  /** For what parses forms: uploads have to be on the same disk. */
  get uploadFolder(): string {
    return this.files.uploadFolder;
  }

  /** Makes the folders and clears away what a crash left behind. Before anything else is called. */
  async open(): Promise<void> {
    await this.files.open();
    await this.sweep(0);
  }

  /**
   * Takes a file in; an upload is moved from its path. With `kind`, only what WhatsApp takes as that kind. When it throws, nothing is kept.
   *
   * @throws ApiError `media_too_large`, `media_type_not_allowed`, `media_unreachable`, `media_url_not_allowed`, `invalid_request`
   */
  async store(source: MediaSource, kind?: MediaKind): Promise<StoredMedia> {
    const id = newMediaId();
    this.underWay.add(id);
    try {
      const received = await this.receive(source, id);
      const mimetype = await typeOfContent(await headOf(received.path, HEAD_BYTES), received.declared, received.filename ?? '');
      const problem = kind === undefined ? null : mediaKindProblem(kind, mimetype);
      if (problem) throw problem;
      await this.files.keep(received.path, id);
      const row: MediaRow = { id, mimetype, size: received.size, sha256: received.sha256, filename: cleanFilename(received.filename, mimetype), created_at: this.options.clock.now() };
      await insertMedia(this.options.storage.db, row);
      return this.stored(row);
    } catch (error) {
      await Promise.all([this.files.remove(this.files.draftOf(id)), this.files.remove(this.files.pathOf(id))]);
      throw error;
    } finally {
      this.underWay.delete(id);
    }
  }

  /** Inside a transaction that adds a message (`db`), the file cannot go before the message is there. @throws ApiError `media_not_found` */
  async get(id: MediaId, db: Db = this.options.storage.db): Promise<StoredMedia> {
    const row = await findMedia(db, id);
    if (!row) throw new ApiError('media_not_found');
    return this.stored(row);
  }

  view(media: StoredMedia): MediaView {
    const { id, mimetype, size, sha256, filename, expiresAt } = media;
    return { id, mimetype, size, sha256, filename, expires_at: iso(expiresAt) };
  }

  /** Deletes the row and the file, unless a message still waits for it. Whether it is gone. */
  async release(id: MediaId): Promise<boolean> {
    const isFree = await this.options.storage.transaction(async (trx) => {
      if (await isAwaited(trx, id)) return false;
      await deleteMedia(trx, id);
      return true;
    });
    if (isFree) await this.files.remove(this.files.pathOf(id));
    return isFree;
  }

  /** Deletes drafts that broke off, files that are too old and that no message waits for, and files that have no row. */
  async sweep(oldestDraftMs = OLDEST_DRAFT_MS): Promise<void> {
    const { storage, settings, clock, logger } = this.options;
    const drafts = await this.files.removeDrafts(Date.now() - oldestDraftMs, (name) => this.underWay.has(name));
    const expired = await storage.transaction((trx) => deleteExpired(trx, clock.now() - settings.keepMs));
    let removed = 0;
    for (const name of await this.files.list()) {
      // In this order: what stops being under way has its row by then.
      if (this.underWay.has(name) || (await hasMedia(storage.db, name))) continue;
      await this.files.remove(this.files.pathOf(name as MediaId));
      removed++;
    }
    if (drafts + removed > 0) logger.info('Files that nobody waits for were deleted', { drafts, expired: expired.length, files: removed });
  }

  private async receive(source: MediaSource, id: MediaId): Promise<Received> {
    switch (source.kind) {
      case 'upload':
        return this.receiveUpload(source);
      case 'base64':
        return this.receiveBase64(source, id);
      case 'url':
        return this.receiveUrl(source, id);
    }
  }

  private async receiveUpload(source: Extract<MediaSource, { kind: 'upload' }>): Promise<Received> {
    const { maxBytes } = this.options.settings;
    const { size } = await stat(source.path);
    if (size > maxBytes) throw tooLarge(maxBytes);
    if (size === 0) throw emptyField('body.file');
    return { path: source.path, size, sha256: source.sha256 ?? (await digestOf(source.path)), declared: source.mimetype, filename: source.filename };
  }

  private async receiveBase64({ data, filename, mimetype }: Extract<MediaSource, { kind: 'base64' }>, id: MediaId): Promise<Received> {
    const { maxBytes } = this.options.settings;
    const written = await this.files.write(this.files.draftOf(id), decodeBase64(data), maxBytes);
    if (written.size === 0) throw emptyField('body.base64');
    return { ...written, declared: mimetype ?? dataUrlType(data), filename: filename ?? null };
  }

  private async receiveUrl({ url, filename }: Extract<MediaSource, { kind: 'url' }>, id: MediaId): Promise<Received> {
    const { settings, lookup } = this.options;
    const options = { timeoutMs: settings.fetchTimeoutMs, limitBytes: settings.maxBytes, allowedHosts: settings.allowedHosts, userAgent: `laravel-whatsapp-bridge/${version}`, ...(lookup && { lookup }) };
    const fetched = await fetchMedia(url, options, (body) => this.files.write(this.files.draftOf(id), body, settings.maxBytes));
    if (fetched.received.size === 0) throw unreachable('empty');
    return { ...fetched.received, declared: fetched.mimetype, filename: filename ?? fetched.filename };
  }

  private stored(row: MediaRow): StoredMedia {
    const { id, mimetype, size, sha256, filename } = row;
    return { id: id as MediaId, path: this.files.pathOf(id as MediaId), mimetype, size, sha256, filename, expiresAt: row.created_at + this.options.settings.keepMs };
  }
}

const emptyField = (field: string): ApiError => new ApiError('invalid_request', { fields: [{ field, message: 'is empty' }] });
