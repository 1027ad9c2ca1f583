import { iso } from '../shared/clock.js';
import type { PendingDelivery } from './lane-store.js';

/** Below the backend's URL; an endpoint of the API has a URL of its own. */
export const WEBHOOK_PATH = '/api/whatsapp/webhook';

/** The exact text that is signed and sent. `data` and the ids are JSON already and are not parsed again. */
export function webhookBody(delivery: PendingDelivery, sentAt: number): string {
  const text = JSON.stringify;
  return (
    `{"delivery_id":${text(delivery.id)},"sent_at":${text(iso(sentAt))},"event":${text(delivery.name)},"event_id":${text(delivery.eventId)}` +
    `,"sequence":${delivery.sequence},"session_id":${delivery.sessionEcho},"workspace_id":${delivery.workspaceEcho ?? 'null'},"data":${delivery.data}}`
  );
}
