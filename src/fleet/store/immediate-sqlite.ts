/**
 * SQLite for kysely, with transactions that take the lock of writing when they begin: one that read first and wrote later could be refused
 * in the middle. Another's transaction is waited for without stopping this process, in which that other may be.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import {
  CompiledQuery,
  SqliteDialect,
  SqliteDriver,
  type DatabaseConnection,
  type Driver,
  type SqliteDialectConfig,
} from 'kysely';

/** Milliseconds that another's write is waited for. */
export const busyMs = 10_000;
const pauseMs = 10;

export class ImmediateSqlite extends SqliteDialect {
  readonly #config: SqliteDialectConfig;

  constructor(config: SqliteDialectConfig) {
    super(config);
    this.#config = config;
  }

  override createDriver(): Driver {
    return new ImmediateDriver(this.#config);
  }
}

class ImmediateDriver extends SqliteDriver {
  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    const run = (text: string): Promise<unknown> => connection.executeQuery(CompiledQuery.raw(text));
    await run('pragma busy_timeout = 0');
    try {
      for (let waitedMs = 0; ; waitedMs += pauseMs) {
        try {
          await run('begin immediate');
          return;
        } catch (error) {
          if (!isBusy(error) || waitedMs >= busyMs) throw error;
        }
        await sleep(pauseMs);
      }
    } finally {
      await run(`pragma busy_timeout = ${busyMs}`);
    }
  }

  /** A full disk, or one that fails, has ended the transaction itself: that is what is to be told, not that it cannot be ended twice. */
  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    try {
      await super.rollbackTransaction(connection);
    } catch (error) {
      if (!hasEnded(error)) throw error;
    }
  }
}

function hasEnded(error: unknown): boolean {
  return error instanceof Database.SqliteError && error.message.includes('no transaction is active');
}

function isBusy(error: unknown): boolean {
  return error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY');
}
