import { createHmac } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import type { ChatPayload, ChatSyncBatch, WebhookPayload } from '../../whatsapp-service/contracts/payloads.js';
import { patient } from './patience.js';

/** What the receiver does with a request: answers it, leaves it without an answer, or breaks the connection. */
export type Answer = { status: number; headers?: Record<string, string>; body?: unknown } | 'hang' | 'drop';
export type Answerer = (request: ReceivedRequest) => Answer | Promise<Answer>;

export interface ReceivedRequest {
  /** From 1, in the order of arrival. */
  number: number;
  /** Unix milliseconds at which the whole request was there. */
  at: number;
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  /** Names and values in turn, as they came. */
  rawHeaders: readonly string[];
  raw: Buffer;
  /** The parsed JSON; null when it is none. */
  body: Record<string, unknown> | null;
  deliveryId: string | null;
  event: string | null;
  attempt: number | null;
  /** `X-Webhook-Signature`, checked with node:crypto alone. */
  plainOk: boolean;
  /** `webhook-signature` over id, timestamp and body, checked with the `standardwebhooks` package; false in mode `counts`. The age is not judged: a test may run on a clock of its own. */
  standardOk: boolean;
  /** The status that it was answered with; null while it is unanswered, hangs or was dropped. */
  status: number | null;
}

export interface ReceiverCounts {
  requests: number;
  /** Answered with 2xx. */
  accepted: number;
  /** Of the accepted. */
  webhooks: number;
  batches: number;
  chats: number;
  distinctChats: number;
  /** Accepted webhooks by event name. */
  byEvent: Record<string, number>;
  /** Accepted deliveries whose id had been accepted before. */
  duplicates: number;
  /** Requests with a wrong signature (in mode `counts` only the plain one is checked). They are answered like the others: 401 is for a test to say. */
  badSignatures: number;
}

export interface RecordingReceiverOptions {
  /** The first secret is what the plain signature is checked with; any of them will do for the standard one. */
  secrets: readonly string[];
  /** `counts` keeps numbers and ids only, for benchmarks: `requests` and what is made of it stay empty. Default: `all`. */
  record?: 'all' | 'counts';
}

/** One event of a chat, in the order of its arrival. */
export interface ChatEvent {
  sequence: number;
  event: string;
  eventId: string;
  messageId: string | null;
}

const ACCEPTED: Answer = { status: 202, body: {} };

/**
 * A backend for tests: a real HTTP server that writes down everything that reaches it, and answers as it is told
 * (`202 {}` when it is told nothing). "Accepted" is what it answered with 2xx; repeats are kept, so that a test can see them.
 */
export class RecordingReceiver {
  /** Every request, accepted or not. */
  readonly requests: ReceivedRequest[] = [];
  private readonly changes = new EventEmitter();
  private readonly totals = { requests: 0, accepted: 0, webhooks: 0, batches: 0, chats: 0, duplicates: 0, badSignatures: 0 };
  private readonly byEvent = new Map<string, number>();
  private readonly chatIds = new Set<string>();
  private readonly acceptedIds = new Set<string>();
  private readonly verifiers: Webhook[];
  private readonly next: (Answer | Answerer)[] = [];
  private hanging: ((answer: Answer) => void)[] = [];
  private usual: Answer | Answerer = ACCEPTED;
  private delayMs = 0;
  private server: Server | null = null;
  private port = 0;

  private constructor(private readonly options: RecordingReceiverOptions) {
    this.changes.setMaxListeners(0);
    this.verifiers = options.secrets.map((secret) => (secret.startsWith('whsec_') ? new Webhook(secret) : new Webhook(secret, { format: 'raw' })));
  }

  static async start(options: RecordingReceiverOptions): Promise<RecordingReceiver> {
    const receiver = new RecordingReceiver(options);
    await receiver.up();
    return receiver;
  }

  /** `http://127.0.0.1:port`; the same through `down()` and `up()`. */
  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  // How to answer.

  /** From now on, for every request that `answerNext` has nothing for. */
  answerWith(answer: Answer | Answerer): void {
    this.usual = answer;
  }

  /** The next `times` requests, after those that were told before. */
  answerNext(times: number, answer: Answer | Answerer): void {
    for (let i = 0; i < times; i++) this.next.push(answer);
  }

  /** From now on no request is answered, until `accept()`. */
  hang(): void {
    this.usual = 'hang';
  }

