import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import type { ChatSyncBatch, WebhookPayload } from '../../contracts/payloads.js';

export interface Figures {
  batches: number;
  chats: number;
  groups: number;
  signaturesOk: number;
  signaturesBad: number;
  events: Record<string, number>;
}

/**
 * A backend as a Laravel application would be one: it takes signed requests and believes none whose signature it has not checked.
 * The checks share no code with the service: plain HMAC as any language has it, and the independent `standardwebhooks` package.
 */
export class DemoBackend {
  readonly figures: Figures = { batches: 0, chats: 0, groups: 0, signaturesOk: 0, signaturesBad: 0, events: {} };
  private readonly seen = new Set<string>();
  private readonly chatIds = new Set<string>();
  private readonly listeners = new Set<(event: WebhookPayload) => void>();
  private readonly server = createServer((request, response) => void this.take(request, response));

  constructor(private readonly secret: string) {}

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Resolves with the first webhook that `wanted` accepts, from now on. */
  next(wanted: (event: WebhookPayload) => boolean): Promise<WebhookPayload> {
    return new Promise((resolve) => {
      const listener = (event: WebhookPayload): void => {
        if (!wanted(event)) return;
        this.listeners.delete(listener);
        resolve(event);
      };
      this.listeners.add(listener);
    });
  }

  close(): Promise<void> {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(() => resolve()));
  }

  private async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    if (!this.signed(request, body)) {
      this.figures.signaturesBad++;
      response.writeHead(401).end();
      return;
    }
    this.figures.signaturesOk++;
    const payload = JSON.parse(body.toString('utf8')) as ChatSyncBatch | WebhookPayload;
    const repeated = this.seen.has(payload.delivery_id);
    this.seen.add(payload.delivery_id);
    if (!repeated) this.count(payload);
    response.writeHead(repeated ? 409 : 202, { 'Content-Type': 'application/json' }).end('{}');
  }

  private signed(request: IncomingMessage, body: Buffer): boolean {
    const header = (name: string): string => String(request.headers[name] ?? '');
    const expected = createHmac('sha256', this.secret).update(body).digest('hex');
    const given = header('x-webhook-signature');
    if (given.length !== expected.length || !timingSafeEqual(Buffer.from(given), Buffer.from(expected))) return false;
    try {
      new Webhook(Buffer.from(this.secret).toString('base64')).verify(body, {
        'webhook-id': header('webhook-id'),
        'webhook-timestamp': header('webhook-timestamp'),
        'webhook-signature': header('webhook-signature'),
      });
      return true;
    } catch {
      return false;
    }
  }

  private count(payload: ChatSyncBatch | WebhookPayload): void {
    if ('chats' in payload) {
      this.figures.batches++;
      for (const chat of payload.chats) this.chatIds.add(chat.chat_id);
      this.figures.chats = this.chatIds.size;
      this.figures.groups += payload.chats.filter((chat) => chat.chat_type === 'group').length;
      return;
    }
    this.figures.events[payload.event] = (this.figures.events[payload.event] ?? 0) + 1;
    for (const listener of this.listeners) listener(payload);
  }
}
