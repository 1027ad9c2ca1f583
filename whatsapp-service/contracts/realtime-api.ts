import { z } from 'zod';
import { zBlastParams, zEditBlast, zStartBlast, type BlastJobView } from './blast-api.js';
import { zWorkspaceId } from './contact-api.js';
import type { ErrorBody } from './errors.js';
import type { EventData } from './payloads.js';

/** What passes over Socket.IO. Bodies are those of the REST face: one schema, one service. */

/** `auth` of the handshake. A key may also come in the headers, never in the URL. */
export const zHandshake = z.object({
  key: z.string().min(1).max(512).optional(),
  workspace_id: zWorkspaceId.optional().describe('hear of this workspace alone'),
});

export const zBlastRef = z.strictObject({ id: zBlastParams.shape.id });

/** What `whatsapp-start-blast` takes beside the body of `POST /api/whatsapp/blast/start`. */
export const zStartOptions = z.object({
  idempotency_key: z
    .string()
    .regex(/^[\x21-\x7e]{1,255}$/, 'must be 1 to 255 visible ASCII characters, without spaces')
    .optional(),
});
export const zStartEvent = zStartBlast;

/** Without `changes`: the blast as it is, to be edited. */
export const zEditEvent = z.strictObject({ id: zBlastParams.shape.id, changes: zEditBlast.optional() });

/** Without `id`: those that are not over, the newest first. */
export const zStatusEvent = z.strictObject({ id: zBlastParams.shape.id.optional() });

export const CLIENT_EVENTS = ['whatsapp-start-blast', 'whatsapp-pause-blast', 'whatsapp-resume-blast', 'whatsapp-stop-blast', 'whatsapp-edit-blast', 'whatsapp-get-blast-status'] as const;
export type ClientEvent = (typeof CLIENT_EVENTS)[number];

/** How every client event is acknowledged. */
export type Acknowledgement = { ok: true; result: unknown } | ({ ok: false } & ErrorBody);

/** A blast's figures: the data of the `blast.*` webhooks, and whose they are. */
export type BlastNews = EventData<'blast.progress'> & { workspace_id: BlastJobView['workspace_id'] };

export interface ServerEvents {
  'whatsapp-blast-progress': BlastNews;
  'whatsapp-blast-completed': BlastNews;
  'whatsapp-blast-job-for-edit': { job: BlastJobView };
  /** A blast that stopped by itself (`blast`), or a client event without an acknowledgement that failed (`event`). */
  'whatsapp-blast-error': { blast: BlastNews } | ({ event: string } & ErrorBody);
}
