import type { CountryCode } from 'libphonenumber-js';
import { z } from 'zod';
import { zContactRow, type ContactTarget, type DeleteContacts, type PatchContact, type RowCounts, type StoredContactList, type StoredContactsQuery, type StoredContactView, type TargetSelection } from '../../contracts/contact-api.js';
import { ROW_REASONS, type RowReason } from '../../contracts/contact-states.js';
import { Cursors } from '../../contracts/cursor.js';
import { ApiError } from '../../contracts/errors.js';
import { iso, type Clock } from '../../shared/clock.js';
import { normalisePhone } from '../../shared/phone.js';
import { readPhone } from '../../shared/read-phone.js';
import { RowIntake, type IntakeRow } from '../../shared/row-intake.js';
import type { WorkspaceKey } from '../../shared/workspace.js';
import type { Storage } from '../../storage/database.js';
import type { ContactRow } from '../../storage/schema-contacts.js';
import type { BackendContacts } from './backend-contacts.js';
import { csvLine } from './contact-export.js';
import { countTags, deleteContacts, findContacts, listContacts, saveContacts, saveTags, tagsOf, type NewContact } from './contact-store.js';

export interface ContactServiceOptions {
  storage: Storage;
  /** null: the main application's contacts are not read. */
  backend: Pick<BackendContacts, 'page'> | null;
  optedOut(workspace: WorkspaceKey, phones: readonly string[]): Promise<Set<string>>;
  defaultCountry: CountryCode;
  clock: Clock;
}

const LOT = 500;
const FIXED_COLUMNS = ['phone', 'name', 'tags', 'on_whatsapp', 'opted_out'];
/** Names of variables in one file. */
const MAX_VARIABLES = 200;

const cursors = new Cursors(z.string().max(200));
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** The people that one may write to, their groups, and what texts may say of them. */
export class ContactService {
  constructor(private readonly options: ContactServiceOptions) {}

  /** Each lot is one commit; `dryRun` writes nothing. */
  async put(workspace: WorkspaceKey, rows: AsyncIterable<readonly IntakeRow[]>, dryRun = false): Promise<RowCounts> {
    const { storage, clock } = this.options;
    const intake = new RowIntake<NewContact, RowReason>(ROW_REASONS, (value) => this.read(value), together);
    let [added, updated] = [0, 0];
    for await (const lot of rows) {
      const { items, fresh } = intake.take(lot);
      const known = (await findContacts(storage.db, workspace, fresh.map(({ phone }) => phone))).length;
      if (!dryRun) await storage.transaction((trx) => saveContacts(trx, workspace, items, clock.now()));
      updated += known;
      added += fresh.length - known;
      await turn();
    }
    return { rows: intake.rows, added, updated, duplicates: intake.duplicates, invalid: intake.problems.count, invalid_rows: intake.problems.first };
  }

  async list(workspace: WorkspaceKey, query: StoredContactsQuery): Promise<StoredContactList> {
    const { search, tag, on_whatsapp: onWhatsApp, source, limit } = query;
    const scope = [workspace, search ?? null, tag ?? null, onWhatsApp ?? null, source];
    const after = cursors.decode(query.cursor, scope);
    if (source === 'backend') {
      const { contacts, next } = await this.requireBackend().page(workspace, tag, { after, limit });
      const out = await this.options.optedOut(workspace, contacts.map(({ phone }) => phone));
      const views = contacts.map(({ phone, name, tag: group, variables }) => ({ phone, name, tags: group === null ? [] : [group], variables, on_whatsapp: null, jid: null, checked_at: null, opted_out: out.has(phone), updated_at: null }));
      return { contacts: views, next_cursor: cursors.encode(next, scope) };
    }
    const rows = await listContacts(this.options.storage.db, workspace, { search, tag, onWhatsApp }, { after: after ?? '', limit });
    return { contacts: await this.views(workspace, rows), next_cursor: cursors.encode(rows.length < limit ? null : (rows.at(-1)?.phone ?? null), scope) };
  }

  /** Whom a blast goes to: a page of a list. `after`: the page before's `next`. */
  async targets(workspace: WorkspaceKey, { tag, source }: TargetSelection, after: string | null, limit: number): Promise<{ targets: ContactTarget[]; next: string | null }> {
    if (source === 'backend') {
      const { contacts, next } = await this.requireBackend().page(workspace, tag, { after, limit });
      return { targets: contacts.map(({ phone, name, variables }) => ({ phone, name, variables })), next };
    }
    const rows = await listContacts(this.options.storage.db, workspace, { tag }, { after: after ?? '', limit });
    return { targets: rows.map(({ phone, name, variables }) => ({ phone, name, variables: variablesOf(variables) })), next: rows.length < limit ? null : (rows.at(-1)?.phone ?? null) };
  }

  async get(workspace: WorkspaceKey, input: string): Promise<StoredContactView> {
    const [view] = await this.views(workspace, [await this.row(workspace, input)]);
    if (!view) throw new ApiError('stored_contact_not_found');
    return view;
  }

