import type { Storage } from '../storage/database.js';
import type { BackendClient } from '../signed-http/backend-client.js';
import type { WebhookEndpointRow } from '../storage/schema-outbox.js';
import { Dispatcher, type DispatcherOptions } from './dispatcher.js';
import type { BreakerState } from './endpoint-gate.js';
import { DEFAULT_ENDPOINT, listEndpoints } from './endpoint-store.js';

export interface DispatchersOptions extends Omit<DispatcherOptions, 'endpoint' | 'post'> {
  storage: Storage;
  /** To the endpoint of the settings; null: there is none, and its deliveries wait. */
  postDefault: DispatcherOptions['post'] | null;
  /** A way to an endpoint of the API. */
  connect(endpoint: WebhookEndpointRow): BackendClient;
}

export interface EndpointState {
  endpoint: string;
  breaker: BreakerState;
  /** It refuses our credentials. */
  paused: boolean;
}

interface Link {
  row: WebhookEndpointRow;
  client: BackendClient;
  dispatcher: Dispatcher;
}

/** However often something new is reported, the endpoints of the API are woken this seldom. Milliseconds. */
const WAKE_TOGETHER_MS = 20;
/** How long it may take to write down what was broken off at an endpoint that is gone. */
const REMOVED_MS = 1_000;

/** One dispatcher for each endpoint: a slow one, or one that is away, holds up no other. */
export class Dispatchers {
  private readonly links = new Map<string, Link>();
  private readonly primary: Dispatcher | null;
  private waking: NodeJS.Timeout | null = null;
  private started = false;

  constructor(private readonly options: DispatchersOptions) {
    const { postDefault } = options;
    this.primary = postDefault && new Dispatcher({ ...options, endpoint: DEFAULT_ENDPOINT, post: postDefault });
  }

  async start(): Promise<void> {
    this.started = true;
    this.primary?.start();
    await this.refresh();
  }

  /** Takes up endpoints that were added or changed, and lets go of those that are gone. */
  async refresh(): Promise<void> {
    if (!this.started) return;
    const rows = new Map((await listEndpoints(this.options.storage.db)).map((row) => [row.id, row]));
    for (const [id, link] of this.links) if (!rows.has(id)) await this.remove(id, link);
    for (const row of rows.values()) {
      const link = this.links.get(row.id);
      if (!link) this.add(row);
      else if (link.row.updated_at !== row.updated_at) this.change(link, row);
    }
    this.wake();
  }

  /** There is something new. */
  wake(): void {
    this.primary?.wake();
    if (this.links.size === 0) return;
    this.waking ??= setTimeout(() => {
      this.waking = null;
      for (const { dispatcher } of this.links.values()) dispatcher.wake();
    }, WAKE_TOGETHER_MS);
  }

  states(): EndpointState[] {
    const states = [...this.links].map(([endpoint, { dispatcher }]) => ({ endpoint, ...dispatcher.state }));
    return this.primary ? [{ endpoint: DEFAULT_ENDPOINT, ...this.primary.state }, ...states] : states;
  }

  /** Takes nothing new, and waits at most `graceMs` for what is under way. */
  async stop(graceMs: number): Promise<void> {
    this.started = false;
    if (this.waking) clearTimeout(this.waking);
    await Promise.all([this.primary?.stop(graceMs), ...[...this.links.values()].map(({ dispatcher }) => dispatcher.stop(graceMs))]);
  }

  /** Breaks off what is under way; what came of it is still written down, by `stop`. */
  close(): void {
    for (const { client } of this.links.values()) client.close();
  }

  private add(row: WebhookEndpointRow): void {
    const link = { row, client: this.options.connect(row) };
    // What is posted goes to wherever the endpoint is by then.
    const dispatcher = new Dispatcher({ ...this.options, endpoint: row.id, post: (delivery) => held.client.post('', delivery) });
    const held: Link = { ...link, dispatcher };
    this.links.set(row.id, held);
    dispatcher.start();
  }

  private change(link: Link, row: WebhookEndpointRow): void {
    const before = link.client;
    link.row = row;
    link.client = this.options.connect(row);
    before.close();
  }

  private async remove(id: string, { client, dispatcher }: Link): Promise<void> {
    this.links.delete(id);
    const stopped = dispatcher.stop(REMOVED_MS);
    client.close();
    await stopped;
  }
}
