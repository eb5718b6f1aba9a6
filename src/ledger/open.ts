/**
 * Opens the ledger. The holder of the lock, or init, migrates; who writes or reads beside it never does.
 *
 * `synchronous=FULL` is set and read back on every connection: a reopened file defaults to NORMAL in WAL mode, which may
 * lose a committed row when the power is cut.
 */
import { lstatSync } from 'node:fs';
import { resolve } from 'node:path';
import Database from 'better-sqlite3';
import { FerrymanError } from '../errors.ts';
import { Ledger } from './ledger.ts';
import { migrations, readableSince } from './schema.ts';

/** Milliseconds to wait for another connection's write. */
const busyMs = 10_000;

/** Makes the ledger of a new node; one that a cut-off set-up left is completed. @throws as {@link openLedger} */
export function makeLedger(file: string): Ledger {
  return openForWriting(file, 'new');
}

/**
 * Opens the ledger for writing, migrating it. Never makes one: without the ledger nobody knows what has run, and
 * everything would run again.
 *
 * @throws FerrymanError `ledger.lost`, `ledger.unreadable`, `ledger.version`, `ledger.disk-full`
 */
export function openLedger(file: string): Ledger {
  if (isMissing(file)) throw lost(file, 'none');
  return openForWriting(file, 'kept');
}

/**
 * Opens the ledger for writing beside whoever holds the lock: never migrates it under a ferryman that knows the old tables.
 *
 * @throws FerrymanError as {@link openLedger}; `ledger.version` also when it is older
 */
export function openLedgerBeside(file: string): Ledger {
  if (isMissing(file)) throw lost(file, 'none');
  return openForWriting(file, 'as it is');
}

function openForWriting(file: string, age: 'new' | 'kept' | 'as it is'): Ledger {
  return open(file, () => {
    const database = new Database(file, { timeout: busyMs });
    try {
      const version = schemaVersion(database);
      if (age !== 'new' && version === 0) throw lost(file, 'an empty one');
      if (age === 'as it is' && version !== migrations.length) throw wrongVersion(file, version);
      setPragma(database, 'journal_mode', 'wal', 'WAL');
      setPragma(database, 'synchronous', 2, 'FULL');
      database.pragma('foreign_keys = ON');
      migrate(database, file);
      return new Ledger(database);
    } catch (error) {
      database.close();
      throw error;
    }
  });
}

/** Opens the ledger for reading only. @throws FerrymanError `ledger.lost`, `ledger.unreadable`, `ledger.version` */
export function openLedgerForReading(file: string): Ledger {
  if (isMissing(file)) throw lost(file, 'none');
  return open(file, () => {
    const database = new Database(file, { timeout: busyMs, readonly: true });
    try {
      const version = schemaVersion(database);
      if (version === 0) throw lost(file, 'an empty one');
      if (version < migrations.length || isTooNew(database)) throw wrongVersion(file, version);
      return new Ledger(database);
    } catch (error) {
      database.close();
      throw error;
    }
  });
}

function open(file: string, opener: () => Ledger): Ledger {
  try {
    return opener();
  } catch (error) {
    if (!(error instanceof Error) || error instanceof FerrymanError || isOurOwnFault(error)) throw error;
    const full =
      error instanceof Database.SqliteError &&
      (error.code === 'SQLITE_FULL' || error.code.startsWith('SQLITE_IOERR')); // no room for the -shm file is an IOERR
    throw new FerrymanError(
      full ? 'ledger.disk-full' : 'ledger.unreadable',
      `${file}: expected a readable ledger: ${error.message}`,
      { cause: error },
    );
  }
}

/** Machine code that cannot be loaded says nothing about the ledger. */
function isOurOwnFault(error: Error): boolean {
  return 'code' in error && (error.code === 'MODULE_NOT_FOUND' || error.code === 'ERR_DLOPEN_FAILED');
}

function setPragma(
  database: Database.Database,
  pragma: string,
  expected: string | number,
  spelled: string,
): void {
  database.pragma(`${pragma} = ${spelled}`);
  const found = database.pragma(pragma, { simple: true });
  if (found !== expected)
    throw new FerrymanError(
      'ledger.unreadable',
      `${database.name}: expected ${pragma} ${spelled}, found ${String(found)}`,
    );
}

function migrate(database: Database.Database, file: string): void {
  if (isTooNew(database)) throw wrongVersion(file, schemaVersion(database));
  if (schemaVersion(database) >= migrations.length) return; // nothing is written, so a full disk is no hindrance
  database
    .transaction(() => {
      for (const migration of migrations.slice(schemaVersion(database))) database.exec(migration);
      database.pragma(`user_version = ${migrations.length}`);
      database.pragma(`application_id = ${readableSince}`);
    })
    .exclusive();
}

function schemaVersion(database: Database.Database): number {
  return database.pragma('user_version', { simple: true }) as number;
}

/** A newer version has migrated it, and not so that this one can work with it. */
function isTooNew(database: Database.Database): boolean {
  const since = database.pragma('application_id', { simple: true }) as number;
  return schemaVersion(database) > migrations.length && (since < 1 || since > migrations.length);
}

function wrongVersion(file: string, found: number): FerrymanError {
  return new FerrymanError(
    'ledger.version',
    `${file}: expected ledger version ${migrations.length}, found ${found}`,
  );
}

function lost(file: string, found: string): FerrymanError {
  return new FerrymanError(
    'ledger.lost',
    `${resolve(file)}: expected the ledger of this node, found ${found}`,
  );
}

/** Missing is not the same as out of reach: that throws. */
function isMissing(file: string): boolean {
  return lstatSync(file, { throwIfNoEntry: false }) === undefined;
}
