import type { BlastBatches, BlastPace } from '../../contracts/blast-api.js';
import type { Clock, Random } from '../../shared/clock.js';
import type { SessionId } from '../../shared/ids.js';
import { filled, spansOf, waitFor, type Bucket, type Span } from '../../shared/token-bucket.js';
import { workspaceFromJson, type WorkspaceId } from '../../shared/workspace.js';
import type { Db } from '../../storage/database.js';
import type { BlastJobRow } from '../../storage/schema-blast.js';
import type { MessageRow } from '../../storage/schema.js';
import { dayOf, gapOf, quietWait, warmUpLimit } from './blast-pace.js';
import { countJob, updateJob } from './blast-store.js';
import type { MessageLine } from './message-line.js';
import { BACK_IN_LINE, release } from './recipient-release.js';
import { findRecipient, underWay } from './recipient-store.js';

export interface PaceGateOptions {
  line: MessageLine;
  /** Whether a person wants no bulk messages, by what is on disk at this moment. */
  hasOptedOut(trx: Db, workspaceId: WorkspaceId, phone: string): Promise<boolean>;
  /** A recipient is left out whose message was written already. */
  onSkipped(job: BlastJobRow, session: SessionId, phone: string): void;
  /** A job's messages of this session wait for longer than what they were filtered by holds. */
  onHeld(job: number, session: SessionId): void;
  clock: Clock;
  random: Random;
}

interface Limits {
  job: BlastJobRow;
  pace: BlastPace;
  batches: BlastBatches | null;
  session: SessionId;
  now: number;
}

/** Until when a job's messages of this session have to wait, and what to write down when one goes. */
interface Verdict {
  wait: number;
  goes: (() => Promise<void>)[];
}

/** Milliseconds for which it holds whom a blast leaves out; whoever waits longer is filtered anew. */
export const FILTERED_FOR_MS = 60_000;

/** Holds each job to its own pace, at the moment at which a message would go out. The buckets are rows: a restart is no way around them. */
export class PaceGate {
  constructor(private readonly options: PaceGateOptions) {}

  /** What goes with the message's going out; null: not now. It has then been put off with all of its job and session, or taken back. */
  async admit(trx: Db, message: MessageRow): Promise<(() => Promise<void>) | null> {
    const { line, clock } = this.options;
    const now = clock.now();
    const recipient = await findRecipient(trx, message.recipient_id ?? 0);
    const job = recipient && (await trx.selectFrom('blast_job').selectAll().where('no', '=', recipient.job).executeTakeFirst());
    if (!recipient || !job || recipient.message_id !== message.id) {
      await line.takeBack(trx, [message.id]);
      return null;
    }
    if (job.state !== 'RUNNING') {
      // Its send had begun when the job was paused or stopped, and turned out not to have gone out.
      const to = job.state === 'STOPPED' || job.state === 'FAILED' ? { state: 'cancelled' as const, reason: 'blast_stopped' as const } : BACK_IN_LINE;
      await release(trx, line, { job: job.no, recipients: [recipient], to, now });
      return null;
    }
    // Who said STOP after the message was written does not get it.
    if (await this.options.hasOptedOut(trx, workspaceFromJson(job.workspace_id), recipient.phone)) {
      await release(trx, line, { job: job.no, recipients: [recipient], to: { state: 'skipped', reason: 'opted_out' }, now });
      await countJob(trx, job.no, { states: {}, skipped: { opted_out: 1 } }, {});
      this.options.onSkipped(job, message.session_id as SessionId, recipient.phone);
      return null;
    }
    const session = message.session_id as SessionId;
    const verdicts = await this.verdicts(trx, job, session);
    const wait = longest(verdicts);
    if (wait > 0) {
      const waiting = await underWay(trx, job.no, session);
      await line.putOff(trx, waiting.flatMap(({ message_id: id }) => id ?? []), now + wait);
      if (wait > FILTERED_FOR_MS) this.options.onHeld(job.no, session);
      return null;
    }
    return async () => {
      for (const write of verdicts.flatMap(({ goes }) => goes)) await write();
    };
  }

