import pLimit from 'p-limit';
import { ApiError } from '../../contracts/errors.js';
import type { EchoedId } from '../../contracts/payloads.js';
import type { SessionView } from '../../contracts/session-api.js';
import { SESSION_REASONS, SESSION_STATES, type SessionState } from '../../contracts/states.js';
import type { ChatSyncView } from '../../contracts/chat-sync-api.js';
import { iso } from '../../shared/clock.js';
import { asSessionId, type SessionId } from '../../shared/ids.js';
import type { SessionRow } from '../../storage/schema.js';
import type { ProviderSession } from '../../whatsapp/provider.js';
import { deleteSession, findSession, insertSession, listSessions } from './session-store.js';
import { SessionSupervisor, type CurrentQr, type SupervisorOptions } from './session-supervisor.js';

export interface SessionServiceOptions extends SupervisorOptions {
  latestSync(id: SessionId): Promise<ChatSyncView | null>;
  /** The session is about to be deleted: whatever works on it must stop. */
  beforeDelete(id: SessionId): Promise<void>;
}

/** Every session of this service: what is wanted is a row, what runs is a supervisor. */
export class SessionService {
  private readonly supervisors = new Map<SessionId, SessionSupervisor>();
  private toStart: { id: SessionId; start: () => Promise<void> }[] = [];

  constructor(private readonly options: SessionServiceOptions) {}

  /** Takes up what is stored, before anybody may ask: a session that should run is starting, whatever it was when the service ended. */
  async load(): Promise<void> {
    for (const row of await listSessions(this.options.storage.db)) {
      const supervisor = this.supervise(row);
      if (row.desired === 'running') this.toStart.push({ id: supervisor.id, start: await supervisor.restore() });
    }
  }

  /** Brings back what should run, a few at a time; one bad profile does not hold up the others. */
  async restore(): Promise<void> {
    const { settings, logger } = this.options;
    const limit = pLimit(settings.restoreConcurrency);
    await Promise.all(
      this.toStart.splice(0).map(({ id, start }) => limit(() => start().catch((error: unknown) => logger.error('A session could not be restored', { session: id, error })))),
    );
  }

  async create(input: { id: EchoedId; workspaceId: EchoedId | null; start: boolean }): Promise<SessionView> {
    const { storage, clock } = this.options;
    const id = asSessionId(String(input.id));
    const row = await storage.transaction(async (trx) => {
      if (await findSession(trx, id)) throw new ApiError('session_exists', { session_id: input.id });
      await insertSession(trx, { id, echoId: input.id, workspaceId: input.workspaceId }, clock.now());
      return findSession(trx, id);
    });
    if (!row) throw new Error('The session that was just stored is not there.');
    const supervisor = this.supervise(row);
    if (input.start) this.begin(supervisor, 'launching');
    return this.view(id);
  }

  async list(): Promise<SessionView[]> {
    const rows = await listSessions(this.options.storage.db);
    return Promise.all(rows.map((row) => this.viewOf(row)));
  }

  async view(id: SessionId): Promise<SessionView> {
    return this.viewOf(await this.row(id));
  }

  async start(id: SessionId): Promise<SessionView> {
    const supervisor = await this.in(id, ['STOPPED', 'FAILED']);
    this.begin(supervisor, 'launching');
    return this.view(id);
  }

  async stop(id: SessionId): Promise<SessionView> {
    const supervisor = await this.in(id, ['STARTING', 'SCAN_QR_CODE', 'WORKING', 'FAILED']);
    await supervisor.stop('stopped_by_request');
    return this.view(id);
  }

  async restart(id: SessionId): Promise<SessionView> {
    const supervisor = await this.in(id, ['STARTING', 'SCAN_QR_CODE', 'WORKING', 'FAILED']);
    await supervisor.stop('stopped_by_request');
    this.begin(supervisor, 'restarting');
    return this.view(id);
  }

