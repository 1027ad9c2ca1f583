import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { browserName, observeConditions } from './conditions.js';
import { blastBench } from './blast-bench.js';
import { judge } from './expectations.js';
import { compile } from './compiled.js';
import { durableBench } from './durable-bench.js';
import { intakeBench } from './intake-bench.js';
import { inboundBench } from './inbound-bench.js';
import { memoryBench } from './memory-bench.js';
import { readOptions, type Part } from './options.js';
import { render } from './report.js';
import type { BenchResult, SyncSize } from './results.js';
import { sendBench } from './send-bench.js';
import { Stage } from './stage.js';
import { syncBench } from './sync-bench.js';

/**
 * `npm run bench`: ours beside the plain way, in one run, on the simulated WhatsApp with the real library and a real browser.
 * The backend and everything that is measured are processes of their own.
 */
const startedAt = new Date();
const options = readOptions(process.argv.slice(2), startedAt);
browserName();
const conditions = observeConditions(options, startedAt);
const say = (text: string): void => void process.stderr.write(`${new Date().toISOString().slice(11, 19)}  ${text}\n`);

await compile();
const stage = await Stage.open();
try {
  const sync: SyncSize[] = [];
  const wants = (part: Part): boolean => options.only.includes(part);
  if (wants('sync')) for (const size of options.sizes) sync.push(await syncBench(stage, size, options, say));
  const parts = {
    sync,
    inbound: wants('inbound') ? await inboundBench(stage, options, say) : null,
    durable: wants('durable') ? await durableBench(stage, options, say) : null,
    send: wants('send') ? await sendBench(stage, options, say) : null,
    blast: wants('blast') ? await blastBench(stage, options, say) : null,
    intake: wants('blast') ? await intakeBench(options, say) : null,
    memory: wants('memory') ? await memoryBench(stage, options, say) : null,
  };
  const result: BenchResult = { conditions: conditions(), ...parts, expectations: judge(parts) };
  await mkdir(dirname(options.out), { recursive: true });
  await writeFile(options.out, `${JSON.stringify(result, null, 2)}\n`);
  console.log(`\n${render(result)}\n\nWritten to ${options.out}`);
} finally {
  await stage.close();
}
