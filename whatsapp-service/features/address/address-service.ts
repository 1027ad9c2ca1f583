import type { WorkspaceKey } from '../../shared/workspace.js';
import type { Storage } from '../../storage/database.js';
import { findAddresses } from './address-store.js';
import type { BackendAddresses } from './backend-addresses.js';

export interface AddressServiceOptions {
  storage: Storage;
  /** null: the main application's database is not read. */
  backend: Pick<BackendAddresses, 'find'> | null;
}

/** Numbers of one statement: about 3 ms. */
const CHUNK = 1_000;

/** The address book: what was put into it, and what the main application keeps itself. */
export class AddressService {
  constructor(private readonly options: AddressServiceOptions) {}

  /** Which of these numbers (E.164) are in it. @throws ApiError `backend_database_unavailable`: then it is not known. */
  async find(workspace: WorkspaceKey, phones: readonly string[]): Promise<Set<string>> {
    const { storage, backend } = this.options;
    const found = new Set<string>();
    for (let from = 0; from < phones.length; from += CHUNK) {
      if (from > 0) await new Promise((resolve) => setImmediate(resolve));
      for (const phone of await findAddresses(storage.db, workspace, phones.slice(from, from + CHUNK))) found.add(phone);
    }
    if (backend === null) return found;
    const open = phones.filter((phone) => !found.has(phone));
    for (const phone of await backend.find(workspace, open)) found.add(phone);
    return found;
  }
}
