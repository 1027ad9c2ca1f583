import type { Config } from '../../config/config.js';
import type { ChatSyncView, StartChatSync } from '../../contracts/chat-sync-api.js';
import { ApiError } from '../../contracts/errors.js';
import type { EchoedId, EventName } from '../../contracts/payloads.js';
import { appendEvents } from '../../outbox/outbox-store.js';
import { endsWithin, type Clock } from '../../shared/clock.js';
import type { SessionId } from '../../shared/ids.js';
import type { Logger } from '../../shared/logger.js';
import { workspaceFromJson } from '../../shared/workspace.js';
import type { Db, Storage } from '../../storage/database.js';
import type { ChatSyncRow } from '../../storage/schema.js';
import type { ProviderSession } from '../../whatsapp/provider.js';
import { BackendUnauthorized, RunStopped, type BatchPoster } from './batch-poster.js';
import { activeSync, dropPlan, findSync, insertBatches, insertSync, latestSync, updateSync, type SyncOptions } from './chat-sync-store.js';
import { syncEventData, syncView } from './chat-sync-view.js';
import { planSync } from './sync-plan.js';
import { runBatches } from './sync-run.js';

export interface ChatSyncServiceOptions {
  storage: Storage;
  /** Null: there is no backend, and chats are not synced. */
  poster: BatchPoster | null;
  settings: Config['sync'];
  /** Wait before the backend is asked again after a 401 or 403. */
  probeMs: number;
  page(id: SessionId): ProviderSession | null;
  /** Run the job of this session after `delayMs`. */
  again(id: SessionId, delayMs: number): void;
  wakeOutbox(): void;
  onProgress(sync: ChatSyncView): void;
  onChats?: (count: number, result: 'synced' | 'gone' | 'dead') => void;
  clock: Clock;
  logger: Logger;
}

/** A run that cannot read the page so many times in a row is given up. */
const MAX_PAGE_FAILURES = 5;
const PAGE_RETRY_MS = 5_000;
/** `chats.sync.progress` goes out no more often. */
const PROGRESS_EVENT_MS = 5_000;

interface Running {
  control: AbortController;
  done: Promise<void>;
}

/** Chat syncs of all sessions, one at a time for each. */
export class ChatSyncService {
  private readonly running = new Map<SessionId, Running>();
  private readonly pageFailures = new Map<SessionId, number>();

  constructor(private readonly options: ChatSyncServiceOptions) {}

  /** On request. The caller has made sure that the session works. */
  async start(id: SessionId, input: StartChatSync): Promise<ChatSyncView> {
    const { storage, settings, clock, poster } = this.options;
    if (!poster) throw new ApiError('backend_not_set');
    const syncOptions: SyncOptions = { max_chats: input.max_chats ?? settings.maxChats, sync_window: input.sync_window ?? settings.windowDays };
    const syncId = await storage.transaction(async (trx) => {
      const active = await activeSync(trx, id);
      if (active) throw new ApiError('sync_running', { sync: syncView(active, await this.echoOf(id, trx), clock.now()) });
      return insertSync(trx, id, syncOptions, clock.now());
    });
    this.options.again(id, 0);
    return this.viewOf(await this.row(syncId));
  }

  /** The session works (again): go on with what broke off, or begin what the settings ask for. */
  async onWorking(id: SessionId, how: 'started' | 'reconnected'): Promise<void> {
    const { storage, settings, clock } = this.options;
    this.pageFailures.delete(id);
    if (how === 'started' && settings.auto && this.options.poster) {
      await storage.transaction(async (trx) => {
        if (!(await activeSync(trx, id))) await insertSync(trx, id, { max_chats: settings.maxChats, sync_window: settings.windowDays }, clock.now());
      });
    }
    this.options.again(id, 0);
  }

  async latest(id: SessionId): Promise<ChatSyncView | null> {
    const row = await latestSync(this.options.storage.db, id);
    return row ? this.viewOf(row) : null;
  }

  /** Ends the session's run, if there is one, and waits until it has ended. */
  async stop(id: SessionId): Promise<void> {
    const running = this.running.get(id);
    running?.control.abort();
    await running?.done;
  }

