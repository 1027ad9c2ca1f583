import type { Config } from '../../config/config.js';
import type { Clock, Random } from '../../shared/clock.js';
import type { SessionId } from '../../shared/ids.js';
import { filled, spansOf, waitFor, type Bucket, type Span } from '../../shared/token-bucket.js';
import type { Db } from '../../storage/database.js';

/** Holds each session to its pace. The buckets are rows: a restart is no way around them. */
export class PaceKeeper {
  private readonly spans: readonly Span[];
  /** When the session's random gap is over. */
  private readonly gapUntil = new Map<SessionId, number>();

  constructor(
    private readonly settings: Config['send'],
    private readonly clock: Clock,
    private readonly random: Random,
  ) {
    this.spans = spansOf(settings.pace);
  }

  /** Milliseconds until the session may send; 0: it may now, and the caller's transaction has taken the token. */
  async take(trx: Db, id: SessionId): Promise<number> {
    const now = this.clock.now();
    const gap = (this.gapUntil.get(id) ?? 0) - now;
    if (gap > 0) return gap;
    if (this.spans.length > 0) {
      const wait = await this.takeTokens(trx, id, now);
      if (wait > 0) return wait;
    }
    const { gapMinMs, gapMaxMs } = this.settings.pace;
    if (gapMaxMs > 0) this.gapUntil.set(id, now + gapMinMs + Math.round(this.random() * (gapMaxMs - gapMinMs)));
    return 0;
  }

  private async takeTokens(trx: Db, id: SessionId, now: number): Promise<number> {
    const rows = await trx.selectFrom('send_pace').selectAll().where('session_id', '=', id).execute();
    const buckets = this.spans.map((span) => ({ span, bucket: filled(rows.find((row) => row.span === span.name) ?? null, span, now) }));
    const wait = Math.max(...buckets.map(({ span, bucket }) => waitFor(bucket, span)));
    if (wait > 0) return wait;
    for (const { span, bucket } of buckets) await store(trx, id, span, { tokens: bucket.tokens - 1, at: bucket.at });
    return 0;
  }
}

async function store(trx: Db, id: SessionId, { name }: Span, bucket: Bucket): Promise<void> {
  await trx
    .insertInto('send_pace')
    .values({ session_id: id, span: name, ...bucket })
    .onConflict((conflict) => conflict.columns(['session_id', 'span']).doUpdateSet(bucket))
    .execute();
}
