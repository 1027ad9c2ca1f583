import { randomBytes } from 'node:crypto';
import { Controls } from './controls.js';
import type { Hub, HubLogger, SandboxEngine } from './hub-contract.js';
import { AccountStore } from './hub/account-store.js';
import { loadCertificate } from './hub/certificate.js';
import { ChatMarks } from './hub/chat-marks.js';
import { ChatStore } from './hub/chat-store.js';
import { HubDatabase } from './hub/database.js';
import { EventLog } from './hub/event-log.js';
import { Mailbox } from './hub/mailbox.js';
import { MediaStore } from './hub/media-store.js';
import { MessageStore } from './hub/message-store.js';
import { PageServer } from './hub/page-server.js';
import type { HubParts } from './hub/parts.js';
import { SendQueue } from './hub/send-queue.js';
import { sandboxEngine } from './engine.js';

export interface HubOptions {
  /** Keeps everything: database, certificate, uploaded media. */
  dataDir: string;
  logger?: HubLogger;
  /** Port of the page's server on 127.0.0.1; without one, that of last time if it is free. */
  port?: number;
}

const silent: HubLogger = { info: () => undefined, warn: () => undefined };

/** The server side of the simulated WhatsApp. It outlives page and browser; what it has committed survives a kill of its process. */
export class SandboxHub extends Controls implements Hub {
  readonly #db: HubDatabase;
  readonly #sends: SendQueue;
  readonly #server: PageServer;
  readonly #engine: SandboxEngine;
  readonly pagePort: number;
  readonly spki: string;
  readonly pageKey: string;
  #closed = false;

  private constructor(made: { db: HubDatabase; sends: SendQueue; parts: HubParts; port: number; spki: string; pageKey: string }) {
    super(made.parts);
    this.#db = made.db;
    this.#sends = made.sends;
    this.#server = made.parts.server;
    this.pagePort = made.port;
    this.spki = made.spki;
    this.pageKey = made.pageKey;
    this.#engine = sandboxEngine({ page_port: made.port, spki: made.spki, page_key: made.pageKey });
  }

  static async open({ dataDir, logger = silent, port }: HubOptions): Promise<SandboxHub> {
    const db = HubDatabase.open(dataDir);
    const certificate = await loadCertificate(dataDir);
    const accounts = new AccountStore(db);
    const messages = new MessageStore(db);
    const chats = new ChatStore(db, messages);
    const log = new EventLog(db, messages, chats);
    log.prune();
    const mailbox = new Mailbox({ db, accounts, chats, messages, log, publish: (phone, events) => server.publish(phone, events) });
    const sends = new SendQueue({ mailbox, accounts, messages });
    const media = new MediaStore(db, dataDir);
    const marks = new ChatMarks();
    const pageKey = db.meta('page_key', () => randomBytes(24).toString('base64url'));
    const server: PageServer = new PageServer({ certificate, pageKey, media, logger, parts: { accounts, chats, messages, mailbox, log, sends, marks } });
    // A page that is still open looks for the hub where it was.
    const listening = await server.listen(port || Number(db.meta('port', () => '0')));
    db.setMeta('port', String(listening));
    logger.info('sandbox: hub is open', { port: listening, data_dir: dataDir });
    return new SandboxHub({ db, sends, parts: { accounts, chats, messages, mailbox, media, marks, server }, port: listening, spki: certificate.spki, pageKey });
  }

  async engine(): Promise<SandboxEngine> {
    return this.#engine;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#sends.close();
    await this.#server.close();
    this.#db.close();
  }
}
