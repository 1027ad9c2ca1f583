import path from 'node:path';
import { Writable } from 'node:stream';
import winston from 'winston';
import type { ErrorLine } from './error-reports.js';
import { makeFolder } from './make-folder.js';
import { redactFields, redactText } from './redact.js';

/**
 * All loggers of the service. What the levels mean:
 * - `error`: a person must act now.
 * - `warn`: something failed and the service deals with it itself.
 * - `info`: what happened, once per business event.
 * - `debug`: how it happened.
 *
 * Phone numbers, message texts and secrets are masked here (see `redact.ts`), not where a line is written.
 */
export interface Logger {
  error(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  debug(message: string, fields?: LogFields): void;
  /** The same logger with fields that every line of it carries. */
  child(fields: LogContext): Logger;
  /** Writes to the console and to `sync.log`. */
  readonly sync: Logger;
  /** Resolves when every line is written. Lines that come later are dropped. */
  close(): Promise<void>;
}

/** Errors may be given under any key: their name, message and stack are logged. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Session, request and delivery are what a log is searched by. */
export interface LogContext extends LogFields {
  readonly session?: string;
  readonly request?: string;
  readonly delivery?: string;
}

export type LogLevel = 'error' | 'warn' | 'info' | 'debug';

export interface LogSettings {
  /** The folder of `sync.log`; made when it is missing. */
  dir: string;
  level: LogLevel;
  /** `auto`: pretty in a terminal, JSON lines otherwise. */
  format: 'auto' | 'json' | 'pretty';
}

/** Where the console's lines go; handed in by tests. */
export type LogConsole = NodeJS.WritableStream & { isTTY?: boolean; hasColors?: () => boolean };

/** `sync.log` is kept to five files of this size in bytes, the newest without a number. */
const SYNC_LOG_BYTES = 20 * 1024 * 1024;
const SYNC_LOG_FILES = 5;
const CLOSE_LIMIT_MS = 2_000;

const LEVELS = { error: 0, warn: 1, info: 2, debug: 3 } as const;

/** @throws StartError when the folder of the logs cannot be used. */
export function createLogger(settings: LogSettings, out: LogConsole = process.stdout, onError: ((line: ErrorLine) => void) | null = null): Logger {
  const pretty = settings.format === 'pretty' || (settings.format === 'auto' && out.isTTY === true);
  makeFolder(settings.dir, 'LOG_DIR', 0o755);
  const file = new winston.transports.File({
    filename: path.join(settings.dir, 'sync.log'),
    maxsize: SYNC_LOG_BYTES,
    maxFiles: SYNC_LOG_FILES,
    tailable: true,
    format: winston.format.combine(onlySync(), jsonLine()),
  });
  const root = winston.createLogger({
    levels: LEVELS,
    level: settings.level,
    format: redacted(),
    transports: [new winston.transports.Stream({ stream: out, format: pretty ? prettyLine({ colours: out.hasColors?.() === true }) : jsonLine() }), file, ...(onError ? [errorLines(onError)] : [])],
  });
  survive(root, out);
  return new WinstonLogger({ root, file, closing: null }, {});
}

interface Shared {
  readonly root: winston.Logger;
  readonly file: winston.transport;
  closing: Promise<void> | null;
}

class WinstonLogger implements Logger {
  readonly sync: Logger;

  constructor(
    private readonly shared: Shared,
    private readonly context: LogFields,
  ) {
    this.sync = context.channel === 'sync' ? this : new WinstonLogger(shared, { ...context, channel: 'sync' });
  }

  error(message: string, fields?: LogFields): void {
    this.write('error', message, fields);
  }

  warn(message: string, fields?: LogFields): void {
    this.write('warn', message, fields);
  }

  info(message: string, fields?: LogFields): void {
    this.write('info', message, fields);
  }

  debug(message: string, fields?: LogFields): void {
    this.write('debug', message, fields);
  }

  child(fields: LogContext): Logger {
    return new WinstonLogger(this.shared, { ...this.context, ...fields });
  }

  close(): Promise<void> {
    this.shared.closing ??= flushAndEnd(this.shared);
    return this.shared.closing;
  }

