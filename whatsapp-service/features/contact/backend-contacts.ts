import { sql, type RawBuilder } from 'kysely';
import type { BackendDatabase } from '../../backend-database/backend-database.js';
import type { Config } from '../../config/config.js';
import type { ContactTarget } from '../../contracts/contact-api.js';
import { normalisePhone } from '../../shared/phone.js';
import { EVERY_WORKSPACE, type WorkspaceKey } from '../../shared/workspace.js';

export interface BackendContactsOptions {
  database: BackendDatabase;
  table: NonNullable<Config['backendDatabase']['contacts']>;
  defaultCountry: Config['defaultCountry'];
}

export interface BackendContact extends ContactTarget {
  tag: string | null;
}

/** Before the names of what is read: an `order by id` means a result of that name, which is text, before the column. */
const OWN = 'bridge_';
const OWN_VARIABLE = `${OWN}v_`;

type Row = Record<string, string | null>;

/** The contacts that the main application keeps itself, page by page in the order of their key. Rows without a number that can be dialled are passed over. */
export class BackendContacts {
  constructor(private readonly options: BackendContactsOptions) {}

  /** `after`: the page before's `next`; null: from the start. @throws ApiError `backend_database_unavailable` */
  async page(workspace: WorkspaceKey, tag: string | undefined, { after, limit }: { after: string | null; limit: number }): Promise<{ contacts: BackendContact[]; next: string | null }> {
    const { database, table } = this.options;
    // Nobody is in a group where there is no column of groups.
    if (tag !== undefined && table.tagColumn === null) return { contacts: [], next: null };
    const conditions: RawBuilder<unknown>[] = [
      ...(after === null ? [] : [sql`${sql.ref(table.idColumn)} > ${after}`]),
      ...(tag === undefined || table.tagColumn === null ? [] : [sql`${database.text(table.tagColumn)} = ${tag}`]),
      ...(table.workspaceColumn === null || workspace === EVERY_WORKSPACE ? [] : [sql`${database.text(table.workspaceColumn)} = ${workspace}`]),
    ];
    const where = conditions.length === 0 ? sql`` : sql`where ${sql.join(conditions, sql` and `)}`;
    const rows = await database.rows(sql<Row>`select ${sql.join(this.columns())} from ${sql.table(table.name)} ${where} order by ${sql.ref(table.idColumn)} limit ${sql.lit(limit)}`);
    return { contacts: rows.flatMap((row) => this.contactOf(row) ?? []), next: rows.length < limit ? null : (rows.at(-1)?.[`${OWN}id`] ?? null) };
  }

  private columns(): RawBuilder<unknown>[] {
    const { database, table } = this.options;
    const named: [string, string | null][] = [[`${OWN}id`, table.idColumn], [`${OWN}phone`, table.phoneColumn], [`${OWN}name`, table.nameColumn], [`${OWN}tag`, table.tagColumn], ...table.variableColumns.map((column): [string, string] => [OWN_VARIABLE + column, column])];
    return named.flatMap(([alias, column]) => (column === null ? [] : [sql`${database.text(column)} as ${sql.ref(alias)}`]));
  }

  private contactOf(row: Row): BackendContact | null {
    const phone = normalisePhone(row[`${OWN}phone`] ?? '', this.options.defaultCountry);
    if (phone === null) return null;
    const variables = this.options.table.variableColumns.flatMap((column) => (row[OWN_VARIABLE + column] ? [[column, row[OWN_VARIABLE + column] ?? '']] : []));
    return { phone, name: row[`${OWN}name`] ?? null, tag: row[`${OWN}tag`] ?? null, variables: Object.fromEntries(variables) as Record<string, string> };
  }
}
