import { describe, expect, test } from '@jest/globals';
import { EmbeddedQueue } from '../../../whatsapp-service/queue/embedded-queue.js';
import { silentLogger } from '../../../whatsapp-service/shared/logger.js';

const gate = (): { open: () => void; passed: Promise<void> } => {
  let open = (): void => {};
  const passed = new Promise<void>((resolve) => (open = resolve));
  return { open, passed };
};

describe('the embedded queue', () => {
  test('never runs one id twice at once, and runs it once more when it was added meanwhile', async () => {
    const queue = new EmbeddedQueue(silentLogger);
    const first = gate();
    const second = gate();
    let runs = 0;
    let beside = 0;
    queue.consume('job', async () => {
      beside++;
      expect(beside).toBe(1);
      runs++;
      if (runs === 1) await first.passed;
      if (runs === 2) second.open();
      beside--;
    }, { concurrency: 5 });
    queue.start();
    queue.add('job', 'a');
    await Promise.resolve();
    await new Promise(setImmediate);
    queue.add('job', 'a');
    queue.add('job', 'a');
    first.open();
    await second.passed;
    await queue.stop(1_000);
    expect(runs).toBe(2);
  });

  test('holds to its concurrency, and keeps what was added before the start', async () => {
    const queue = new EmbeddedQueue(silentLogger);
    const done = gate();
    let beside = 0;
    let most = 0;
    let runs = 0;
    queue.consume('job', async () => {
      most = Math.max(most, ++beside);
      await new Promise(setImmediate);
      beside--;
      if (++runs === 10) done.open();
    }, { concurrency: 3 });
    for (let i = 0; i < 10; i++) queue.add('job', String(i));
    expect(runs).toBe(0);
    queue.start();
    await done.passed;
    expect(most).toBe(3);
    await queue.stop(1_000);
  });

  test('an earlier time wins over a later one of the same id', async () => {
    const queue = new EmbeddedQueue(silentLogger);
    const done = gate();
    queue.consume('job', async () => done.open(), { concurrency: 1 });
    queue.start();
    queue.add('job', 'a', 3_600_000);
    queue.add('job', 'a', 5);
    await done.passed;
    await queue.stop(1_000);
  });

  test('starts nothing after its stop', async () => {
    const queue = new EmbeddedQueue(silentLogger);
    const running = gate();
    const ran: string[] = [];
    queue.consume('job', async (id) => {
      ran.push(id);
      await running.passed;
    }, { concurrency: 1 });
    queue.start();
    queue.add('job', 'a');
    queue.add('job', 'b');
    await new Promise(setImmediate);
    const stopped = queue.stop(5_000);
    running.open();
    await stopped;
    expect(ran).toEqual(['a']);
  });
});
