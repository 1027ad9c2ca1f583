import type { EchoedId } from '../../contracts/payloads.js';
import type { BrowserView, SessionView } from '../../contracts/session-api.js';
import { SESSION_REASONS } from '../../contracts/states.js';
import type { ChatSyncView } from '../../contracts/chat-sync-api.js';
import { iso } from '../../shared/clock.js';
import { workspaceFromJson } from '../../shared/workspace.js';
import type { SessionRow } from '../../storage/schema.js';
import type { BrowserUsage } from '../../whatsapp/provider.js';
import { proxyView } from './session-launch.js';
import type { SessionSupervisor } from './session-supervisor.js';

/** A session as the API shows it. */
export async function sessionView(row: SessionRow, supervisor: SessionSupervisor | undefined, sync: ChatSyncView | null): Promise<SessionView> {
  return {
    id: JSON.parse(row.echo_id) as EchoedId,
    workspace_id: workspaceFromJson(row.workspace_id),
    state: row.state,
    reason: { code: row.reason, message: SESSION_REASONS[row.reason].message, detail: row.detail },
    phone: row.phone,
    pushname: row.pushname,
    paired: row.paired === 1,
    qr_available: Boolean(supervisor?.qr),
    features_off: [...(supervisor?.features.off ?? [])],
    browser: browserView((await supervisor?.provider.usage()) ?? null),
    proxy: proxyView(row),
    device_name: row.device_name,
    sync,
    created_at: iso(row.created_at),
    updated_at: iso(row.updated_at),
  };
}

export const browserView = (usage: BrowserUsage | null): BrowserView | null =>
  usage && { memory_bytes: usage.memoryBytes, rss_bytes: usage.rssBytes, cpu_percent: usage.cpuPercent, cpu_seconds: Math.round(usage.cpuSeconds * 100) / 100, processes: usage.processes };
