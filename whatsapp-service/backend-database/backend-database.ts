import { Kysely, sql, type Expression, type RawBuilder, type SqlBool } from 'kysely';
import { ApiError } from '../contracts/errors.js';
import { endsWithin } from '../shared/clock.js';
import type { Logger } from '../shared/logger.js';
import { backendDialect, kindOf, type BackendConnection, type BackendDatabaseKind } from './backend-dialect.js';

export interface BackendDatabaseOptions extends BackendConnection {
  logger: Logger;
}

/**
 * The main application's own database, which is only read. What cannot be answered rejects with `backend_database_unavailable`: whoever asks
 * whether somebody must be skipped then waits, and never takes silence for a no.
 */
export class BackendDatabase {
  readonly kind: BackendDatabaseKind;
  private db: Kysely<unknown> | null = null;

  constructor(private readonly options: BackendDatabaseOptions) {
    this.kind = kindOf(options.url);
  }

  /** @throws ApiError `backend_database_unavailable` */
  async rows<T>(query: RawBuilder<T>): Promise<T[]> {
    const { timeoutMs, logger } = this.options;
    this.db ??= new Kysely<unknown>({ dialect: backendDialect(this.options) });
    const asked = query.execute(this.db);
    try {
      // The server's own limit comes first; this one is for a server that does not answer at all.
      if (await endsWithin(2 * timeoutMs, asked)) return (await asked).rows;
    } catch (error) {
      const reason = reasonOf(error);
      logger.warn("The main application's database did not answer", { reason, error });
      throw new ApiError('backend_database_unavailable', { reason });
    }
    this.forget();
    logger.warn("The main application's database did not answer", { reason: 'timeout' });
    throw new ApiError('backend_database_unavailable', { reason: 'timeout' });
  }

  /** `column in (values)`, compared as text. */
  among(column: RawBuilder<unknown>, values: readonly string[]): Expression<SqlBool> {
    // One array is one parameter for PostgreSQL, however many are in it.
    return this.kind === 'postgres' ? sql<SqlBool>`${column} = any(${values})` : sql<SqlBool>`${column} in (${sql.join([...values])})`;
  }

  text(column: string): RawBuilder<string> {
    return this.kind === 'postgres' ? sql<string>`cast(${sql.ref(column)} as text)` : sql<string>`cast(${sql.ref(column)} as char)`;
  }

  /** The digits of a column. */
  digits(column: string): RawBuilder<string> {
    return this.kind === 'postgres' ? sql<string>`regexp_replace(${this.text(column)}, '[^0-9]', '', 'g')` : sql<string>`regexp_replace(${this.text(column)}, '[^0-9]', '')`;
  }

  async close(): Promise<void> {
    const { db } = this;
    this.db = null;
    if (db) await endsWithin(1_000, db.destroy());
  }

  /** Connections that answer nothing are left to themselves; the next question gets new ones. */
  private forget(): void {
    const { db } = this;
    this.db = null;
    db?.destroy().catch(() => undefined);
  }
}

/** The driver's own code, such as ECONNREFUSED or ER_NO_SUCH_TABLE: its text may name what is nobody's business. */
function reasonOf(error: unknown): string {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : 'failed';
}
