import { expect, test } from '@jest/globals';
import { RunningLimit, type RunningSession } from '../../../whatsapp-service/features/session/running-limit.js';
import { asSessionId } from '../../../whatsapp-service/shared/ids.js';

const id = asSessionId;

test('counts what runs and what has taken a place, and no session twice', () => {
  const sessions: RunningSession[] = [
    { id: id('stopped'), state: 'STOPPED' },
    { id: id('failed'), state: 'FAILED' },
    { id: id('works'), state: 'WORKING' },
  ];
  const limit = new RunningLimit(2, () => sessions);
  limit.take(id('works'));
  limit.take(id('new'));
  expect(() => limit.take(id('one-more'))).toThrow(expect.objectContaining({ code: 'session_limit', details: { limit: 2, running: 2 } }));
  // It runs now: its place is that of its state.
  sessions.push({ id: id('new'), state: 'STARTING' });
  limit.settle(id('new'));
  expect(() => limit.take(id('one-more'))).toThrow();
  sessions.splice(2, 1);
  limit.settle(id('works'));
  expect(() => limit.take(id('one-more'))).not.toThrow();
});

test('0 is no limit', () => {
  const limit = new RunningLimit(0, () => []);
  for (let n = 0; n < 100; n++) limit.take(id(`s${n}`));
  expect(() => limit.take(id('last'))).not.toThrow();
});
