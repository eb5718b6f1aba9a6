/**
 * Opens the fleet store: a SQLite file, or a PostgreSQL that several proxies and pages share. Brings its tables up to date, whoever is
 * first; others wait meanwhile.
 *
 * SQLite: one connection, WAL, `synchronous=FULL`. PostgreSQL: a small pool; whole numbers come as numbers.
 */
import {
  accessSync,
  chmodSync,
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  statSync,
} from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { Kysely, PostgresDialect, sql, type Transaction } from 'kysely';
import type { Pool } from 'pg';
import { FerrymanError } from '../../errors.ts';
import { asFleetError, asOpeningError, isToBeginAgain } from './fleet-error.ts';
import { busyMs, ImmediateSqlite } from './immediate-sqlite.ts';
import { applyMigrations, fleetVersion } from './migrations.ts';
import type { FleetSchema } from './schema.ts';
import type { Dialect } from './table-maker.ts';

const connectMs = 10_000;
/** A statement that takes longer is given up: nothing that is asked here takes so long. */
const statementMs = 120_000;
const poolSize = 4;
/** Held while tables are made, or facts are changed; any numbers that nobody else in the database uses. */
const locks = { migration: 7_821_007_822, facts: 7_821_007_823 } as const;
/** Times that PostgreSQL may ask for a transaction to be begun again. */
const maxTries = 5;

export interface FleetStoreConfig {
  /** `sqlite`, or the address of a PostgreSQL: `postgres://…`. */
  readonly store: string;
  /** Where the SQLite file stands. */
  readonly file: string;
}

export type FleetTransaction = Transaction<FleetSchema>;

export interface FleetStore {
  readonly db: Kysely<FleetSchema>;
  readonly dialect: Dialect;
  /** In words, without a password. */
  readonly where: string;
  /**
   * Runs `work` in one transaction.
   *
   * @throws FerrymanError `fleet.unreachable`, `fleet.disk-full`, `fleet.unreadable`, and what `work` throws: nothing of it is done
   */
  transaction<Result>(work: (transaction: FleetTransaction) => Promise<Result>): Promise<Result>;
  /** Runs `work` outside of any transaction. @throws as `transaction` */
  ask<Result>(work: (db: Kysely<FleetSchema>) => Promise<Result>): Promise<Result>;
  /** As `transaction`, while nobody else is in such a one, in whatever process: for what changes facts and counts of them. */
  alone<Result>(work: (transaction: FleetTransaction) => Promise<Result>): Promise<Result>;
  close(): Promise<void>;
}

/** @throws FerrymanError `fleet.unreachable`, `fleet.disk-full`, `fleet.unreadable`, `fleet.version`, `fleet.encoding` */
export function openFleetStore(config: FleetStoreConfig): Promise<FleetStore> {
  return opened(config, true);
}

/**
 * Opens one that is there: whoever asks questions makes no empty store, which would answer that nothing is wrong.
 *
 * @throws FerrymanError as `openFleetStore`, and `fleet.missing`
 */
export function openFleetStoreThatIs(config: FleetStoreConfig): Promise<FleetStore> {
  return opened(config, false);
}

async function opened(config: FleetStoreConfig, mayMake: boolean): Promise<FleetStore> {
  const where = inWords(config);
  try {
    return await (config.store === 'sqlite'
      ? openSqlite(config.file, where, mayMake)
      : openPostgres(config.store, where));
  } catch (error) {
    throw asOpeningError(where, error);
  }
}

/** What people are told of it: never the password. */
export function inWords({ store, file }: FleetStoreConfig): string {
  if (store === 'sqlite') return file;
  if (!URL.canParse(store)) return 'the fleet store';
  const { hostname, port, pathname, searchParams } = new URL(store);
  const host = hostname === '' ? (searchParams.get('host') ?? 'localhost') : hostname;
  return `PostgreSQL ${host}${port === '' ? '' : `:${port}`}${pathname}`;
}

async function openSqlite(file: string, where: string, mayMake: boolean): Promise<FleetStore> {
  if (!mayMake && (statSync(file, { throwIfNoEntry: false })?.size ?? 0) === 0)
    throw new FerrymanError('fleet.missing', `${where}: expected a fleet store, found none`);
  // SQLite says of a file that is another user's no more than that it cannot be opened.
  if (existsSync(file)) accessSync(file, constants.R_OK | constants.W_OK);
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  keepPrivate(file);
  const database = new Database(file, { timeout: busyMs });
  try {
    database.pragma('journal_mode = WAL');
    database.pragma('synchronous = FULL');
  } catch (error) {
    database.close();
    throw error;
  }
  const db = new Kysely<FleetSchema>({ dialect: new ImmediateSqlite({ database }) });
  return migrated(storeOf(db, 'sqlite', where));
}

