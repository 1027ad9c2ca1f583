import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { PARTS as BENCH_PARTS, type Part } from '../bench/options.js';
import type { BenchResult } from '../bench/results.js';
import { hasLaravel } from '../helpers/laravel-app.js';

/** The others go the same ways and take minutes, and bursts under load would leave the tests beside this one no processor. */
const SHORT: readonly Part[] = ['sync', 'durable', 'blast'];
/** `BENCH_TEST=all` has all of them run. */
const PARTS = process.env.BENCH_TEST === 'all' ? BENCH_PARTS : SHORT;
const testOf =
  (part: Part) =>
  (name: string, judge: () => void): void => {
    if (PARTS.includes(part)) test(name, judge);
  };
const CHATS = 200;
const BURST = 300;
const BURSTS = 1;

let dir: string;
let printed: string;
let result: BenchResult;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'bench-test-'));
  const out = join(dir, 'results', 'bench.json');
  const options = ['--sizes', String(CHATS), '--runs', '1', '--burst', String(BURST), '--bursts', String(BURSTS), '--messages', '20', '--recipients', '20,200', '--steady', '1', '--intake', '10000', '--sessions', '1,2', '--only', PARTS.join(','), '--out', out];
  const { NODE_OPTIONS: _jest, ...env } = process.env;
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', 'tests/bench/main.ts', ...options], { env, timeout: 1_700_000 });
  printed = stdout;
  result = JSON.parse(await readFile(out, 'utf8')) as BenchResult;
}, 1_800_000);
afterAll(() => rm(dir, { recursive: true, force: true }));

const isTime = (value: unknown): boolean => typeof value === 'number' && Number.isFinite(value) && value > 0;

// Nothing here judges a time: a busy machine is no defect.

test('says under which conditions it ran', () => {
  expect(result.conditions).toMatchObject({ node: process.version, runs: 1, cores: expect.any(Number), browser: expect.stringMatching(/^(headless-shell|chrome), /) });
  expect(Date.parse(result.conditions.finishedAt)).toBeGreaterThan(Date.parse(result.conditions.startedAt));
});

test('both ways bring every chat to the backend, ours signed', () => {
  const [size, ...more] = result.sync;
  expect(more).toEqual([]);
  expect(size).toMatchObject({
    size: CHATS,
    plain: { chats: { expected: CHATS, distinct: CHATS } },
    ours: { chats: { expected: CHATS, distinct: CHATS, badSignatures: 0 } },
  });
  const { plain, ours, floor, slowBackend, laravel, ratios, runs } = size!;
  const times = [plain.enumerationMs, plain.firstChatMs, plain.lastChatMs, plain.totalMs, ours.enumerationMs, ours.firstSliceMs, ours.firstChatMs, ours.lastChatMs, ours.totalMs, floor.totalMs, slowBackend.oursMs, slowBackend.floorMs];
  expect(times.filter((time) => !isTime(time))).toEqual([]);
  expect(Object.values(ratios).filter((ratio) => !isTime(ratio))).toEqual([]);
  if (hasLaravel()) expect(laravel).toMatchObject({ batches: CHATS / 50, overFloor: expect.any(Number) });
  else expect(laravel).toBeNull();
  expect(runs).toHaveLength(1);
});

testOf('inbound')('both ways bring every message of a burst to the backend while the machine has time', () => {
  const { quiet, messages } = result.inbound!;
  expect(messages).toBe(BURST);
  expect(quiet.map(({ kind }) => kind)).toEqual(['mixed', 'groups']);
  for (const { plain, ours } of quiet) {
    for (const stage of [ours.committed, ours.delivered, plain.counted, plain.received, plain.posted]) {
      expect(stage).toMatchObject({ sent: BURST, lost: 0 });
      expect([stage.perSecond, stage.p50, stage.p99].every((value) => Number.isFinite(value))).toBe(true);
    }
  }
});

testOf('inbound')('ours loses nothing under load; what the plain way loses is told', () => {
  const { ours, plain } = result.inbound!.loaded;
  expect(ours).toMatchObject({ bursts: BURSTS, sent: BURSTS * BURST, lost: 0, undelivered: 0, lostByBurst: Array(BURSTS).fill(0) });
  expect(plain).toMatchObject({ bursts: BURSTS, sent: BURSTS * BURST, lost: expect.any(Number) });
});

test('both ways bring every message of every load, and what it cost is told', () => {
  const { loads } = result.durable!;
  expect(loads.map(({ kind }) => kind)).toEqual(['burst', 'steady']);
  for (const { plain, ours, ratios } of loads) {
    expect([plain.lost, ours.lost]).toEqual([0, 0]);
    expect([plain.cpuMs, ours.cpuMs, ...Object.values(ratios)].filter((value) => !isTime(value))).toEqual([]);
  }
});

test('a blast is sent like the plain loop, whatever its size, and what it cost is told', () => {
  const { plainMs, sizes } = result.blast!;
  expect(sizes.map(({ recipients }) => recipients)).toEqual([20, 200]);
  expect([plainMs, ...sizes.flatMap(({ ms, acceptedPerSecond, overPlain, toldMs, toldOverPlain }) => [ms, acceptedPerSecond, overPlain, toldMs, toldOverPlain])].filter((value) => !isTime(value))).toEqual([]);
});

testOf('send')('texts and documents are sent both ways, near and far, and how fast is told', () => {
  const { plain, ours, told, far, ratios } = result.send!;
  expect([plain, ours, told, far, ratios].flatMap((way) => Object.values(way)).filter((value) => !isTime(value))).toEqual([]);
});

testOf('memory')('a further session takes memory, and how much is told', () => {
  const { ours } = result.memory!;
  expect(ours.bySessions[2]).toBeGreaterThan(ours.bySessions[1]!);
});

test('prints a table, and what was expected', () => {
  expect(printed).toMatch(/plain ÷ ours/);
  expect(result.expectations.length).toBeGreaterThan(0);
  for (const { text, met } of result.expectations) expect(printed).toContain(`expected ${text}: ${met ? 'met' : 'not met'}`);
});
