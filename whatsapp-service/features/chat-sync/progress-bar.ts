import { MultiBar, Presets, type SingleBar } from 'cli-progress';
import type { ChatSyncView } from '../../contracts/chat-sync-api.js';

/** Chat syncs as bars on a terminal, one a session. */
export class SyncProgressBars {
  private readonly bars = new Map<string, SingleBar>();
  private multi: MultiBar | null = null;

  show(sync: ChatSyncView): void {
    const { synced, gone, dead, total, session_id: session, chats_per_second: rate } = sync;
    if (total === 0) return;
    this.multi ??= new MultiBar({ format: '  sync {session} [{bar}] {percentage}% | {value}/{total} chats | {rate} chats/s', hideCursor: true, clearOnComplete: false }, Presets.shades_classic);
    const key = sync.sync_id;
    const bar = this.bars.get(key) ?? this.multi.create(total, 0, { session: String(session), rate });
    this.bars.set(key, bar);
    bar.update(synced + gone + dead, { rate });
    if (sync.state !== 'completed') return;
    bar.stop();
    this.bars.delete(key);
    if (this.bars.size > 0) return;
    this.multi.stop();
    this.multi = null;
  }
}
