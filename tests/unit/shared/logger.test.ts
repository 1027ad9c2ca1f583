import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { createLogger, silentLogger } from '../../../whatsapp-service/shared/logger.js';
import type { Logger, LogSettings } from '../../../whatsapp-service/shared/logger.js';

let dir: string;
let out: PassThrough & { isTTY?: boolean; hasColors?: () => boolean };
let logger: Logger | null;

beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'logger-'));
  out = new PassThrough();
  logger = null;
});
afterEach(async () => {
  await logger?.close();
  rmSync(dir, { recursive: true, force: true });
});

function open(settings: Partial<LogSettings> = {}): Logger {
  logger = createLogger({ dir: path.join(dir, 'logs'), level: 'info', format: 'json', ...settings }, out);
  return logger;
}

const printed = (): string => (out.read() as Buffer | null)?.toString() ?? '';
const lines = (text: string): Record<string, unknown>[] => text.split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as Record<string, unknown>);
const syncLog = (): Record<string, unknown>[] => lines(readFileSync(path.join(dir, 'logs', 'sync.log'), 'utf8'));

describe('createLogger', () => {
  test('writes one JSON object per line, with the fields of its parents', async () => {
    const log = open();
    log.child({ session: 'shop' }).child({ request: 'req_1' }).info('A message came in', { chat: '628123456789@c.us', count: 3 });
    await log.close();
    expect(lines(printed())).toEqual([{ time: expect.stringMatching(/^\d{4}-.*Z$/), level: 'info', message: 'A message came in', session: 'shop', request: 'req_1', chat: '*********789@c.us', count: 3 }]);
  });

  test('leaves out what is below its level', async () => {
    const log = open({ level: 'warn' });
    log.debug('d');
    log.info('i');
    log.sync.info('si');
    log.warn('w');
    log.error('e');
    await log.close();
    expect(lines(printed()).map((line) => line.message)).toEqual(['w', 'e']);
    expect(syncLog()).toEqual([]);
  });

  test('the sync channel writes to the console and to sync.log, the others only to the console', async () => {
    const log = open();
    log.info('one');
    log.child({ session: 'shop' }).sync.info('two', { chats: 50 });
    log.sync.child({ session: 'shop' }).sync.warn('three for +628123456789');
    await log.close();
    expect(lines(printed()).map((line) => line.message)).toEqual(['one', 'two', 'three for +*********789']);
    expect(syncLog()).toEqual([
      expect.objectContaining({ channel: 'sync', session: 'shop', message: 'two', chats: 50, level: 'info' }),
      expect.objectContaining({ channel: 'sync', session: 'shop', message: 'three for +*********789', level: 'warn' }),
    ]);
  });

  test('close writes everything that came before it, and nothing that comes after', async () => {
    const log = open();
    for (let i = 0; i < 2_000; i++) log.sync.info('line', { i });
    const closing = log.close();
    log.sync.info('too late');
    await closing;
    await log.close();
    expect(syncLog().map((line) => line.i)).toEqual(Array.from({ length: 2_000 }, (_, i) => i));
  });

  test('an error under any key keeps its stack; a field named as a fixed part is not lost', async () => {
    const log = open();
    log.error('The backend refuses us', { cause: new RangeError('boom'), message: 'other', level: 9, time: 'noon', stack: 'mine', splat: 1 });
    await log.close();
    expect(lines(printed())[0]).toMatchObject({ level: 'error', message: 'The backend refuses us', message_: 'other', level_: 9, time_: 'noon', stack: 'mine', splat: 1, cause: { name: 'RangeError', message: 'boom', stack: expect.stringContaining('logger.test') } });
  });

  test('is pretty in a terminal, and when asked to be', async () => {
    out.isTTY = true;
    const log = open({ format: 'auto' });
    log.info('Session works', { session: 'shop', code: 'ready now', error: new Error('boom') });
    await log.close();
    expect(printed()).toMatch(/^\d\d:\d\d:\d\d INFO {2}Session works session=shop code="ready now"\n {2}Error: boom\n {6}at /);

    out = new PassThrough();
    out.hasColors = () => true;
    const coloured = open({ format: 'pretty' });
    coloured.warn('Careful');
    await coloured.close();
    expect(printed()).toContain('\u001b[33mWARN \u001b[0m Careful');
  });

  test('a console that is gone does not end the service', async () => {
    const log = open();
    out.destroy(new Error('EPIPE'));
    log.sync.info('still here');
    await log.close();
    expect(syncLog()).toHaveLength(1);
  });
});

test('silentLogger takes everything and gives itself as its children', async () => {
  silentLogger.child({ session: 's' }).sync.error('x', { a: 1 });
  expect(silentLogger.sync.child({})).toBe(silentLogger);
  await silentLogger.close();
});