  /** From now on every connection is broken when its request is there, until `accept()`. */
  drop(): void {
    this.usual = 'drop';
  }

  /** Back to `202 {}` without a delay, for the requests that hang, too. */
  accept(): void {
    this.usual = ACCEPTED;
    this.next.length = 0;
    this.delayMs = 0;
    this.release(ACCEPTED);
  }

  /** Answers the requests that hang. */
  release(answer: Answer): void {
    const hanging = this.hanging;
    this.hanging = [];
    for (const resolve of hanging) resolve(answer);
  }

  /** Milliseconds before each answer from now on. */
  delay(ms: number): void {
    this.delayMs = ms;
  }

  /** Nothing listens any more: connections are refused, those that are open are broken. */
  async down(): Promise<void> {
    const { server } = this;
    if (!server) return;
    this.server = null;
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
    this.hanging = [];
  }

  /** Listens again, on the same port. */
  async up(): Promise<void> {
    if (this.server) return;
    this.server = createServer((request, response) => void this.receive(request, response));
    this.server.listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
    this.port = (this.server.address() as AddressInfo).port;
  }

  close(): Promise<void> {
    return this.down();
  }

  // What came.

  counts(): ReceiverCounts {
    return { ...this.totals, distinctChats: this.chatIds.size, byEvent: Object.fromEntries(this.byEvent) };
  }

  /** The requests that were accepted, in order. */
  accepted(): ReceivedRequest[] {
    return this.requests.filter(isAccepted);
  }

  /** Accepted webhooks, of one event or of all. */
  webhooks(event?: string): WebhookPayload[] {
    const wanted = this.accepted().filter((request) => isWebhook(request.body) && (event === undefined || request.body.event === event));
    return wanted.map((request) => request.body as unknown as WebhookPayload);
  }

  /** Accepted batches of chats. */
  syncBatches(): ChatSyncBatch[] {
    return this.accepted().filter((request) => isBatch(request.body)).map((request) => request.body as unknown as ChatSyncBatch);
  }

  /** The chats of the accepted batches. */
  chats(): ChatPayload[] {
    return this.syncBatches().flatMap((batch) => batch.chats);
  }

  /** `webhook-id` of the accepted requests in order, repeats included. */
  deliveryIds(): string[] {
    return this.accepted().flatMap((request) => request.deliveryId ?? []);
  }

  /** The requests whose signature is wrong, in either way. */
  badSignatures(): ReceivedRequest[] {
    return this.requests.filter((request) => !request.plainOk || !request.standardOk);
  }

  /** Accepted webhooks about a chat, by `session_id/chat_id`, in the order of arrival. A repeated delivery counts once. */
  perChatOrder(): Map<string, ChatEvent[]> {
    const order = new Map<string, ChatEvent[]>();
    const seen = new Set<string>();
    for (const webhook of this.webhooks()) {
      const { chat_id: chatId, message_id: messageId } = webhook.data;
      if (typeof chatId !== 'string' || seen.has(webhook.delivery_id)) continue;
      seen.add(webhook.delivery_id);
      const key = `${webhook.session_id}/${chatId}`;
      const events = order.get(key) ?? [];
      events.push({ sequence: webhook.sequence, event: webhook.event, eventId: webhook.event_id, messageId: typeof messageId === 'string' ? messageId : null });
      order.set(key, events);
    }
    return order;
  }

  /**
   * Resolves with the first truthy value of `predicate`, which is asked now and after each request that comes or is answered.
   * @throws Error naming `what` and what had come, when that takes far longer than `timeoutMs` (10 s).
   */
  waitFor<T>(predicate: (receiver: this) => T, options: { timeoutMs?: number; what: string }): Promise<T> {
    const timeoutMs = patient(options.timeoutMs ?? 10_000);
    return new Promise((resolve, reject) => {
      const check = (): void => {
        try {
          const value = predicate(this);
          if (value) settle(() => resolve(value));
        } catch (error) {
          settle(() => reject(error));
        }
      };
      const settle = (finish: () => void): void => {
        clearTimeout(timer);
        this.changes.removeListener('change', check);
        finish();
      };
      const timer = setTimeout(() => {
        settle(() => reject(new Error(`After ${timeoutMs} ms the receiver still had no ${options.what}. It had ${JSON.stringify(this.counts())}.`)));
      }, timeoutMs);
      this.changes.on('change', check);
      check();
    });
  }

