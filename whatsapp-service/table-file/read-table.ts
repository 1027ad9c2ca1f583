import { fork } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import pLimit from 'p-limit';
import { ApiError } from '../contracts/errors.js';
import { linesOf } from '../shared/text-lines.js';
import { TABLE_PROBLEMS, type TableAnswer, type TableLimits, type TableOrder } from './table-contract.js';

export interface TableRow {
  /** In the file, from 1. */
  line: number;
  cells: readonly string[];
}

export interface Table {
  /** Of all rows. */
  count: number;
  /** In lots, from the start each time. */
  rows(): AsyncIterable<TableRow[]>;
  remove(): Promise<void>;
}

/** A million rows of CSV took 15 s on a machine that was busy with other things. */
const MAX_MS = 40_000;
/** Of the heap of the process that reads. A table that needs more does not end this one. */
const MAX_HEAP_MB = 768;
/** JSON of one row. */
const MAX_LINE = 1_000_000;

/** One after the other: each may take much memory. */
const inTurn = pLimit(1);

/** The file's rows, once all of them have been found readable. @throws ApiError `table_unreadable` */
export async function readTable(path: string, limits: TableLimits): Promise<Table> {
  const output = `${path}.rows`;
  const remove = (): Promise<void> => rm(output, { force: true });
  try {
    const answer = await inTurn(() => ask({ path, output, limits }));
    if (!answer.ok) {
      const { problem, ok: _ok, ...at } = answer;
      throw new ApiError('table_unreadable', { reason: problem, message: TABLE_PROBLEMS[problem], ...at });
    }
    return { count: answer.rows, rows: () => rowsIn(output), remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function* rowsIn(output: string): AsyncGenerator<TableRow[]> {
  for await (const lines of linesOf(createReadStream(output), MAX_LINE)) {
    yield lines.map((text) => {
      const [line, ...cells] = JSON.parse(text) as [number, ...string[]];
      return { line, cells };
    });
  }
}

/** As this process runs: from the sources, by tsx, or built. */
const IS_SOURCE = import.meta.url.endsWith('.ts');
const PROGRAM = fileURLToPath(new URL(IS_SOURCE ? './table-process.ts' : './table-process.js', import.meta.url));
const EXEC_ARGV = [`--max-old-space-size=${MAX_HEAP_MB}`, ...(IS_SOURCE ? ['--import', 'tsx'] : [])];

/** Node's way to end when its heap is full. */
const isOutOfMemory = (code: number | null, signal: string | null): boolean => code === 134 || signal === 'SIGABRT' || signal === 'SIGKILL';

function ask(order: TableOrder): Promise<TableAnswer> {
  return new Promise((resolve, reject) => {
    // Nothing of this process's environment: there are secrets in it, and a stranger's file is read.
    const child = fork(PROGRAM, { execArgv: EXEC_ARGV, env: {}, stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
    let settled = false;
    const end = (settle: () => void): void => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      child.kill('SIGKILL');
      settle();
    };
    const timer = setTimeout(() => end(() => resolve({ ok: false, problem: 'too_slow' })), MAX_MS);
    child.once('message', (answer) => end(() => resolve(answer as TableAnswer)));
    child.once('error', (error) => end(() => reject(error)));
    child.once('exit', (code, signal) => end(() => (isOutOfMemory(code, signal) ? resolve({ ok: false, problem: 'unpacks_too_large' }) : reject(new Error(`The process that reads a table ended with ${signal ?? code ?? 'nothing'}.`)))));
    child.send(order);
  });
}
