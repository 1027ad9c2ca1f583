import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { createLogger, type LogContext, type LogFields, type Logger } from '../../../whatsapp-service/shared/logger.js';
import { stampOf } from '../page-scripts.js';
import type { InboundJob, InboundResult, Job, Variant } from '../variant.js';
import { Arrivals, progress } from './arrivals.js';
import { serviceConfig, workingService, type Service } from './service.js';

/** The whole service. When events were committed is read from its log, what they were from its database. */
let service: Service | null = null;
let commits: { at: number; fresh: number }[] = [];
let read = 0;

export const variant: Variant = {
  async prepare(job: Job): Promise<void> {
    const logger = new NotingLogger(createLogger(serviceConfig(job).log));
    service = await workingService(job, { logger });
    commits = [];
    read = lastSequence(service.config.dataDir);
  },
  async run(burst: InboundJob): Promise<InboundResult> {
    if (!service) throw new Error('not prepared');
    const committed = (): number => commits.reduce((sum, { fresh }) => sum + fresh, 0);
    await progress(committed, burst.messages, burst.quietMs);
    const arrivals = new Arrivals();
    const stamps = stampsSince(service.config.dataDir, read);
    let next = 0;
    for (const { at, fresh } of commits) for (const stamp of stamps.slice(next, (next += fresh))) arrivals.add(stamp, at);
    read = lastSequence(service.config.dataDir);
    commits = [];
    const { stage, firstInPageAt } = arrivals.take();
    return { sent: burst.messages, firstInPageAt, received: stage };
  },
  async close(): Promise<void> {
    await service?.app.stop();
  },
};

/** Passes everything on, and notes when events were committed. */
class NotingLogger implements Logger {
  constructor(private readonly logger: Logger) {}

  error(message: string, fields?: LogFields): void {
    this.logger.error(message, fields);
  }

  warn(message: string, fields?: LogFields): void {
    this.logger.warn(message, fields);
  }

  info(message: string, fields?: LogFields): void {
    this.logger.info(message, fields);
  }

  debug(message: string, fields?: LogFields): void {
    if (message === 'Events committed' && Number(fields?.fresh) > 0) commits.push({ at: Date.now(), fresh: Number(fields?.fresh) });
    this.logger.debug(message, fields);
  }

  child(fields: LogContext): Logger {
    return new NotingLogger(this.logger.child(fields));
  }

  get sync(): Logger {
    return this.logger.sync;
  }

  close(): Promise<void> {
    return this.logger.close();
  }
}

function open(dataDir: string): InstanceType<typeof DatabaseSync> {
  return new DatabaseSync(join(dataDir, 'bridge.sqlite'), { readOnly: true });
}

function lastSequence(dataDir: string): number {
  const db = open(dataDir);
  const { last } = db.prepare('select max(sequence) as last from event').get() as { last: number | null };
  db.close();
  return last ?? 0;
}

/** Of the messages that are on disk, in their order: when they came into the page. */
function stampsSince(dataDir: string, sequence: number): number[] {
  const db = open(dataDir);
  const rows = db.prepare("select data from event where sequence > ? and name = 'message' order by sequence").all(sequence) as { data: string }[];
  db.close();
  return rows.map(({ data }) => stampOf((JSON.parse(data) as { body: unknown }).body) ?? NaN);
}
