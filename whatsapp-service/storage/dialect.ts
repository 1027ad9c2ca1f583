import { DatabaseSync, type StatementSyncInstance } from '@photostructure/sqlite';
import { SqliteDialect, sql, type CreateTableBuilder, type Dialect, type Expression, type QueryExecutorProvider, type RawBuilder, type SqlBool, type SqliteDatabase, type SqliteStatement } from 'kysely';

/**
 * Everything that differs between databases lives in this file: opening one, the key that counts up, and many values in one statement.
 * A second database adds its dialect here; no feature changes.
 */

/** SQLite in one file: WAL, and a commit is on disk before it is acknowledged (`synchronous=FULL`). */
export function sqliteDialect(file: string): Dialect {
  const db = new DatabaseSync(file);
  db.exec('PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA busy_timeout=5000;');
  return new SqliteDialect({ database: new SqliteAdapter(db) });
}

/**
 * Takes a lock that the operating system drops with the process, however it ends,
 * so that two services never work on one directory. Returns its release, or null when another holds it.
 */
export function lockDataDirectory(file: string): (() => void) | null {
  const lock = new DatabaseSync(file);
  try {
    // Whoever only looks whether it is held is gone within a millisecond.
    lock.exec('PRAGMA busy_timeout=200; BEGIN EXCLUSIVE;');
  } catch {
    lock.close();
    return null;
  }
  return () => {
    lock.exec('ROLLBACK');
    lock.close();
  };
}

/** SQLite's primary result codes for a database that cannot be written to now, and may be later. */
const UNAVAILABLE = new Map([
  [5, 'locked'],
  [6, 'locked'],
  [8, 'read_only'],
  [10, 'disk_error'],
  [13, 'disk_full'],
]);

/** Why the database does not take anything at the moment; null when an error has another cause. */
export function unavailability(error: unknown): string | null {
  const { sqliteCode } = (error ?? {}) as { sqliteCode?: unknown };
  return typeof sqliteCode === 'number' ? (UNAVAILABLE.get(sqliteCode) ?? null) : null;
}

/** Whether a service holds the lock, without taking it. */
export function isDataDirectoryLocked(file: string): boolean {
  const lock = new DatabaseSync(file);
  try {
    lock.exec('PRAGMA busy_timeout=0; SELECT count(*) FROM sqlite_schema;');
    return false;
  } catch {
    return true;
  } finally {
    lock.close();
  }
}

/** A number that changes when another process has committed something. */
export async function foreignVersion(db: QueryExecutorProvider): Promise<number> {
  const { rows } = await sql<{ data_version: number }>`pragma data_version`.execute(db);
  return rows[0]?.data_version ?? 0;
}

/** A primary key that the database counts up. */
export function incrementingKey<T extends string>(table: CreateTableBuilder<T>, column: string): CreateTableBuilder<T> {
  return table.addColumn(column, sql`integer`, (c) => c.primaryKey().autoIncrement());
}

/** `column in (values)`, for any number of values in one parameter: the statement is always the same, and so stays prepared. */
export function among(column: string, values: readonly (string | number)[]): Expression<SqlBool> {
  return sql<SqlBool>`${sql.ref(column)} in (select value from json_each(${JSON.stringify(values)}))`;
}

/** These values as a table with one column `value`, in one parameter. */
export const tableOf = (values: readonly string[]): RawBuilder<{ value: string }> => sql<{ value: string }>`json_each(${JSON.stringify(values)})`;

/** Rows as arrays of plain values, in the order of `columns`. */
export interface ManyRows {
  table: string;
  columns: readonly string[];
  rows: readonly (readonly (string | number | null)[])[];
}

/**
 * Inserts any number of rows in one parameter, in their order. A column that has one value in all of them is handed over once: taking a value out
 * of JSON costs about as much as writing it.
 */
export async function insertMany(db: QueryExecutorProvider, { table, columns, rows }: ManyRows): Promise<void> {
  const [first] = rows;
  if (!first) return;
  const same = columns.map((_, index) => rows.every((row) => row[index] === first[index]));
  const varying = columns.flatMap((_, index) => (same[index] ? [] : [index]));
  const json = JSON.stringify(varying.length === columns.length ? rows : rows.map((row) => varying.map((index) => row[index])));
  const names = sql.join(columns.map((column) => sql.ref(column)));
  const values = sql.join(columns.map((_, index) => (same[index] ? sql`${first[index]}` : sql`json_extract(value, ${sql.lit(`$[${varying.indexOf(index)}]`)})`)));
  await sql`insert into ${sql.table(table)} (${names}) select ${values} from json_each(${json})`.execute(db);
}

/** Prepared statements are kept: preparing one costs more than running it. */
const MAX_STATEMENTS = 500;

/** What Kysely expects of a SQLite library, over `node:sqlite`'s API. */
class SqliteAdapter implements SqliteDatabase {
  private readonly statements = new Map<string, SqliteStatement>();

  constructor(private readonly db: InstanceType<typeof DatabaseSync>) {}

  close(): void {
    this.statements.clear();
    this.db.close();
  }

  prepare(source: string): SqliteStatement {
    const known = this.statements.get(source);
    if (known) return known;
    if (this.statements.size >= MAX_STATEMENTS) this.statements.clear();
    // With another process beside this one, a transaction that reads first could find later that it may not write.
    const statement = adapt(this.db.prepare(source === 'begin' ? 'begin immediate' : source));
    // A full disk ends a transaction by itself; to roll it back once more is an error that would hide the first.
    if (source === 'rollback') return { ...statement, run: (parameters) => (this.db.isTransaction ? statement.run(parameters) : { changes: 0, lastInsertRowid: 0 }) };
    this.statements.set(source, statement);
    return statement;
  }
}

function adapt(statement: StatementSyncInstance): SqliteStatement {
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => statement.all(...parameters) as unknown[],
    run: (parameters) => statement.run(...parameters),
    iterate: (parameters) => statement.iterate(...parameters) as IterableIterator<unknown>,
  };
}
