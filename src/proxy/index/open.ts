/** Opens the proxy's index. One that is missing, spoiled or of another version is made anew: it holds nothing that the files do not say. */
import { existsSync, rmSync } from 'node:fs';
import Database from 'better-sqlite3';
import { FerrymanError } from '../../errors.ts';
import { indexTables, indexVersion } from './schema.ts';

/** Milliseconds to wait for another connection's write. */
const busyMs = 10_000;

export interface OpenedIndex {
  readonly database: Database.Database;
  /** It is empty: everything in the store is to be read. */
  readonly isNew: boolean;
}

/** Only for the holder of the store's lock. @throws FerrymanError `proxy.disk-full` */
export function openIndex(file: string): OpenedIndex {
  return (
    tryOpen(file) ??
    guarded(() => {
      for (const suffix of ['', '-wal', '-shm']) rmSync(file + suffix, { force: true });
      const database = new Database(file, { timeout: busyMs });
      setUp(database);
      database.transaction(() => {
        database.exec(indexTables);
        database.pragma(`user_version = ${indexVersion}`);
      })();
      return { database, isNew: true };
    })
  );
}

function tryOpen(file: string): OpenedIndex | undefined {
  if (!existsSync(file)) return undefined;
  let database: Database.Database | undefined;
  try {
    database = new Database(file, { timeout: busyMs, fileMustExist: true });
    setUp(database);
    if (database.pragma('user_version', { simple: true }) === indexVersion) return { database, isNew: false };
    database.close();
    return undefined;
  } catch (error) {
    database?.close();
    if (isSpoiled(error)) return undefined;
    throw asFerrymanError(error);
  }
}

/** A reopened file defaults to `synchronous=NORMAL`, which may lose a committed row when the power is cut. */
function setUp(database: Database.Database): void {
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
}

/** No database, or one whose pages contradict each other. One that cannot be opened may be sound. */
function isSpoiled(error: unknown): boolean {
  return error instanceof Database.SqliteError && /^SQLITE_(NOTADB|CORRUPT|FORMAT|ERROR)/.test(error.code);
}

/** Opens an index for reading alone; `undefined` where there is none that can be read. */
export function openIndexForReading(file: string): Database.Database | undefined {
  if (!existsSync(file)) return undefined;
  let database: Database.Database | undefined;
  try {
    database = new Database(file, { timeout: busyMs, readonly: true, fileMustExist: true });
    if (database.pragma('user_version', { simple: true }) === indexVersion) return database;
    database.close();
    return undefined;
  } catch (error) {
    database?.close();
    if (isSpoiled(error)) return undefined;
    throw asFerrymanError(error);
  }
}

/** Runs what works with the index. @throws FerrymanError `proxy.disk-full`, `proxy.index` */
export function guarded<Result>(work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    throw asFerrymanError(error);
  }
}

function asFerrymanError(error: unknown): unknown {
  if (!(error instanceof Database.SqliteError)) return error;
  const isFull = error.code === 'SQLITE_FULL' || error.code.startsWith('SQLITE_IOERR');
  return new FerrymanError(
    isFull ? 'proxy.disk-full' : 'proxy.index',
    `the index of the store: expected to read and write it: ${error.message}`,
    { cause: error },
  );
}