/** It holds hashes of passwords, and the folder lets the user pass to whom neighbours come. SQLite's other files take the same mode. */
function keepPrivate(file: string): void {
  closeSync(openSync(file, 'a', 0o600));
  for (const path of [file, `${file}-wal`, `${file}-shm`]) {
    const mode = statSync(path, { throwIfNoEntry: false })?.mode ?? 0;
    if ((mode & 0o007) !== 0) chmodSync(path, mode & 0o770);
  }
}

async function openPostgres(address: string, where: string): Promise<FleetStore> {
  const pool = await poolFor(address);
  const db = new Kysely<FleetSchema>({ dialect: new PostgresDialect({ pool }) });
  const store = storeOf(db, 'postgres', where);
  try {
    const { rows } = await sql<{
      encoding: string;
    }>`select current_setting('server_encoding') as encoding`.execute(db);
    if (rows[0]?.encoding !== 'UTF8')
      throw new FerrymanError(
        'fleet.encoding',
        `${where}: expected a database of encoding UTF8, found ${rows[0]?.encoding ?? 'none'}`,
      );
    return await migrated(store);
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** Loaded only where it is used: most nodes have no PostgreSQL. */
async function poolFor(address: string): Promise<Pool> {
  const { Pool: PgPool, types } = await import('pg');
  const wholeNumbers: ReadonlySet<number> = new Set([types.builtins.INT8, types.builtins.NUMERIC]);
  const pool = new PgPool({
    connectionString: address,
    max: poolSize,
    connectionTimeoutMillis: connectMs,
    statement_timeout: statementMs,
    // Of a connection that is cut without a word nothing more comes.
    query_timeout: statementMs + connectMs,
    application_name: 'ferryman',
    keepAlive: true,
    types: {
      getTypeParser: ((type: Parameters<typeof types.getTypeParser>[0], format?: 'text') =>
        wholeNumbers.has(type) ? Number : types.getTypeParser(type, format)) as typeof types.getTypeParser,
    },
  });
  // A connection that is lost while nobody uses it: the next who asks gets another, or the error.
  pool.on('error', () => undefined);
  return pool;
}

function storeOf(db: Kysely<FleetSchema>, dialect: Dialect, where: string): FleetStore {
  const transaction: FleetStore['transaction'] = async (work) => {
    for (let tries = 1; ; tries++) {
      try {
        return await db.transaction().execute(work);
      } catch (error) {
        if (tries >= maxTries || !isToBeginAgain(error)) throw asFleetError(where, error);
      }
    }
  };
  return {
    db,
    dialect,
    where,
    transaction,
    ask: async (work) => {
      try {
        return await work(db);
      } catch (error) {
        throw asFleetError(where, error);
      }
    },
    alone: (work) =>
      transaction(async (begun) => {
        // SQLite has one writer at a time as it is.
        if (dialect === 'postgres') await sql`select pg_advisory_xact_lock(${locks.facts})`.execute(begun);
        return work(begun);
      }),
    close: () => db.destroy(),
  };
}

async function migrated(store: FleetStore): Promise<FleetStore> {
  try {
    await migrate(store);
    return store;
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** The lock is held to the end of the transaction, in which all tables are made or none. */
async function migrate({ db, dialect, where }: FleetStore): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    if (dialect === 'postgres')
      await sql`select pg_advisory_xact_lock(${locks.migration})`.execute(transaction);
    const version = sql.table('fleet_version');
    await sql`create table if not exists ${version} (version integer not null)`.execute(transaction);
    const { rows } = await sql<{ version: number }>`select version from ${version}`.execute(transaction);
    const found = rows[0]?.version ?? 0;
    if (found > fleetVersion)
      throw new FerrymanError(
        'fleet.version',
        `${where}: expected a fleet store of version ${fleetVersion}, found ${found}`,
      );
    if (found === fleetVersion) return;
    await applyMigrations(transaction, dialect, found);
    await sql`delete from ${version}`.execute(transaction);
    await sql`insert into ${version} (version) values (${fleetVersion})`.execute(transaction);
  });
}