  // How it works.

  private async receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer);
    } catch {
      return; // The sender broke off: there is no request.
    }
    const received = this.describe(request, Buffer.concat(chunks));
    this.totals.requests++;
    if (!received.plainOk || (this.keepsAll && !received.standardOk)) this.totals.badSignatures++;
    if (this.keepsAll) this.requests.push(received);
    this.changes.emit('change');
    await this.answer(received, response);
    this.changes.emit('change');
  }

  private get keepsAll(): boolean {
    return this.options.record !== 'counts';
  }

  private describe(request: IncomingMessage, raw: Buffer): ReceivedRequest {
    const { headers } = request;
    const attempt = header(headers, 'x-webhook-attempt');
    return {
      number: this.totals.requests + 1,
      at: Date.now(),
      method: request.method ?? '',
      path: request.url ?? '',
      headers,
      rawHeaders: request.rawHeaders,
      raw,
      body: parsed(raw),
      deliveryId: header(headers, 'webhook-id'),
      event: header(headers, 'x-webhook-event'),
      attempt: attempt === null ? null : Number(attempt),
      plainOk: header(headers, 'x-webhook-signature') === createHmac('sha256', this.options.secrets[0] ?? '').update(raw).digest('hex'),
      standardOk: this.keepsAll && this.isStandardOk(headers, raw),
      status: null,
    };
  }

  private isStandardOk(headers: IncomingHttpHeaders, raw: Buffer): boolean {
    const id = header(headers, 'webhook-id');
    const timestamp = header(headers, 'webhook-timestamp');
    const signatures = header(headers, 'webhook-signature')?.split(' ') ?? [];
    if (!id || !timestamp || !/^\d+$/.test(timestamp)) return false;
    // `sign`, not `verify`: the latter compares the timestamp with the computer's clock, and a test may have another.
    return this.verifiers.some((verifier) => signatures.includes(verifier.sign(id, new Date(Number(timestamp) * 1000), raw)));
  }

  private async answer(received: ReceivedRequest, response: ServerResponse): Promise<void> {
    const told = this.next.shift() ?? this.usual;
    let answer = typeof told === 'function' ? await this.ask(told, received) : told;
    if (this.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, this.delayMs));
    if (answer === 'hang') answer = await new Promise<Answer>((resolve) => this.hanging.push(resolve));
    // Nobody is there any more to accept it from.
    if (response.destroyed) return;
    if (answer === 'drop' || answer === 'hang') {
      response.destroy();
      return;
    }
    const body = answer.body === undefined ? '' : typeof answer.body === 'string' || Buffer.isBuffer(answer.body) ? answer.body : JSON.stringify(answer.body);
    received.status = answer.status;
    if (isAccepted(received)) this.count(received);
    response.writeHead(answer.status, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body), ...answer.headers });
    response.end(body);
  }

  private async ask(answerer: Answerer, received: ReceivedRequest): Promise<Answer> {
    try {
      return await answerer(received);
    } catch (error) {
      return { status: 500, body: { error: `The test's own answerer failed: ${String(error)}` } };
    }
  }

  private count(accepted: ReceivedRequest): void {
    this.totals.accepted++;
    const { body, deliveryId } = accepted;
    if (deliveryId !== null) {
      if (this.acceptedIds.has(deliveryId)) this.totals.duplicates++;
      this.acceptedIds.add(deliveryId);
    }
    if (isBatch(body)) {
      this.totals.batches++;
      this.totals.chats += body.chats.length;
      for (const chat of body.chats) this.chatIds.add(chat.chat_id);
    } else if (isWebhook(body)) {
      this.totals.webhooks++;
      this.byEvent.set(body.event, (this.byEvent.get(body.event) ?? 0) + 1);
    }
  }
}

const isAccepted = (request: ReceivedRequest): boolean => request.status !== null && request.status >= 200 && request.status < 300;

function isBatch(body: Record<string, unknown> | null): body is { chats: ChatPayload[] } {
  return Array.isArray(body?.chats);
}

function isWebhook(body: Record<string, unknown> | null): body is { event: string } {
  return typeof body?.event === 'string';
}

function header(headers: IncomingHttpHeaders, name: string): string | null {
  const value = headers[name];
  return typeof value === 'string' ? value : null;
}

function parsed(raw: Buffer): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(raw.toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