  async patch(workspace: WorkspaceKey, input: string, { name, tags, variables }: PatchContact): Promise<StoredContactView> {
    const { storage, clock } = this.options;
    const { phone } = await this.row(workspace, input);
    await storage.transaction(async (trx) => {
      await saveContacts(trx, workspace, [{ phone, name: name ?? null, tags: [], variables: variables ?? {} }], clock.now());
      if (name === null || name === '') await trx.updateTable('contact').set({ name: null }).where('workspace', '=', workspace).where('phone', '=', phone).execute();
      if (tags === undefined) return;
      await trx.deleteFrom('contact_tag').where('workspace', '=', workspace).where('phone', '=', phone).execute();
      await saveTags(trx, workspace, [{ phone, tags }]);
    });
    return this.get(workspace, phone);
  }

  async remove(workspace: WorkspaceKey, input: string): Promise<void> {
    const { phone } = await this.row(workspace, input);
    await this.options.storage.transaction((trx) => deleteContacts(trx, workspace, [phone]));
  }

  /** How many there were. */
  async removeSome(workspace: WorkspaceKey, { phones, tag }: DeleteContacts): Promise<number> {
    const { storage, defaultCountry } = this.options;
    if (phones) return storage.transaction((trx) => deleteContacts(trx, workspace, phones.flatMap((input) => normalisePhone(input, defaultCountry) ?? [])));
    let deleted = 0;
    for (;;) {
      const rows = await listContacts(storage.db, workspace, { tag }, { after: '', limit: LOT });
      if (rows.length === 0) return deleted;
      deleted += await storage.transaction((trx) => deleteContacts(trx, workspace, rows.map(({ phone }) => phone)));
      await turn();
    }
  }

  tags(workspace: WorkspaceKey): Promise<{ tag: string; contacts: number }[]> {
    return countTags(this.options.storage.db, workspace);
  }

  /** As CSV that a spreadsheet opens safely and that can be imported again, line by line. */
  async *export(workspace: WorkspaceKey, tag: string | undefined): AsyncGenerator<string> {
    const names = new Set<string>();
    for await (const rows of this.lots(workspace, tag)) for (const { variables } of rows) for (const name of Object.keys(variablesOf(variables))) if (names.size < MAX_VARIABLES) names.add(name);
    yield `\uFEFF${csvLine([...FIXED_COLUMNS, ...names])}`;
    for await (const rows of this.lots(workspace, tag)) {
      const views = await this.views(workspace, rows);
      yield views.map(({ phone, name, tags, on_whatsapp, opted_out, variables }) => csvLine([phone, name ?? '', tags.join(';'), on_whatsapp === null ? '' : String(on_whatsapp), String(opted_out), ...[...names].map((title) => (Object.hasOwn(variables, title) ? (variables[title] ?? '') : ''))])).join('');
    }
  }

  private async *lots(workspace: WorkspaceKey, tag: string | undefined): AsyncGenerator<ContactRow[]> {
    for (let after = ''; ; ) {
      const rows = await listContacts(this.options.storage.db, workspace, { tag }, { after, limit: LOT });
      if (rows.length > 0) yield rows;
      if (rows.length < LOT) return;
      after = rows.at(-1)?.phone ?? '';
      await turn();
    }
  }

  private async row(workspace: WorkspaceKey, input: string): Promise<ContactRow> {
    const phone = normalisePhone(input, this.options.defaultCountry);
    const [row] = phone === null ? [] : await findContacts(this.options.storage.db, workspace, [phone]);
    if (!row) throw new ApiError('stored_contact_not_found');
    return row;
  }

  private async views(workspace: WorkspaceKey, rows: readonly ContactRow[]): Promise<StoredContactView[]> {
    const phones = rows.map(({ phone }) => phone);
    const [tags, out] = await Promise.all([tagsOf(this.options.storage.db, workspace, phones), this.options.optedOut(workspace, phones)]);
    return rows.map((row) => ({
      phone: row.phone,
      name: row.name,
      tags: tags.get(row.phone) ?? [],
      variables: variablesOf(row.variables),
      on_whatsapp: row.on_whatsapp === null ? null : row.on_whatsapp === 1,
      jid: row.jid,
      checked_at: row.checked_at === null ? null : iso(row.checked_at),
      opted_out: out.has(row.phone),
      updated_at: iso(row.updated_at),
    }));
  }

  private read(value: unknown): NewContact | { reason: RowReason; shown?: unknown } {
    const { phone: written } = (value ?? {}) as { phone?: unknown };
    if (written === '' || written === null || written === undefined) return { reason: 'no_phone' };
    const row = zContactRow.safeParse(value);
    if (!row.success) return { reason: 'invalid_row' };
    const read = readPhone(row.data.phone, this.options.defaultCountry);
    return 'reason' in read ? { reason: read.reason, shown: row.data.phone } : { phone: read.phone, name: row.data.name || null, tags: row.data.tags, variables: row.data.variables };
  }

  private requireBackend(): Pick<BackendContacts, 'page'> {
    if (!this.options.backend) throw new ApiError('backend_contacts_not_set');
    return this.options.backend;
  }
}

/** Of one person in two rows, as if the second came later. */
const together = (before: NewContact, { phone, name, tags, variables }: NewContact): NewContact => ({ phone, name: name ?? before.name, tags: [...before.tags, ...tags], variables: { ...before.variables, ...variables } });

const variablesOf = (json: string): Record<string, string> => JSON.parse(json) as Record<string, string>;
