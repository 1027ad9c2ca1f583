import { createReadStream } from 'node:fs';
import { access } from 'node:fs/promises';
import pLimit, { type LimitFunction } from 'p-limit';
import type { Config } from '../../config/config.js';
import { ApiError, type ErrorCode } from '../../contracts/errors.js';
import type { MessageData } from '../../contracts/payloads.js';
import { mayUseSession, type Caller } from '../../contracts/route.js';
import type { Clock } from '../../shared/clock.js';
import { newMediaId, type MediaId, type SessionId } from '../../shared/ids.js';
import type { Logger } from '../../shared/logger.js';
import { makeFolder } from '../../shared/make-folder.js';
import type { Db, Storage } from '../../storage/database.js';
import type { InboundMediaRow } from '../../storage/schema-inbound-media.js';
import { ProviderError, type ProviderSession } from '../../whatsapp/provider.js';
import { deleteOldInbound, findInbound, hasInbound, insertWanted, nextWanted, seenMessage, sentMessage, sessionsThatWant, updateInbound } from './inbound-media-store.js';
import { headOf, MediaFiles } from './media-files.js';
import { cleanFilename, HEAD_BYTES, typeOfContent } from './media-type.js';

export interface InboundMediaOptions {
  storage: Storage;
  settings: Config['inboundMedia'];
  /** The way into a session's page, or null while it does not work. */
  page(id: SessionId): ProviderSession | null;
  /** The same for a caller of the API: rejects with `session_not_found` or `session_wrong_state`. */
  working(id: SessionId): Promise<ProviderSession>;
  /** A file that was sent over the API, while it is kept. */
  sentFile(id: MediaId): Promise<OpenedFile | null>;
  clock: Clock;
  logger: Logger;
}

export interface OpenedFile {
  path: string;
  mimetype: string;
  /** Bytes. */
  size: number;
  filename: string;
}

/** Waits before each further attempt to fetch a file by itself. Milliseconds. */
const RETRIES = [10_000, 60_000, 600_000, 3_600_000];
/** Callers that may wait for one session's files; more are told to come back. */
const MOST_WAITING = 20;
/** A file that is being written is younger. */
const OLDEST_DRAFT_MS = 3_600_000;

const REFUSALS: Partial<Record<ProviderError['code'], ErrorCode>> = { message_not_found: 'message_not_found', media_unavailable: 'media_gone', media_too_large: 'media_too_large' };

/**
 * Fetches the files of messages from WhatsApp: when somebody asks, or at once. One at a time a session, from the page to the disk in pieces,
 * and from there to whoever asked: a slow caller does not hold the page.
 */
export class InboundMediaService {
  private readonly files: MediaFiles;
  private readonly turns = new Map<SessionId, LimitFunction>();
  private readonly workers = new Map<SessionId, Promise<void>>();
  private readonly underWay = new Set<string>();
  private stopping = false;

  constructor(private readonly options: InboundMediaOptions) {
    this.files = new MediaFiles(options.settings.dir);
  }

  async open(): Promise<void> {
    makeFolder(this.options.settings.dir, 'INBOUND_MEDIA_DIR');
    await this.files.open();
    await this.files.removeDrafts(Date.now(), () => false);
  }

  /** The file of a message, by WhatsApp's id or ours. @throws ApiError */
  async get(id: string, sessionId: string | undefined, caller: Caller): Promise<OpenedFile> {
    const { session, messageId, sent } = await this.locate(id, sessionId, caller);
    if (sent) return sent;
    const kept = await this.kept(session, messageId);
    if (kept) return kept;
    const page = await this.options.working(session);
    const turn = this.turnOf(session);
    if (turn.pendingCount >= MOST_WAITING) throw new ApiError('session_unavailable', { reason: 'too many files of this session are being fetched' });
    // Another caller may have fetched it while this one waited.
    return turn(async () => (await this.kept(session, messageId)) ?? this.fetch(page, session, messageId)).catch((error: unknown) => {
      throw this.refusalOf(error);
    });
  }

  /** Part of the transaction that stores a message: its file will be fetched, if that is wanted. */
  async want(trx: Db, sessionId: SessionId, message: MessageData): Promise<void> {
    const { settings, clock } = this.options;
    if (!settings.download || !message.media || (message.media.size ?? 0) > settings.maxBytes) return;
    await insertWanted(trx, { id: newMediaId(), session_id: sessionId, message_id: message.message_id }, clock.now());
  }

  /** Something may be wanted. */
  wake(): void {
    if (this.options.settings.download) this.run().catch((error: unknown) => this.options.logger.error('Files of messages could not be looked for; this goes on later', { error }));
  }

  /** Fetches what is wanted, of each session that works. */
  async run(): Promise<void> {
    if (this.stopping) return;
    for (const session of await sessionsThatWant(this.options.storage.db, this.options.clock.now())) {
      if (this.workers.has(session) || !this.options.page(session)) continue;
      const work = this.work(session)
        .catch((error: unknown) => this.options.logger.error('Files of messages could not be fetched; this goes on later', { session, error }))
        .finally(() => this.workers.delete(session));
      this.workers.set(session, work);
    }
  }

  async stop(): Promise<void> {
    this.stopping = true;
    await Promise.all(this.workers.values());
  }

