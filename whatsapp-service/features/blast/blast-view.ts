import type { BlastBatches, BlastFilters, BlastJobView, BlastPace, BlastRecipientView, BlastRetry, Variables } from '../../contracts/blast-api.js';
import { RECIPIENT_REASONS } from '../../contracts/blast-states.js';
import type { EchoedId } from '../../contracts/payloads.js';
import { iso } from '../../shared/clock.js';
import type { SessionId } from '../../shared/ids.js';
import { jidFromPhone, type E164 } from '../../shared/phone.js';
import { workspaceFromJson } from '../../shared/workspace.js';
import type { Db } from '../../storage/database.js';
import type { BlastRecipientRow } from '../../storage/schema-blast.js';
import { echoedIds } from './blast-events.js';
import { figuresOf, reasonOf } from './blast-figures.js';
import type { BlastJob } from './blast-store.js';
import type { StoredBlastContent } from './blast-content.js';
import { flagOf } from './recipient-filter.js';

type Priority = BlastJobView['priority'];
/** Below every message by itself. */
const PRIORITIES: Record<Priority, number> = { high: -100, normal: -110, low: -120 };
export const blastPriority = (priority: Priority): number => PRIORITIES[priority];
const priorityName = (priority: number): Priority => (Object.keys(PRIORITIES) as Priority[]).find((name) => PRIORITIES[name] === priority) ?? 'normal';

const time = (at: number | null): string | null => (at === null ? null : iso(at));

export async function jobViews(db: Db, jobs: readonly BlastJob[], now: number): Promise<BlastJobView[]> {
  const echoed = await echoedIds(db, [...new Set(jobs.flatMap(({ sessions }) => sessions))]);
  return jobs.map((job) => jobView(job, echoed, now));
}

function jobView(job: BlastJob, echoed: ReadonlyMap<SessionId, EchoedId>, now: number): BlastJobView {
  const content = JSON.parse(job.content) as StoredBlastContent;
  const [text = null, ...variants] = content.texts;
  return {
    id: job.id,
    name: job.name,
    state: job.state,
    reason: reasonOf(job),
    workspace_id: workspaceFromJson(job.workspace_id),
    session_ids: job.sessions.map((id) => echoed.get(id) ?? id),
    skipRecipientsInAddress: flagOf(job.skip_recipients_in_address),
    content: { type: content.type, text, variants, media: 'media' in content ? content.media : null },
    filters: JSON.parse(job.filters) as BlastFilters,
    pace: JSON.parse(job.pace) as BlastPace,
    retry: JSON.parse(job.retry) as BlastRetry,
    batches: JSON.parse(job.batches ?? 'null') as BlastBatches | null,
    priority: priorityName(job.priority),
    scheduled_at: time(job.scheduled_at),
    time_zone: job.time_zone,
    price_per_message: job.price_per_message,
    progress: figuresOf(job, now),
    created_at: iso(job.created_at),
    started_at: time(job.started_at),
    finished_at: time(job.finished_at),
    recipients_removed_at: time(job.recipients_removed_at),
    updated_at: iso(job.updated_at),
  };
}

export async function recipientViews(db: Db, rows: readonly BlastRecipientRow[]): Promise<BlastRecipientView[]> {
  const echoed = await echoedIds(db, [...new Set(rows.flatMap(({ session_id: id }) => (id === null ? [] : [id as SessionId])))]);
  return rows.map((row) => ({
    id: row.id,
    phone: row.phone,
    jid: row.jid ?? jidFromPhone(row.phone as E164),
    variables: JSON.parse(row.variables ?? '{}') as Variables,
    state: row.state,
    reason: row.reason && { code: row.reason, message: RECIPIENT_REASONS[row.reason], detail: row.detail },
    attempts: row.attempts,
    session_id: row.session_id === null ? null : (echoed.get(row.session_id as SessionId) ?? row.session_id),
    message_id: row.message_id,
    whatsapp_message_id: row.wa_message_id,
    updated_at: iso(row.updated_at),
    sent_at: time(row.sent_at),
    delivered_at: time(row.delivered_at),
    read_at: time(row.read_at),
  }));
}
