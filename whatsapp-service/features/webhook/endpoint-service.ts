import { randomBytes } from 'node:crypto';
import { isIP } from 'node:net';
import { ApiError } from '../../contracts/errors.js';
import { mayUseSession, type Caller } from '../../contracts/route.js';
import type { ChangeEndpoint, CreateEndpoint, EndpointView, RotateSecret } from '../../contracts/webhook-api.js';
import { deleteEndpoint, drainedEndpoints, findEndpoint, giveUpPart, insertEndpoint, listEndpoints, updateEndpoint } from '../../outbox/endpoint-store.js';
import type { EndpointState } from '../../outbox/dispatchers.js';
import { isHiddenIpv4, isListed, isPrivateAddress } from '../../shared/address-guard.js';
import { bareHost } from '../../shared/bare-host.js';
import { iso, type Clock } from '../../shared/clock.js';
import { newEndpointId } from '../../shared/ids.js';
import type { Storage } from '../../storage/database.js';
import type { WebhookEndpointRow } from '../../storage/schema-outbox.js';

export interface EndpointServiceOptions {
  storage: Storage;
  /** `host` or `host:port` with a private address that may be an endpoint. */
  allowedHosts: readonly string[];
  clock: Clock;
  requireSession(id: string): Promise<unknown>;
  /** Endpoints have changed. */
  refresh(): Promise<void>;
  states(): readonly EndpointState[];
}

/** A key that is limited to sessions sees and changes only endpoints of those. */
export class EndpointService {
  constructor(private readonly options: EndpointServiceOptions) {}

  /** `secret` is null when the caller gave one. */
  async create(input: CreateEndpoint, caller: Caller): Promise<EndpointView & { secret: string | null }> {
    const { storage, clock } = this.options;
    const sessionId = input.session_id === null ? null : String(input.session_id);
    if (sessionId === null && caller.sessions !== null) throw new ApiError('forbidden', { session_id: null, reason: 'this key may use some sessions only; name one of them' });
    if (sessionId !== null) await this.options.requireSession(sessionId);
    this.checkUrl(input.url);
    const now = clock.now();
    const made = input.secret === undefined ? newSecret() : null;
    const row: WebhookEndpointRow = {
      id: newEndpointId(), session_id: sessionId, url: input.url, secret: made ?? input.secret ?? '', previous_secret: null, previous_until: null,
      events: JSON.stringify(input.events), headers: JSON.stringify(input.headers), created_at: now, updated_at: now,
    };
    await storage.transaction((trx) => insertEndpoint(trx, row));
    await this.options.refresh();
    return { ...this.view(row), secret: made };
  }

  async list(caller: Caller): Promise<EndpointView[]> {
    const rows = await listEndpoints(this.options.storage.db);
    return rows.filter((row) => isVisible(row, caller)).map((row) => this.view(row));
  }

  async get(id: string, caller: Caller): Promise<EndpointView> {
    return this.view(await this.row(id, caller));
  }

  async change(id: string, change: ChangeEndpoint, caller: Caller): Promise<EndpointView> {
    await this.row(id, caller);
    const { url, events, headers } = change;
    if (url !== undefined) this.checkUrl(url);
    await this.update(id, { ...(url !== undefined && { url }), ...(events && { events: JSON.stringify(events) }), ...(headers && { headers: JSON.stringify(headers) }) });
    return this.get(id, caller);
  }

  /** The new secret signs at once; the one before signs beside it for a while. */
  async rotate(id: string, { secret, keep_previous_hours: hours }: RotateSecret, caller: Caller): Promise<EndpointView & { secret: string | null }> {
    const before = await this.row(id, caller);
    const made = secret === undefined ? newSecret() : null;
    const next = made ?? secret ?? '';
    if (next === before.secret) throw new ApiError('invalid_request', { fields: [{ field: 'body.secret', message: 'is the one that is in use already' }] });
    const until = this.options.clock.now() + hours * 3_600_000;
    await this.update(id, { secret: next, previous_secret: hours > 0 ? before.secret : null, previous_until: hours > 0 ? until : null });
    return { ...(await this.get(id, caller)), secret: made };
  }

  /** What it did not get yet becomes dead letters. */
  async delete(id: string, caller: Caller): Promise<void> {
    const { storage, clock, refresh } = this.options;
    await this.row(id, caller);
    await storage.transaction((trx) => deleteEndpoint(trx, id));
    await refresh();
    let given: number;
    do given = await storage.transaction((trx) => giveUpPart(trx, id, 'the endpoint was deleted', clock.now()));
    while (given > 0);
  }

  /** Endpoints of sessions that were deleted go when they have got everything. */
  async removeDrained(): Promise<void> {
    const { storage, refresh } = this.options;
    const drained = await drainedEndpoints(storage.db);
    for (const id of drained) await storage.transaction((trx) => deleteEndpoint(trx, id));
    if (drained.length > 0) await refresh();
  }

  private async update(id: string, change: Parameters<typeof updateEndpoint>[2]): Promise<void> {
    const { storage, clock, refresh } = this.options;
    await storage.transaction((trx) => updateEndpoint(trx, id, change, clock.now()));
    await refresh();
  }

  private async row(id: string, caller: Caller): Promise<WebhookEndpointRow> {
    const row = await findEndpoint(this.options.storage.db, id);
    if (!row || !isVisible(row, caller)) throw new ApiError('endpoint_not_found');
    return row;
  }

  /** What can be known before a connection is made; the address that a name has is looked at then. */
  private checkUrl(text: string): void {
    const url = new URL(text);
    const host = bareHost(url);
    const isPrivate = isIP(host) === 0 ? /(^|\.)localhost$/.test(host) : isPrivateAddress(host);
    if (isHiddenIpv4(url) || (isPrivate && !isListed(url, this.options.allowedHosts))) throw new ApiError('endpoint_url_not_allowed', { reason: 'private_address' });
  }

  private view(row: WebhookEndpointRow): EndpointView {
    const state = this.options.states().find(({ endpoint }) => endpoint === row.id);
    const previousUntil = row.previous_secret !== null && row.previous_until !== null && row.previous_until > this.options.clock.now() ? row.previous_until : null;
    return {
      id: row.id,
      session_id: row.session_id,
      url: row.url,
      events: JSON.parse(row.events) as string[],
      header_names: Object.keys(JSON.parse(row.headers) as Record<string, string>),
      previous_secret_until: previousUntil === null ? null : iso(previousUntil),
      state: state?.paused ? 'paused' : state && state.breaker !== 'closed' ? 'away' : 'open',
      created_at: iso(row.created_at),
      updated_at: iso(row.updated_at),
    };
  }
}

const newSecret = (): string => `whsec_${randomBytes(32).toString('base64')}`;

const isVisible = (row: WebhookEndpointRow, caller: Caller): boolean => (row.session_id === null ? caller.sessions === null : mayUseSession(caller, row.session_id));
