import type { ChatSyncView } from '../../contracts/chat-sync-api.js';
import type { EchoedId, EventData } from '../../contracts/payloads.js';
import { iso } from '../../shared/clock.js';
import type { ChatSyncRow } from '../../storage/schema.js';

const round = (value: number): number => Math.round(value * 10) / 10;

/** Over the run so far, or over the whole of a finished one. */
function rate(row: ChatSyncRow, now: number): number {
  if (row.started_at === null) return 0;
  const seconds = ((row.finished_at ?? now) - row.started_at) / 1000;
  return round(row.synced / Math.max(0.001, seconds));
}

const errorOf = (row: ChatSyncRow): { code: string; message: string } | null => (row.error_code === null ? null : { code: row.error_code, message: row.error ?? '' });

const counts = ({ total, synced, gone, dead, batches, private: privates, groups }: ChatSyncRow) => ({ total, synced, gone, dead, batches, private: privates, groups });

export function syncView(row: ChatSyncRow, sessionId: EchoedId, now: number): ChatSyncView {
  const settled = row.synced + row.gone + row.dead;
  return {
    sync_id: row.id,
    session_id: sessionId,
    state: row.state,
    ...counts(row),
    progress: row.state === 'completed' ? 1 : row.total === 0 ? 0 : settled / row.total,
    chats_per_second: rate(row, now),
    error: errorOf(row),
    created_at: iso(row.created_at),
    started_at: row.started_at === null ? null : iso(row.started_at),
    finished_at: row.finished_at === null ? null : iso(row.finished_at),
  };
}

export function syncEventData(row: ChatSyncRow, now: number): EventData<'chats.sync.started'> {
  return { sync_id: row.id, state: row.state, ...counts(row), chats_per_second: rate(row, now), error: errorOf(row) };
}