  /** Milliseconds for which the job's next message of this session has to wait. */
  async waitOf(db: Db, job: BlastJobRow, session: SessionId): Promise<number> {
    return longest(await this.verdicts(db, job, session));
  }

  private async verdicts(trx: Db, job: BlastJobRow, session: SessionId): Promise<Verdict[]> {
    const now = this.options.clock.now();
    const limits: Limits = { job, pace: JSON.parse(job.pace) as BlastPace, batches: JSON.parse(job.batches ?? 'null') as BlastBatches | null, session, now };
    return [this.batchVerdict(trx, limits), { wait: quietWait(limits.pace, now), goes: [] }, await this.bucketVerdict(trx, limits), await this.warmUpVerdict(trx, limits)];
  }

  private batchVerdict(trx: Db, { job, batches, now }: Limits): Verdict {
    if (!batches) return { wait: 0, goes: [] };
    const sent = job.batch_sent + 1;
    const change = sent >= batches.size ? { batch_sent: 0, batch_until: now + batches.pause_seconds * 1_000 } : { batch_sent: sent };
    return { wait: Math.max(0, job.batch_until - now), goes: [() => updateJob(trx, job.no, change)] };
  }

  private async bucketVerdict(trx: Db, { job, pace, session, now }: Limits): Promise<Verdict> {
    const spans = spansOf({ perSecond: pace.per_second, perMinute: pace.per_minute, perDay: pace.per_day });
    const gap = gapOf(pace, this.options.random);
    if (spans.length === 0 && gap === 0) return { wait: 0, goes: [] };
    const rows = await trx.selectFrom('blast_pace').selectAll().where('job', '=', job.no).where('session_id', '=', session).execute();
    const rowOf = (name: string): Bucket | null => rows.find((row) => row.span === name) ?? null;
    const buckets = spans.map((span) => ({ span, bucket: filled(rowOf(span.name), span, now) }));
    const gapWait = gap === 0 ? 0 : Math.max(0, (rowOf('gap')?.at ?? 0) - now);
    const key = { job: job.no, session_id: session };
    return {
      wait: Math.max(gapWait, ...buckets.map(({ span, bucket }) => waitFor(bucket, span))),
      goes: [
        ...buckets.map(({ span, bucket }) => () => keep(trx, { ...key, span: span.name }, { tokens: bucket.tokens - 1, at: bucket.at })),
        ...(gap > 0 ? [() => keep(trx, { ...key, span: 'gap' }, { tokens: 0, at: now + gap })] : []),
      ],
    };
  }

  private async warmUpVerdict(trx: Db, { pace, session, now }: Limits): Promise<Verdict> {
    if (!pace.warm_up) return { wait: 0, goes: [] };
    const since = await trx.selectFrom('session').select('created_at').where('id', '=', session).executeTakeFirst();
    const limit = warmUpLimit(pace, since?.created_at ?? now, now);
    const { day, nextAt } = dayOf(now, pace.time_zone);
    const sent = (await trx.selectFrom('blast_day').select('sent').where('session_id', '=', session).where('day', '=', day).executeTakeFirst())?.sent ?? 0;
    const count = async (): Promise<void> => {
      await trx.insertInto('blast_day').values({ session_id: session, day, sent: 1 }).onConflict((conflict) => conflict.columns(['session_id', 'day']).doUpdateSet({ sent: sent + 1 })).execute();
    };
    return { wait: limit !== null && sent >= limit ? nextAt - now : 0, goes: [count] };
  }
}

const longest = (verdicts: readonly Verdict[]): number => Math.max(...verdicts.map(({ wait }) => wait));

async function keep(trx: Db, key: { job: number; session_id: SessionId; span: Span['name'] | 'gap' }, bucket: Bucket): Promise<void> {
  await trx.insertInto('blast_pace').values({ ...key, ...bucket }).onConflict((conflict) => conflict.columns(['job', 'session_id', 'span']).doUpdateSet(bucket)).execute();
}
