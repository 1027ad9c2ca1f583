import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { startInTurn } from '../../../whatsapp-service/features/session/restore-queue.js';

const STARTS = ['a', 'b', 'c', 'd', 'e'];

interface Course {
  begun: [name: string, at: number][];
  most: number;
  over: boolean;
}

function run(takesMs: Record<string, number>, options: { concurrency: number; staggerMs: number; deadlineMs: number }): Course {
  const course: Course = { begun: [], most: 0, over: false };
  let running = 0;
  const starts = STARTS.map((name) => async () => {
    course.begun.push([name, Date.now()]);
    course.most = Math.max(course.most, ++running);
    await new Promise((resolve, reject) => setTimeout(name === 'b' ? reject : resolve, takesMs[name] ?? 100));
    running--;
  });
  void startInTurn(starts, options).then(() => (course.over = true));
  return course;
}

beforeEach(() => {
  jest.useFakeTimers({ now: 0 });
});
afterEach(() => {
  jest.useRealTimers();
});

describe('the sessions that come back at the start', () => {
  test('begin in their order, never closer than the stagger, never more than are allowed', async () => {
    const course = run({}, { concurrency: 3, staggerMs: 50, deadlineMs: 10_000 });
    await jest.advanceTimersByTimeAsync(2_000);
    expect(course.over).toBe(true);
    expect(course.begun.map(([name]) => name)).toEqual(STARTS);
    const gaps = course.begun.slice(1).map(([, at], index) => at - (course.begun[index]?.[1] ?? 0));
    expect(gaps.every((gap) => gap >= 50)).toBe(true);
    expect(course.begun[0]?.[1]).toBe(0);
    expect(course.most).toBeLessThanOrEqual(3);
  });

  test('one that never ends holds its place until its deadline, and no longer', async () => {
    const course = run({ a: 1e9 }, { concurrency: 1, staggerMs: 0, deadlineMs: 5_000 });
    await jest.advanceTimersByTimeAsync(4_999);
    expect(course.begun.map(([name]) => name)).toEqual(['a']);
    await jest.advanceTimersByTimeAsync(1_000);
    expect(course.begun.map(([name]) => name)).toEqual(STARTS);
    expect(course.over).toBe(true);
  });
});
