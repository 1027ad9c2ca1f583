import type { CountryCode } from 'libphonenumber-js';
import { z } from 'zod';
import { ROW_REASONS, type RowReason } from '../../contracts/contact-states.js';
import { Cursors } from '../../contracts/cursor.js';
import { ApiError } from '../../contracts/errors.js';
import type { AddedOptOuts, OptOutListView, OptOutView } from '../../contracts/opt-out-api.js';
import { iso, type Clock } from '../../shared/clock.js';
import { parseRecipient } from '../../shared/phone.js';
import { RowProblems } from '../../shared/row-problems.js';
import type { WorkspaceKey } from '../../shared/workspace.js';
import type { Storage } from '../../storage/database.js';
import type { OptOutRow } from '../../storage/schema-contacts.js';
import { findOptedOut, findOwnRows, listOptOuts, saveOptOuts } from './opt-out-store.js';

export interface OptOutServiceOptions {
  storage: Storage;
  defaultCountry: CountryCode;
  clock: Clock;
}

/** People of one statement. */
const CHUNK = 1_000;

const cursors = new Cursors(z.string().max(128));

/** The list of those who want no bulk messages. It holds for every blast, whatever its flags. */
export class OptOutService {
  constructor(private readonly options: OptOutServiceOptions) {}

  /** Which of these people (E.164 or LIDs) are on the list. */
  async find(workspace: WorkspaceKey, people: readonly string[]): Promise<Set<string>> {
    const found = new Set<string>();
    for (let from = 0; from < people.length; from += CHUNK) {
      if (from > 0) await new Promise((resolve) => setImmediate(resolve));
      for (const person of await findOptedOut(this.options.storage.db, workspace, people.slice(from, from + CHUNK))) found.add(person);
    }
    return found;
  }

  async add(workspace: WorkspaceKey, inputs: readonly string[]): Promise<AddedOptOuts> {
    const { storage, clock } = this.options;
    const problems = new RowProblems<RowReason>(ROW_REASONS);
    const people = new Set<string>();
    inputs.forEach((input, index) => {
      const person = this.personOf(input);
      if (person === null) problems.add(index + 1, 'invalid_phone', input);
      else people.add(person);
    });
    const already = await storage.transaction(async (trx) => {
      const known = new Set((await findOwnRows(trx, workspace, [...people])).filter((row) => row.opted_out === 1).flatMap(({ person, lid }) => [person, lid ?? person]));
      const fresh = [...people].filter((person) => !known.has(person));
      await saveOptOuts(trx, fresh.map((person) => ({ workspace, person, lid: lidOf(person), optedOut: true, source: 'api' as const, sessionId: null, at: clock.now() })));
      return people.size - fresh.length;
    });
    return { added: people.size - already, already, invalid: problems.count, invalid_rows: problems.first };
  }

  /** Takes somebody off the list. @throws ApiError `opt_out_not_found` */
  async remove(workspace: WorkspaceKey, input: string): Promise<void> {
    const { storage, clock } = this.options;
    const person = this.personOf(input);
    if (person === null) throw new ApiError('invalid_phone', { fields: [{ field: 'params.person', message: 'must be a phone number or a JID' }] });
    const removed = await storage.transaction(async (trx) => {
      const rows = (await findOwnRows(trx, workspace, [person])).filter((row) => row.opted_out === 1);
      await saveOptOuts(trx, rows.map((row) => ({ workspace, person: row.person, lid: row.lid, optedOut: false, source: 'api' as const, sessionId: null, at: Math.max(clock.now(), row.changed_at) })));
      return rows.length;
    });
    if (removed === 0) throw new ApiError('opt_out_not_found');
  }

  async list(workspace: WorkspaceKey, limit: number, cursor: string | undefined): Promise<OptOutListView> {
    const after = cursors.decode(cursor, [workspace]);
    const rows = await listOptOuts(this.options.storage.db, workspace, after ?? '', limit);
    return { opt_outs: rows.map(viewOf), next_cursor: cursors.encode(rows.length < limit ? null : (rows.at(-1)?.person ?? null), [workspace]) };
  }

  private personOf(input: string): string | null {
    const recipient = parseRecipient(input, this.options.defaultCountry);
    if (!recipient || recipient.kind === 'group') return null;
    return recipient.kind === 'user' ? recipient.phone : recipient.chatId;
  }
}

const lidOf = (person: string): string | null => (person.endsWith('@lid') ? person : null);

const viewOf = ({ person, lid, source, session_id, changed_at }: OptOutRow): OptOutView => ({ phone: lidOf(person) === null ? person : null, lid, source, session_id, opted_out_at: iso(changed_at) });
