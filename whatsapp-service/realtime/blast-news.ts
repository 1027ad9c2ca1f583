import type { BlastJobView } from '../contracts/blast-api.js';
import type { BlastNews, ServerEvents } from '../contracts/realtime-api.js';

/** Jobs whose last state is remembered; the oldest is forgotten first. */
const MOST = 10_000;

type News = { [Name in keyof ServerEvents]: { name: Name; data: ServerEvents[Name] } }[keyof ServerEvents];

/** Turns what the engine tells of its jobs into events: the progress each time, and an end or a failure once. */
export class NewsDesk {
  private readonly states = new Map<string, BlastJobView['state']>();

  constructor(
    /** Ends from before are no news. Milliseconds since the Unix epoch. */
    private readonly since: number,
  ) {}

  /** In the order in which they are to be told. */
  eventsOf(job: BlastJobView): News[] {
    const before = this.states.get(job.id);
    this.remember(job);
    const data = newsOf(job);
    const isNew = before !== job.state && (before !== undefined || Date.parse(job.updated_at) >= this.since);
    const events: News[] = [{ name: 'whatsapp-blast-progress', data }];
    if (isNew && job.state === 'COMPLETED' && (before !== undefined || endedSince(job, this.since))) events.push({ name: 'whatsapp-blast-completed', data });
    if (isNew && stoodStillByItself(job)) events.push({ name: 'whatsapp-blast-error', data: { blast: data } });
    return events;
  }

  private remember({ id, state }: BlastJobView): void {
    this.states.delete(id);
    this.states.set(id, state);
    if (this.states.size <= MOST) return;
    for (const oldest of this.states.keys()) {
      this.states.delete(oldest);
      break;
    }
  }
}

const endedSince = ({ finished_at: at }: BlastJobView, since: number): boolean => at !== null && Date.parse(at) >= since;

const stoodStillByItself = ({ state, reason }: BlastJobView): boolean => state === 'FAILED' || (state === 'PAUSED' && reason !== null && reason.code !== 'paused_by_request');

/** Without the content: it may be large, and is told twice a second. */
export const newsOf = (job: BlastJobView): BlastNews => ({
  blast_id: job.id,
  workspace_id: job.workspace_id,
  name: job.name,
  state: job.state,
  reason: job.reason,
  session_ids: job.session_ids,
  skipRecipientsInAddress: job.skipRecipientsInAddress,
  progress: job.progress,
});
