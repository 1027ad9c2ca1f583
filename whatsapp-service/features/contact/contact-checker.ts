import type { ContactCheckView, zStartContactCheck } from '../../contracts/contact-api.js';
import { ApiError } from '../../contracts/errors.js';
import { iso, type Clock } from '../../shared/clock.js';
import { asSessionId, type SessionId } from '../../shared/ids.js';
import type { Logger } from '../../shared/logger.js';
import type { WorkspaceKey } from '../../shared/workspace.js';
import type { Db, Storage } from '../../storage/database.js';
import type { ContactCheckRow } from '../../storage/schema-contacts.js';
import type { z } from 'zod';
import { saveChecked } from './contact-store.js';

export interface ContactCheckerOptions {
  storage: Storage;
  /** What WhatsApp says of these numbers; one that it did not answer is null. Rejects while the session cannot be asked. */
  ask(session: SessionId, phones: readonly string[]): Promise<{ phone: string; onWhatsApp: boolean | null; jid: string | null }[]>;
  requireSession(id: SessionId): Promise<unknown>;
  perMinute: number;
  clock: Clock;
  logger: Logger;
}

const DAY_MS = 86_400_000;
/** Numbers of one question. */
const MAX_BATCH = 20;

/** Asks WhatsApp for a workspace's contacts, a few at a time, over days and restarts if need be. */
export class ContactChecker {
  private timer: NodeJS.Timeout | null = null;
  private running: Promise<void> = Promise.resolve();
  private readonly batch: number;
  private readonly everyMs: number;

  constructor(private readonly options: ContactCheckerOptions) {
    this.batch = Math.max(1, Math.min(MAX_BATCH, Math.floor(options.perMinute / 6)));
    this.everyMs = (this.batch * 60_000) / options.perMinute;
  }

  start(): void {
    this.timer = setTimeout(() => {
      this.running = this.step().catch((error: unknown) => this.options.logger.warn('The contacts could not be checked; it is tried again', { error }));
      void this.running.then(() => this.timer && this.start());
    }, this.everyMs);
  }

  async stop(): Promise<void> {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
    await this.running;
  }

  /** Begins anew; one that runs is given up. */
  async begin(workspace: WorkspaceKey, { session_id, tag, older_than_days }: z.output<typeof zStartContactCheck>): Promise<ContactCheckView> {
    const { storage, clock } = this.options;
    await this.options.requireSession(asSessionId(String(session_id)));
    const now = clock.now();
    return storage.transaction(async (trx) => {
      await trx.deleteFrom('contact_check').where('workspace', '=', workspace).execute();
      const row: ContactCheckRow = { workspace, session_id: String(session_id), tag: tag ?? null, state: 'running', after_phone: '', stale_before: now - older_than_days * DAY_MS, total: 0, checked: 0, on_whatsapp: 0, started_at: now, finished_at: null };
      const { total } = await due(trx, row).select((eb) => eb.fn.countAll<number | string>().as('total')).executeTakeFirstOrThrow();
      await trx.insertInto('contact_check').values({ ...row, total: Number(total) }).execute();
      return viewOf({ ...row, total: Number(total) });
    });
  }

  async view(workspace: WorkspaceKey): Promise<ContactCheckView> {
    const row = await this.options.storage.db.selectFrom('contact_check').selectAll().where('workspace', '=', workspace).executeTakeFirst();
    if (!row) throw new ApiError('contact_check_not_found');
    return viewOf(row);
  }

  async halt(workspace: WorkspaceKey): Promise<ContactCheckView> {
    await this.options.storage.db.updateTable('contact_check').set({ state: 'stopped', finished_at: this.options.clock.now() }).where('workspace', '=', workspace).where('state', '=', 'running').execute();
    return this.view(workspace);
  }

  /** A few contacts of each check that runs. One whose session is away waits for it. */
  private async step(): Promise<void> {
    const rows = await this.options.storage.db.selectFrom('contact_check').selectAll().where('state', '=', 'running').execute();
    for (const row of rows) {
      await this.stepOf(row).catch((error: unknown) => this.options.logger.debug('A check of contacts waits for its session', { session: row.session_id, error }));
    }
  }

  private async stepOf(check: ContactCheckRow): Promise<void> {
    const { storage, clock, ask } = this.options;
    const workspace = check.workspace as WorkspaceKey;
    const phones = (await due(storage.db, check).select('contact.phone').orderBy('contact.phone').limit(this.batch).execute()).map(({ phone }) => phone);
    const answers = phones.length === 0 ? [] : await ask(asSessionId(check.session_id), phones);
    await storage.transaction(async (trx) => {
      const now = clock.now();
      for (const { phone, onWhatsApp, jid } of answers) if (onWhatsApp !== null) await saveChecked(trx, workspace, { phone, onWhatsApp, jid }, now);
      const there = answers.filter(({ onWhatsApp }) => onWhatsApp === true).length;
      await trx
        .updateTable('contact_check')
        .set((eb) => ({ checked: eb('checked', '+', phones.length), on_whatsapp: eb('on_whatsapp', '+', there), ...(phones.length === 0 ? { state: 'completed' as const, finished_at: now } : { after_phone: phones.at(-1) ?? '' }) }))
        .where('workspace', '=', workspace)
        .where('started_at', '=', check.started_at)
        .where('state', '=', 'running')
        .execute();
    });
  }
}

/** Who is still to be asked for. */
function due(db: Db, { workspace, tag, after_phone, stale_before }: ContactCheckRow) {
  const query = db
    .selectFrom('contact')
    .where('contact.workspace', '=', workspace)
    .where('contact.phone', '>', after_phone)
    .where((eb) => eb.or([eb('contact.checked_at', 'is', null), eb('contact.checked_at', '<', stale_before)]));
  return tag === null ? query : query.where((eb) => eb.exists(eb.selectFrom('contact_tag as t').select('t.tag').whereRef('t.workspace', '=', 'contact.workspace').whereRef('t.phone', '=', 'contact.phone').where('t.tag', '=', tag)));
}

const viewOf = ({ session_id, tag, state, total, checked, on_whatsapp, started_at, finished_at }: ContactCheckRow): ContactCheckView => ({
  session_id, tag, state, total, checked, on_whatsapp, started_at: iso(started_at), finished_at: finished_at === null ? null : iso(finished_at),
});