  /** Deletes what was kept long enough. */
  async sweep(): Promise<void> {
    const { storage, settings, clock, logger } = this.options;
    await this.files.removeDrafts(Date.now() - OLDEST_DRAFT_MS, (name) => this.underWay.has(name));
    const deleted = await storage.transaction((trx) => deleteOldInbound(trx, clock.now() - settings.keepMs));
    for (const name of await this.files.list()) {
      if (!this.underWay.has(name) && !(await hasInbound(storage.db, name))) await this.files.remove(this.files.pathOf(name as MediaId));
    }
    if (deleted > 0) logger.info('Files of messages that were kept long enough are deleted', { files: deleted });
  }

  private async locate(id: string, sessionId: string | undefined, caller: Caller): Promise<{ session: SessionId; messageId: string; sent: OpenedFile | null }> {
    const { storage } = this.options;
    if (id.startsWith('msg_')) {
      const row = await sentMessage(storage.db, id);
      if (!row || !mayUseSession(caller, row.session_id)) throw new ApiError('message_not_found');
      if (row.media_id === null) throw new ApiError('message_without_media');
      const sent = await this.options.sentFile(row.media_id as MediaId);
      if (!sent && row.wa_message_id === null) throw new ApiError('media_gone');
      return { session: row.session_id as SessionId, messageId: row.wa_message_id ?? '', sent };
    }
    const seen = await seenMessage(storage.db, id, sessionId === undefined ? caller.sessions : [sessionId]);
    if (seen.length > 0 && seen.every(({ data }) => !data.media)) throw new ApiError('message_without_media');
    // Two sessions in one group have the same message: any of them that works will do.
    const found = seen.find(({ sessionId: session }) => this.options.page(session)) ?? seen[0];
    const session = found?.sessionId ?? (sessionId as SessionId | undefined);
    if (session === undefined) throw new ApiError('message_not_found');
    return { session, messageId: id, sent: null };
  }

  private async kept(session: SessionId, messageId: string): Promise<OpenedFile | null> {
    const row = await findInbound(this.options.storage.db, session, messageId);
    if (row?.state !== 'kept') return null;
    const path = this.files.pathOf(row.id as MediaId);
    const isThere = await access(path).then(
      () => true,
      () => false,
    );
    return isThere ? { path, mimetype: row.mimetype ?? 'application/octet-stream', size: Number(row.size), filename: row.filename ?? 'file' } : null;
  }

  private async fetch(page: ProviderSession, session: SessionId, messageId: string): Promise<OpenedFile> {
    const { storage, settings, clock } = this.options;
    await insertWanted(storage.db, { id: newMediaId(), session_id: session, message_id: messageId }, clock.now());
    const row = await findInbound(storage.db, session, messageId);
    if (!row) throw new ApiError('message_not_found');
    const id = row.id as MediaId;
    const draft = this.files.draftOf(id);
    this.underWay.add(id);
    try {
      await this.files.remove(draft);
      const fetched = await page.downloadMedia(messageId, settings, async (file) => ({ file, written: await this.files.write(draft, file.bytes, settings.maxBytes) }));
      const { file, written } = fetched;
      const mimetype = file.mimetype ?? (await typeOfContent(await headOf(draft, HEAD_BYTES), null, file.filename ?? ''));
      await this.files.keep(draft, id);
      const filename = cleanFilename(file.filename, mimetype);
      await updateInbound(storage.db, id, { state: 'kept', mimetype, filename, size: written.size, sha256: written.sha256, error: null, kept_at: clock.now() });
      return { path: this.files.pathOf(id), mimetype, size: written.size, filename };
    } catch (error) {
      await this.files.remove(draft);
      // What nobody wanted to be fetched by itself is not tried again by itself.
      if (!settings.download) await updateInbound(storage.db, id, { state: 'failed', error: textOf(error) });
      throw error;
    } finally {
      this.underWay.delete(id);
    }
  }

  private async work(session: SessionId): Promise<void> {
    const { storage, clock } = this.options;
    for (;;) {
      const page = this.options.page(session);
      const row = page && !this.stopping ? await nextWanted(storage.db, session, clock.now()) : undefined;
      if (!page || !row) return;
      await this.turnOf(session)(() => this.fetch(page, session, row.message_id)).catch((error: unknown) => this.failed(row, error));
    }
  }

  private async failed(row: InboundMediaRow, error: unknown): Promise<void> {
    const { storage, clock, logger } = this.options;
    const wait = RETRIES[row.attempts];
    const isFinal = wait === undefined || (error instanceof ProviderError && !error.retry);
    await updateInbound(storage.db, row.id, { state: isFinal ? 'failed' : 'wanted', attempts: row.attempts + 1, next_attempt_at: clock.now() + (wait ?? 0), error: textOf(error) });
    logger.warn(isFinal ? 'The file of a message cannot be had' : 'The file of a message was not fetched; it is tried again', { session: row.session_id, chat: row.message_id.split('_')[1], error });
  }

  private turnOf(session: SessionId): LimitFunction {
    const turn = this.turns.get(session) ?? pLimit(1);
    this.turns.set(session, turn);
    return turn;
  }

  private refusalOf(error: unknown): unknown {
    if (!(error instanceof ProviderError)) return error;
    const code = REFUSALS[error.code];
    if (code === 'media_too_large') return new ApiError(code, { limit_bytes: this.options.settings.maxBytes });
    if (code) return new ApiError(code);
    this.options.logger.warn('The file of a message could not be fetched for a caller', { error });
    return new ApiError('session_unavailable');
  }
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** A file's bytes, for an answer. */
export const bytesOfFile = (file: OpenedFile): AsyncIterable<Buffer> => createReadStream(file.path) as AsyncIterable<Buffer>;
