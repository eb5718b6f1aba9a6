/**
 * Opens the ledger. The writer (the holder of the lock, or init) migrates; readers never do, and never block it.
 *
 * `synchronous=FULL` is set and read back on every connection: a reopened file defaults to NORMAL in WAL mode, which may
 * lose a committed row when the power is cut.
 */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import Database from 'better-sqlite3';
import { FerrymanError } from '../errors.ts';
import { Ledger } from './ledger.ts';
import { migrations } from './schema.ts';

/** Milliseconds to wait for another connection's write. */
const busyMs = 10_000;

/** Opens the ledger for writing, making or migrating it. @throws FerrymanError `ledger.unreadable`, `ledger.version`, `ledger.disk-full` */
export function openLedger(file: string): Ledger {
  return open(file, () => {
    const database = new Database(file, { timeout: busyMs });
    try {
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

/** Opens the ledger for reading only. @throws FerrymanError `ledger.unreadable`, `ledger.version` */
export function openLedgerForReading(file: string): Ledger {
  if (!existsSync(file))
    throw new FerrymanError('ledger.unreadable', `${resolve(file)}: expected a ledger, found none`);
  return open(file, () => {
    const database = new Database(file, { timeout: busyMs, readonly: true });
    try {
      const version = schemaVersion(database);
      if (version !== migrations.length) throw wrongVersion(file, version);
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
    if (!(error instanceof Error) || error instanceof FerrymanError) throw error;
    const full = error instanceof Database.SqliteError && error.code === 'SQLITE_FULL';
    throw new FerrymanError(
      full ? 'ledger.disk-full' : 'ledger.unreadable',
      `${file}: expected a readable ledger: ${error.message}`,
      { cause: error },
    );
  }
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
  if (schemaVersion(database) > migrations.length) throw wrongVersion(file, schemaVersion(database));
  database
    .transaction(() => {
      for (const migration of migrations.slice(schemaVersion(database))) database.exec(migration);
      database.pragma(`user_version = ${migrations.length}`);
    })
    .exclusive();
}

function schemaVersion(database: Database.Database): number {
  return database.pragma('user_version', { simple: true }) as number;
}

function wrongVersion(file: string, found: number): FerrymanError {
  return new FerrymanError(
    'ledger.version',
    `${file}: expected ledger version ${migrations.length}, found ${found}`,
  );
}
