import { sql } from 'kysely';
import type { BackendDatabase } from '../../backend-database/backend-database.js';
import type { Config } from '../../config/config.js';
import { normalisePhone } from '../../shared/phone.js';
import { spellingsFor, type Spell } from '../../shared/phone-spellings.js';
import { EVERY_WORKSPACE, type WorkspaceKey } from '../../shared/workspace.js';

export interface BackendAddressesOptions {
  database: BackendDatabase;
  table: NonNullable<Config['backendDatabase']['addresses']>;
  /** `any`: as people wrote them. `plain`: digits, with or without a plus, which an index can find. */
  phones: Config['backendDatabase']['phones'];
  defaultCountry: Config['defaultCountry'];
}

/** Numbers of one query. Where no index helps, each query reads the whole table: then few and large ones are better. */
const CHUNK = { any: 5_000, plain: 1_000 } as const;

/** The address book that the main application keeps itself. Only the numbers that are asked for are looked up, in whatever spelling they are there. */
export class BackendAddresses {
  private readonly spell: Spell;

  constructor(private readonly options: BackendAddressesOptions) {
    this.spell = spellingsFor(options.defaultCountry);
  }

  /** Which of these numbers (E.164) are there. @throws ApiError `backend_database_unavailable` */
  async find(workspace: WorkspaceKey, phones: readonly string[]): Promise<string[]> {
    const chunk = CHUNK[this.options.phones];
    const found: string[] = [];
    for (let from = 0; from < phones.length; from += chunk) found.push(...(await this.findSome(workspace, phones.slice(from, from + chunk))));
    return found;
  }

  private async findSome(workspace: WorkspaceKey, phones: readonly string[]): Promise<string[]> {
    const { database, table, phones: spelling } = this.options;
    const bySpelling = new Map<string, string>();
    for (const phone of phones) for (const digits of this.spell(phone)) bySpelling.set(digits, phone);
    const digits = [...bySpelling.keys()];
    const matches = spelling === 'any' ? database.among(database.digits(table.phoneColumn), digits) : database.among(sql.ref(table.phoneColumn), [...digits, ...phones]);
    const here = table.workspaceColumn === null || workspace === EVERY_WORKSPACE ? sql`` : sql` and (${database.text(table.workspaceColumn)} = ${workspace} or ${sql.ref(table.workspaceColumn)} is null)`;
    const rows = await database.rows(sql<{ phone: string | null }>`select ${database.text(table.phoneColumn)} as phone from ${sql.table(table.name)} where ${matches}${here}`);
    const asked = new Set(phones);
    return rows.flatMap(({ phone: written }) => this.meant(written ?? '', bySpelling, asked) ?? []);
  }

  /** `+81…` is nobody of Indonesia, although its digits may be; what cannot be read for certain counts, so that nobody is written to by mistake. */
  private meant(written: string, bySpelling: ReadonlyMap<string, string>, asked: ReadonlySet<string>): string | null {
    const phone = normalisePhone(written, this.options.defaultCountry);
    if (phone !== null && asked.has(phone)) return phone;
    if (phone !== null && /^\W*(?:\+|00)/.test(written)) return null;
    return bySpelling.get(written.replaceAll(/\D/g, '')) ?? null;
  }
}