  /** Ends every run, and waits at most `graceMs` for what is under way. The runs go on at the next start. */
  async stopAll(graceMs: number): Promise<void> {
    await endsWithin(graceMs, Promise.all([...this.running.keys()].map((id) => this.stop(id))));
  }

  /** The pairing is gone: the next one may be another account's, which has other chats. */
  async abandon(id: SessionId): Promise<void> {
    this.running.get(id)?.control.abort();
    const row = await activeSync(this.options.storage.db, id);
    if (row) await this.fail(id, row, { code: 'logged_out', message: 'The session was logged out before its chats were synced. Pair it again, then start the sync again.' });
  }

  /** The job. */
  async run(id: SessionId): Promise<void> {
    const row = await activeSync(this.options.storage.db, id);
    const page = this.options.page(id);
    if (!row || !this.options.poster) return;
    if (!page) {
      if (row.state === 'running') await this.interrupt(row, 'session_not_working', 'The session does not work; the sync goes on when it does.');
      return;
    }
    const control = new AbortController();
    const work = this.execute(id, row, page, control.signal);
    this.running.set(id, { control, done: work });
    await work.finally(() => this.running.delete(id));
  }

  private async execute(id: SessionId, row: ChatSyncRow, page: ProviderSession, signal: AbortSignal): Promise<void> {
    const { storage, poster, settings, clock, again } = this.options;
    if (!poster) return;
    const logger = this.options.logger.child({ session: id, sync: row.id });
    try {
      const run = await this.begin(id, row, page, logger);
      const session = { id: await this.echoOf(id), workspaceId: await this.workspaceOf(id) };
      let lastEventAt = clock.now();
      const onSettled = async (): Promise<void> => {
        const now = clock.now();
        const current = await this.row(run.id);
        const view = syncView(current, session.id, now);
        const settled = view.synced + view.gone + view.dead;
        logger.info(`Synced ${settled}/${view.total} chats`, { synced: view.synced, total: view.total, chats_per_second: view.chats_per_second });
        this.options.onProgress(view);
        if (now - lastEventAt < PROGRESS_EVENT_MS || settled >= view.total) return;
        lastEventAt = now;
        await this.tell(id, current, 'chats.sync.progress');
      };
      await runBatches(run, { storage, page, poster, settings, clock, session, onSettled }, signal, row.state === 'blocked');
      await this.complete(id, run.id, logger);
    } catch (error) {
      // Who ended it has said what becomes of it.
      if (signal.aborted) return;
      const current = (await findSync(storage.db, row.id)) ?? null;
      if (!current || error instanceof RunStopped) return;
      if (error instanceof BackendUnauthorized) {
        logger.error('The chat sync waits: the backend refuses our credentials. Check WEBHOOK_SECRET and BACKEND_TOKEN on both sides');
        await updateSync(storage.db, row.id, { state: 'blocked', error_code: 'backend_unauthorized', error: error.message });
        again(id, this.options.probeMs);
        return;
      }
      await this.onPageFailure(id, current, error, logger);
    }
  }

  /** Plans a new run, or takes up one that broke off. */
  private async begin(id: SessionId, row: ChatSyncRow, page: ProviderSession, logger: Logger): Promise<ChatSyncRow> {
    const { storage, settings, clock } = this.options;
    const now = clock.now();
    if (row.started_at !== null) {
      await updateSync(storage.db, row.id, { state: 'running', error_code: null, error: null });
      logger.info('Chat sync goes on', { synced: row.synced, total: row.total });
      return this.row(row.id);
    }
    const batches = planSync(await page.listChats(), JSON.parse(row.options) as SyncOptions, settings.batchSize, now);
    const total = batches.reduce((sum, batch) => sum + batch.length, 0);
    const started = await storage.transaction(async (trx) => {
      await insertBatches(trx, row.id, batches);
      await updateSync(trx, row.id, { state: 'running', total, batches: batches.length, started_at: now, error_code: null, error: null });
      const current = { ...row, state: 'running' as const, total, batches: batches.length, started_at: now };
      await appendEvents(trx, id, [event('chats.sync.started', current, now)], now);
      return current;
    });
    this.options.wakeOutbox();
    logger.info('Chat sync started', { total, batches: batches.length });
    this.options.onProgress(syncView(started, await this.echoOf(id), now));
    return started;
  }

