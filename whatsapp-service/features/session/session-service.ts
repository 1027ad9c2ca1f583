import { ApiError, sessionWrongState } from '../../contracts/errors.js';
import type { EchoedId } from '../../contracts/payloads.js';
import type { ProxyInput, SessionView } from '../../contracts/session-api.js';
import { SESSION_STATES, type SessionState } from '../../contracts/states.js';
import type { ChatSyncView } from '../../contracts/chat-sync-api.js';
import { asSessionId, type SessionId } from '../../shared/ids.js';
import type { BrowserFigures } from '../../shared/metrics.js';
import type { Sealer } from '../../shared/sealer.js';
import { workspaceToJson } from '../../shared/workspace.js';
import type { SessionRow } from '../../storage/schema.js';
import { answered } from '../../whatsapp/provider-answer.js';
import type { PageCheck, ProviderSession } from '../../whatsapp/provider.js';
import { PAIRING_CODE_MS, type CurrentQr } from './pairing-offer.js';
import { startInTurn } from './restore-queue.js';
import { RunningLimit } from './running-limit.js';
import { launchOf, storedProxy } from './session-launch.js';
import { deleteSession, findSession, insertSession, listSessions, updateSession, type SessionChange } from './session-store.js';
import { SessionSupervisor } from './session-supervisor.js';
import { sessionView } from './session-view.js';
import type { SupervisorOptions } from './supervisor-options.js';

export interface SessionServiceOptions extends Omit<SupervisorOptions, 'launchOf'> {
  /** Keeps the credentials of proxies. */
  sealer: Sealer;
  latestSync(id: SessionId): Promise<ChatSyncView | null>;
  /** The session is about to be deleted: whatever works on it must stop. */
  beforeDelete(id: SessionId): Promise<void>;
}

export interface NewSessionInput {
  id: EchoedId;
  workspaceId: EchoedId | null;
  proxy: ProxyInput | null;
  deviceName: string | null;
  start: boolean;
}

export type SessionInputChange = Partial<Pick<NewSessionInput, 'workspaceId' | 'proxy' | 'deviceName'>>;

/** Every session of this service: what is wanted is a row, what runs is a supervisor. */
export class SessionService {
  private readonly supervisors = new Map<SessionId, SessionSupervisor>();
  private readonly limit: RunningLimit;
  private toStart: (() => Promise<void>)[] = [];

  constructor(private readonly options: SessionServiceOptions) {
    this.limit = new RunningLimit(options.settings.maxRunning, () => this.supervisors.values());
  }

  /** Takes up what is stored, before anybody may ask: a session that should run is starting, whatever it was when the service ended. */
  async load(): Promise<void> {
    await this.options.provider.open();
    for (const row of await listSessions(this.options.storage.db)) {
      const supervisor = this.supervise(row);
      if (row.desired === 'running') await this.takeUp(supervisor);
    }
  }

  private async takeUp(supervisor: SessionSupervisor): Promise<void> {
    try {
      this.limit.take(supervisor.id);
      this.toStart.push(await supervisor.restore());
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      await supervisor.refuse();
    } finally {
      this.limit.settle(supervisor.id);
    }
  }

  /** Brings back what should run, a few at a time; one bad profile does not hold up the others. */
  async restore(): Promise<void> {
    const { settings } = this.options;
    await startInTurn(this.toStart.splice(0), { concurrency: settings.restoreConcurrency, staggerMs: settings.restoreStaggerMs, deadlineMs: settings.startTimeoutMs });
  }

  async create(input: NewSessionInput): Promise<SessionView> {
    const { storage, clock, sealer } = this.options;
    const id = asSessionId(String(input.id));
    if (input.start) this.limit.take(id);
    try {
      const row = await storage.transaction(async (trx) => {
        if (await findSession(trx, id)) throw new ApiError('session_exists', { session_id: input.id });
        const session = { id, echoId: input.id, workspaceId: input.workspaceId, proxy: storedProxy(sealer, id, input.proxy), deviceName: input.deviceName };
        await insertSession(trx, session, clock.now());
        return findSession(trx, id);
      });
      if (!row) throw new Error('The session that was just stored is not there.');
      const supervisor = this.supervise(row);
      if (input.start) await this.begin(supervisor, 'launching');
    } catch (error) {
      this.limit.settle(id);
      throw error;
    }
    return this.view(id);
  }

  /** What is not given stays as it is. A proxy and a name count from the session's next start on. */
  async change(id: SessionId, { workspaceId, proxy, deviceName }: SessionInputChange): Promise<SessionView> {
    const { storage, clock, sealer } = this.options;
    await this.row(id);
    const change: SessionChange = {
      ...(workspaceId !== undefined && { workspace_id: workspaceToJson(workspaceId) }),
      ...(proxy !== undefined && { proxy: storedProxy(sealer, id, proxy) }),
      ...(deviceName !== undefined && { device_name: deviceName }),
    };
    await storage.transaction((trx) => updateSession(trx, id, change, clock.now()));
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
    this.limit.take(id);
    await this.begin(supervisor, 'launching');
    return this.view(id);
  }

