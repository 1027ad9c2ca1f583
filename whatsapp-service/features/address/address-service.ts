import type { CountryCode } from 'libphonenumber-js';
import { z } from 'zod';
import { zAddressRow, type AddressListView, type RowCounts } from '../../contracts/contact-api.js';
import { ROW_REASONS, type RowReason } from '../../contracts/contact-states.js';
import { Cursors } from '../../contracts/cursor.js';
import { iso, type Clock } from '../../shared/clock.js';
import { normalisePhone } from '../../shared/phone.js';
import { readPhone } from '../../shared/read-phone.js';
import { RowIntake, type IntakeRow } from '../../shared/row-intake.js';
import type { WorkspaceKey } from '../../shared/workspace.js';
import type { Storage } from '../../storage/database.js';
import { deleteAddresses, findAddresses, findOwn, listAddresses, saveAddresses, type NewAddress } from './address-store.js';
import type { BackendAddresses } from './backend-addresses.js';

export interface AddressServiceOptions {
  storage: Storage;
  /** null: the main application's database is not read. */
  backend: Pick<BackendAddresses, 'find'> | null;
  defaultCountry: CountryCode;
  clock: Clock;
}

/** Numbers of one statement: about 3 ms. */
const CHUNK = 1_000;

const cursors = new Cursors(z.string().max(40));
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** The address book: what was put into it, and what the main application keeps itself. */
export class AddressService {
  constructor(private readonly options: AddressServiceOptions) {}

  /** Which of these numbers (E.164) are in it. @throws ApiError `backend_database_unavailable`: then it is not known. */
  async find(workspace: WorkspaceKey, phones: readonly string[]): Promise<Set<string>> {
    const { storage, backend } = this.options;
    const found = new Set<string>();
    for (let from = 0; from < phones.length; from += CHUNK) {
      if (from > 0) await turn();
      for (const phone of await findAddresses(storage.db, workspace, phones.slice(from, from + CHUNK))) found.add(phone);
    }
    if (backend === null) return found;
    const open = phones.filter((phone) => !found.has(phone));
    for (const phone of await backend.find(workspace, open)) found.add(phone);
    return found;
  }

  /** Each lot is one commit; `dryRun` writes nothing. */
  async put(workspace: WorkspaceKey, rows: AsyncIterable<readonly IntakeRow[]>, dryRun = false): Promise<RowCounts> {
    const { storage, clock } = this.options;
    const intake = new RowIntake<NewAddress, RowReason>(ROW_REASONS, (value) => this.read(value));
    let [added, updated] = [0, 0];
    for await (const lot of rows) {
      const { items, fresh } = intake.take(lot);
      const phones = fresh.map(({ phone }) => phone);
      const known = dryRun ? (await findOwn(storage.db, workspace, phones)).length : await storage.transaction(async (trx) => {
        const before = (await findOwn(trx, workspace, phones)).length;
        await saveAddresses(trx, workspace, items, clock.now());
        return before;
      });
      updated += known;
      added += fresh.length - known;
      await turn();
    }
    return { rows: intake.rows, added, updated, duplicates: intake.duplicates, invalid: intake.problems.count, invalid_rows: intake.problems.first };
  }

  async list(workspace: WorkspaceKey, { search, limit, cursor }: { search?: string | undefined; limit: number; cursor?: string | undefined }): Promise<AddressListView> {
    const scope = [workspace, search ?? null];
    const rows = await listAddresses(this.options.storage.db, workspace, search, { after: cursors.decode(cursor, scope) ?? '', limit });
    return {
      addresses: rows.map(({ phone, name, created_at, updated_at }) => ({ phone, name, created_at: iso(created_at), updated_at: iso(updated_at) })),
      next_cursor: cursors.encode(rows.length < limit ? null : (rows.at(-1)?.phone ?? null), scope),
    };
  }

  /** How many were there. null: all. */
  async remove(workspace: WorkspaceKey, inputs: readonly string[] | null): Promise<number> {
    const phones = inputs?.flatMap((input) => normalisePhone(input, this.options.defaultCountry) ?? []) ?? null;
    return this.options.storage.transaction((trx) => deleteAddresses(trx, workspace, phones));
  }

  private read(value: unknown): NewAddress | { reason: RowReason; shown?: unknown } {
    const row = zAddressRow.safeParse(value);
    if (!row.success) return { reason: isEmptyPhone(value) ? 'no_phone' : 'invalid_row' };
    const read = readPhone(row.data.phone, this.options.defaultCountry);
    return 'reason' in read ? { reason: read.reason, shown: row.data.phone } : { phone: read.phone, name: row.data.name || null };
  }
}

const isEmptyPhone = (value: unknown): boolean => typeof value === 'object' && value !== null && (value as { phone?: unknown }).phone === '';
