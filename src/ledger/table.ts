/** Statements that are prepared once, columns that are read as camelCase, and errors that say what to do. */
import Database from 'better-sqlite3';
import { FerrymanError } from '../errors.ts';

type Value = string | number | null;
type Raw = Record<string, Value>;

/** A connection with prepared statements; every table class of the ledger works through one. */
export class Table {
  readonly #database: Database.Database;
  readonly #prepared = new Map<string, Database.Statement<Value[], Raw>>();

  constructor(database: Database.Database) {
    this.#database = database;
  }

  rows(sql: string, ...values: Value[]): Raw[] {
    return guarded(() =>
      this.#prepare(sql)
        .all(...values)
        .map(camelCase),
    );
  }

  row(sql: string, ...values: Value[]): Raw | undefined {
    return this.rows(sql, ...values)[0];
  }

  /** Writes; returns how many rows changed. */
  write(sql: string, ...values: Value[]): number {
    return guarded(() => this.#prepare(sql).run(...values).changes);
  }

  /** All or nothing, durable when it returns. */
  transaction<Result>(work: () => Result): Result {
    return guarded(() => this.#database.transaction(work).immediate());
  }

  close(): void {
    this.#database.close();
  }

  #prepare(sql: string): Database.Statement<Value[], Raw> {
    const known = this.#prepared.get(sql);
    if (known) return known;
    const statement = this.#database.prepare<Value[], Raw>(sql);
    this.#prepared.set(sql, statement);
    return statement;
  }
}

function camelCase(raw: Raw): Raw {
  return Object.fromEntries(
    Object.entries(raw).map(([key, value]) => [
      key.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase()),
      value,
    ]),
  );
}

function guarded<Result>(work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof Database.SqliteError)) throw error;
    if (error.code === 'SQLITE_FULL' || error.code.startsWith('SQLITE_IOERR')) {
      throw new FerrymanError(
        'ledger.disk-full',
        `ledger: expected to write, found no room or a failing disk: ${error.message}`,
        { cause: error },
      );
    }
    throw new FerrymanError('ledger.unreadable', `ledger: ${error.message}`, { cause: error });
  }
}