  private async complete(id: SessionId, syncId: string, logger: Logger): Promise<void> {
    const { storage, clock, wakeOutbox, onChats } = this.options;
    const now = clock.now();
    const row = { ...(await this.row(syncId)), state: 'completed' as const, finished_at: now };
    await storage.transaction(async (trx) => {
      await updateSync(trx, syncId, { state: 'completed', finished_at: now });
      await dropPlan(trx, syncId);
      await appendEvents(trx, id, [event('chats.sync.completed', row, now)], now);
    });
    wakeOutbox();
    this.pageFailures.delete(id);
    const view = syncView(row, await this.echoOf(id), now);
    logger.info('Chat sync completed', { total: row.total, synced: row.synced, gone: row.gone, dead: row.dead, chats_per_second: view.chats_per_second });
    this.options.onProgress(view);
    onChats?.(row.synced, 'synced');
    onChats?.(row.gone, 'gone');
    onChats?.(row.dead, 'dead');
  }

  /** The page did not answer, or something of ours failed: the run waits for the session, and is given up when that does not help. */
  private async onPageFailure(id: SessionId, row: ChatSyncRow, error: unknown, logger: Logger): Promise<void> {
    const { again } = this.options;
    const failures = (this.pageFailures.get(id) ?? 0) + 1;
    this.pageFailures.set(id, failures);
    const message = error instanceof Error ? error.message : String(error);
    if (failures < MAX_PAGE_FAILURES) {
      logger.warn('The chat sync broke off; it goes on where it was', { error, failures });
      await this.interrupt(row, 'page_unavailable', message);
      again(id, PAGE_RETRY_MS);
      return;
    }
    this.pageFailures.delete(id);
    logger.error('Chat sync failed: the page could not be read. Restart the session, then start the sync again', { error });
    await this.fail(id, row, { code: 'page_unavailable', message });
  }

  private async fail(id: SessionId, row: ChatSyncRow, { code, message }: { code: string; message: string }): Promise<void> {
    const { storage, clock, wakeOutbox } = this.options;
    const now = clock.now();
    const change = { state: 'failed' as const, error_code: code, error: message, finished_at: now };
    await storage.transaction(async (trx) => {
      await updateSync(trx, row.id, change);
      await appendEvents(trx, id, [event('chats.sync.failed', { ...row, ...change }, now)], now);
    });
    wakeOutbox();
  }

  private async interrupt(row: ChatSyncRow, code: string, message: string): Promise<void> {
    await updateSync(this.options.storage.db, row.id, { state: 'interrupted', error_code: code, error: message });
  }

  private async tell(id: SessionId, row: ChatSyncRow, name: 'chats.sync.progress'): Promise<void> {
    const now = this.options.clock.now();
    await this.options.storage.transaction((trx) => appendEvents(trx, id, [event(name, row, now)], now));
    this.options.wakeOutbox();
  }

  private async row(syncId: string): Promise<ChatSyncRow> {
    const row = await findSync(this.options.storage.db, syncId);
    // Its session was deleted while it ran.
    if (!row) throw new RunStopped();
    return row;
  }

  private async viewOf(row: ChatSyncRow): Promise<ChatSyncView> {
    return syncView(row, await this.echoOf(row.session_id as SessionId), this.options.clock.now());
  }

  private async echoOf(id: SessionId, db: Db = this.options.storage.db): Promise<EchoedId> {
    const row = await db.selectFrom('session').select('echo_id').where('id', '=', id).executeTakeFirst();
    return row ? (JSON.parse(row.echo_id) as EchoedId) : id;
  }

  private async workspaceOf(id: SessionId): Promise<EchoedId | null> {
    const row = await this.options.storage.db.selectFrom('session').select('workspace_id').where('id', '=', id).executeTakeFirst();
    return workspaceFromJson(row?.workspace_id);
  }
}

function event(name: Extract<EventName, `chats.sync.${string}`>, row: ChatSyncRow, at: number) {
  return { name, chatId: null, dedupeKey: `sync:${row.id}:${name}:${row.synced + row.gone + row.dead}`, at, data: syncEventData(row, at) };
}
