import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { expect, test } from '@jest/globals';
import { openErrorReports } from '../../../whatsapp-service/shared/error-reports.js';
import { createLogger } from '../../../whatsapp-service/shared/logger.js';

test('reports error lines, with the masks of the log, and nothing else', async () => {
  const bodies: string[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      bodies.push(`${request.url} ${Buffer.concat(chunks).toString()}`);
      response.end('{}');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const dir = await mkdtemp(join(tmpdir(), 'bridge-reports-'));
  const reports = await openErrorReports(`http://public@127.0.0.1:${(server.address() as AddressInfo).port}/7`, '1.2.3');
  const logger = createLogger({ dir, level: 'debug', format: 'json' }, new PassThrough().resume(), (line) => reports.report(line));
  logger.info('only for the log');
  logger.warn('this as well');
  logger.child({ session: 'sales' }).error('A message to 0812-3456-7890 failed', { chat: '6281234567890@c.us', body: 'rahasia', token: 'hunter2', error: new TypeError('no +62 812-3456-7890') });
  await logger.close();
  await reports.close();
  server.close();
  await rm(dir, { recursive: true, force: true });

  expect(bodies).toHaveLength(1);
  const [url = ''] = bodies[0]!.split(' ');
  expect(url).toMatch(/^\/api\/7\/envelope\//);
  const event = JSON.parse(bodies[0]!.split('\n')[2] ?? '') as Record<string, unknown>;
  expect(event).toMatchObject({
    level: 'error', release: '1.2.3', tags: { session: 'sales' }, server_name: 'laravel-whatsapp-bridge', message: expect.stringMatching(/^A message to \*+890 failed$/),
    extra: { chat: expect.stringMatching(/^\*+890@c\.us$/), body: '[7 chars]', token: '[redacted]', error: { name: 'TypeError', message: expect.stringMatching(/\*+890/) } },
  });
  for (const secret of ['81234567890', '812-3456', 'rahasia', 'hunter2']) expect(bodies[0]).not.toContain(secret);
});
