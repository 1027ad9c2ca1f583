import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { BlastReason } from '../../../whatsapp-service/contracts/blast-states.js';
import { BlastControl } from '../../../whatsapp-service/features/blast/blast-control.js';
import { BlastReporter } from '../../../whatsapp-service/features/blast/blast-reporter.js';
import { endEdits, findJob, insertJob, isComing, listJobs, unfinishedDrafts, updateJob } from '../../../whatsapp-service/features/blast/blast-store.js';
import { jobViews } from '../../../whatsapp-service/features/blast/blast-view.js';
import { lineUp, putOff, takeBack } from '../../../whatsapp-service/features/message/message-line.js';
import { newBlastId, type BlastId, type SessionId } from '../../../whatsapp-service/shared/ids.js';
import { silentLogger } from '../../../whatsapp-service/shared/logger.js';
import type { BlastJobChange } from '../../../whatsapp-service/storage/schema-blast.js';
import { addSession, tempStorage } from '../../helpers/temp-storage.js';

let store: Awaited<ReturnType<typeof tempStorage>>;
let session: SessionId;

async function add(change: BlastJobChange = {}, sessions: readonly SessionId[] = [session]): Promise<BlastId> {
  const id = newBlastId();
  await store.storage.transaction(async (trx) => {
    const no = await insertJob(trx, { id, name: null, state: 'DRAFT', ready: 1, workspace_id: null, skip_recipients_in_address: 1, content: '{"type":"text","texts":["x"],"linkPreview":true}', media_id: null, filters: '{}', pace: '{}', retry: '{}', batches: null, priority: -110, scheduled_at: null, time_zone: 'UTC', price_per_message: null, reason: null, detail: null, started_at: null, finished_at: null, recipients_removed_at: null, created_at: 1, updated_at: 1 }, sessions);
    await updateJob(trx, no, change);
  });
  return id;
}

beforeEach(async () => {
  store = await tempStorage();
  session = await addSession(store.storage);
});
afterEach(() => store.remove());

test('a draft in whose edit the service was killed is there afterwards, and one that is still being taken in is not', async () => {
  const { db } = store.storage;
  const coming = await add({ ready: 0 });
  const edited = await add({ ready: 0, revision: 1 });
  await endEdits(db);
  const listed = await listJobs(db, { within: null, workspaces: null, session: null, state: null, before: null, limit: 10 });
  expect(listed.map(({ id, ready }) => [id, ready])).toEqual([[edited, 1]]);
  expect((await unfinishedDrafts(db, 1_000)).map(({ id }) => id)).toEqual([coming]);
  const jobs = await Promise.all([coming, edited].map((id) => findJob(db, id)));
  expect(jobs.map((job) => job && isComing(job))).toEqual([true, false]);
});

test('a planned job whose session is gone or logged out when its time comes is paused and says why; the others begin', async () => {
  const { storage } = store;
  const clock = { now: () => 5_000 };
  const woken: string[] = [];
  const control = new BlastControl({ storage, line: { add: lineUp, takeBack, putOff }, wakePump: (_job, id) => woken.push(id), wakeOutbox: () => undefined, changed: () => undefined, clock, logger: silentLogger });
  const planned = { state: 'SCHEDULED', scheduled_at: 4_000, n_queued: 1, total: 1 } as const;
  const gone = await addSession(storage, 'gone');
  const unlinked = await addSession(storage, 'unlinked');
  await storage.db.updateTable('session').set({ state: 'FAILED', reason: 'logged_out' }).where('id', '=', unlinked).execute();
  const [lost, shared, out, whole] = [await add(planned, [gone]), await add(planned, [session, gone]), await add(planned, [unlinked]), await add(planned)];
  await storage.db.deleteFrom('session').where('id', '=', gone).execute();
  await control.beginDue();
  const states = await Promise.all([lost, shared, out, whole].map(async (id): Promise<[string | undefined, BlastReason | null | undefined]> => {
    const job = await findJob(storage.db, id);
    return [job?.state, job?.reason];
  }));
  expect(states).toEqual([['PAUSED', 'session_deleted'], ['PAUSED', 'session_deleted'], ['PAUSED', 'session_logged_out'], ['RUNNING', null]]);
  expect(woken).toEqual([session]);

  // One that began while its session was ending is found afterwards.
  const stranded = await add({ state: 'RUNNING', started_at: 1, n_queued: 1, total: 1 }, [unlinked]);
  await control.haltStranded();
  expect(await Promise.all([stranded, whole].map((id) => findJob(storage.db, id)))).toMatchObject([{ state: 'PAUSED', reason: 'session_logged_out' }, { state: 'RUNNING', reason: null }]);
});

test('a session that was logged out on request, or that WhatsApp refuses, keeps a blast from beginning; one that is just stopped does not', async () => {
  const { storage } = store;
  const clock = { now: () => 5_000 };
  const control = new BlastControl({ storage, line: { add: lineUp, takeBack, putOff }, wakePump: () => undefined, wakeOutbox: () => undefined, changed: () => undefined, clock, logger: silentLogger });
  const ends = [['STOPPED', 'logged_out'], ['FAILED', 'banned'], ['FAILED', 'auth_failure'], ['STOPPED', 'stopped_by_request'], ['FAILED', 'conflict'], ['STARTING', 'launching']] as const;
  const begun: (readonly unknown[])[] = [];
  for (const [state, reason] of ends) {
    const id = await addSession(storage, `${state}-${reason}`);
    await storage.db.updateTable('session').set({ state, reason }).where('id', '=', id).execute();
    const blast = await add({ n_queued: 1, total: 1 }, [id]);
    await storage.transaction(async (trx) => {
      const job = await findJob(trx, blast);
      if (job) await control.start(trx, job);
    });
    const job = await findJob(storage.db, blast);
    begun.push([reason, job?.state, job?.reason]);
  }
  expect(begun).toEqual([
    ['logged_out', 'PAUSED', 'session_logged_out'], ['banned', 'PAUSED', 'session_banned'], ['auth_failure', 'PAUSED', 'session_logged_out'],
    ['stopped_by_request', 'RUNNING', null], ['conflict', 'RUNNING', null], ['launching', 'RUNNING', null],
  ]);
});

describe('the progress', () => {
  afterEach(() => void jest.useRealTimers());

  test('is told at most twice a second, also when acknowledgements come in after the end, and the last always', async () => {
    const { storage } = store;
    const id = await add({ state: 'COMPLETED', finished_at: 2, total: 40, n_sent: 40 });
    const job = await findJob(storage.db, id);
    jest.useFakeTimers({ now: 1_000_000, doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
    const clock = { now: () => Date.now() };
    const reporter = new BlastReporter({ storage, view: async (row) => (await jobViews(storage.db, [row], clock.now()))[0] ?? never(), wakeOutbox: () => undefined, webhookMs: 0, clock, logger: silentLogger });
    const told: number[] = [];
    reporter.onProgress(({ progress }) => told.push(progress.states.delivered));
    for (let delivered = 1; delivered <= 40; delivered++) {
      await updateJob(storage.db, job?.no ?? 0, { n_sent: 40 - delivered, n_delivered: delivered });
      reporter.changed(job?.no ?? 0);
      await jest.advanceTimersByTimeAsync(50);
    }
    await jest.advanceTimersByTimeAsync(2_000);
    reporter.stop();
    // 40 changes in two seconds.
    expect(told.length).toBeGreaterThan(2);
    expect(told.length).toBeLessThanOrEqual(6);
    expect(told.at(-1)).toBe(40);
  });
});

const never = (): never => {
  throw new Error('There is no such job.');
};