  async logout(id: SessionId): Promise<SessionView> {
    const supervisor = await this.in(id, ['SCAN_QR_CODE', 'WORKING', 'FAILED']);
    await supervisor.logout();
    return this.view(id);
  }

  async delete(id: SessionId): Promise<void> {
    await this.row(id);
    await this.options.beforeDelete(id);
    await this.supervisors.get(id)?.dispose();
    this.supervisors.delete(id);
    await this.options.storage.transaction((trx) => deleteSession(trx, id));
  }

  async qr(id: SessionId): Promise<CurrentQr> {
    const supervisor = await this.in(id, ['SCAN_QR_CODE']);
    if (!supervisor.qr) throw wrongState(supervisor);
    return supervisor.qr;
  }

  /** The way into a session's page, or null while it does not work. */
  provider(id: SessionId): ProviderSession | null {
    const supervisor = this.supervisors.get(id);
    return supervisor?.state === 'WORKING' ? supervisor.provider : null;
  }

  /** The same for a caller of the API. */
  async working(id: SessionId): Promise<ProviderSession> {
    return (await this.in(id, ['WORKING'])).provider;
  }

  async exists(id: SessionId): Promise<boolean> {
    return (await findSession(this.options.storage.db, id)) !== undefined;
  }

  /** An error that nobody claimed may be a page's: whichever does not answer is started again. */
  suspectAll(): void {
    for (const supervisor of this.supervisors.values()) supervisor.suspect();
  }

  countByState(): Record<SessionState, number> {
    const counts = Object.fromEntries(SESSION_STATES.map((state) => [state, 0])) as Record<SessionState, number>;
    for (const supervisor of this.supervisors.values()) counts[supervisor.state]++;
    return counts;
  }

  /** Closes every page; what was running runs again at the next start of the service. */
  async close(): Promise<void> {
    const open = [...this.supervisors.values()].filter((supervisor) => supervisor.state !== 'STOPPED' && supervisor.state !== 'FAILED');
    await Promise.all(open.map((supervisor) => supervisor.stop('service_stopped')));
  }

  private supervise(row: SessionRow): SessionSupervisor {
    const supervisor = new SessionSupervisor(row, this.options);
    this.supervisors.set(supervisor.id, supervisor);
    return supervisor;
  }

  private begin(supervisor: SessionSupervisor, reason: 'launching' | 'restarting'): void {
    supervisor.start(reason).catch((error: unknown) => this.options.logger.error('A session could not be started', { session: supervisor.id, error }));
  }

  private async row(id: SessionId): Promise<SessionRow> {
    const row = await findSession(this.options.storage.db, id);
    if (!row) throw new ApiError('session_not_found', { session_id: id });
    return row;
  }

  private async in(id: SessionId, states: readonly SessionState[]): Promise<SessionSupervisor> {
    await this.row(id);
    const supervisor = this.supervisors.get(id);
    if (!supervisor) throw new ApiError('session_not_found', { session_id: id });
    if (!states.includes(supervisor.state)) throw wrongState(supervisor, states);
    return supervisor;
  }

  private async viewOf(row: SessionRow): Promise<SessionView> {
    const id = asSessionId(row.id);
    return {
      id: JSON.parse(row.echo_id) as EchoedId,
      workspace_id: row.workspace_id === null ? null : (JSON.parse(row.workspace_id) as EchoedId),
      state: row.state,
      reason: { code: row.reason, message: SESSION_REASONS[row.reason].message, detail: row.detail },
      phone: row.phone,
      pushname: row.pushname,
      paired: row.paired === 1,
      qr_available: Boolean(this.supervisors.get(id)?.qr),
      sync: await this.options.latestSync(id),
      created_at: iso(row.created_at),
      updated_at: iso(row.updated_at),
    };
  }
}

function wrongState(supervisor: SessionSupervisor, allowed?: readonly SessionState[]): ApiError {
  const { state, reason } = supervisor;
  return new ApiError('session_wrong_state', { state, reason, reason_message: SESSION_REASONS[reason].message, ...(allowed && { allowed }) });
}
