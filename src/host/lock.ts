/**
 * The one lock of a root: whoever holds it may process updates. Node has no flock, so it is SQLite's: an exclusive
 * transaction on a database of its own, held for life and released by the kernel when the process ends, however it ends.
 */
import { existsSync } from 'node:fs';
import Database from 'better-sqlite3';
import { FerrymanError } from '../errors.ts';

export interface Lock {
  release(): void;
}

/** Takes the lock, waiting at most `waitMs`; `undefined` when another process holds it. */
export function takeLock(lockFile: string, waitMs = 0): Lock | undefined {
  return begin(lockFile, 'BEGIN EXCLUSIVE', waitMs);
}

/** True when another process holds the lock. Looks by a shared lock for an instant, which {@link takeLock} waits out. */
export function isLocked(lockFile: string): boolean {
  if (!existsSync(lockFile)) return false;
  const probe = begin(lockFile, 'BEGIN; SELECT count(*) FROM sqlite_schema', 0);
  probe?.release();
  return probe === undefined;
}

function begin(lockFile: string, statement: string, waitMs: number): Lock | undefined {
  let database: Database.Database | undefined;
  try {
    database = new Database(lockFile, { timeout: waitMs });
    database.exec(statement);
    const held = database;
    return { release: () => held.close() };
  } catch (error) {
    database?.close();
    if (error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY')) return undefined;
    const isFull =
      error instanceof Database.SqliteError &&
      (error.code === 'SQLITE_FULL' || error.code.startsWith('SQLITE_IOERR'));
    throw new FerrymanError(
      isFull ? 'ledger.disk-full' : 'ledger.unreadable',
      `${lockFile}: expected to take the lock of this root: ${(error as Error).message}`,
      { cause: error },
    );
  }
}