  private write(level: LogLevel, message: string, fields: LogFields = {}): void {
    const { root, closing } = this.shared;
    if (closing !== null || !root.isLevelEnabled(level)) return;
    // The fields travel under one key: winston gives some names (message, stack, splat) a meaning of their own.
    root.log({ level, message, time: new Date().toISOString(), fields: { ...this.context, ...fields } });
  }
}

/** The one place where redaction happens. */
const redacted = winston.format((info) => {
  info.message = redactText(String(info.message));
  info.fields = redactFields(info.fields as LogFields);
  return info;
});

/** Hands on what an `error` line says, after the masks. */
function errorLines(onError: (line: ErrorLine) => void): winston.transport {
  const stream = new Writable({
    write(chunk: Buffer | string, _encoding, done) {
      const { message, time: _time, level: _level, ...fields } = JSON.parse(String(chunk)) as Record<string, unknown>;
      onError({ message: String(message), fields });
      done();
    },
  });
  return new winston.transports.Stream({ stream, level: 'error', format: jsonLine() });
}

const onlySync = winston.format((info) => ((info.fields as LogFields).channel === 'sync' ? info : false));

/** `{"time":…,"level":…,"message":…,…}` */
const jsonLine = (): winston.Logform.Format =>
  winston.format.printf(({ time, level, message, fields }) => {
    const line: Record<string, unknown> = { time, level, message };
    // A field called `message` must neither replace the sentence nor be lost.
    for (const [key, value] of Object.entries(fields as LogFields)) line[Object.hasOwn(line, key) ? `${key}_` : key] = value;
    return JSON.stringify(line);
  });

const COLOURS: Readonly<Record<string, string>> = { error: '\u001b[31m', warn: '\u001b[33m', info: '\u001b[32m', debug: '\u001b[2m' };

const prettyLine = ({ colours }: { colours: boolean }): winston.Logform.Format =>
  winston.format.printf(({ time, level, message, fields }) => {
    const name = level.toUpperCase().padEnd(5);
    const stacks: string[] = [];
    const pairs = Object.entries(fields as LogFields).flatMap(([key, value]) => {
      if (value === undefined) return [];
      const stack = stackOf(value);
      if (stack === null) return [` ${key}=${typeof value === 'string' && /^\S+$/.test(value) ? value : JSON.stringify(value)}`];
      stacks.push(`\n  ${stack.replaceAll('\n', '\n  ')}`);
      return [];
    });
    return `${String(time).slice(11, 19)} ${colours ? `${COLOURS[level] ?? ''}${name}\u001b[0m` : name} ${String(message)}${pairs.join('')}${stacks.join('')}`;
  });

function stackOf(value: unknown): string | null {
  return typeof value === 'object' && value !== null && 'stack' in value && typeof value.stack === 'string' ? value.stack : null;
}

/** A full disk or a closed terminal must not end the service: its sessions matter more than its log. */
function survive(root: winston.Logger, out: LogConsole): void {
  let told = false;
  root.on('error', (error: Error) => {
    if (told) return;
    told = true;
    process.stderr.write(`The log cannot be written: ${error.message}\n`);
  });
  if (!out.listeners('error').includes(ignore)) out.on('error', ignore);
}

const ignore = (): void => undefined;

async function flushAndEnd({ root, file }: Shared): Promise<void> {
  let limit: NodeJS.Timeout | undefined;
  await Promise.race([
    new Promise<void>((resolve) => {
      // The file ends after the logger does, and only its own `finish` says that the bytes are written.
      file.once('finish', resolve);
      root.end();
    }),
    new Promise<void>((resolve) => {
      limit = setTimeout(resolve, CLOSE_LIMIT_MS);
    }),
  ]);
  clearTimeout(limit);
}

/** Says nothing; for tests, and for parts that are built without a log. */
export const silentLogger: Logger = {
  error: ignore,
  warn: ignore,
  info: ignore,
  debug: ignore,
  child: () => silentLogger,
  get sync() {
    return silentLogger;
  },
  close: () => Promise.resolve(),
};
