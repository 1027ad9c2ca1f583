import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { processesNaming } from '../helpers/flow.js';

/** What the demo and its browser write their temporary files under. */
let dir: string;
let child: ChildProcessByStdio<null, Readable, Readable> | null = null;

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'demo-test-'));
});
afterAll(() => {
  child?.kill('SIGKILL');
  rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
});

test('npm run demo -- --once shows the whole loop, ends with a line of JSON, and leaves nothing behind', async () => {
  child = spawn(process.execPath, ['--import', 'tsx', 'whatsapp-service/sandbox/demo/main.ts', '--once'], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, TMPDIR: dir },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let complaints = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (complaints += chunk.toString()));
  await once(child, 'close');

  expect({ code: child.exitCode, complaints }).toEqual({ code: 0, complaints: '' });
  expect(output.startsWith('SANDBOX: ')).toBe(true);
  for (const step of [1, 2, 3, 4, 5]) expect(output).toMatch(new RegExp(`^${step}  `, 'm'));
  expect(output).toContain('synced 500/500 chats');

  const summary = JSON.parse(output.trimEnd().split('\n').at(-1) ?? '') as Record<string, unknown>;
  expect(Object.keys(summary)).toEqual(['paired', 'chats_synced', 'batches', 'signatures_ok', 'signatures_bad', 'inbound_delivered', 'sent_acked']);
  expect(summary).toMatchObject({ paired: true, chats_synced: 500, batches: 10, signatures_bad: 0, inbound_delivered: 3, sent_acked: 1 });
  // Ten batches, three messages, and at least a status, a QR and an acknowledgement.
  expect(summary.signatures_ok).toBeGreaterThanOrEqual(16);

  expect(processesNaming(dir)).toEqual([]);
  // The compiler's cache is tsx's own.
  expect(readdirSync(dir).filter((name) => !name.startsWith('tsx-'))).toEqual([]);
});