  async stop(id: SessionId): Promise<SessionView> {
    const supervisor = await this.in(id, ['STARTING', 'SCAN_QR_CODE', 'WORKING', 'FAILED']);
    await supervisor.stop('stopped_by_request');
    return this.view(id);
  }

  async restart(id: SessionId): Promise<SessionView> {
    const supervisor = await this.in(id, ['STARTING', 'SCAN_QR_CODE', 'WORKING', 'FAILED']);
    this.limit.take(id);
    await supervisor.stop('stopped_by_request');
    await this.begin(supervisor, 'restarting');
    return this.view(id);
  }

  async logout(id: SessionId): Promise<SessionView> {
    const isPaired = this.supervisors.get(id)?.isPaired;
    const supervisor = await this.in(id, ['SCAN_QR_CODE', 'WORKING', 'FAILED', ...(isPaired ? (['STOPPED'] as const) : [])]);
    await supervisor.logout();
    return this.view(id);
  }

  /** False: it is gone here, and WhatsApp could not be told. */
  async delete(id: SessionId): Promise<boolean> {
    await this.row(id);
    await this.options.beforeDelete(id);
    const supervisor = this.supervisors.get(id);
    // Nobody may start what is about to go.
    this.supervisors.delete(id);
    try {
      const told = (await supervisor?.dispose()) ?? true;
      await this.options.storage.transaction((trx) => deleteSession(trx, id));
      return told;
    } catch (error) {
      if (supervisor) this.supervisors.set(id, supervisor);
      throw error;
    }
  }

  async qr(id: SessionId): Promise<CurrentQr> {
    const supervisor = await this.in(id, ['SCAN_QR_CODE']);
    if (!supervisor.qr) throw sessionWrongState(supervisor);
    return supervisor.qr;
  }

  /** A code that links the phone with this number (E.164) when it is typed there. */
  async pairingCode(id: SessionId, phone: string): Promise<{ code: string; expiresInMs: number }> {
    const supervisor = await this.in(id, ['SCAN_QR_CODE']);
    return { code: await answered(supervisor.pairingCode(phone), this.options.logger), expiresInMs: PAIRING_CODE_MS };
  }

  async checkPage(id: SessionId): Promise<PageCheck> {
    const supervisor = await this.in(id, ['SCAN_QR_CODE', 'WORKING']);
    return answered(supervisor.checkPage(), this.options.logger);
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

  async browserFigures(): Promise<BrowserFigures> {
    const supervisors = [...this.supervisors.values()];
    const usages = await Promise.all(supervisors.map((supervisor) => supervisor.provider.usage()));
    const bytes = usages.map((usage) => usage?.memoryBytes ?? 0);
    const featuresOff: Record<string, number> = {};
    for (const feature of supervisors.flatMap((supervisor) => supervisor.features.off)) featuresOff[feature] = (featuresOff[feature] ?? 0) + 1;
    return { memoryBytes: bytes.reduce((total, one) => total + one, 0), largestBytes: Math.max(0, ...bytes), featuresOff };
  }

  /** Closes every page; what was running runs again at the next start of the service. */
  async close(): Promise<void> {
    const ended = new Set<SessionState>(['STOPPED', 'FAILED']);
    // One that is stopped may have a page all the same, for a logout.
    await Promise.all([...this.supervisors.values()].map((supervisor) => (ended.has(supervisor.state) ? supervisor.provider.stop() : supervisor.stop('service_stopped'))));
    this.options.provider.close();
  }

  private supervise(row: SessionRow): SessionSupervisor {
    const supervisor = new SessionSupervisor(row, { ...this.options, launchOf: (current) => launchOf(this.options.sealer, current, this.options.settings.deviceName) });
    this.supervisors.set(supervisor.id, supervisor);
    return supervisor;
  }

  /** Resolves as soon as its state says that it starts; before that, it says nothing yet. */
  private begin(supervisor: SessionSupervisor, reason: 'launching' | 'restarting'): Promise<void> {
    const { id } = supervisor;
    return new Promise((resolve) => {
      const starting = (): void => {
        this.limit.settle(id);
        resolve();
      };
      supervisor.begin(reason, starting).catch((error: unknown) => this.options.logger.error('A session could not be started', { session: id, error }));
    });
  }

  private async row(id: SessionId): Promise<SessionRow> {
    const row = await findSession(this.options.storage.db, id);
    if (!row) throw new ApiError('session_not_found', { session_id: id });
    return row;
  }

  /** Asks no database: it may be called in the middle of a transaction. */
  private async in(id: SessionId, states: readonly SessionState[]): Promise<SessionSupervisor> {
    const supervisor = this.supervisors.get(id);
    if (!supervisor) throw new ApiError('session_not_found', { session_id: id });
    if (!states.includes(supervisor.state)) throw sessionWrongState(supervisor, { allowed: states });
    return supervisor;
  }

  private async viewOf(row: SessionRow): Promise<SessionView> {
    const id = asSessionId(row.id);
    return sessionView(row, this.supervisors.get(id), await this.options.latestSync(id));
  }
}
